"""The fleet page, in a browser: what it shows is what is stored, in both themes, for three accounts and for 10,000 targets."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fleets import DENY, HERE, REGIONS, THERE, Fleet, Target
from local.browser import browser, show
from local.server import LocalAws
from local.stack import Stack
from toolkit.paths import PROJECT

NEAR, PAUSED, DENIED = "Payments", "Shop & Co", "Denied"
# AWS Organizations accepts such a name.
HOSTILE = "<script>alert(1)</script> \"'&amp;"
# From the best to the worst.
LEVELS = ["OK", "UNKNOWN", "WARNING", "CRITICAL", "UNREAD", "EXHAUSTED"]
# What a widget can be as wide as: a third of a dashboard on a laptop, to all of one on a large screen.
WIDTHS = [420, 640, 880, 1_000, 1_280, 1_800]
# AWS Lambda Developer Guide, "Lambda quotas".
MOST_BYTES = 6 * 1024 * 1024
MANY = 10_000
THEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def fleet(enforcing: LocalAws) -> Fleet:
    """After one check, during which one account denies all of SES."""
    fleet = Fleet.install(enforcing, [NEAR, PAUSED, DENIED, HOSTILE], FleetPage="true")
    fleet.deny_ses(DENIED)
    enforcing.set_ses({
        (fleet.members[NEAR].id, HERE): {"max_24_hour_send": 1_000, "sent_last_24_hours": 962},
        (fleet.members[NEAR].id, THERE): {"max_24_hour_send": 1_000, "sent_last_24_hours": 850},
        (fleet.members[PAUSED].id, THERE): {"sending_enabled": False, "enforcement_status": "SHUTDOWN"},
        (fleet.members[HOSTILE].id, HERE): {"enforcement_status": "PROBATION", "sent_last_24_hours": 12_345},
        (fleet.members[HOSTILE].id, THERE): {"max_24_hour_send": -1, "sent_last_24_hours": 77},
    })
    fleet.check()
    return fleet


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as driver:
        yield driver


@dataclass(frozen=True)
class Row:
    """What a browser shows of a target."""

    level: str
    name: str | None
    used: str
    status: list[str]
    checked: str
    link: str


def look(fleet: Fleet, theme: str = "light", typed: str | None = None, **params: Any) -> str:
    """The page that the function answers with."""
    done = fleet.stack.look(theme, typed, **params)
    assert done.error is None and isinstance(done.payload, str), done.payload
    return done.payload


# All rows at once: each call of the driver takes milliseconds.
READ_ROWS = """
    const text = (row, selector) => { const found = row.querySelector(selector); return found && found.innerText.trim(); };
    return [...document.querySelectorAll("tbody tr")].map(row => ({
        level: text(row, ".sqm-badge"), name: text(row, ".sqm-name"), account: text(row, ".sqm-id"), region: text(row, ".sqm-region"),
        used: text(row, ".sqm-numbers"), status: [...row.querySelectorAll(".sqm-status div")].map(line => line.innerText),
        checked: text(row, ".sqm-age"), link: row.querySelector("a").href,
    }));
"""


def rows(driver: Any) -> dict[Target, Row]:
    """What the browser shows, in its order."""
    shown = {}
    for row in driver.execute_script(READ_ROWS):
        level = row["level"].split()[-1]
        shown[row["account"], row["region"]] = Row(level, row["name"], row["used"], row["status"], row["checked"], row["link"])
    return shown


def stored(fleet: Fleet) -> dict[Target, dict[str, Any]]:
    """The targets in the table, by nothing of the function's own code."""
    items = [item for item in fleet.stack.state_items() if item["target"]["S"].startswith("snapshot#")]
    return {(one["account"], one["region"]): one for item in items for one in json.loads(item["targets"]["S"])}


def expected_level(target: dict[str, Any]) -> str:
    levels = target.get("levels", {}).values()
    known = max((LEVELS.index(level) for level in levels if level), default=0)
    if LEVELS[known] == "EXHAUSTED":
        return "EXHAUSTED"
    if "sentLast24Hours" not in target:
        return "UNREAD"
    if known == 0 and (None in levels or "account" in target.get("errors", {})):
        return "UNKNOWN"
    return LEVELS[known]


