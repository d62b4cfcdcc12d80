"""A peer for the benchmark: the AWS calls that the monitor makes, with boto3 and its defaults."""

import functools
import json
import os

import boto3

ses = boto3.client("ses")
accounts = boto3.client("sesv2")
dynamodb = boto3.client("dynamodb")
increases = boto3.client("service-quotas")
sns = boto3.client("sns")
cloudwatch = boto3.client("cloudwatch")
TOPIC, TABLE, REGION = (os.environ[name] for name in ("ALERT_TOPIC_ARN", "STATE_TABLE", "AWS_REGION"))
KEYS = [{"target": {"S": f"111122223333#{REGION}{subject}"}} for subject in ("", "#SENDING", "#REVIEW", "#RATE")]


def handler(event: object, context: object) -> dict[str, object]:
    quota = ses.get_send_quota()
    percent = 100 * quota["SentLast24Hours"] / quota["Max24HourSend"]
    is_sending = accounts.get_account()["SendingEnabled"]
    known = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": KEYS, "ConsistentRead": True}})["Responses"].get(TABLE)
    if percent >= 40:
        history()
    if percent >= 80 and not known:
        remember("pending")
        requested = increases.list_requested_service_quota_change_history_by_quota(ServiceCode="ses", QuotaCode="L-804C8AE8")
        requests = len(requested.get("RequestedQuotas", []))
        text = f"{percent:.1f}% of the 24-hour sending quota used, {requests} requests for more"
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
    return {"utilizationPercent": percent, "sendingEnabled": is_sending}


@functools.cache
def history() -> list[object]:
    return ses.get_send_statistics()["SendDataPoints"]


def remember(level: str) -> None:
    dynamodb.put_item(TableName=TABLE, Item=KEYS[0] | {"level": {"S": level}})
