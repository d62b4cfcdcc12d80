"""What other tests rely on in the local AWS: what it permits, how its proxy fails, and what was added to it."""

import asyncio
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


def create_role(account: Account, name: str, trusted: str, *statements: dict[str, Any], **conditions: Any) -> str:
    """A role that `trusted` may assume under these conditions, and that is allowed nothing else; returns its ARN."""
    iam = account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole", "Condition": conditions}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=policy(*statements))
    arn: str = role["Arn"]
    return arn


def session_of(role: str, sts: Any) -> boto3.Session:
    found = sts.assume_role(RoleArn=role, RoleSessionName="reader")["Credentials"]
    return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], region_name="us-east-1")


def assume(account: Account, *statements: dict[str, Any], name: str = "reader") -> boto3.Session:
    """A session of a role of this account that is allowed nothing else."""
    return session_of(create_role(account, name, account.id, *statements), account.client("sts"))


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


def test_service_quotas_needs_permission_for_each_operation_in_its_region(enforcing: LocalAws) -> None:
    role = assume(enforcing.account(), {
        "Effect": "Allow", "Action": "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
    })
    quota = {"ServiceCode": "ses", "QuotaCode": "L-804C8AE8"}
    here, there = (role.client("service-quotas", region, endpoint_url=enforcing.url) for region in ("us-east-1", "eu-west-1"))
    assert here.list_requested_service_quota_change_history_by_quota(**quota)["RequestedQuotas"] == []
    with pytest.raises(ClientError, match="AccessDenied.* servicequotas:ListRequested"):
        there.list_requested_service_quota_change_history_by_quota(**quota)
    with pytest.raises(ClientError, match="AccessDenied.* servicequotas:RequestServiceQuotaIncrease"):
        here.request_service_quota_increase(**quota, DesiredValue=100_000)


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


def test_a_batch_of_messages_needs_permission_to_send_to_its_queue(enforcing: LocalAws) -> None:
    account = enforcing.account()
    work, other = (account.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("work", "other"))
    arn = f"arn:aws:sqs:us-east-1:{account.id}:work"
    sqs = assume(account, {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}).client("sqs", endpoint_url=enforcing.url)
    messages = [{"Id": str(number), "MessageBody": "{}"} for number in range(10)]
    assert len(sqs.send_message_batch(QueueUrl=work, Entries=messages)["Successful"]) == 10
    with pytest.raises(ClientError, match="AccessDenied.* sqs:SendMessage"):
        sqs.send_message_batch(QueueUrl=other, Entries=messages)
    with pytest.raises(ClientError, match="AccessDenied.* sqs:ReceiveMessage"):
        sqs.receive_message(QueueUrl=work)


def test_an_organization_is_listed_with_permission_for_each_listing(enforcing: LocalAws) -> None:
    organization = enforcing.organization()
    hub = organization.add("Hub")
    organization.delegate_to(hub)
    role = assume(hub, {"Effect": "Allow", "Action": "organizations:ListAccounts", "Resource": "*"})
    client = role.client("organizations", endpoint_url=enforcing.url)
    assert [each["Id"] for each in client.list_accounts()["Accounts"]] == [organization.management.id, hub.id]
    with pytest.raises(ClientError, match="AccessDenied.* organizations:ListAccountsForParent"):
        client.list_accounts_for_parent(ParentId=organization.root)


def test_reading_the_installation_needs_the_permissions_that_aws_asks_for(enforcing: LocalAws) -> None:
    stack = enforcing.account().install({"Accounts": "organization"})
    account = stack.session
    [mapping] = account.client("lambda").list_event_source_mappings(FunctionName=stack.function)["EventSourceMappings"]
    calls: dict[str, tuple[str, str, dict[str, Any]]] = {
        "lambda:GetFunctionConcurrency": ("lambda", "get_function_concurrency", {"FunctionName": stack.function}),
        "lambda:GetEventSourceMapping": ("lambda", "get_event_source_mapping", {"UUID": mapping["UUID"]}),
        "cloudwatch:DescribeAlarms": ("cloudwatch", "describe_alarms", {}),
        "sns:GetSMSSandboxAccountStatus": ("sns", "get_sms_sandbox_account_status", {}),
    }
    for allowed in calls:
        role = assume(account, {"Effect": "Allow", "Action": allowed, "Resource": "*"}, name=allowed.split(":")[1])
        for action, (service, method, parameters) in calls.items():
            call = getattr(role.client(service, endpoint_url=enforcing.url), method)
            if action == allowed:
                call(**parameters)
                continue
            with pytest.raises(ClientError) as refused:
                call(**parameters)
            assert action in str(refused.value)


