"""What people ask a fleet for: a dry run, a test alert, and whether so much more may be sent from one of its accounts."""

from collections.abc import Iterator
from typing import Any

import pytest

from checks import NAMESPACE, said, validate
from fleets import HERE, REGIONS, THERE, Fleet, by_target
from local.server import LocalAws

NEAR, MISSING, EXCLUDED = "Payments", "No role", "Excluded"
ACCOUNTS = [NEAR, MISSING, *(f"Team {number}" for number in range(1, 29))]
TARGETS = len(REGIONS) * (len(ACCOUNTS) + 1)
READ = TARGETS - len(REGIONS)
# A digest names so many.
NAMED = 50


@pytest.fixture(scope="module")
def installed(enforcing: LocalAws) -> Fleet:
    # As small as parts can be: what a person asks for is never parted.
    fleet = Fleet.install(
        enforcing, [*ACCOUNTS, EXCLUDED], without_role=[MISSING], ExcludeAccounts="{Excluded}", ShardTargets="1"
    )
    fleet.members[NEAR].set_ses(HERE, max_24_hour_send=1_000, sent_last_24_hours=962)
    return fleet


@pytest.fixture
def fleet(installed: Fleet) -> Iterator[Fleet]:
    """Nothing that is asked for here changes anything."""
    yield installed
    assert installed.stack.state_items() == [] and installed.hub.metrics(NAMESPACE) == []
    assert installed.calls("sqs") == [] and installed.calls("dynamodb", "PutItem") == []


def ask(fleet: Fleet, event: dict[str, Any]) -> Any:
    done = fleet.stack.invoke(event)
    assert done.error is None, done.payload
    return done.payload


def refused(fleet: Fleet, event: dict[str, Any]) -> Any:
    done = fleet.stack.invoke(event)
    assert done.error
    return done.payload


def test_a_dry_run_says_what_would_be_said(fleet: Fleet) -> None:
    published = len(fleet.hub.publications())
    report = ask(fleet, {"dryRun": True})
    found = by_target(report)
    assert report["dryRun"] and len(found) == TARGETS + 1
    assert said(found[fleet.members[NEAR].id, HERE]) == {"QUOTA": ("CRITICAL", "RAISED")}
    assert {found[target]["error"]["step"] for target in fleet.targets(MISSING)} == {"role"}
    assert len(fleet.hub.publications()) == published


def test_a_test_alert_is_one_message(fleet: Fleet) -> None:
    published = len(fleet.hub.publications())
    report = ask(fleet, {"testAlert": True})
    [sent] = fleet.hub.publications()[published:]
    alerts = validate(sent)
    # Those that cannot be read are not in it: that is an alert of its own.
    assert sent.subject == f"[TEST] SES: test alert, {READ} targets" and len(alerts) == NAMED
    assert sent.attributes == {"level": "CRITICAL", "kind": "TEST", "subject": "QUOTA"}
    assert f"and {READ - NAMED} more" in sent.text("email")
    assert {alert["kind"] for alert in alerts} == {"TEST"}
    failed = {target for target, found in by_target(report).items() if "error" in found}
    assert failed == fleet.targets(MISSING, regions=[*REGIONS, "all"])


def test_a_plan_is_for_an_account_of_the_fleet(fleet: Fleet) -> None:
    near = fleet.members[NEAR].id
    plan = {"recipients": 40, "account": near, "region": HERE}
    answer = ask(fleet, {"plan": plan})["plan"]
    assert (answer["account"], answer["region"], answer["fits"], answer["room"]) == (near, HERE, False, 38)
    assert ask(fleet, {"plan": plan | {"region": THERE}})["plan"]["fits"] is True
    # Without an account, it is for that of the stack.
    assert ask(fleet, {"plan": {"recipients": 40}})["plan"]["account"] == fleet.hub.id


def test_a_plan_for_an_account_that_cannot_be_read_says_why(fleet: Fleet) -> None:
    plan = {"recipients": 40, "account": fleet.members[MISSING].id}
    assert "role: AccessDenied" in refused(fleet, {"plan": plan})["errorMessage"]
    excluded = refused(fleet, {"plan": plan | {"account": fleet.members[EXCLUDED].id}})
    assert excluded["errorType"] == "InvalidRequest" and "plan.account" in excluded["errorMessage"]
    assert not fleet.calls("ses", account=fleet.members[EXCLUDED].id)
