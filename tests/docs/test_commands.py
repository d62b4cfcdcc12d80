"""Every AWS command in the documentation is one that AWS understands."""

import pytest
from botocore.validate import ParamValidator

from toolkit.documentation import InvalidCommand, aws_call, commands
from toolkit.paths import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "SECURITY.md", *sorted((PROJECT / "docs").glob("*.md"))]
AWS_COMMANDS = [command for page in PAGES for command in commands(page) if command.startswith("aws ")]
assert AWS_COMMANDS


@pytest.mark.parametrize("command", AWS_COMMANDS)
def test_every_aws_command_names_what_its_operation_takes(command: str) -> None:
    call = aws_call(command)
    if call.operation.input_shape:
        assert not ParamValidator().validate(call.parameters, call.operation.input_shape).generate_report()


@pytest.mark.parametrize("command", [
    "aws sns subscribe --topic TOPIC --protocol email",
    "aws sns unsubscribe-all --topic-arn TOPIC",
    "aws snx subscribe --topic-arn TOPIC",
    "aws sns subscribe --topic-arn TOPIC --protocol email ops@example.com",
    "aws sns subscribe --topic-arn TOPIC --attributes '{RawMessageDelivery: true}'",
])
def test_a_command_that_aws_does_not_know_is_noticed(command: str) -> None:
    with pytest.raises(InvalidCommand):
        aws_call(command)