def test_a_phone_number_in_the_sms_sandbox_is_verified_by_its_password(account: Account) -> None:
    sns, number = account.client("sns"), "+14255550123"
    assert not sns.get_sms_sandbox_account_status()["IsInSandbox"]
    account.set_sms(is_in_sandbox=True, opted_out=["+14255550199"])
    assert sns.get_sms_sandbox_account_status()["IsInSandbox"]
    sns.create_sms_sandbox_phone_number(PhoneNumber=number)
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == [{"PhoneNumber": number, "Status": "Pending"}]
    with pytest.raises(ClientError, match="VerificationException"):
        sns.verify_sms_sandbox_phone_number(PhoneNumber=number, OneTimePassword="654321")
    sns.verify_sms_sandbox_phone_number(PhoneNumber=number, OneTimePassword="123456")
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == [{"PhoneNumber": number, "Status": "Verified"}]
    opted_out = [sns.check_if_phone_number_is_opted_out(phoneNumber=each)["isOptedOut"] for each in (number, "+14255550199")]
    assert opted_out == [False, True]


def test_the_table_of_a_stack_is_protected_only_where_the_parameter_says_so(aws: LocalAws) -> None:
    for value in ("true", "false"):
        stack = aws.account().install({"ProtectStateTable": value})
        dynamodb, name = stack.session.client("dynamodb"), stack.outputs["StateTableName"]
        assert dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is (value == "true")


def test_a_session_of_a_role_reads_the_numbers_of_its_account(enforcing: LocalAws) -> None:
    hub, member = enforcing.account(), enforcing.account()
    point = {"Timestamp": 1_764_000_000, "DeliveryAttempts": 7, "Bounces": 0, "Complaints": 0, "Rejects": 0}
    member.set_ses(sent_last_24_hours=190, max_24_hour_send=200, data_points=[point])
    reader = create_role(member, "reader", hub.id, {"Effect": "Allow", "Action": "ses:Get*", "Resource": "*"})
    role = session_of(reader, hub.client("sts"))
    ses, sesv2 = (role.client(service, endpoint_url=enforcing.url) for service in ("ses", "sesv2"))
    assert ses.get_send_quota()["SentLast24Hours"] == sesv2.get_account()["SendQuota"]["SentLast24Hours"] == 190
    assert [point["DeliveryAttempts"] for point in ses.get_send_statistics()["SendDataPoints"]] == [7]


def test_trust_may_be_limited_to_a_role_and_to_an_organization(enforcing: LocalAws) -> None:
    organization = enforcing.organization()
    hub, member, stranger = organization.add("Hub"), organization.add("Member"), enforcing.account()
    anything = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    monitor, other = assume(hub, anything, name="monitor"), assume(hub, anything, name="other")
    by_role = create_role(member, "by-role", hub.id, anything,
                          ArnEquals={"aws:PrincipalArn": f"arn:aws:iam::{hub.id}:role/monitor"})
    by_organization = create_role(member, "by-organization", "*", anything,
                                  StringEquals={"aws:PrincipalOrgID": organization.id})

    def may_assume(caller: boto3.Session, role: str) -> bool:
        try:
            session_of(role, caller.client("sts", endpoint_url=enforcing.url))
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"
            return False
        return True

    assert may_assume(monitor, by_role) and may_assume(monitor, by_organization)
    assert not may_assume(other, by_role) and may_assume(other, by_organization)
    assert not may_assume(assume(stranger, anything), by_organization)


def test_a_role_that_does_not_exist_is_refused_like_one_that_does_not_trust_the_caller(enforcing: LocalAws) -> None:
    hub, member = enforcing.account(), enforcing.account()
    anything = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    monitor, closed = assume(hub, anything, name="monitor"), create_role(member, "closed", member.id, anything)
    words = "User: arn:aws:sts::{}:assumed-role/monitor/reader is not authorized to perform: sts:AssumeRole on resource: {}"
    for role in (closed, f"arn:aws:iam::{member.id}:role/missing"):
        with pytest.raises(ClientError) as refused:
            session_of(role, monitor.client("sts", endpoint_url=enforcing.url))
        assert refused.value.response["Error"] == {"Code": "AccessDenied", "Message": words.format(hub.id, role), "Type": "Sender"}


def pages(client: Any, listing: str, **request: Any) -> list[list[str]]:
    """The IDs in each page of a listing."""
    return [[each["Id"] for each in next(value for value in page.values() if isinstance(value, list))]
            for page in client.get_paginator(listing).paginate(**request)]


