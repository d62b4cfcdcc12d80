"""The deployed monitor, from the event to what subscribers, dashboards and operators see."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema

from checks import OF_ALL
from contract import ALERT_SCHEMA, CHAT_SCHEMA, DIGEST_SCHEMA, GSM_7
from local.account import Account
from local.inbox import Inbox, Message
from local.measurements import Datapoint, datapoints
from local.server import LocalAws
from local.session import Session
from local.stack import Invocation, Stack
from toolkit.waiting import wait_for

NAMESPACE = "SESQuotaMonitor"
UNITS = {
    "SentLast24Hours": "Count",
    "Max24HourSend": "Count",
    "MaxSendRate": "Count/Second",
    "QuotaUtilization": "Percent",
    "SendingStatus": "None",
    "AlertLevel": "None",
    "CheckFailed": "Count",
}


def target(invocation: Invocation, region: str = "us-east-1") -> dict[str, Any]:
    assert invocation.error is None, invocation.payload
    return next(target for target in invocation.payload["targets"] if target["region"] == region)


def kinds(alerts: list[Message]) -> list[str]:
    return [alert.document["kind"] for alert in alerts]


def by_region(points: list[Datapoint], account: Session) -> dict[str, dict[str, Datapoint]]:
    of_all = {point.metric for point in points if not point.dimensions}
    assert of_all <= OF_ALL
    points = [point for point in points if point.dimensions]
    assert all(set(point.dimensions) == {"Account", "Region"} for point in points)
    assert {point.dimensions["Account"] for point in points} <= {account.id}
    found: dict[str, dict[str, Datapoint]] = {}
    for point in points:
        found.setdefault(point.dimensions["Region"], {})[point.metric] = point
    return found


def test_an_alert_is_raised_once_escalated_and_recovered(account: Account, stack: Stack, inbox: Inbox) -> None:
    assert target(stack.invoke())["notification"] is None

    account.send_mail(200)
    assert target(stack.invoke())["notification"] == "RAISED"
    assert target(stack.invoke())["notification"] is None
    assert kinds(inbox.receive()) == ["RAISED"]

    account.send_mail(200)
    assert target(stack.invoke())["notification"] == "ESCALATED"
    assert target(stack.invoke())["notification"] is None
    assert kinds(inbox.receive()) == ["ESCALATED"]

    stack.change_settings(WARNING_PERCENT="80", CRITICAL_PERCENT="95", CLEAR_MARGIN_PERCENT="5")
    # A check in the same second as the last change may be a late one, and never lowers the level.
    wait_for(lambda: target(stack.invoke())["notification"] == "RECOVERED", "the recovery")
    assert target(stack.invoke())["notification"] is None
    assert kinds(inbox.receive()) == ["RECOVERED"]


def test_alerts_follow_their_schema_in_every_protocol(aws: LocalAws, account: Account, stack: Stack, inbox: Inbox) -> None:
    account.send_mail(410)
    stack.invoke()

    [alert] = inbox.receive()
    jsonschema.validate(alert.document, ALERT_SCHEMA)
    assert next(iter(alert.document)) == "schemaVersion"
    expected = {
        "subject": "QUOTA", "kind": "RAISED", "level": "CRITICAL", "previousLevel": "OK",
        "incidentId": f"{account.id}/us-east-1/QUOTA/{alert.document['since']}", "account": account.id, "region": "us-east-1",
        "sentLast24Hours": 410, "max24HourSend": 50000, "remaining": 49590, "maxSendRate": 14,
        "utilizationPercent": 0.8, "sendingEnabled": True, "enforcementStatus": "HEALTHY", "productionAccess": True,
        "test": False,
    }
    assert alert.document | expected == alert.document
    assert alert.attributes == {
        "level": "CRITICAL", "kind": "RAISED", "subject": "QUOTA", "account": account.id, "region": "us-east-1",
    }
    assert alert.subject == f"[CRITICAL] SES us-east-1 ({account.id}): 0.8% of the 24-hour sending quota used"

    [sent] = account.publications()
    assert sent.text("email") == sent.text("default")
    for fact in ["410", "50,000", "49,590", "L-804C8AE8", "us-east-1.console.aws.amazon.com", alert.document["alertId"]]:
        assert fact in sent.text("email")
    assert len(sent.text("sms")) <= 140 and set(sent.text("sms")) <= GSM_7 and sent.text("sms").startswith("CRITICAL")
    for protocol in ["http", "lambda", "sqs", "firehose"]:
        assert json.loads(sent.text(protocol)) == alert.document
    chat = json.loads(sent.text("https"))
    jsonschema.validate(chat, CHAT_SCHEMA)
    assert chat["metadata"]["threadId"] == alert.document["incidentId"]
    for name, text in chat["metadata"]["additionalContext"].items():
        assert alert.document[name] in (text, _parsed(text))
    assert set(chat["metadata"]["additionalContext"]) == set(alert.document)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def test_the_phone_gets_what_is_urgent_and_test_alerts(account: Account, stack: Stack) -> None:
    stack.invoke({"testAlert": True})
    for _ in range(2):
        account.send_mail(200)
        stack.invoke()
    stack.change_settings(WARNING_PERCENT="80", CRITICAL_PERCENT="95", CLEAR_MARGIN_PERCENT="5")
    # A check in the same second as the last change may be a late one, and never lowers the level.
    wait_for(lambda: target(stack.invoke())["notification"] == "RECOVERED", "the recovery")

    policy = _phone_filter(account, stack)
    passed = {(sent.attributes["kind"], sent.attributes["level"]): _passes(policy, sent.attributes) for sent in account.publications()}
    assert passed == {
        ("TEST", "OK"): True, ("RAISED", "WARNING"): False, ("ESCALATED", "CRITICAL"): True, ("RECOVERED", "OK"): False,
    }
    # An alarm about the monitor has no message attributes.
    assert not _passes(policy, {})


def _phone_filter(account: Account, stack: Stack) -> dict[str, Any]:
    """The filter policy of the phone subscription in the template."""
    sns = account.client("sns")
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=stack.topic_arn)["Subscriptions"]
    [arn] = [each["SubscriptionArn"] for each in subscriptions if each["Protocol"] == "sms"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes.get("FilterPolicyScope", "MessageAttributes") == "MessageAttributes"
    return json.loads(attributes["FilterPolicy"])


def _passes(policy: dict[str, Any], attributes: dict[str, str]) -> bool:
    """As SNS matches exact strings (developer guide, "AND/OR logic"): all keys, one of the values of each, one of `$or`."""
    return all(
        any(_passes(one, attributes) for one in wanted) if key == "$or" else attributes.get(key) in wanted
        for key, wanted in policy.items()
    )


def test_a_dry_run_changes_nothing(aws: LocalAws, account: Account, stack: Stack, inbox: Inbox) -> None:
    account.send_mail(200)
    dry = stack.invoke({"dryRun": True})
    assert dry.payload["dryRun"] is True
    assert target(dry)["notification"] == "RAISED"
    assert (inbox.receive(), account.metrics(NAMESPACE), stack.state_items()) == ([], [], [])
    written = {call.operation for call in aws.proxy.calls("dynamodb", ".*", account.id)} - {"BatchGetItem"}
    assert written == set()
    assert target(stack.invoke())["notification"] == "RAISED"


def test_a_test_alert_is_one_message_about_each_target_and_leaves_no_trace(
    account: Account, stack: Stack, inbox: Inbox
) -> None:
    done = stack.invoke({"testAlert": True})
    assert target(done)["notification"] == target(done, "eu-west-1")["notification"] == "TEST"
    topic = account.client("sns").get_topic_attributes(TopicArn=stack.topic_arn)["Attributes"]
    assert done.payload["subscribers"] == int(topic["SubscriptionsConfirmed"])
    [digest] = inbox.receive()
    jsonschema.validate(digest.document, DIGEST_SCHEMA)
    assert (digest.attributes["kind"], digest.document["count"]) == ("TEST", 2)
    assert sorted(alert["region"] for alert in digest.document["alerts"]) == ["eu-west-1", "us-east-1"]
    assert (account.metrics(NAMESPACE), stack.state_items()) == ([], [])


def test_all_invalid_settings_are_reported_at_once(stack: Stack) -> None:
    stack.change_settings(WARNING_PERCENT="lots", REMINDER_HOURS="-1", METRIC_NAMESPACE="AWS/Mine")
    failed = stack.invoke()
    assert failed.error is not None
    message = json.dumps(failed.payload)
    for part in ["WARNING_PERCENT", "lots", "REMINDER_HOURS", "-1", "METRIC_NAMESPACE", "AWS/Mine"]:
        assert part in message


def test_a_deleted_topic_does_not_stop_the_metrics_and_the_alert_is_sent_later(
    account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    stack.change_settings(ALERT_TOPIC_ARN=stack.topic_arn + "-gone")
    failed = stack.invoke()
    assert failed.error is not None
    for part in ["us-east-1", account.id, "alert", "NotFound", "-gone"]:
        assert part in failed.payload["errorMessage"]
    metrics = by_region(account.metrics(NAMESPACE), account)
    assert metrics["us-east-1"]["SentLast24Hours"].value == 200

    stack.change_settings(ALERT_TOPIC_ARN=stack.topic_arn)
    assert target(stack.invoke())["notification"] == "RAISED"
    assert target(stack.invoke())["notification"] is None
    assert kinds(inbox.receive()) == ["RAISED"]


def test_cloudwatch_out_of_reach_does_not_stop_the_alert(account: Account, stack: Stack, inbox: Inbox) -> None:
    account.send_mail(200)
    # Port 9 (discard): nothing listens there.
    stack.change_settings(AWS_ENDPOINT_URL_CLOUDWATCH="http://127.0.0.1:9")
    failed = stack.invoke()
    assert failed.error is not None and "metrics" in failed.payload["errorMessage"]
    assert kinds(inbox.receive()) == ["RAISED"]


def test_cloudwatch_refusing_does_not_stop_the_alert(
    aws: LocalAws, account: Account, stack: Stack, inbox: Inbox
) -> None:
    account.send_mail(200)
    with aws.proxy.refusing("monitoring", "PutMetricData", account=account.id, code="InternalServiceFault"):
        failed = stack.invoke()
    assert failed.error is not None and "InternalServiceFault" in failed.payload["errorMessage"]
    assert kinds(inbox.receive()) == ["RAISED"]


def test_a_failing_region_does_not_stop_another(aws: LocalAws, account: Account, stack: Stack, inbox: Inbox) -> None:
    account.send_mail(200)
    refused = aws.proxy.refusing("ses", ".*", account=account.id, region="eu-west-1", code="AccessDenied", status=403)
    with refused:
        done = stack.invoke()
    # The report says what failed, and the invocation does not fail.
    unread = target(done, "eu-west-1")
    assert [each["step"] for each in [unread["error"], *unread["furtherErrors"]]] == ["read", "account"]
    assert {each["code"] for each in [unread["error"], *unread["furtherErrors"]]} == {"AccessDenied"}
    assert target(done)["notification"] == "RAISED" and "error" not in target(done)
    assert kinds(inbox.receive()) == ["RAISED"]
    metrics = by_region(account.metrics(NAMESPACE), account)
    assert metrics["us-east-1"]["CheckFailed"].value == 0
    # The quota is unknown: neither it nor the level is published, not even as zero.
    assert {name: point.value for name, point in metrics["eu-west-1"].items()} == {"CheckFailed": 1}


def test_two_checks_at_once_send_one_alert(aws: LocalAws, account: Account, stack: Stack, inbox: Inbox) -> None:
    account.send_mail(200)
    with ThreadPoolExecutor(1) as pool, aws.proxy.holding("sns", "Publish", account=account.id) as held:
        first = pool.submit(stack.invoke)
        assert held.reached.wait(30)
        # The first has claimed the target and is publishing: the second sends nothing.
        assert target(stack.invoke())["notification"] is None
        held.released.set()
        assert target(first.result())["notification"] == "RAISED"
    assert kinds(inbox.receive()) == ["RAISED"]


def test_the_role_allows_what_the_function_does_and_no_other_region_or_namespace() -> None:
    with LocalAws(enforce_iam=True) as aws:
        account = aws.account()
        stack = account.install({"Regions": "us-east-1,eu-west-1", "WarningPercent": "0.4", "CriticalPercent": "0.8",
                                 "ClearMarginPercent": "0.1", "MetricNamespace": "Mail/Quota"})
        account.send_mail(200)
        assert target(stack.invoke())["notification"] == "RAISED"
        assert target(stack.invoke())["notification"] is None

        stack.change_settings(REGIONS="us-east-1,ap-south-1")
        done = stack.invoke()
        assert "error" not in target(done) and target(done, "ap-south-1")["error"]["code"] == "AccessDenied"
        stack.change_settings(REGIONS="us-east-1,eu-west-1", METRIC_NAMESPACE="Mail/Other")
        failed = stack.invoke()
        assert failed.error is not None and "metrics: AccessDenied" in failed.payload["errorMessage"]


def test_the_schedule_runs_checks_that_store_the_metrics_of_each_region(scheduled: Stack) -> None:
    assert set(scheduled.outputs) >= {
        "DashboardUrl", "FunctionName", "FunctionRoleName", "AlertTopicArn", "StateTableName", "DeadLetterQueueUrl",
        "LogGroupName",
    }
    [run, *_] = wait_for(scheduled.runs, "the schedule to run a check", timeout=120, interval=0.5)
    assert run.report is not None
    assert [target["region"] for target in run.report["targets"]] == ["us-east-1", "eu-west-1"]
    # A process counts subscribers from its second check on, which may have run by now.
    points = [point for point in datapoints(scheduled.session, NAMESPACE) if point.metric != "Subscribers"]
    metrics = by_region(points, scheduled.session)
    assert set(metrics) == {"us-east-1", "eu-west-1"}
    for points in metrics.values():
        assert {name: point.unit for name, point in points.items()} == UNITS