def expected_used(target: dict[str, Any]) -> str:
    if "sentLast24Hours" not in target:
        return "Not read"
    sent = target["sentLast24Hours"]
    if (most := target.get("max24HourSend")) is None:
        return f"{sent:,}, unlimited"
    return f"{sent * 1_000 // most / 10:.1f}% {sent:,} of {most:,}"


@pytest.mark.parametrize("theme", THEMES)
def test_every_row_is_what_is_stored_of_a_target(fleet: Fleet, driver: Any, theme: str) -> None:
    show(driver, look(fleet, theme), 1_400, theme=theme)
    shown, kept = rows(driver), stored(fleet)
    assert shown.keys() == kept.keys() and len(kept) == len(REGIONS) * 5
    for (account, region), row in shown.items():
        target = kept[account, region]
        assert (row.level, row.name, row.used) == (expected_level(target), target.get("accountName"), expected_used(target))
        assert row.link == f"https://{region}.console.aws.amazon.com/ses/home?region={region}#/account"
        assert row.checked in ("just now", "1 min ago", "2 min ago", "3 min ago")
    ids = {name: member.id for name, member in fleet.members.items()}
    assert {name: shown[ids[name], THERE].status for name in (NEAR, PAUSED, DENIED)} == {
        NEAR: ["Healthy"], PAUSED: ["AWS has paused sending"], DENIED: ["Quota not read: AccessDenied", "Account status not read: AccessDeniedException"],
    }
    assert shown[ids[HOSTILE], HERE].status == ["AWS is reviewing the account"]


def test_the_worst_is_first(fleet: Fleet, driver: Any) -> None:
    show(driver, look(fleet), 1_400)
    found = [LEVELS.index(row.level) for row in rows(driver).values()]
    assert found == sorted(found, reverse=True)
    assert [LEVELS[level] for level in dict.fromkeys(found)] == ["EXHAUSTED", "UNREAD", "CRITICAL", "WARNING", "OK"]
    used = [float(row.used.split("%")[0]) for row in rows(driver).values() if row.level == "OK" and "%" in row.used]
    assert used == sorted(used, reverse=True)
    assert driver.find_element("tag name", "h2").text == "6 of 10 targets need attention"


def test_a_name_is_a_text_whatever_it_is(fleet: Fleet, driver: Any) -> None:
    show(driver, look(fleet, typed=HOSTILE), 1_400)
    account = fleet.members[HOSTILE].id
    assert {row.name for row in rows(driver).values()} == {HOSTILE}
    assert {target for target in rows(driver)} == {(account, region) for region in REGIONS}
    assert driver.find_element("name", "filter").get_attribute("value") == HOSTILE
    for forbidden in ("script", "iframe", "img", "object", "use"):
        assert not driver.find_elements("tag name", forbidden)
    attributes = driver.execute_script("return [...document.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.name))")
    assert not [name for name in attributes if name.startswith("on")]


def test_words_narrow_the_list(fleet: Fleet, driver: Any) -> None:
    ids = {name: member.id for name, member in fleet.members.items()}
    for typed, expected in [
        ("payments", {(ids[NEAR], region) for region in REGIONS}),
        (f"{ids[NEAR][:8]} EU-WEST warning", {(ids[NEAR], THERE)}),
        ("exhausted", {(ids[PAUSED], THERE)}),
        ("nowhere", set()),
        ("  ", set(stored(fleet))),
    ]:
        show(driver, look(fleet, typed=typed), 1_400)
        assert set(rows(driver)) == expected, typed
    # What is configured holds until somebody types.
    show(driver, look(fleet, filter="shop"), 1_400)
    assert set(rows(driver)) == {(ids[PAUSED], region) for region in REGIONS}
    show(driver, look(fleet, typed="", filter="shop"), 1_400)
    assert len(rows(driver)) == len(stored(fleet))


def test_what_is_typed_comes_back_by_the_elements_of_the_dashboard(fleet: Fleet, driver: Any) -> None:
    show(driver, look(fleet, typed="shop"), 1_400)
    actions = driver.find_elements("tag name", "cwdb-action")
    arn = fleet.hub.client("lambda").get_function_configuration(FunctionName=fleet.stack.outputs["PageFunctionName"])["FunctionArn"]
    calls = [json.loads(each.get_attribute("textContent")) for each in actions]
    assert calls == [{}, {"clear": True}]
    for action in actions:
        assert (action.get_attribute("action"), action.get_attribute("display")) == ("call", "widget")
        assert action.get_attribute("endpoint") == arn
        before = driver.execute_script("return arguments[0].previousElementSibling", action)
        assert before.get_attribute("class").startswith("btn")
    assert driver.find_element("css selector", "form input[name=filter]").is_displayed()
    # As the dashboard calls for "Show all", with the text still in the field.
    done = fleet.stack.look("light", "shop", clear=True)
    show(driver, done.payload, 1_400)
    assert len(rows(driver)) == len(stored(fleet))


