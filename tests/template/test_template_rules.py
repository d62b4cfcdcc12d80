"""Parameters that do not fit together are refused: by CloudFormation, and by `make deploy` before it builds anything."""

from itertools import product

import pytest

from rendering import RenderedStack, template
from scripts.settings import check_values, resolve
from scripts.stacks import CommandFailed

OPERATORS = "arn:aws:sns:us-east-1:111122223333:operators"
DEFAULTS = {name: str(one["Default"]) for name, one in template()["Parameters"].items()}
CHOICES = list(product(["NONE", "WARNING", "EXHAUSTED"], ["", OPERATORS], ["", "T012ABCDEFG"], ["", "C012ABCDEFG"]))


@pytest.mark.parametrize("level, operators, workspace, channel", CHOICES)
def test_cloudformation_and_make_deploy_refuse_the_same(level: str, operators: str, workspace: str, channel: str) -> None:
    given = {"AlarmLevel": level, "OperatorTopicArn": operators, "SlackWorkspaceId": workspace, "SlackChannelId": channel}
    wrong = [name for name, applies in {
        "AlarmLevel needs OperatorTopicArn": level != "NONE" and not operators,
        "SlackWorkspaceId needs SlackChannelId": workspace and not channel,
        "SlackChannelId needs SlackWorkspaceId": channel and not workspace,
    }.items() if applies]
    said = RenderedStack(parameters=given).broken_rules()
    assert len(said) == len(wrong) and all(one.startswith(name) for one, name in zip(said, wrong))

    parameters = resolve(given, {}, DEFAULTS)
    if not wrong:
        check_values(parameters)
        return
    with pytest.raises(CommandFailed) as refused:
        check_values(parameters)
    for name in wrong:
        assert all(word in str(refused.value) for word in name.split())
