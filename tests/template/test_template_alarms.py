"""The alarms about the monitor go off when they should, by CloudWatch's rules."""

import re

import pytest

from alarms import Alarm, Metric, Point, metric
from rendering import FLEET, RenderedStack, template
from toolkit.paths import PROJECT

INTERVALS = [int(key) for key in template()["Mappings"]["Interval"]]
TIMEOUTS = [int(key) for key in template()["Mappings"]["Timeout"]]
LEVELS = {"WARNING": 1, "CRITICAL": 2, "EXHAUSTED": 3}
OPERATORS = "arn:aws:sns:us-east-1:111122223333:operators"
TREATMENTS = ["ignore", "breaching", "notBreaching"]


def alarm(suffix: str, **parameters: str) -> tuple[Alarm, RenderedStack]:
    stack = RenderedStack(parameters=parameters)
    [found] = [one for one in stack.resources("AWS::CloudWatch::Alarm").values() if one["AlarmName"] == f"{stack.name}-{suffix}"]
    return Alarm(found), stack


@pytest.mark.parametrize("datapoints, to_alarm, expected", [
    ("0-X-X", 3, ["OK", "OK", "OK"]),
    ("0----", 3, ["OK", "OK", "OK"]),
    ("-----", 3, ["before", "ALARM", "OK"]),
    ("0XX-X", 3, ["ALARM", "ALARM", "ALARM"]),
    ("--X--", 3, ["before", "ALARM", "OK"]),
    ("0-X-X", 2, ["ALARM", "ALARM", "ALARM"]),
    ("00X0X", 2, ["ALARM", "ALARM", "ALARM"]),
    ("0-X--", 2, ["OK", "ALARM", "OK"]),
    ("----0", 2, ["OK", "ALARM", "OK"]),
    ("---X-", 2, ["before", "ALARM", "OK"]),
])
def test_the_evaluation_is_that_of_the_user_guide(datapoints: str, to_alarm: int, expected: list[str]) -> None:
    """The rows of both tables in "Configuring how CloudWatch alarms treat missing data"."""
    values = [{"0": 0.0, "X": 1.0, "-": None}[each] for each in datapoints]
    for treatment, state in zip(TREATMENTS, expected):
        evaluated = Alarm({"EvaluationPeriods": 3, "DatapointsToAlarm": to_alarm, "TreatMissingData": treatment,
                           "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1})
        assert evaluated.state(values, before="before") == state, treatment


@pytest.mark.parametrize("minutes", INTERVALS)
def test_silence_is_an_alarm_at_the_third_missing_check_and_ends_with_the_next(minutes: int) -> None:
    silence, stack = alarm("fell-silent", CheckIntervalMinutes=str(minutes))
    interval = 60 * minutes
    # Ten checks, then none for six intervals, then again.
    checks = [Point(7 + number * interval, 1) for number in [*range(10), *range(15, 18)]]
    last, next_one = 7 + 9 * interval, 7 + 15 * interval
    invocations = {metric("AWS/Lambda", "Invocations", FunctionName=stack.ref("Monitor")): checks}
    # Before the first check there is nothing to see: the alarm may be in any state.
    states = [(at, state) for at, state in silence.states(invocations, 17 * minutes) if at > 3 * interval]
    assert {state for at, state in states if at < last + 3 * interval} == {"OK"}
    assert {state for at, state in states if last + 3 * interval <= at < next_one} == {"ALARM"}
    assert {state for at, state in states if at >= next_one} == {"OK"}


@pytest.mark.parametrize("minutes", INTERVALS)
def test_the_text_says_how_long_the_silence_is(minutes: int) -> None:
    silence, _ = alarm("fell-silent", CheckIntervalMinutes=str(minutes))
    assert f"none has run for {3 * minutes} minutes." in silence.properties["AlarmDescription"]


@pytest.mark.parametrize("minutes", INTERVALS)
def test_cloudwatch_accepts_the_periods(minutes: int) -> None:
    """PutMetricAlarm, "Period": a multiple of 60; in all at most a day for periods below an hour, else seven days."""
    stack = RenderedStack(
        parameters=FLEET | {"CheckIntervalMinutes": str(minutes), "AlarmLevel": "WARNING", "OperatorTopicArn": OPERATORS}
    )
    for one in stack.resources("AWS::CloudWatch::Alarm").values():
        period = one.get("Period") or one["Metrics"][0]["MetricStat"]["Period"]
        assert period % 60 == 0
        assert period * one["EvaluationPeriods"] <= (86_400 if period < 3_600 else 604_800)


def published(suffix: str, stack: RenderedStack) -> Metric:
    """The metric as its service publishes it (the service's guide, "metrics"), or as the function does."""
    function, topic = stack.ref("Monitor"), stack.attribute("AlertTopic", "TopicName")

    def messages(queue: str) -> Metric:
        return metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName=stack.attribute(queue, "QueueName"))

    return {
        "checks-fail": metric("AWS/Lambda", "Errors", FunctionName=function),
        "near-timeout": metric("AWS/Lambda", "Duration", FunctionName=function),
        "not-delivered": metric("AWS/SNS", "NumberOfNotificationsFailed", TopicName=topic),
        "nobody-listens": metric("SESQuotaMonitor", "Subscribers"),
        "alert-level": metric("SESQuotaMonitor", "HighestAlertLevel"),
        "checks-dropped": messages("DeadLetterQueue"),
        "shards-fail": metric("SESQuotaMonitor", "ShardsFailed"),
        "shards-wait": messages("WorkQueue"),
        "shards-dropped": messages("WorkDeadLetterQueue"),
    }[suffix]


@pytest.mark.parametrize("suffix, values, expected", [
    # Nobody is paged for one error if the retry, a minute later, succeeds.
    ("checks-fail", [1, 0], "OK"),
    ("checks-fail", [1, 1], "ALARM"),
    ("near-timeout", [24_000], "OK"),
    ("near-timeout", [900, 24_001, 900], "ALARM"),
    ("not-delivered", [0], "OK"),
    ("not-delivered", [0, 1, 0], "ALARM"),
    ("checks-dropped", [0], "OK"),
    ("checks-dropped", [1], "ALARM"),
    ("shards-dropped", [0], "OK"),
    ("shards-dropped", [1], "ALARM"),
])
def test_an_alarm_goes_off_at_its_limit(suffix: str, values: list[float], expected: str) -> None:
    watched, stack = alarm(suffix, **FLEET)
    points = [Point(100 + 60 * minute, value) for minute, value in enumerate(values)]
    states = dict(watched.states({published(suffix, stack): points}, 60))
    assert states[60] == "OK" and (expected in states.values()) and ("ALARM" in states.values()) == (expected == "ALARM")
    # All of them end by themselves when nothing is published any more.
    assert states[3600] == "OK"


def test_nobody_listening_is_an_alarm_that_lasts_until_somebody_does() -> None:
    deaf, stack = alarm("nobody-listens")
    # Counted once an hour: one, none, none, not counted twice, one.
    counts = [Point(100 + 3_600 * hour, count) for hour, count in [(0, 1), (1, 0), (2, 0), (5, 1)]]
    states = dict(deaf.states({published("nobody-listens", stack): counts}, 7 * 60))
    assert {state for at, state in states.items() if at < 3_600 + 100} == {"OK"}
    assert {state for at, state in states.items() if 3_660 + 100 <= at < 5 * 3_600 + 100} == {"ALARM"}
    assert {state for at, state in states.items() if 5 * 3_600 + 100 <= at} == {"OK"}


@pytest.mark.parametrize("minutes", INTERVALS)
def test_a_part_that_fails_once_is_no_alarm_and_parts_that_fail_in_each_check_are_one(minutes: int) -> None:
    failing, stack = alarm("shards-fail", **FLEET, CheckIntervalMinutes=str(minutes))
    window = max(300, 60 * minutes)
    # Checks begin up to half a minute late. Of each, one part fails, and is not tried again before the next check.
    begun = [7200 + 60 * minutes * number + (number * 17) % 30 for number in range(30)]

    def states(failed: list[int]) -> dict[int, str]:
        points = [Point(at, 1) for at in failed]
        return dict(failing.states({published("shards-fail", stack): points}, 180 + minutes * 45))

    assert set(states(begun[:1]).values()) == {"OK"}
    lasting = states(begun)
    assert {state for at, state in lasting.items() if at < begun[1]} == {"OK"}
    assert {state for at, state in lasting.items() if begun[0] + 3 * window <= at <= begun[-1]} == {"ALARM"}
    # While nothing is published, CloudWatch evaluates what it has of the two periods before, too.
    assert {state for at, state in lasting.items() if at >= begun[-1] + 5 * window} == {"OK"}


@pytest.mark.parametrize("minutes", INTERVALS)
def test_parts_that_nobody_takes_for_an_interval_are_an_alarm(minutes: int) -> None:
    waiting, stack = alarm("shards-wait", **FLEET, CheckIntervalMinutes=str(minutes))
    window = max(5, minutes)

    # SQS counts each minute: for hours nothing waits, then something does for a while.
    def states(visible: list[int]) -> set[str]:
        counts = [0] * 120 + visible + [0] * 120
        points = [Point(60 * minute + 40, count) for minute, count in enumerate(counts)]
        return set(dict(waiting.states({published("shards-wait", stack): points}, len(counts))).values())

    # Twelve parts in each check, and the last is taken before the next check begins.
    assert states(([12] * (window - 1) + [0]) * 5) == {"OK"}
    assert states([12] * window) == {"OK", "ALARM"}


def test_without_other_accounts_there_is_no_alarm_about_parts() -> None:
    names = [one["AlarmName"] for one in RenderedStack().resources("AWS::CloudWatch::Alarm").values()]
    fleet = [one["AlarmName"] for one in RenderedStack(parameters=FLEET).resources("AWS::CloudWatch::Alarm").values()]
    assert not [name for name in names if "shards" in name]
    assert set(fleet) - set(names) == {f"ses-quota-monitor-shards-{what}" for what in ("fail", "wait", "dropped")}


def level_states(minutes: int, level: str, found: list[int | None]) -> list[set[str]]:
    """The states of the alarm after each check, until the next; None is a check that publishes nothing. Checks begin up to
    half a minute late."""
    watched, stack = alarm("alert-level", AlarmLevel=level, OperatorTopicArn=OPERATORS, CheckIntervalMinutes=str(minutes))
    begun = [3600 + 60 * minutes * number + (number * 17) % 30 for number in range(len(found) + 1)]
    points = [Point(at, value) for at, value in zip(begun, found) if value is not None]
    states = dict(watched.states({published("alert-level", stack): points}, 60 + minutes * (len(found) + 1)))
    # CloudWatch looks once a minute, and a check that came late is still in the period when the next one comes: what counts
    # is what the alarm says from the second minute on.
    return [{state for at, state in states.items() if start + min(60, 60 * minutes - 60) < at < end}
            for start, end in zip(begun, begun[1:])]


@pytest.mark.parametrize("level, threshold", LEVELS.items())
@pytest.mark.parametrize("minutes", [each for each in INTERVALS if each > 1])
def test_the_alarm_on_the_level_follows_the_latest_check(minutes: int, level: str, threshold: int) -> None:
    found = [0, 1, 2, 3, 3, 2, 1, 0, 3, 0, 2, 2, 1, 0]
    for value, states in zip(found, level_states(minutes, level, found)):
        assert states == {"ALARM" if value >= threshold else "OK"}, value


def test_with_a_check_every_minute_the_alarm_on_the_level_ends_with_the_fifth_below_it() -> None:
    found = [0, 2, 2, 0, 0, 0, 0, 0, 0]
    assert level_states(1, "CRITICAL", found) == [{state} for state in ["OK"] + ["ALARM"] * 6 + ["OK"] * 2]


@pytest.mark.parametrize("minutes", INTERVALS)
@pytest.mark.parametrize("before, expected", [(3, "ALARM"), (0, "OK")])
def test_an_unknown_level_neither_raises_nor_ends_the_alarm(minutes: int, before: int, expected: str) -> None:
    states = level_states(minutes, "CRITICAL", [before, *[None] * 30])
    assert set.union(*states) == {expected}


def test_there_is_no_alarm_on_the_level_unless_somebody_asked_for_it() -> None:
    names = [one["AlarmName"] for one in RenderedStack(parameters={"OperatorTopicArn": OPERATORS}).resources("AWS::CloudWatch::Alarm").values()]
    assert names and "ses-quota-monitor-alert-level" not in names


@pytest.mark.parametrize("level", LEVELS)
def test_the_alarm_on_the_level_goes_to_the_operators_alone(level: str) -> None:
    watched, _ = alarm("alert-level", AlarmLevel=level, OperatorTopicArn=OPERATORS)
    # Subscribers of the alert topic have the alert already.
    assert watched.properties["AlarmActions"] == watched.properties["OKActions"] == [OPERATORS]
    assert f"at {level} or above" in watched.properties["AlarmDescription"]


@pytest.mark.parametrize("timeout", TIMEOUTS)
def test_a_check_is_near_its_timeout_at_four_fifths_of_it(timeout: int) -> None:
    slow, stack = alarm("near-timeout", Timeout=str(timeout))
    assert stack.properties("Monitor")["Timeout"] == str(timeout)
    assert slow.properties["Threshold"] == 0.8 * 1000 * timeout
    assert f"more than {0.8 * timeout:.0f} of its {timeout} seconds" in slow.properties["AlarmDescription"]


@pytest.mark.parametrize("operators", ["", OPERATORS])
def test_every_alarm_about_the_monitor_goes_to_the_alert_topic_and_to_that_of_the_operators(operators: str) -> None:
    stack = RenderedStack(parameters=FLEET | {"OperatorTopicArn": operators})
    both = [stack.ref("AlertTopic"), *filter(None, [operators])]
    for one in stack.resources("AWS::CloudWatch::Alarm").values():
        assert one["AlarmActions"] == both, one["AlarmName"]
        says_when_it_is_over = "ends without a message" not in one["AlarmDescription"]
        assert one.get("OKActions", []) == (both if says_when_it_is_over else []), one["AlarmName"]


def test_the_documentation_lists_every_alarm_and_whether_it_reports_ok() -> None:
    rows = re.findall(r"^\| `STACK-([a-z-]+)` \| .* \| (yes|no)\b[^|]*\|$", (PROJECT / "docs/failures.md").read_text(), re.MULTILINE)
    alarms = RenderedStack(name="STACK", parameters=FLEET).resources("AWS::CloudWatch::Alarm").values()
    assert dict(rows) == {one["AlarmName"].removeprefix("STACK-"): "yes" if "OKActions" in one else "no" for one in alarms}
