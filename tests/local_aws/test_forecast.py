"""What is coming: the forecast of an alert, the send rate, and plans, in the deployed function and with the permissions of its
role."""

import json
import re
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from checks import NAMESPACE, check, items, life, one_incident, said, validate, values
from local import traffic
from local.account import Account
from local.inbox import Inbox
from local.publications import Publication
from local.server import LocalAws
from local.stack import Stack

HERE, THERE = "us-east-1", "eu-west-1"
RATE = "#RATE"
HISTORY = ("ses", "GetSendStatistics")
CLOCK = r"(\d{4}-\d\d-\d\d )?\d\d:\d\d"
FILLS = rf"At the usual course the quota is full at about {CLOCK} UTC \(between {CLOCK} and {CLOCK}\)\."
PEAKS = rf"Not expected to be reached in the next 24 hours: peaks at about \d\d% \(\d\d-\d\d%\) around {CLOCK} UTC, then falls\."
HAS_ROOM = rf"The quota is full\. At the usual course it has room again at about {CLOCK} UTC\."
UNTOLD = r"When will the quota be full\? Cannot be told: the history could not be read\."


@pytest.fixture
def account(enforcing: LocalAws) -> Account:
    return enforcing.account()


@pytest.fixture
def stack(account: Account) -> Stack:
    return account.install({"Regions": f"{HERE},{THERE}"})


@pytest.fixture
def watching(account: Account) -> Stack:
    """A stack that watches the send rate."""
    return account.install({"Regions": HERE, "RateWarningPercent": "50"})


def busy(hour: float) -> dict[str, Any]:
    """Little of a large quota is used, and at noon much of the rate."""
    return traffic.filling(time.time(), hour).numbers() | {"max_24_hour_send": 500_000, "max_send_rate": 3}


def explained(sent: Publication, sentence: str) -> dict[str, Any]:
    """The forecast of an alert, which is said in every channel: in the email right after the level's sentence."""
    [alert] = validate(sent)
    first, *lines = sent.text("email").split("\n\n")[0].splitlines()
    assert alert["region"] in first and alert["account"] in first
    assert re.match(rf"(SES rejects all mail from this account and Region now\. )?{sentence}", " ".join(lines))
    chat = json.loads(sent.text("https"))
    assert re.search(sentence, " ".join(chat["content"]["description"].split()))
    assert json.loads(chat["metadata"]["additionalContext"]["forecast"]) == alert["forecast"]
    return alert["forecast"]


def from_now(time: str) -> timedelta:
    return datetime.fromisoformat(time) - datetime.now(timezone.utc)


def test_of_two_alerts_one_can_wait_and_one_cannot(account: Account, stack: Stack, inbox: Inbox) -> None:
    account.set_ses(HERE, **traffic.filling(time.time()).numbers())
    account.set_ses(THERE, **traffic.peaking(time.time()).numbers())
    report = check(stack)
    assert {region: said(target) for region, target in report.items()} == dict.fromkeys(
        [HERE, THERE], {"QUOTA": ("WARNING", "RAISED")}
    )
    sent = {each.attributes["region"]: each for each in account.publications()}
    fills, peaks = explained(sent[HERE], FILLS), explained(sent[THERE], PEAKS)
    assert (fills["verdict"], peaks["verdict"]) == ("breach", "noBreach")
    assert {region: target["forecast"] for region, target in report.items()} == {HERE: fills, THERE: peaks}
    assert {alert.document["region"]: alert.document["forecast"] for alert in inbox.receive()} == {HERE: fills, THERE: peaks}
    assert "ull at about" in sent[HERE].text("sms") and sent[HERE].text("sms").startswith("WARNING")

    assert fills["breachEarliest"] <= fills["breachAt"] <= fills["breachLatest"] and fills["probability"] > 0.5
    assert timedelta(hours=1) < from_now(fills["breachAt"]) < timedelta(hours=4)
    assert peaks["peakLowPercent"] <= peaks["peakPercent"] <= peaks["peakHighPercent"] < 100 and peaks["probability"] < 0.2
    assert timedelta(0) < from_now(peaks["peakAt"]) < timedelta(hours=24)
    for region, forecast in ((HERE, fills), (THERE, peaks)):
        [peak] = values(account, "ForecastPeakUtilization", region)
        [rate] = values(account, "SendRateUtilization", region)
        assert peak == pytest.approx(forecast["peakPercent"], abs=0.1)
        document = json.loads(sent[region].text("http"))
        assert rate == pytest.approx(document["sendRateUtilizationPercent"], abs=0.1) and 5 < rate < 30
        units = {point.metric: point.unit for point in account.metrics(NAMESPACE)}
        assert units["ForecastPeakUtilization"] == units["SendRateUtilization"] == "Percent"

    assert {region: said(target) for region, target in check(stack).items()} == dict.fromkeys(
        [HERE, THERE], {"QUOTA": ("WARNING", None)}
    )


