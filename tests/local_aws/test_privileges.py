"""Least privilege: the roles allow what a check calls and nothing else, and no log line holds a credential."""

import asyncio
import json
import re
from typing import Any

import pytest

from fleets import READER, Fleet, Queues
from local.account import Account
from local.faults import Breakage
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
# Lambda takes messages from the work queue with the role.
FROM_THE_QUEUE = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}


@pytest.fixture
def statements(account: Account, stack: Stack) -> dict[str, dict[str, Any]]:
    return statements_of(account, stack.outputs["FunctionRoleName"])


def statements_of(account: Account, role: str) -> dict[str, dict[str, Any]]:
    """The statements in the policies of a role, by Sid."""
    iam = account.client("iam")
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
    assert made(aws, account) | HOURLY == actions(statements) - FOR_OTHERS


def made(aws: LocalAws, account: Account) -> set[str]:
    """What the calls in an account need permission for."""
    calls = aws.proxy.calls_in(account.id)
    return {f"{POLICY_NAMES.get(call.service, call.service)}:{call.operation}" for call in calls}


def test_the_roles_of_a_fleet_allow_what_a_check_calls_and_nothing_else(enforcing: LocalAws) -> None:
    fleet = Fleet.install(enforcing, ["Shop"], ShardTargets="1", Snapshot="true")
    shop, unit, queues = fleet.members["Shop"], fleet.organization.add_unit("Shops"), Queues(fleet)
    for account in (fleet.hub, shop):
        account.set_ses(sent_last_24_hours=49_000)
    fleet.organization.move(shop, unit)
    # Both ways to list accounts, each with more than a part may have.
    for accounts in ("organization", unit):
        fleet.stack.change_settings(ACCOUNTS=accounts)
        assert fleet.check()["parts"]
        queues.wait_until_empty()
    assert len(fleet.hub.publications()) == 2
    of_hub, of_reader = statements_of(fleet.hub, fleet.stack.outputs["FunctionRoleName"]), statements_of(shop, READER)
    by_function = actions(of_hub) - (FOR_OTHERS - {"sqs:SendMessage"}) - FROM_THE_QUEUE
    assert made(enforcing, fleet.hub) | HOURLY == by_function
    assert made(enforcing, shop) == actions(of_reader)


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


def test_no_log_line_holds_a_session_or_the_list_of_accounts(enforcing: LocalAws) -> None:
    fleet = Fleet.install(enforcing, ["Shop", "No role"], without_role=["No role"], ShardTargets="1")
    fleet.members["Shop"].set_ses(sent_last_24_hours=49_000)
    proxy, queues = enforcing.proxy, Queues(fleet)
    # A part with nothing but the account that cannot be read fails, and is given up soon.
    queues.come_again_after(2)
    # The level of Lambda does not reach a function on the local AWS.
    fleet.stack.change_settings(RUST_LOG="trace")
    fleet.check()
    queues.wait_until_empty()
    for event in ({"dryRun": True}, {"testAlert": True}, {"plan": {"recipients": 1, "account": fleet.members["Shop"].id}}):
        assert fleet.stack.invoke(event).error is None
    for service in ("sts", "organizations"):
        # Another process has no sessions, and without the item, no list. What cannot be read holds the first half of them.
        fleet.hub.client("dynamodb").delete_item(
            TableName=fleet.stack.outputs["StateTableName"], Key={"target": {"S": "accounts#0"}}
        )
        fleet.stack.restart()
        with proxy.breaking_responses(service, ".*", Breakage.TRUNCATED):
            fleet.stack.invoke({"dryRun": True})

    text = "\n".join(line for run in fleet.stack.runs() for line in run.lines)
    assert '"level":"DEBUG"' in text and "InvalidResponse" in text and "part of a check finished" in text
    answers = "\n".join(answer.decode() for service in ("sts", "organizations")
                        for answer in proxy.answers(service, ".*", fleet.hub.id))
    sessions = set(re.findall(r"<(?:SecretAccessKey|SessionToken)>([^<]+)<", answers))
    personal = set(re.findall(r'"(?:Email|Arn|JoinedTimestamp)":\s*"?([^,"]+)', answers))
    own = {call.session_token for call in fleet.calls("dynamodb")}
    assert len(sessions) >= 4 and "no-role@example.com" in personal and all(own)
    for secret in sessions | personal | own | {"expiresAt"}:
        assert secret not in text, secret
    assert not re.search(r"AWS4-HMAC-SHA256|X-Amz-Security-Token|Signature=|AccessKey", text, re.IGNORECASE)


def test_what_is_installed_to_build_and_test_is_pinned() -> None:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    assert packages
    for package in packages:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", package), package
