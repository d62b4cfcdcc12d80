"""Reading metrics back from CloudWatch."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .session import Session


@dataclass(frozen=True)
class Datapoint:
    """One value of a metric, as CloudWatch stored it."""

    metric: str
    dimensions: dict[str, str]
    at: datetime
    value: float
    unit: str


def datapoints(session: Session, namespace: str) -> list[Datapoint]:
    """Every value stored in a namespace during the last hour, oldest first."""
    cloudwatch = session.client("cloudwatch")
    now = datetime.now(timezone.utc)
    found = []
    for metric in cloudwatch.list_metrics(Namespace=namespace)["Metrics"]:
        points = cloudwatch.get_metric_statistics(
            Namespace=namespace, MetricName=metric["MetricName"], Dimensions=metric["Dimensions"],
            StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1), Period=1, Statistics=["Maximum"],
        )["Datapoints"]
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
        found += [
            Datapoint(metric["MetricName"], dimensions, point["Timestamp"], point["Maximum"], point["Unit"])
            for point in points
        ]
    return sorted(found, key=lambda datapoint: datapoint.at)