# Every text that is shown, with its colour and what is behind it: the nearest background that is not transparent.
READ_COLOURS = """
    const seen = [];
    const walker = document.createTreeWalker(document.querySelector(".sqm"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.textContent.trim() || !element.checkVisibility() || element.tagName === "STYLE") continue;
        let behind = element;
        while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
        seen.push([node.textContent, getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]);
    }
    return seen;
"""


def luminance(colour: str) -> float:
    """Web Content Accessibility Guidelines 2.2, "relative luminance"."""
    assert colour.startswith("rgb("), f"{colour} lets something through"
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [420, 1_400])
def test_every_text_has_enough_contrast(fleet: Fleet, driver: Any, theme: str, width: int) -> None:
    page = look(fleet, theme, typed="")
    # One of each level, and a notice.
    show(driver, page + stale(fleet, theme), width, theme=theme)
    colours = driver.execute_script(READ_COLOURS)
    assert {level for text, *_ in colours for level in [text.strip()] if level in LEVELS} >= set(LEVELS) - {"UNKNOWN"}
    for text, front, behind in colours:
        lighter, darker = sorted([luminance(front), luminance(behind)], reverse=True)
        # The same, "Contrast (Minimum)".
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, front, behind)
    body = luminance(driver.execute_script("return getComputedStyle(document.querySelector('.sqm')).backgroundColor"))
    assert body > 0.8 if theme == "light" else body < 0.05


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_has_to_be_scrolled_sideways(fleet: Fleet, driver: Any, width: int) -> None:
    show(driver, look(fleet), width)
    shown, available = driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert shown <= available
    assert driver.find_element("tag name", "th").is_displayed() == (width > 900 + 24)


def stale(fleet: Fleet, theme: str) -> str:
    """The page, had the latest check been hours ago."""
    key = {"target": {"S": "snapshot#0"}}
    table, dynamodb = fleet.stack.outputs["StateTableName"], fleet.hub.client("dynamodb")
    before = dynamodb.get_item(TableName=table, Key=key)["Item"]
    fleet.stack.move_back("snapshot#0", "checkedAt", timedelta(hours=4))
    try:
        return look(fleet, theme)
    finally:
        dynamodb.put_item(TableName=table, Item=before)


def test_checks_that_have_stopped_are_said_first(fleet: Fleet, driver: Any) -> None:
    show(driver, look(fleet), 1_400)
    assert not driver.find_elements("css selector", "[role=alert]")
    show(driver, stale(fleet, "light"), 1_400)
    [notice] = driver.find_elements("css selector", "[role=alert]")
    assert "Nothing has been checked for 4 hours" in notice.text and "look at the accounts yourself" in notice.text
    assert notice.location["y"] < driver.find_element("tag name", "h2").location["y"]
    assert {row.checked for row in rows(driver).values()} == {"4 h ago"}


@pytest.fixture(scope="module")
def unchecked(enforcing: LocalAws) -> Stack:
    """A stack whose first check is an hour away: the local AWS waits an interval for it."""
    return enforcing.account().install({"FleetPage": "true", "CheckIntervalMinutes": "60"})


def test_before_the_first_check_the_page_says_what_to_do(unchecked: Stack, driver: Any) -> None:
    show(driver, unchecked.look().payload, 1_400)
    [notice] = driver.find_elements("css selector", "[role=alert]")
    assert "Nothing is stored yet" in notice.text and "wait for the next check" in notice.text


def test_whoever_looks_runs_no_check_in_either_function(fleet: Fleet) -> None:
    before = fleet.aws.proxy.calls_in(fleet.hub.id)
    for event in ({"widgetContext": {}, "testAlert": True}, {"describe": True}, {"widgetContext": "odd"}):
        for function in (fleet.stack.function, fleet.stack.outputs["PageFunctionName"]):
            assert fleet.stack.invoke(event, function).error is None
    made = fleet.aws.proxy.calls_in(fleet.hub.id)[len(before):]
    assert made and {call.operation for call in made} == {"BatchGetItem"}