def test_an_organization_is_listed_in_pages_and_the_first_of_several_is_empty(aws: LocalAws) -> None:
    organization = aws.organization()
    units = [organization.add_unit(f"Unit {number}") for number in range(21)]
    members = [organization.add(f"Team {number}") for number in range(22)]
    client, root = organization.management.client("organizations"), organization.root
    accounts = {organization.management.id} | {member.id for member in members}

    listed = pages(client, "list_accounts")
    assert [len(page) for page in listed] == [0, 20, 3] and set(sum(listed, [])) == accounts
    assert [len(page) for page in pages(client, "list_accounts", PaginationConfig={"PageSize": 12})] == [0, 12, 11]
    listed = pages(client, "list_accounts_for_parent", ParentId=root)
    assert [len(page) for page in listed] == [0, 20, 3] and set(sum(listed, [])) == accounts
    assert pages(client, "list_organizational_units_for_parent", ParentId=root) == [[], units[:20], units[20:]]

    organization.move(members[0], units[0])
    assert pages(client, "list_accounts_for_parent", ParentId=units[0]) == [[members[0].id]]
    assert pages(client, "list_organizational_units_for_parent", ParentId=units[0]) == [[]]
    for listing in ("list_accounts_for_parent", "list_organizational_units_for_parent"):
        with pytest.raises(ClientError, match="ParentNotFoundException"):
            pages(client, listing, ParentId="ou-none-00000000")


def test_an_account_has_a_state(aws: LocalAws) -> None:
    organization = aws.organization()
    unit = organization.add_unit("Teams")
    payments, closed = organization.add("Payments", unit), organization.add("Old", unit)
    organization.close(closed)
    found = organization.management.client("organizations").list_accounts_for_parent(ParentId=unit)["Accounts"]
    assert [(each["Id"], each["Name"], each["State"]) for each in found] == [
        (payments.id, "Payments", "ACTIVE"), (closed.id, "Old", "SUSPENDED"),
    ]
    assert all("Status" not in each for each in found)


def test_an_organization_is_read_by_its_management_account_and_a_delegated_administrator(aws: LocalAws) -> None:
    organization = aws.organization()
    member, administrator = organization.add("Member"), organization.add("Administrator")
    organization.delegate_to(administrator)
    everyone = [organization.management.id, member.id, administrator.id]
    for account in (organization.management, administrator):
        client = account.client("organizations")
        assert [each["Id"] for each in client.list_accounts()["Accounts"]] == everyone
        assert [each["Id"] for each in client.list_delegated_administrators()["DelegatedAdministrators"]] == [administrator.id]
    for account in (member, administrator):
        client = account.client("organizations")
        described = client.describe_organization()["Organization"]
        assert (described["Id"], described["MasterAccountId"]) == (organization.id, organization.management.id)
        with pytest.raises(ClientError, match="AccessDeniedException.* CreateAccount"):
            client.create_account(AccountName="Another", Email="another@example.com")
    with pytest.raises(ClientError, match="AccessDeniedException.* ListAccounts"):
        member.client("organizations").list_accounts()
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        aws.account().client("organizations").list_accounts()
    with pytest.raises(ClientError, match="AlreadyInOrganizationException"):
        organization.management.client("organizations").create_organization()


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


def test_the_proxy_tells_the_accounts_of_a_fleet_apart(aws: LocalAws) -> None:
    hub, one, other = aws.account(), aws.account(), aws.account()
    sts = Session(aws.proxy.url, hub.id).client("sts")

    def read(account: Account) -> None:
        role = session_of(f"arn:aws:iam::{account.id}:role/reader", sts)
        role.client("ses", endpoint_url=aws.proxy.url).get_send_quota()

    with aws.proxy.refusing("ses", "GetSendQuota", account=one.id, code="AccessDenied", status=403):
        with pytest.raises(ClientError, match="AccessDenied.* GetSendQuota"):
            read(one)
        read(other)
    with aws.proxy.refusing("sts", "AssumeRole", where=lambda call: call.assumed_account == one.id, code="AccessDenied", status=403):
        with pytest.raises(ClientError, match="AccessDenied.* AssumeRole"):
            read(one)
        read(other)
    for account, count in ((one, 1), (other, 2)):
        assert len(aws.proxy.calls("ses", "GetSendQuota", account.id)) == count
    assert [call.assumed_account for call in aws.proxy.calls("sts", "AssumeRole", hub.id)] == [one.id, other.id] * 2
    assert [call.operation for call in aws.proxy.calls_in(other.id)] == ["GetSendQuota"] * 2


def test_the_proxy_takes_the_connections_of_a_fleet_at_once(aws: LocalAws) -> None:
    port = int(aws.proxy.url.rpartition(":")[2])

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /_ministack/health HTTP/1.1\r\nHost: local\r\n\r\n")
        status = await reader.readline()
        writer.close()
        return status

    async def ask_at_once(count: int) -> list[bytes]:
        return await asyncio.gather(*(ask() for _ in range(count)))

    assert set(asyncio.run(ask_at_once(300))) == {b"HTTP/1.1 200 OK\r\n"}


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
