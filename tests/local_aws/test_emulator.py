"""What other tests rely on in the local AWS: what it permits, how its proxy fails, and what was added to it."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from local.account import Account
from local.faults import Breakage
from local.server import LocalAws
from local.session import Session

KEYS = {"Keys": [{"target": {"S": "111122223333#us-east-1"}}], "ConsistentRead": True}
SLACK_CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"
# Service, operation and parameters of what a check calls in protocols of their own.
CALLS = [("sesv2", "GetAccount", {}), ("dynamodb", "BatchGetItem", {"RequestItems": {"state": KEYS}})]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def assume(account: Account, *statements: dict[str, Any]) -> boto3.Session:
    """A session of a role that is allowed nothing else."""
    iam = account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account.id}:root"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=policy(trust))["Role"]
    iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=policy(*statements))
    found = account.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="reader")["Credentials"]
    return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def create_table(account: Account, name: str) -> None:
    account.client("dynamodb").create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "target", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "target", "AttributeType": "S"}],
    )


def test_get_account_needs_permission_in_its_region(enforcing: LocalAws) -> None:
    role = assume(enforcing.account(), {
        "Effect": "Allow", "Action": "ses:GetAccount", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}},
    })
    for region in ("us-east-1", "eu-west-1"):
        role.client("sesv2", region, endpoint_url=enforcing.url).get_account()
    with pytest.raises(ClientError, match="AccessDenied.* ses:GetAccount"):
        role.client("sesv2", "eu-central-1", endpoint_url=enforcing.url).get_account()
    with pytest.raises(ClientError, match="AccessDenied.* ses:GetSendQuota"):
        role.client("ses", "us-east-1", endpoint_url=enforcing.url).get_send_quota()


def test_batch_get_item_needs_permission_for_every_table(enforcing: LocalAws) -> None:
    account = enforcing.account()
    create_table(account, "state")
    create_table(account, "other")
    arn = f"arn:aws:dynamodb:us-east-1:{account.id}:table/state"
    role = assume(account, {"Effect": "Allow", "Action": "dynamodb:BatchGetItem", "Resource": arn})
    dynamodb = role.client("dynamodb", "us-east-1", endpoint_url=enforcing.url)
    assert dynamodb.batch_get_item(RequestItems={"state": KEYS})["Responses"] == {"state": []}
    for tables in (["other"], ["state", "other"]):
        with pytest.raises(ClientError, match="AccessDenied.* dynamodb:BatchGetItem"):
            dynamodb.batch_get_item(RequestItems=dict.fromkeys(tables, KEYS))
    with pytest.raises(ClientError, match="AccessDenied.* dynamodb:GetItem"):
        dynamodb.get_item(TableName="state", Key=KEYS["Keys"][0])


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS)
def test_the_proxy_knows_the_call_and_injects_faults(
    aws: LocalAws, account: Account, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    create_table(account, "state")
    client, signed_for = Session(aws.proxy.url, account.id).client(service), service.removesuffix("v2")

    def call() -> None:
        getattr(client, xform_name(operation))(**parameters)

    call()
    [recorded] = aws.proxy.calls(signed_for, operation, account.id)
    assert recorded.region == account.region
    with aws.proxy.refusing(signed_for, operation, account=account.id, code="AccessDeniedException", status=403):
        with pytest.raises(ClientError) as refused:
            call()
    assert refused.value.response["Error"] == {"Code": "AccessDeniedException", "Message": "an injected fault"}
    with aws.proxy.holding(signed_for, operation, account=account.id) as held:
        held.released.set()
        call()
    assert held.reached.is_set()
    # boto3 takes a garbled answer to `GetAccount` for an empty one.
    for how in (Breakage.RESET, Breakage.TRUNCATED):
        with aws.proxy.breaking_responses(signed_for, operation, how, account=account.id) as broken:
            with pytest.raises(BotoCoreError):
                call()
        assert broken.injected == 1


def test_a_slack_channel_configuration_can_be_created_read_and_deleted(account: Account) -> None:
    cloudformation, cloudcontrol = account.client("cloudformation"), account.client("cloudcontrol")
    properties = {
        "ConfigurationName": "alerts", "SlackWorkspaceId": "T0123456789", "SlackChannelId": "C0123456789",
        "IamRoleArn": f"arn:aws:iam::{account.id}:role/chat", "LoggingLevel": "ERROR",
    }
    template = {
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}},
            "Chat": {"Type": SLACK_CHANNEL, "Properties": properties | {"SnsTopicArns": [{"Ref": "Topic"}]}},
        },
        "Outputs": {"Ref": {"Value": {"Ref": "Chat"}}, "Arn": {"Value": {"Fn::GetAtt": ["Chat", "Arn"]}}},
    }
    cloudformation.create_stack(StackName="chat", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="chat", WaiterConfig={"Delay": 1})
    [stack] = cloudformation.describe_stacks(StackName="chat")["Stacks"]
    [arn] = {output["OutputValue"] for output in stack["Outputs"]}

    found = cloudcontrol.get_resource(TypeName=SLACK_CHANNEL, Identifier=arn)["ResourceDescription"]
    topic = f"arn:aws:sns:us-east-1:{account.id}:alerts"
    assert json.loads(found["Properties"]) == properties | {"SnsTopicArns": [topic], "Arn": arn}

    cloudformation.delete_stack(StackName="chat")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="chat", WaiterConfig={"Delay": 1})
    assert cloudcontrol.list_resources(TypeName=SLACK_CHANNEL)["ResourceDescriptions"] == []


def test_a_change_of_one_accounts_function_leaves_a_check_of_another_alone(aws: LocalAws, account: Account) -> None:
    stack, other = account.install(), aws.account().install()
    assert stack.function == other.function
    with ThreadPoolExecutor(1) as pool, aws.proxy.holding("ses", "GetSendQuota", account=account.id) as held:
        check = pool.submit(stack.invoke)
        assert held.reached.wait(30)
        other.restart()
        held.released.set()
        assert check.result().error is None