def test_a_full_quota_has_room_again_on_the_next_day(account: Account, stack: Stack, inbox: Inbox) -> None:
    account.set_ses(**traffic.filling(time.time(), 14.1).numbers())
    assert said(check(stack)[HERE]) == {"QUOTA": ("EXHAUSTED", "RAISED")}
    [sent] = account.publications()
    forecast = explained(sent, HAS_ROOM)
    assert forecast["verdict"] == "full" and timedelta(hours=12) < from_now(forecast["roomAt"]) < timedelta(hours=24)


def test_without_history_the_forecast_says_so(account: Account, stack: Stack) -> None:
    account.set_ses(max_24_hour_send=1_000, sent_last_24_hours=850)
    assert said(check(stack)[HERE]) == {"QUOTA": ("WARNING", "RAISED")}
    [sent] = account.publications()
    sentence = r"When will the quota be full\? Cannot be told: "
    assert set(explained(sent, sentence)) <= {"verdict", "reason"}
    assert values(account, "ForecastPeakUtilization", HERE) == []


def untold(account: Account, report: dict[str, Any]) -> None:
    """The alert is sent without a number that nobody knows, and the report says why."""
    assert said(report) == {"QUOTA": ("WARNING", "RAISED")}
    [sent] = account.publications()
    assert explained(sent, UNTOLD) == report["forecast"] == {"verdict": "cannotTell", "reason": "notRead"}
    assert "sendRateUtilizationPercent" not in json.loads(sent.text("http"))
    assert "ull at" not in sent.text("sms") and len(sent.text("sms")) > 0
    assert report["error"]["step"] == "history"
    assert values(account, "ForecastPeakUtilization", HERE) == values(account, "SendRateUtilization", HERE) == []
    # The quota is watched all the same.
    assert values(account, "CheckFailed", HERE) == [0] and values(account, "AlertLevel", HERE) == [1]


def test_a_denied_history_costs_no_alert(enforcing: LocalAws, account: Account, stack: Stack, inbox: Inbox) -> None:
    account.set_ses(**traffic.filling(time.time()).numbers())
    with enforcing.proxy.refusing(*HISTORY, account=account.id, code="AccessDenied", status=403):
        report = check(stack)[HERE]
    untold(account, report)
    assert report["error"]["code"] == "AccessDenied" and "ses:GetSendStatistics" in report["error"]["hint"]
    assert set(items(stack)) == {HERE}
    # Without having been told of it again, everybody can see it in the report as soon as it is known.
    report = check(stack)[HERE]
    assert said(report) == {"QUOTA": ("WARNING", None)} and report["forecast"]["verdict"] == "breach"
    assert "error" not in report and life(inbox) == [("RAISED", "WARNING")]


def test_a_history_that_never_comes_costs_no_alert(enforcing: LocalAws, account: Account, stack: Stack) -> None:
    account.set_ses(**traffic.filling(time.time()).numbers())
    with enforcing.proxy.holding(*HISTORY, account=account.id, times=None) as held:
        report = check(stack)[HERE]
        # It did not wait for an answer that was yet to come.
        assert held.reached.is_set() and not held.released.is_set()
    untold(account, report)
    assert report["error"]["code"] == "Timeout"


def test_a_send_rate_is_warned_about_once_and_recovers(account: Account, watching: Stack) -> None:
    inbox = account.subscribe(watching.topic_arn)
    account.set_ses(**busy(12))
    report = check(watching)[HERE]
    assert said(report) == {"RATE": ("WARNING", "RAISED")} and report["level"] == "OK"
    assert said(check(watching)[HERE]) == {"RATE": ("WARNING", None)}
    account.set_ses(**busy(22))
    # It keeps a history until the next point can have come.
    watching.restart()
    assert said(check(watching)[HERE]) == {"RATE": ("OK", "RECOVERED")}
    assert said(check(watching)[HERE]) == {}

    assert life(inbox) == [("RAISED", "WARNING"), ("RECOVERED", "OK")]
    one_incident(inbox.alerts, "RATE")
    raised, recovered = account.publications()
    [alert], [_] = validate(raised), validate(recovered)
    used = alert["sendRateUtilizationPercent"]
    assert 50 < used < 100 and raised.subject == f"[WARNING] SES {HERE} ({account.id}): {used:.1f}% of the maximum send rate used"
    first, second, *recovered_to = values(account, "SendRateUtilization", HERE)
    # An alert cuts off after the first decimal, and time goes on between two checks.
    assert 0 <= first - used < 0.1 and second == pytest.approx(first, abs=0.1)
    assert len(recovered_to) == 2 and max(recovered_to) < 50
    assert values(account, "HighestAlertLevel") == [1, 1, 0, 0] and values(account, "AlertLevel", HERE) == [0] * 4
    assert set(items(watching)) == {HERE + RATE} and items(watching)[HERE + RATE]["level"] == "OK"


