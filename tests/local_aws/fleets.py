"""A fleet: an organization whose accounts one stack reads, on a local AWS that enforces IAM."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from checks import NAMESPACE, validate
from local.account import Account
from local.calls import Call
from local.organization import Organization
from local.publications import Publication
from local.server import LocalAws
from local.stack import Stack
from toolkit.waiting import next_second, wait_for

HERE, THERE = REGIONS = ("us-east-1", "eu-west-1")
# What is checked: the ID of an account, and a Region, or `all`.
Target = tuple[str, str]
READER = "ses-quota-monitor-reader"
DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ses:*", "Resource": "*"}]}
# The schedule must not start a check while a test runs one.
PARAMETERS = {"Accounts": "organization", "Regions": ",".join(REGIONS), "CheckIntervalMinutes": "60"}


@dataclass(frozen=True)
class Fleet:
    """The stack is in the management account."""

    aws: LocalAws
    organization: Organization
    stack: Stack
    # By name.
    members: dict[str, Account]

    @classmethod
    def install(cls, aws: LocalAws, members: Iterable[str], without_role: Iterable[str] = (), **parameters: str) -> "Fleet":
        """A stack with these parameters, in an organization of its own. `{Shop}` in a parameter stands for the ID of that member."""
        organization = aws.organization()
        accounts = {name: organization.add(name) for name in members}
        ids = {name: account.id for name, account in accounts.items()}
        parameters = {name: value.format_map(ids) for name, value in parameters.items()}
        fleet = cls(aws, organization, organization.management.install(PARAMETERS | parameters), accounts)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(fleet.install_role, accounts.keys() - set(without_role)))
        return fleet

    @property
    def hub(self) -> Account:
        """The account of the stack."""
        return self.organization.management

    def install_role(self, member: str, **parameters: str) -> None:
        """Gives a member the reader role, with these parameters or for this organization."""
        parameters = parameters or {"OrganizationId": self.organization.id}
        self.members[member].install_reader_role(self.stack.outputs["FunctionRoleArn"], **parameters)

    def deny_ses(self, member: str) -> None:
        """Denies the reader role of a member all of SES."""
        iam = self.members[member].client("iam")
        iam.put_role_policy(RoleName=READER, PolicyName="deny", PolicyDocument=json.dumps(DENY))

    def allow_ses(self, member: str) -> None:
        """Takes that back."""
        self.members[member].client("iam").delete_role_policy(RoleName=READER, PolicyName="deny")

    def targets(self, *members: str, regions: Iterable[str] = REGIONS) -> set[Target]:
        """Members in Regions."""
        return {(self.members[member].id, region) for member in members for region in regions}

    def check(self) -> dict[str, Any]:
        """The report of a check. Checks of one second are not told apart, by the function and by CloudWatch."""
        next_second()
        done = self.stack.invoke()
        assert done.error is None, done.payload
        report: dict[str, Any] = done.payload
        return report

    def calls(self, service: str, operation: str = ".*", account: str | None = None) -> list[Call]:
        """What was called for this fleet: in its accounts, by the function as itself and as others."""
        ids = {self.hub.id} | {member.id for member in self.members.values()}
        return [call for call in self.aws.proxy.calls(service, operation, account) if call.account in ids]

    def total(self, metric: str, namespace: str = NAMESPACE) -> float:
        """The sum of everything that was published of a metric, in the account of the stack."""
        now = datetime.now(timezone.utc)
        points = self.hub.client("cloudwatch").get_metric_statistics(
            Namespace=namespace, MetricName=metric, StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1),
            Period=60, Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)


class Queues:
    """The work queue of a fleet, and its dead-letter queue."""

    def __init__(self, fleet: Fleet) -> None:
        self._sqs, self._lambda = fleet.hub.client("sqs"), fleet.hub.client("lambda")
        self.work = fleet.stack.outputs["WorkQueueUrl"]
        redrive = self._sqs.get_queue_attributes(QueueUrl=self.work, AttributeNames=["RedrivePolicy"])["Attributes"]
        name = json.loads(redrive["RedrivePolicy"])["deadLetterTargetArn"].split(":")[-1]
        self.dead = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        [self._mapping] = self._lambda.list_event_source_mappings(FunctionName=fleet.stack.function)["EventSourceMappings"]

    def send(self, *bodies: str) -> None:
        """Sends messages to the work queue, in this order."""
        for body in bodies:
            self._sqs.send_message(QueueUrl=self.work, MessageBody=body)

    def take(self, url: str) -> list[str]:
        """Takes all messages out of one of them, and returns their bodies."""
        bodies: list[str] = []
        while received := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                bodies.append(message["Body"])
        return bodies

    def come_again_after(self, seconds: int) -> None:
        """How long a message of the work queue is invisible once it was taken from there."""
        self._sqs.set_queue_attributes(QueueUrl=self.work, Attributes={"VisibilityTimeout": str(seconds)})

    def is_empty(self) -> bool:
        """Whether every part is done."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        left = self._sqs.get_queue_attributes(QueueUrl=self.work, AttributeNames=names)["Attributes"]
        return all(int(left[name]) == 0 for name in names)

    def wait_until_empty(self) -> None:
        wait_for(self.is_empty, "all parts to be done", timeout=90)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is taken from the work queue inside the `with`."""
        self._lambda.update_event_source_mapping(UUID=self._mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            self._lambda.update_event_source_mapping(UUID=self._mapping["UUID"], Enabled=True)


def by_target(report: Mapping[str, Any]) -> dict[Target, dict[str, Any]]:
    """The targets that a report lists."""
    return {(target["account"], target["region"]): target for target in report["targets"]}


def alerts_in(publications: Iterable[Publication]) -> list[dict[str, Any]]:
    """The alerts that were published, alone and in digests."""
    return [alert for sent in publications for alert in validate(sent)]


def about(alerts: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str, str, str]]:
    """How often something was said: account, Region, subject and kind."""
    return Counter((alert["account"], alert["region"], alert["subject"], alert["kind"]) for alert in alerts)


def read(calls: Iterable[Call]) -> Counter[Target]:
    """How often each target was called for."""
    return Counter((call.account, call.region) for call in calls)
