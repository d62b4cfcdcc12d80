"""The policy that the documentation gives to those who deploy: it suffices for `sam deploy` and `sam delete`, and covers
every resource of the stack.

The local AWS enforces policies for what sam calls, not for what CloudFormation does with its caller's permissions. So
for each resource, the policy is evaluated for the actions that the schema of its type names in the CloudFormation
registry.
"""

import fnmatch
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.account import Account
from local.deployment import DeployFailed, deploy
from local.server import LocalAws
from toolkit.paths import PROJECT

POLICY = (PROJECT / "docs" / "policies" / "deployment.json").read_text()
# The account and the stack of the documentation's examples.
EXAMPLE, STACK = "111122223333", "ses-quota-monitor"
EVERYTHING = {
    "AlertEmail": "ops@example.com", "AlertPhone": "+14255550123", "AlarmLevel": "CRITICAL",
    "OperatorTopicArn": f"arn:aws:sns:us-east-1:{EXAMPLE}:operators",
    "SlackWorkspaceId": "T012ABCDEFG", "SlackChannelId": "C012ABCDEFG", "Accounts": "organization", "FleetPage": "true",
}
# The statement about event sources, which have no names: only their function tells which are the stack's.
OF_THE_FUNCTION = "EventSourcesOfTheFunction"
SERVICE_LINKED_ROLE = (
    f"arn:aws:iam::{EXAMPLE}:role/aws-service-role/management.chatbot.amazonaws.com/AWSServiceRoleForAWSChatbot"
)

# The ARN of each type of resource, `{}` standing for its physical ID, and what CloudFormation does with it.
TYPES = {
    "AWS::IAM::Role": ("arn:aws:iam::111122223333:role/{}", """
        iam:CreateRole iam:PutRolePolicy iam:GetRole iam:ListAttachedRolePolicies iam:ListRolePolicies iam:GetRolePolicy
        iam:UpdateRole iam:UpdateRoleDescription iam:UpdateAssumeRolePolicy iam:DeleteRolePolicy iam:TagRole iam:UntagRole
        iam:DeleteRole"""),
    "AWS::Lambda::Function": ("arn:aws:lambda:us-east-1:111122223333:function:{}", """
        lambda:CreateFunction lambda:GetFunction lambda:GetFunctionCodeSigningConfig lambda:GetRuntimeManagementConfig
        lambda:ListTags lambda:TagResource lambda:UntagResource lambda:UpdateFunctionConfiguration lambda:UpdateFunctionCode
        lambda:DeleteFunction"""),
    "AWS::Lambda::EventInvokeConfig": ("arn:aws:lambda:us-east-1:111122223333:function:ses-quota-monitor-Monitor-1", """
        lambda:PutFunctionEventInvokeConfig lambda:GetFunctionEventInvokeConfig lambda:UpdateFunctionEventInvokeConfig
        lambda:DeleteFunctionEventInvokeConfig"""),
    "AWS::Lambda::EventSourceMapping": ("arn:aws:lambda:us-east-1:111122223333:event-source-mapping:{}", """
        lambda:CreateEventSourceMapping lambda:GetEventSourceMapping lambda:UpdateEventSourceMapping lambda:ListTags
        lambda:TagResource lambda:UntagResource lambda:DeleteEventSourceMapping"""),
    "AWS::Scheduler::Schedule": ("arn:aws:scheduler:us-east-1:111122223333:schedule/default/{}", """
        scheduler:CreateSchedule scheduler:GetSchedule scheduler:UpdateSchedule scheduler:DeleteSchedule"""),
    "AWS::SNS::Topic": ("{}", """
        sns:CreateTopic sns:TagResource sns:GetTopicAttributes sns:GetDataProtectionPolicy sns:ListTagsForResource
        sns:ListSubscriptionsByTopic sns:SetTopicAttributes sns:UntagResource sns:Subscribe sns:DeleteTopic"""),
    "AWS::SNS::Subscription": ("*", "sns:GetSubscriptionAttributes sns:SetSubscriptionAttributes sns:Unsubscribe"),
    "AWS::SQS::Queue": ("arn:aws:sqs:us-east-1:111122223333:{}", """
        sqs:CreateQueue sqs:GetQueueUrl sqs:GetQueueAttributes sqs:SetQueueAttributes sqs:ListQueueTags sqs:TagQueue
        sqs:UntagQueue sqs:DeleteQueue"""),
    "AWS::DynamoDB::Table": ("arn:aws:dynamodb:us-east-1:111122223333:table/{}", """
        dynamodb:CreateTable dynamodb:DescribeTable dynamodb:DescribeContinuousBackups dynamodb:DescribeTimeToLive
        dynamodb:DescribeContributorInsights dynamodb:DescribeKinesisStreamingDestination dynamodb:GetResourcePolicy
        dynamodb:ListTagsOfResource dynamodb:TagResource dynamodb:UntagResource dynamodb:UpdateTable
        dynamodb:DeleteTable"""),
    "AWS::Logs::LogGroup": ("arn:aws:logs:us-east-1:111122223333:log-group:{}", """
        logs:CreateLogGroup logs:PutRetentionPolicy logs:DeleteRetentionPolicy logs:AssociateKmsKey logs:DisassociateKmsKey
        logs:GetDataProtectionPolicy logs:ListTagsForResource logs:TagResource logs:UntagResource logs:DeleteLogGroup"""),
    "AWS::CloudWatch::Alarm": ("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{}", """
        cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource cloudwatch:TagResource
        cloudwatch:UntagResource cloudwatch:DeleteAlarms"""),
    "AWS::CloudWatch::Dashboard": ("arn:aws:cloudwatch::111122223333:dashboard/{}", """
        cloudwatch:PutDashboard cloudwatch:GetDashboard cloudwatch:DeleteDashboards"""),
    # And iam:PassRole and iam:CreateServiceLinkedRole, on roles.
    "AWS::Chatbot::SlackChannelConfiguration": ("{}", """
        chatbot:CreateSlackChannelConfiguration chatbot:DescribeSlackChannelConfigurations
        chatbot:UpdateSlackChannelConfiguration chatbot:DeleteSlackChannelConfiguration chatbot:TagResource
        chatbot:UntagResource chatbot:ListTagsForResource chatbot:AssociateToConfiguration
        chatbot:DisassociateFromConfiguration chatbot:ListAssociations"""),
}


