"""One account on the local AWS. Accounts, like Regions, see nothing of each other."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import boto3
import botocore.config
import botocore.session

from .inbox import Inbox, Publication
from .stack import Stack

if TYPE_CHECKING:
    from .server import LocalAws

SENDER = "news@example.com"


@dataclass(frozen=True)
class Reading:
    """One value of a metric, as CloudWatch stored it."""

    metric: str
    dimensions: dict[str, str]
    at: datetime
    value: float
    unit: str


class Account:
    """An account, and the Region that things are deployed to."""

    def __init__(self, aws: "LocalAws", account_id: str, region: str = "us-east-1") -> None:
        self.aws = aws
        self.id = account_id
        self.region = region
        self._clients: dict[tuple[str, str], Any] = {}
        nothing = (None, [], os.devnull, None)
        # A developer's own profile and files must not change what happens here.
        session = botocore.session.Session(
            {"profile": (None, [], None, None), "config_file": nothing, "credentials_file": nothing}
        )
        self._session = boto3.Session(
            aws_access_key_id=account_id, aws_secret_access_key="local", botocore_session=session
        )

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client; made once for each service and Region."""
        key = (service, region or self.region)
        if key not in self._clients:
            self._clients[key] = self._session.client(
                service, region_name=key[1], endpoint_url=self.aws.url,
                config=botocore.config.Config(max_pool_connections=20, retries={"total_max_attempts": 1}, read_timeout=120),
            )
        return self._clients[key]

    def environment(self) -> dict[str, str]:
        """For a command such as `sam` or `aws`: this process's environment, pointed at this account."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return clean | {
            "AWS_ENDPOINT_URL": self.aws.url, "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "", "SAM_CLI_TELEMETRY": "0",
        }

    def deploy(self, parameters: dict[str, str] | None = None, name: str = "ses-quota-monitor") -> Stack:
        """Deploys what `sam build` built, with `sam deploy`, as a user does; or updates it."""
        return Stack.deploy(self, name, parameters or {})

    def install(self, parameters: dict[str, str] | None = None, name: str = "ses-quota-monitor") -> Stack:
        """The same as `deploy`, through CloudFormation alone: faster, for the many tests."""
        return Stack.install(self, name, parameters or {})

    def subscribe(self, topic_arn: str, **attributes: str) -> Inbox:
        """A new queue subscribed to a topic; `attributes` are the subscription's, such as FilterPolicy."""
        return Inbox.subscribed_to(self, topic_arn, attributes)

    def send_mail(self, messages: int, region: str | None = None,
                  on_sent: Callable[[], object] = lambda: None) -> None:
        """Sends real mail through the local SES, one recipient each, and calls `on_sent` after each."""
        ses = self.client("ses", region)
        ses.verify_email_identity(EmailAddress=SENDER)

        def send(number: int) -> None:
            ses.send_email(
                Source=SENDER, Destination={"ToAddresses": [f"reader{number}@example.com"]},
                Message={"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}},
            )
            on_sent()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(messages)))

    def sent_last_24_hours(self, region: str | None = None) -> int:
        return int(self.client("ses", region).get_send_quota()["SentLast24Hours"])

    def publications(self) -> list[Publication]:
        """What functions in this account published to SNS, oldest first, refused calls among them."""
        return [Publication.of(call) for call in self.aws.proxy.calls("sns", "Publish", self.id)]

    def metrics(self, namespace: str) -> list[Reading]:
        """Every value stored in a namespace during the last hour, oldest first."""
        cloudwatch = self.client("cloudwatch")
        now = datetime.now(timezone.utc)
        readings = []
        for metric in cloudwatch.list_metrics(Namespace=namespace)["Metrics"]:
            points = cloudwatch.get_metric_statistics(
                Namespace=namespace, MetricName=metric["MetricName"], Dimensions=metric["Dimensions"],
                StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1), Period=1, Statistics=["Maximum"],
            )["Datapoints"]
            dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
            readings += [
                Reading(metric["MetricName"], dimensions, point["Timestamp"], point["Maximum"], point["Unit"])
                for point in points
            ]
        return sorted(readings, key=lambda reading: reading.at)
