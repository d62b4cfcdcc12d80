"""`ses-quota doctor`, on installations with one thing wrong, with ten, with none, and for people who may not see everything."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from fleets import THERE, Fleet
from local.account import Account
from local.command_line import ses_quota
from local.server import LocalAws
from toolkit.paths import PROJECT

POLICY = (PROJECT / "docs" / "policies" / "command-line.json").read_text()
PHONE, EMAIL = "+14255550123", "ops@example.com"
# A Region that the stack does not watch.
ELSEWHERE = "eu-central-1"
# It has the reader role, except where that is what is wrong.
MEMBER = "Payments"
# What is examined of a sound installation, each once at least.
SUBJECTS = {"stack", "function", "schedule", "checks", "alertTopic", "phones", "operatorTopic", "alarms", "queues", "stateTable",
            "accounts", "regions"}


@dataclass
class Diagnosis:
    """What the command said, and how it ended."""

    exit: int
    findings: list[dict[str, str]]
    examined: list[dict[str, str]]

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(each["severity"], each["finding"]) for each in self.findings]


def doctor(account: Account, **environment: str) -> Diagnosis:
    done = ses_quota("doctor", "--output", "json", account=account, **environment)
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert document["exit"] == done.returncode and not done.stderr
    return Diagnosis(done.returncode, document["findings"], document["examined"])


def sound(aws: LocalAws, **parameters: str) -> Fleet:
    """An installation with nothing wrong, which has run a check."""
    fleet = Fleet.install(aws, [MEMBER, "Shop"], **{"AlertEmail": EMAIL, "AlertPhone": PHONE} | parameters)
    fleet.check()
    return fleet


@pytest.fixture
def fleet(enforcing: LocalAws) -> Fleet:
    return sound(enforcing)


# What can go wrong. Each function is one fault in a sound installation.


def schedule_is_disabled(fleet: Fleet) -> None:
    change_schedule(fleet, State="DISABLED")


def schedule_is_changed(fleet: Fleet) -> None:
    change_schedule(fleet, ScheduleExpression="rate(12 hours)")


def schedule_is_gone(fleet: Fleet) -> None:
    fleet.hub.client("scheduler").delete_schedule(Name=resource(fleet, "AWS::Scheduler::Schedule"))


def alarm_is_raised(fleet: Fleet) -> None:
    fleet.hub.client("cloudwatch").set_alarm_state(AlarmName="ses-quota-monitor-checks-fail", StateValue="ALARM", StateReason="2 errors")


def alarm_is_mute(fleet: Fleet) -> None:
    fleet.hub.client("cloudwatch").disable_alarm_actions(AlarmNames=["ses-quota-monitor-fell-silent"])


def alarm_is_gone(fleet: Fleet) -> None:
    fleet.hub.client("cloudwatch").delete_alarms(AlarmNames=["ses-quota-monitor-near-timeout"])


def hook_is_not_confirmed(fleet: Fleet) -> None:
    # Nothing listens there.
    fleet.hub.client("sns").subscribe(TopicArn=fleet.stack.topic_arn, Protocol="https", Endpoint="https://127.0.0.1:9/hook")


def email_is_unsubscribed(fleet: Fleet) -> None:
    fleet.hub.client("sns").subscribe(TopicArn=fleet.stack.topic_arn, Protocol="email", Endpoint="others@example.com")
    unsubscribe(fleet, EMAIL)


def only_a_phone_is_subscribed(fleet: Fleet) -> None:
    fleet.hub.client("sns").subscribe(
        TopicArn=fleet.stack.topic_arn, Protocol="email", Endpoint="others@example.com",
        Attributes={"FilterPolicy": json.dumps({"level": ["CRITICAL", "EXHAUSTED"]})},
    )
    [email] = [each for each in subscriptions(fleet) if each["Endpoint"] == EMAIL]
    fleet.hub.client("sns").set_subscription_attributes(
        SubscriptionArn=email["SubscriptionArn"], AttributeName="FilterPolicy", AttributeValue=json.dumps({"kind": ["RAISED"]})
    )


def nobody_is_subscribed(fleet: Fleet) -> None:
    unsubscribe(fleet, EMAIL, PHONE)


def topic_is_gone(fleet: Fleet) -> None:
    fleet.hub.client("sns").delete_topic(TopicArn=fleet.stack.topic_arn)


def phone_is_not_verified(fleet: Fleet) -> None:
    fleet.hub.set_sms(is_in_sandbox=True)
    fleet.hub.client("sns").create_sms_sandbox_phone_number(PhoneNumber=PHONE)


def phone_has_opted_out(fleet: Fleet) -> None:
    fleet.hub.set_sms(opted_out=[PHONE])


def check_was_dropped(fleet: Fleet) -> None:
    fleet.hub.client("sqs").send_message(QueueUrl=fleet.stack.outputs["DeadLetterQueueUrl"], MessageBody="{}")


def queue_is_gone(fleet: Fleet) -> None:
    fleet.hub.client("sqs").delete_queue(QueueUrl=fleet.stack.outputs["DeadLetterQueueUrl"])


def parts_are_not_taken(fleet: Fleet) -> None:
    mapping = resource(fleet, "AWS::Lambda::EventSourceMapping")
    fleet.hub.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)


def setting_is_changed(fleet: Fleet) -> None:
    fleet.stack.change_settings(WARNING_PERCENT="60")


def function_is_stopped(fleet: Fleet) -> None:
    fleet.hub.client("lambda").put_function_concurrency(FunctionName=fleet.stack.function, ReservedConcurrentExecutions=0)


def function_is_gone(fleet: Fleet) -> None:
    fleet.hub.client("lambda").delete_function(FunctionName=fleet.stack.function)


def table_is_gone(fleet: Fleet) -> None:
    fleet.hub.client("dynamodb").delete_table(TableName=fleet.stack.outputs["StateTableName"])


def role_is_missing(fleet: Fleet) -> None:
    iam = fleet.members[MEMBER].client("iam")
    for policy in iam.list_role_policies(RoleName="ses-quota-monitor-reader")["PolicyNames"]:
        iam.delete_role_policy(RoleName="ses-quota-monitor-reader", PolicyName=policy)
    iam.delete_role(RoleName="ses-quota-monitor-reader")
    # The function has a session of the role from its first check.
    fleet.stack.restart()


def role_may_not_read(fleet: Fleet) -> None:
    fleet.deny_ses(MEMBER)


def region_sends_unwatched(fleet: Fleet) -> None:
    fleet.hub.set_ses(ELSEWHERE, sent_last_24_hours=1_200)


def region_is_in_the_sandbox(fleet: Fleet) -> None:
    fleet.hub.set_ses(THERE, production_access=False)


def change_schedule(fleet: Fleet, **values: str) -> None:
    scheduler = fleet.hub.client("scheduler")
    schedule = scheduler.get_schedule(Name=resource(fleet, "AWS::Scheduler::Schedule"))
    kept = {name: schedule[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept | values)


def resource(fleet: Fleet, kind: str) -> str:
    resources = fleet.hub.client("cloudformation").describe_stack_resources(StackName=fleet.stack.name)["StackResources"]
    [name] = [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == kind]
    return name


def subscriptions(fleet: Fleet) -> list[dict[str, Any]]:
    return fleet.hub.client("sns").list_subscriptions_by_topic(TopicArn=fleet.stack.topic_arn)["Subscriptions"]


def unsubscribe(fleet: Fleet, *endpoints: str) -> None:
    for each in subscriptions(fleet):
        if each["Endpoint"] in endpoints:
            fleet.hub.client("sns").unsubscribe(SubscriptionArn=each["SubscriptionArn"])


Fault = Callable[[Fleet], None]
# Each with what is found: its severity, and what the sentence says.
TEN: dict[Fault, tuple[str, str]] = {
    schedule_is_disabled: ("CRITICAL", r"nothing starts checks: schedule .* is disabled"),
    alarm_is_raised: ("CRITICAL", r"alarm ses-quota-monitor-checks-fail: Checks of the SES send quota are failing"),
    hook_is_not_confirmed: ("WARNING", r"https https://127.0.0.1:9/hook receives no alerts"),
    phone_is_not_verified: ("WARNING", r"\+14255550123 receives no SMS: the account is in the SMS sandbox"),
    alarm_is_mute: ("WARNING", r"alarm ses-quota-monitor-fell-silent tells nobody"),
    alarm_is_gone: ("WARNING", r"alarm ses-quota-monitor-near-timeout is gone"),
    check_was_dropped: ("WARNING", r"events of failed checks are waiting in a dead-letter queue, .*: 1$"),
    setting_is_changed: ("WARNING", r"WARNING_PERCENT is 60, and WarningPercent 80$"),
    role_is_missing: ("WARNING", r"account \d{12} \(Payments\) is not watched: role: AccessDenied"),
    region_sends_unwatched: ("WARNING", r"eu-central-1 is not watched, and has sent to 1,200 recipients"),
}
OTHERS: dict[Fault, tuple[str, str]] = {
    schedule_is_gone: ("CRITICAL", r"nothing starts checks: schedule .* is gone"),
    schedule_is_changed: ("WARNING", r"rate\(12 hours\), and CheckIntervalMinutes rate\(60 minutes\)"),
    nobody_is_subscribed: ("CRITICAL", r"nobody receives alerts: the alert topic has no confirmed subscription"),
    topic_is_gone: ("CRITICAL", r"nobody receives alerts: the topic .* is gone"),
    email_is_unsubscribed: ("WARNING", r"ops@example.com, the AlertEmail of the stack, receives no alerts"),
    only_a_phone_is_subscribed: ("WARNING", r"nobody is told when the monitor itself fails"),
    phone_has_opted_out: ("WARNING", r"\+14255550123 receives no SMS: its owner has replied STOP"),
    queue_is_gone: ("WARNING", r"the queue for events of failed checks is gone"),
    parts_are_not_taken: ("CRITICAL", r"event source .* is disabled"),
    function_is_stopped: ("CRITICAL", r"nothing is checked: the reserved concurrency of function .* is 0"),
    function_is_gone: ("CRITICAL", r"nothing is checked: function .* is gone"),
    table_is_gone: ("CRITICAL", r"the state table .* is gone"),
    role_may_not_read: ("WARNING", r"account \d{12} \(Payments\) in us-east-1, eu-west-1: read: AccessDenied"),
    region_is_in_the_sandbox: ("WARNING", r"eu-west-1 is in the SES sandbox"),
}


def is_found(expected: tuple[str, str], found: tuple[str, str]) -> bool:
    return expected[0] == found[0] and re.search(expected[1], found[1]) is not None


def test_nothing_is_found_in_a_sound_installation(enforcing: LocalAws) -> None:
    operators = enforcing.account()
    topic = operators.client("sns").create_topic(Name="operators")["TopicArn"]
    operators.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="pager@example.com")
    operators.client("sns").add_permission(TopicArn=topic, Label="read", AWSAccountId=["*"], ActionName=["ListSubscriptionsByTopic"])
    fleet = sound(enforcing, OperatorTopicArn=topic, AlarmLevel="CRITICAL")
    found = doctor(fleet.hub)
    assert (found.exit, found.findings) == (0, [])
    assert {each["subject"] for each in found.examined} == SUBJECTS
    shown = ses_quota("doctor", account=fleet.hub)
    assert shown.returncode == 0 and shown.stdout.startswith(f"No problem found. Examined: {len(found.examined)}\n")
    for each in found.examined:
        assert each["found"] in shown.stdout
    # What it asked for was a dry run.
    assert len(fleet.aws.proxy.calls("sns", "Publish", fleet.hub.id)) == 0


def test_ten_things_wrong_are_found_and_nothing_else_the_worst_first(fleet: Fleet) -> None:
    for fault in TEN:
        fault(fleet)
    found = doctor(fleet.hub)
    for fault, expected in TEN.items():
        assert len([each for each in found.said if is_found(expected, each)]) == 1, (fault.__name__, found.said)
    assert len(found.said) == len(TEN) == 10
    severities = [severity for severity, _ in found.said]
    assert severities == sorted(severities) and set(severities) == {"CRITICAL", "WARNING"} and found.exit == 2
    assert all(each["toDo"] for each in found.findings)
    shown = ses_quota("doctor", account=fleet.hub)
    assert shown.returncode == 2 and "10 problems found." in shown.stdout
    # One line a finding, each with what to do below it.
    assert [line[10:] for line in shown.stdout.splitlines() if re.match("CRITICAL|WARNING", line)] == [text for _, text in found.said]


@pytest.mark.parametrize("fault", [*TEN, *OTHERS], ids=lambda fault: fault.__name__)
def test_a_fault_alone_is_found_alone(fleet: Fleet, fault: Fault) -> None:
    fault(fleet)
    found = doctor(fleet.hub)
    [only] = found.said
    expected = (TEN | OTHERS)[fault]
    assert is_found(expected, only), only
    assert found.exit == {"WARNING": 1, "CRITICAL": 2}[expected[0]]


def test_a_fault_that_is_corrected_is_not_found_any_more(fleet: Fleet) -> None:
    phone_is_not_verified(fleet)
    assert doctor(fleet.hub).exit == 1
    fleet.hub.client("sns").verify_sms_sandbox_phone_number(PhoneNumber=PHONE, OneTimePassword="123456")
    change_schedule(fleet, State="DISABLED")
    assert doctor(fleet.hub).exit == 2
    change_schedule(fleet, State="ENABLED")
    assert doctor(fleet.hub).said == []


def test_a_stack_that_does_not_exist(fleet: Fleet) -> None:
    done = ses_quota("doctor", "--stack", "another", account=fleet.hub)
    assert (done.returncode, done.stdout) == (3, "")
    assert f"there is no stack another in us-east-1, account {fleet.hub.id}" in done.stderr


@dataclass
class Person:
    """Somebody in the account of a fleet, who is allowed what a policy says."""

    fleet: Fleet
    environment: dict[str, str]

    @classmethod
    def of(cls, fleet: Fleet) -> "Person":
        iam = fleet.hub.client("iam")
        iam.create_user(UserName="ana")
        key = iam.create_access_key(UserName="ana")["AccessKey"]
        return cls(fleet, {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]})

    def allow(self, policy: str) -> None:
        self.fleet.hub.client("iam").put_user_policy(
            UserName="ana", PolicyName="command-line", PolicyDocument=policy.replace("111122223333", self.fleet.hub.id)
        )


@pytest.fixture(scope="module")
def person(enforcing: LocalAws) -> Iterator[Person]:
    fleet = sound(enforcing)
    fleet.hub.set_sms(is_in_sandbox=True)
    sns = fleet.hub.client("sns")
    sns.create_sms_sandbox_phone_number(PhoneNumber=PHONE)
    sns.verify_sms_sandbox_phone_number(PhoneNumber=PHONE, OneTimePassword="123456")
    yield Person.of(fleet)


def without(action: str) -> str:
    """The policy without one of its actions."""
    policy = json.loads(POLICY)
    for statement in policy["Statement"]:
        listed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [each for each in listed if each != action]
    policy["Statement"] = [statement for statement in policy["Statement"] if statement["Action"]]
    return json.dumps(policy)


ACTIONS = sorted({action for each in json.loads(POLICY)["Statement"]
                  for action in (each["Action"] if isinstance(each["Action"], list) else [each["Action"]])})
# Without these, there is nothing to examine.
OF_THE_STACK = {"cloudformation:DescribeStacks", "cloudformation:DescribeStackResources"}


def test_the_policy_suffices(person: Person) -> None:
    person.allow(POLICY)
    found = doctor(person.fleet.hub, **person.environment)
    assert (found.exit, found.said) == (0, [])
    for command in ("check", "test-alert"):
        done = ses_quota(command, account=person.fleet.hub, **person.environment)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("action", ACTIONS)
def test_what_may_not_be_read_is_unknown_and_never_ok(person: Person, action: str) -> None:
    person.allow(without(action))
    if action in OF_THE_STACK:
        done = ses_quota("doctor", account=person.fleet.hub, **person.environment)
        assert done.returncode == 3 and action in done.stderr
        return
    found = doctor(person.fleet.hub, **person.environment)
    assert found.exit == 3 and {severity for severity, _ in found.said} == {"UNKNOWN"}, found.said
    assert all("cannot be examined" in finding and action in finding for _, finding in found.said), found.said
    assert all(each["toDo"] for each in found.findings)
