"""Least privilege: the role allows what a check calls and nothing else, and no log line holds a credential."""

import asyncio
import json
import re
from typing import Any

import pytest

from local.account import Account
from local.server import LocalAws
from local.stack import Stack
from toolkit.paths import BOOTSTRAP, PROJECT
from toolkit.runtime_api import FunctionFailed, Runtime, environment

# The service prefix in policies, where it differs from the name in signatures.
POLICY_NAMES = {"monitoring": "cloudwatch"}
# Called once an hour at most, and not by the first check of a process.
HOURLY = {"sns:GetTopicAttributes"}
# Actions that services carry out with the role: Lambda writes the log and sends dropped events to the dead-letter queue;
# SNS, SQS and DynamoDB use the key on behalf of their callers.
FOR_OTHERS = {
    "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey",
}


@pytest.fixture
def statements(account: Account, stack: Stack) -> dict[str, dict[str, Any]]:
    """The statements in the policies of the deployed role, by Sid."""
    iam, role = account.client("iam"), stack.outputs["FunctionRoleName"]
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    policies = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    return {statement["Sid"]: statement for policy in policies for statement in policy["Statement"]}


def actions(statements: dict[str, dict[str, Any]]) -> set[str]:
    every = [statement["Action"] for statement in statements.values()]
    return {action for one in every for action in ([one] if isinstance(one, str) else one)}


def test_the_role_allows_what_a_check_calls_and_nothing_else(
    aws: LocalAws, account: Account, stack: Stack, statements: dict[str, dict[str, Any]]
) -> None:
    # Every path through a check: an alert that is refused and then sent, the steady state, a dry run and a test alert.
    stack.invoke()
    account.send_mail(200)
    with aws.proxy.refusing("sns", "Publish", account=account.id, code="AuthorizationError", status=403):
        stack.invoke()
    for event in [{}, {}, {"dryRun": True}, {"testAlert": True}]:
        stack.invoke(event)
    calls = [call for service in POLICY_NAMES | dict.fromkeys(["ses", "sns", "dynamodb", "sts", "iam", "kms", "sqs", "logs"])
             for call in aws.proxy.calls(service, ".*", account.id)]
    made = {f"{POLICY_NAMES.get(call.service, call.service)}:{call.operation}" for call in calls}
    assert made | HOURLY == actions(statements) - FOR_OTHERS


def test_each_statement_is_as_narrow_as_its_service_permits(
    account: Account, stack: Stack, statements: dict[str, dict[str, Any]]
) -> None:
    for sid, statement in statements.items():
        assert "*" not in json.dumps(statement["Action"]), sid
        resource = statement["Resource"]
        if resource != "*":
            assert resource.startswith("arn:") and account.id in resource, sid
    # SES and CloudWatch do not support resource-level permissions for these actions; a condition restricts them.
    assert {sid for sid, statement in statements.items() if statement["Resource"] == "*"} == {
        "ReadSendQuota", "PublishMetrics"
    }
    regions = statements["ReadSendQuota"]["Condition"]["StringEquals"]["aws:RequestedRegion"]
    assert regions == ["us-east-1", "eu-west-1"]
    namespace = statements["PublishMetrics"]["Condition"]["StringEquals"]
    assert namespace == {"cloudwatch:namespace": "SESQuotaMonitor"}


def test_no_log_line_holds_a_credential(aws: LocalAws, account: Account, stack: Stack) -> None:
    # Run under a Runtime API of its own, because the local AWS does not let a test choose the credentials.
    secrets = {"AWS_SECRET_ACCESS_KEY": "wJalrSecretThatMustNotShow", "AWS_SESSION_TOKEN": "FwoGTokenThatMustNotShow"}
    deployed = account.client("lambda").get_function_configuration(FunctionName=stack.function)["Environment"]["Variables"]
    verbose = {"AWS_LAMBDA_LOG_LEVEL": "TRACE", "RUST_LOG": "trace", "RUST_BACKTRACE": "full"}
    access = {"AWS_ACCESS_KEY_ID": account.id, "AWS_ENDPOINT_URL": aws.proxy.url}
    account.send_mail(200)

    async def log() -> str:
        async with Runtime() as runtime:
            async with runtime.running([str(BOOTSTRAP)], environment() | deployed | verbose | access | secrets) as function:
                await function.init()
                await function.invoke()
                for service in ["ses", "dynamodb", "monitoring"]:
                    with aws.proxy.refusing(service, ".*", account=account.id, code="AccessDenied", status=403):
                        with pytest.raises(FunctionFailed, match="AccessDenied"):
                            await function.invoke()
            return (await function.output).decode()

    text = asyncio.run(log())
    # It signed its calls with them, and logged at every level.
    for service in ["ses", "dynamodb", "sns", "monitoring"]:
        calls = aws.proxy.calls(service, ".*", account.id)
        assert calls and {call.session_token for call in calls} == {secrets["AWS_SESSION_TOKEN"]}
    levels = {json.loads(line)["level"] for line in text.splitlines()}
    assert levels >= {"DEBUG", "INFO", "ERROR"}
    for secret in secrets.values():
        assert secret not in text
    assert not re.search(r"AWS4-HMAC-SHA256|X-Amz-Security-Token|Signature=", text, re.IGNORECASE)


def test_what_is_installed_to_build_and_test_is_pinned() -> None:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    assert packages
    for package in packages:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", package), package
