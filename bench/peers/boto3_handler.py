"""A peer for the benchmark: the AWS calls that the monitor makes, with boto3 and its defaults."""

import json
import os

import boto3

ses = boto3.client("ses")
dynamodb = boto3.client("dynamodb")
sns = boto3.client("sns")
cloudwatch = boto3.client("cloudwatch")
TOPIC, TABLE, REGION = (os.environ[name] for name in ("ALERT_TOPIC_ARN", "STATE_TABLE", "AWS_REGION"))
KEY = {"target": {"S": f"111122223333#{REGION}"}}


def handler(event: object, context: object) -> dict[str, float]:
    quota = ses.get_send_quota()
    percent = 100 * quota["SentLast24Hours"] / quota["Max24HourSend"]
    known = "Item" in dynamodb.get_item(TableName=TABLE, Key=KEY, ConsistentRead=True)
    if percent >= 80 and not known:
        remember("pending")
        text = f"{percent:.1f}% of the 24-hour sending quota used"
        message = {"default": text, "sms": text, "sqs": json.dumps({"percent": percent})}
        sns.publish(TopicArn=TOPIC, Subject=text, MessageStructure="json", Message=json.dumps(message))
        remember("told")
    dimensions = [{"Name": "Account", "Value": "111122223333"}, {"Name": "Region", "Value": REGION}]
    metrics = [
        ("SentLast24Hours", "Count", quota["SentLast24Hours"]),
        ("Max24HourSend", "Count", quota["Max24HourSend"]),
        ("MaxSendRate", "Count/Second", quota["MaxSendRate"]),
        ("QuotaUtilization", "Percent", percent),
        ("AlertLevel", "None", 1 if percent >= 80 else 0),
        ("CheckFailed", "Count", 0),
    ]
    cloudwatch.put_metric_data(Namespace="SESQuotaMonitor", MetricData=[
        {"MetricName": name, "Unit": unit, "Value": value, "Dimensions": dimensions} for name, unit, value in metrics
    ])
    return {"utilizationPercent": percent}


def remember(level: str) -> None:
    dynamodb.put_item(TableName=TABLE, Item=KEY | {"level": {"S": level}})