class Deployer(Account):
    """An account in which commands run with the credentials of a user, who has only the policy."""

    def __init__(self, aws: LocalAws, policy: str) -> None:
        super().__init__(aws.url, EXAMPLE, aws.proxy)
        iam = self.client("iam")
        iam.create_user(UserName="deployer")
        iam.put_user_policy(UserName="deployer", PolicyName="deployment", PolicyDocument=policy)
        key = iam.create_access_key(UserName="deployer")["AccessKey"]
        self._key = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def environment(self) -> dict[str, str]:
        return super().environment() | self._key


@pytest.fixture(scope="module")
def deployer() -> Iterator[Deployer]:
    with LocalAws(enforce_iam=True) as aws:
        deployer = Deployer(aws, POLICY)
        allow_http(deployer)
        yield deployer


def allow_http(deployer: Deployer) -> None:
    """Has sam create its bucket, and lets it upload: the policy of the bucket denies requests without TLS, as they are here."""
    with pytest.raises(DeployFailed, match="PutObject.*explicit deny in a resource-based policy"):
        deploy(deployer, STACK, {})
    [bucket] = deployer.client("s3").list_buckets()["Buckets"]
    deployer.client("s3").delete_bucket_policy(Bucket=bucket["Name"])


def refused(account: Account, arn: str, actions: str) -> list[str]:
    """Those of the actions that the policy does not allow on a resource."""
    policy = json.loads(POLICY)
    # The local AWS evaluates no condition on the function of an event source.
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != OF_THE_FUNCTION]
    policy["Statement"].append({key: value for key, value in event_sources().items() if key != "Condition"})
    results = account.client("iam").simulate_custom_policy(
        PolicyInputList=[json.dumps(policy)], ActionNames=actions.split(), ResourceArns=[arn]
    )["EvaluationResults"]
    return [each["EvalActionName"] for each in results if each["EvalDecision"] != "allowed"]


def test_the_policy_suffices_to_deploy_and_to_delete(deployer: Deployer) -> None:
    deploy(deployer, STACK, EVERYTHING)
    deploy(deployer, STACK, {"WarningPercent": "70"})

    resources = deployer.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    assert {each["ResourceType"] for each in resources} == set(TYPES)
    for resource in resources:
        arn, actions = TYPES[resource["ResourceType"]]
        name = resource["PhysicalResourceId"]
        arn = arn.format(name.rpartition("/")[2] if name.startswith("http") else name)
        assert not refused(deployer, arn, actions), resource["LogicalResourceId"]
    assert not refused(deployer, SERVICE_LINKED_ROLE, "iam:CreateServiceLinkedRole")

    sam = str(Path(sys.executable).with_name("sam"))
    command = [sam, "delete", "--stack-name", STACK, "--region", deployer.region, "--no-prompts"]
    done = subprocess.run(command, env=deployer.environment(), cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_policy_allows_no_other_stack(deployer: Deployer) -> None:
    with pytest.raises(DeployFailed, match="not authorized to perform: cloudformation:"):
        deploy(deployer, "payroll", {})


@pytest.mark.parametrize("function, allowed", [(f"{STACK}-Monitor-1A2B3C4D5E6F7", True), ("payroll", False), (STACK, False)])
def test_the_policy_allows_event_sources_of_the_stacks_function_alone(function: str, allowed: bool) -> None:
    assert list(event_sources()["Condition"]) == ["ArnLike"]
    pattern = event_sources()["Condition"]["ArnLike"]["lambda:FunctionArn"]
    assert fnmatch.fnmatchcase(f"arn:aws:lambda:us-east-1:{EXAMPLE}:function:{function}", pattern) == allowed


def event_sources() -> dict[str, Any]:
    [statement] = [each for each in json.loads(POLICY)["Statement"] if each["Sid"] == OF_THE_FUNCTION]
    return statement