def test_the_function_of_the_page_does_nothing_else(fleet: Fleet) -> None:
    sample = json.loads((PROJECT / "events" / "plan.json").read_text())
    before = len(fleet.aws.proxy.calls_in(fleet.hub.id))
    for event in ({}, {"testAlert": True}, {"dryRun": True}, sample):
        done = fleet.stack.invoke(event, fleet.stack.outputs["PageFunctionName"])
        assert done.error and done.payload["errorType"] == "InvalidRequest", done
    assert len(fleet.aws.proxy.calls_in(fleet.hub.id)) == before


def test_the_role_of_the_page_may_read_the_table_and_nothing_else(fleet: Fleet) -> None:
    """IAM is enforced. A function without the permission says so on the page."""
    configuration = fleet.hub.client("lambda").get_function_configuration(FunctionName=fleet.stack.outputs["PageFunctionName"])
    role, iam = configuration["Role"], fleet.hub.client("iam")
    table = fleet.hub.client("dynamodb").describe_table(TableName=fleet.stack.outputs["StateTableName"])["Table"]["TableArn"]

    def allowed(action: str, resource: str) -> bool:
        [result] = iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
        )["EvaluationResults"]
        return bool(result["EvalDecision"] == "allowed")

    assert allowed("dynamodb:BatchGetItem", table)
    refused = [("dynamodb:PutItem", table), ("dynamodb:DeleteItem", table), ("dynamodb:Scan", table),
               ("dynamodb:BatchGetItem", f"{table}-other"), ("sns:Publish", fleet.stack.topic_arn), ("ses:GetSendQuota", "*"),
               ("cloudwatch:PutMetricData", "*"), ("sts:AssumeRole", f"arn:aws:iam::{fleet.hub.id}:role/ses-quota-monitor-reader")]
    assert not [action for action, resource in refused if allowed(action, resource)]
    name = role.rpartition("/")[2]
    iam.put_role_policy(RoleName=name, PolicyName="deny", PolicyDocument=json.dumps(
        DENY | {"Statement": [DENY["Statement"][0] | {"Action": "dynamodb:*"}]}
    ))
    try:
        assert "The state table could not be read" in look(fleet)
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="deny")
    assert "could not be read" not in look(fleet)


def part(number: int, of: int, targets: list[dict[str, Any]]) -> dict[str, Any]:
    """An item as the function writes it."""
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    texts = {"target": f"snapshot#{number}", "checkedAt": at, "targets": json.dumps(targets)}
    numbers = {"schemaVersion": 1, "of": of, "items": 1}
    return {name: {"S": text} for name, text in texts.items()} | {name: {"N": str(value)} for name, value in numbers.items()}


def test_ten_thousand_targets_fit(unchecked: Stack, driver: Any) -> None:
    stack = unchecked
    many = [
        {"account": f"{number // 2:012}", "accountName": f"Team {number // 2} of the largest fleet", "region": REGIONS[number % 2],
         "sentLast24Hours": number, "max24HourSend": 50_000, "maxSendRate": 14,
         **({"levels": {"QUOTA": "CRITICAL"}} if number % 100 == 0 else {})}
        for number in range(MANY)
    ]
    dynamodb, size = stack.session.client("dynamodb"), MANY // 10
    for number in range(10):
        item = part(number, 10, many[number * size:(number + 1) * size])
        dynamodb.put_item(TableName=stack.outputs["StateTableName"], Item=item)
    stack.look()
    start = time.monotonic()
    page = stack.look().payload
    seconds = time.monotonic() - start
    print(f"{MANY} targets: {len(page.encode()):,} bytes in {seconds:.2f} s")
    assert len(json.dumps(page)) < MOST_BYTES / 4
    show(driver, page, 1_400)
    shown = rows(driver)
    assert len(shown) == 500 and list(row.level for row in shown.values()) == ["CRITICAL"] * 100 + ["OK"] * 400
    assert driver.find_element("css selector", ".sqm-others").text == (
        "And 9500 targets that are no worse: 9500 OK. Filter to see them."
    )
    # The filter finds what is not listed.
    show(driver, stack.look(typed=f"{7:012} eu-west-1").payload, 1_400)
    assert set(rows(driver)) == {(f"{7:012}", THERE)}
