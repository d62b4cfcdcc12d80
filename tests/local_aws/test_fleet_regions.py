"""Every Region of three accounts: which are left out, and what is kept of what was found."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fleets import HERE, THERE, Fleet, by_target, read
from local.server import LocalAws

OPEN, CLOSED = "Open", "Closed"
# An account has this one only once it has enabled it.
OPT_IN = "af-south-1"
# A policy of the organization closes this one.
DENIED = "eu-central-1"
# As AWS says it. Source: AWS IAM User Guide, "Troubleshoot access denied error messages".
BY_POLICY = ("User: arn:aws:sts::{}:assumed-role/ses-quota-monitor-reader/ses-quota-monitor is not authorized to perform: ses:{} with "
             "an explicit deny in a service control policy")
NOT_ENABLED = "The security token included in the request is invalid."


@pytest.fixture
def fleet(enforcing: LocalAws) -> Fleet:
    fleet = Fleet.install(enforcing, [OPEN, CLOSED], Regions="all", Snapshot="true", MetricDetail="fleet")
    fleet.members[OPEN].set_ses(HERE, max_24_hour_send=1_000, sent_last_24_hours=962)
    fleet.members[OPEN].set_ses(THERE, sending_enabled=False, enforcement_status="SHUTDOWN")
    return fleet


def snapshot(fleet: Fleet) -> dict[str, Any]:
    """The only item with what a check found, with plain values."""
    [item] = [item for item in fleet.stack.state_items() if item["target"]["S"].startswith("snapshot#")]
    return {name: next(iter(value.values())) for name, value in item.items()}


def put_snapshot(fleet: Fleet, ahead: timedelta) -> str:
    """Stores a snapshot of nothing, of a check that starts so much later, and returns when."""
    at = (datetime.now(timezone.utc) + ahead).strftime("%Y-%m-%dT%H:%M:%SZ")
    item = {"target": {"S": "snapshot#0"}, "checkedAt": {"S": at}, "targets": {"S": "[]"}}
    fleet.hub.client("dynamodb").put_item(TableName=fleet.stack.outputs["StateTableName"], Item=item)
    return at


def test_regions_that_an_account_does_not_have_are_left_out(fleet: Fleet) -> None:
    account = fleet.members[CLOSED].id
    left_out = {(account, DENIED), (account, OPT_IN)}
    proxy = fleet.aws.proxy
    with (
        proxy.refusing("ses", "GetSendQuota", account=account, region=DENIED, code="AccessDenied", status=403,
                       message=BY_POLICY.format(account, "GetSendQuota")),
        proxy.refusing("ses", "GetAccount", account=account, region=DENIED, code="AccessDeniedException", status=403,
                       message=BY_POLICY.format(account, "GetAccount")),
        proxy.refusing("ses", ".*", account=account, region=OPT_IN, code="InvalidClientTokenId", status=403, message=NOT_ENABLED),
    ):
        reports = [fleet.check() for _ in range(3)]
    regions = {region for (id, region) in by_target(reports[0]) if id == fleet.members[OPEN].id}
    assert len(regions) > 30 and {DENIED, OPT_IN} < regions
    everywhere = {(id, region) for id in (fleet.hub.id, fleet.members[OPEN].id, account) for region in regions}
    for report in reports:
        assert set(by_target(report)) == everywhere - left_out
        assert not [target for target in report["targets"] if "error" in target]
    # Asked once, and named once: it is a setting of the account, not an outage.
    asked = read(fleet.calls("ses", "GetSendQuota"))
    assert {target: times for target, times in asked.items() if times != 3} == dict.fromkeys(left_out, 1)
    # An answer about credentials ends the session, which may have been at fault.
    assert len(fleet.calls("sts", "AssumeRole")) <= 3
    lines = [json.loads(line) for run in fleet.stack.runs() for line in run.lines if "left out of REGIONS=all" in line]
    assert [(line["count"], line["level"]) for line in lines] == [(2, "INFO")]
    assert all(f"{id}#{region}" in lines[0]["targets"] for id, region in left_out)
    assert fleet.total("TargetsChecked") == 3 * len(everywhere - left_out) and fleet.total("TargetsUnread") == 0
    assert not [item for item in fleet.stack.state_items() if "READING" in item["target"]["S"]]


def test_a_snapshot_holds_what_the_report_says(fleet: Fleet) -> None:
    account = fleet.members[CLOSED].id
    with fleet.aws.proxy.refusing("ses", ".*", account=account, region=HERE, code="Throttling", message="Rate exceeded", status=400):
        report = fleet.check()
    item = snapshot(fleet)
    assert (item["target"], item["checkedAt"], item["of"], item["items"]) == ("snapshot#0", report["checkedAt"], "1", "1")
    stored = {(target.pop("account"), target.pop("region")): target for target in json.loads(item["targets"])}
    assert stored == {target: kept(found) for target, found in by_target(report).items()}


def kept(found: dict[str, Any]) -> dict[str, Any]:
    """What a snapshot has of a target of a report."""
    kept = {name: found[name] for name in ("accountName", "sentLast24Hours", "max24HourSend", "maxSendRate", "forecast")
            if name in found}
    if levels := {subject["subject"]: subject["level"] for subject in found.get("subjects", []) if subject["level"] != "OK"}:
        kept["levels"] = levels
    if "ACCOUNT" in levels:
        kept |= {"sendingEnabled": False, "enforcementStatus": "SHUTDOWN"}
    if "error" in found:
        errors = [found["error"], *found.get("furtherErrors", [])]
        kept["errors"] = {error["step"]: error["code"] for error in errors}
    return kept


def test_an_older_check_overwrites_no_newer_snapshot(fleet: Fleet) -> None:
    later = put_snapshot(fleet, timedelta(minutes=4))
    fleet.check()
    assert (snapshot(fleet)["checkedAt"], snapshot(fleet)["targets"]) == (later, "[]")
    # No clock is so wrong: then this is a mistake.
    put_snapshot(fleet, timedelta(minutes=10))
    report = fleet.check()
    assert snapshot(fleet)["checkedAt"] == report["checkedAt"] and snapshot(fleet)["targets"] != "[]"
