"""Running checks, and reading what came of them."""

import json
from typing import Any

import jsonschema

from contract import ALERT_SCHEMA, CHAT_SCHEMA, DIGEST_SCHEMA, GSM_7
from local.account import Account
from local.inbox import Inbox, Message
from local.publications import Publication
from local.stack import Stack
from toolkit.waiting import next_second

NAMESPACE = "SESQuotaMonitor"
# The metrics of all targets together, where there are several.
OF_ALL = {"HighestAlertLevel", "HighestUtilization", "TargetsChecked", "TargetsUnread", "TargetsWarning", "TargetsCritical",
          "TargetsExhausted"}


def check(stack: Stack) -> dict[str, dict[str, Any]]:
    """What a check reports of each Region. Checks of one second are not told apart, by the function and by CloudWatch."""
    next_second()
    done = stack.invoke()
    assert done.error is None, done.payload
    return {target["region"]: target for target in done.payload["targets"]}


def said(target: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Level and notification of each subject that a target has something to report of."""
    return {each["subject"]: (each["level"], each["notification"]) for each in target.get("subjects", [])}


def items(stack: Stack) -> dict[str, dict[str, str]]:
    """The state items by Region and subject, such as `us-east-1#ACCOUNT`, with plain values."""
    plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in stack.state_items()]
    return {item["target"].partition("#")[2]: item for item in plain}


def values(account: Account, metric: str, region: str | None = None) -> list[float]:
    """The values of a metric, oldest first: of a Region, or of all together."""
    points = [point for point in account.metrics(NAMESPACE) if point.metric == metric]
    return [point.value for point in points if point.dimensions.get("Region") == region]


def validate(sent: Publication) -> list[dict[str, Any]]:
    """Checks a publication against everything that subscribers rely on, and returns the alerts in it."""
    document, chat = json.loads(sent.text("http")), json.loads(sent.text("https"))
    alerts = document["alerts"] if "digest" in document else [document]
    jsonschema.validate(document, DIGEST_SCHEMA if "digest" in document else ALERT_SCHEMA)
    jsonschema.validate(chat, CHAT_SCHEMA)
    assert len(sent.text("https")) < 64 * 1_024
    assert not [step for step in chat["content"].get("nextSteps", []) if step.endswith("...")], "cut off"
    assert chat["metadata"].get("threadId") == document.get("incidentId")
    assert {sent.text(protocol) for protocol in ("lambda", "sqs", "firehose")} == {sent.text("http")}
    assert sent.text("email") == sent.text("default")
    assert max(map(len, sent.text("email").splitlines())) <= 160
    assert len(sent.text("sms")) <= 140 and set(sent.text("sms")) <= GSM_7
    assert len(sent.subject) < 100 and sent.subject.isascii() and sent.subject == chat["content"]["title"]
    of_target = {} if "digest" in document else {name: document[name] for name in ("account", "region")}
    assert sent.attributes == {name: document[name] for name in ("level", "kind", "subject")} | of_target
    return alerts


def life(inbox: Inbox) -> list[tuple[str, str]]:
    """The kinds and levels that arrived, in the order in which they came."""
    inbox.receive()
    return [(alert.document["kind"], alert.document["level"]) for alert in inbox.alerts]


def one_incident(alerts: list[Message], subject: str) -> None:
    """From RAISED to RECOVERED, under one identity that says what it is about, and since when."""
    [incident] = {alert.document["incidentId"] for alert in alerts}
    first = alerts[0].document
    assert incident == f"{first['account']}/{first['region']}/{subject}/{first['since']}"
    assert len({alert.document["alertId"] for alert in alerts}) == len(alerts)
    assert {(alert.document["subject"], alert.attributes["subject"]) for alert in alerts} == {(subject, subject)}