def test_nobody_asks_for_a_history_that_is_of_no_use(enforcing: LocalAws, account: Account, stack: Stack) -> None:
    account.set_ses(**busy(12))
    account.set_ses(THERE, max_24_hour_send=1_000, sent_last_24_hours=399)
    for _ in range(2):
        assert {region: said(target) for region, target in check(stack).items()} == {HERE: {}, THERE: {}}
    assert enforcing.proxy.calls(*HISTORY, account.id) == [] and stack.state_items() == []
    assert values(account, "SendRateUtilization", HERE) == values(account, "ForecastPeakUtilization", HERE) == []

    # Where somebody asks, it is.
    report = {target["region"]: target for target in stack.invoke({"dryRun": True}).payload["targets"]}
    assert report[HERE]["forecast"]["verdict"] == "noBreach"
    assert len(enforcing.proxy.calls(*HISTORY, account.id)) == 2


def test_a_history_is_read_once_in_its_quarter_hour(enforcing: LocalAws, account: Account, stack: Stack) -> None:
    account.set_ses(**traffic.until(time.time(), 12, traffic.Mailer(customers=15_000, mailing=16_000)).numbers())
    for _ in range(3):
        report = check(stack)[HERE]
        assert 40 < report["utilizationPercent"] < 80 and report["forecast"]["verdict"] == "noBreach"
    assert len(enforcing.proxy.calls(*HISTORY, account.id)) == 1


def plan(stack: Stack, **asked: object) -> dict[str, Any]:
    done = stack.invoke({"plan": asked})
    assert done.error is None, done.payload
    assert list(done.payload) == ["plan"]
    return done.payload["plan"]


def test_a_plan_fits_now_or_later_or_never(enforcing: LocalAws, account: Account, stack: Stack, inbox: Inbox) -> None:
    account.set_ses(**traffic.peaking(time.time()).numbers())
    large = plan(stack, recipients=15_000)
    assert {name: large[name] for name in ("account", "region", "recipients", "perSecond", "takesSeconds", "fits")} == {
        "account": account.id, "region": HERE, "recipients": 15_000, "perSecond": 14, "takesSeconds": 1_072, "fits": False,
    }
    assert 0 < large["room"] < 15_000 and timedelta(hours=1) < from_now(large["fitsFrom"]) < timedelta(hours=24)
    assert abs(from_now(large["startAt"])) < timedelta(minutes=1)
    assert plan(stack, recipients=15_000, startAt=large["fitsFrom"]) == large | {
        "startAt": large["fitsFrom"], "fits": True, "room": pytest.approx(15_000, abs=2_500),
    }

    small = plan(stack, recipients=1_000, perSecond=2)
    assert (small["fits"], small["fitsFrom"], small["takesSeconds"]) == (True, small["startAt"], 500)
    huge = plan(stack, recipients=traffic.QUOTA + 1)
    assert (huge["fits"], huge["fitsFrom"]) == (False, None)
    account.set_ses(THERE, max_24_hour_send=-1, max_send_rate=-1)
    unlimited = plan(stack, recipients=10**9, region=THERE)
    assert unlimited["fits"] is True and "room" not in unlimited
    account.set_ses(THERE, max_24_hour_send=1_000, max_send_rate=14, sent_last_24_hours=900)
    unknown = plan(stack, recipients=101, region=THERE)
    assert (unknown["room"], unknown["fits"], unknown["fitsFrom"], unknown["forecast"]) == (100, False, None, "cannotTell")

    # It is an answer, and no check.
    assert (stack.state_items(), account.metrics(NAMESPACE), inbox.receive(), account.publications()) == ([], [], [], [])
    assert enforcing.proxy.calls("dynamodb", ".*", account.id) == []


@pytest.mark.parametrize("asked, named", [
    ({}, "plan.recipients"),
    ({"recipients": 0}, "plan.recipients=0"),
    ({"recipients": "many"}, "plan.recipients=\"many\""),
    ({"recipients": 10, "perSecond": -1}, "plan.perSecond=-1"),
    ({"recipients": 10, "startAt": "tomorrow"}, "plan.startAt=\"tomorrow\""),
    ({"recipients": 10, "startAt": "2020-01-01T00:00:00Z"}, "plan.startAt="),
    ({"recipients": 10, "recipient": 20}, "plan.recipient="),
    ({"recipients": 10, "account": "999988887777"}, "plan.account=\"999988887777\""),
])
def test_a_plan_that_makes_no_sense_is_refused_by_name(
    account: Account, stack: Stack, asked: dict[str, object], named: str
) -> None:
    done = stack.invoke({"plan": asked})
    assert done.error is not None and done.payload["errorType"] == "InvalidRequest"
    assert named in done.payload["errorMessage"] and (stack.state_items(), account.metrics(NAMESPACE)) == ([], [])


def test_a_plan_for_a_region_that_is_not_watched_is_refused_by_the_role(stack: Stack) -> None:
    done = stack.invoke({"plan": {"recipients": 10, "region": "ap-south-1"}})
    assert done.error is not None and done.payload["errorType"] == "PlanFailed"
    assert "AccessDenied" in done.payload["errorMessage"]
