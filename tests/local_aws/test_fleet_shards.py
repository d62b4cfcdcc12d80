"""302 targets in 151 accounts, in parts that the queue hands to the same function: each part is done, and each alert said once."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from fleets import HERE, REGIONS, Fleet, Queues, Target, about, alerts_in, read
from local.inbox import Inbox
from local.server import LocalAws
from toolkit.waiting import wait_for

SHARD_TARGETS = 50
MISSING, DENIED = "No role", "Denied"
# An alert will be due for these, which are in several parts: their IDs are random.
NEAR, RACED = [f"Near {number}" for number in range(1, 7)], [f"Raced {number}" for number in range(1, 7)]
KILLED = "Killed"
ACCOUNTS = [MISSING, DENIED, *NEAR, *RACED, KILLED, *(f"Team {number}" for number in range(1, 136))]
TARGETS = len(REGIONS) * (len(ACCOUNTS) + 1)
# Short, so that claims expire soon: 10 seconds later.
TIMEOUT_SECONDS = 10
# As in the template, a part comes again only when the claims of the invocation before have expired.
AFTER_CLAIMS_SECONDS = TIMEOUT_SECONDS + 12


@pytest.fixture(scope="module")
def fleet(enforcing: LocalAws) -> Fleet:
    fleet = Fleet.install(
        enforcing, ACCOUNTS, without_role=[MISSING], ShardTargets=str(SHARD_TARGETS), MetricDetail="fleet", Snapshot="true",
    )
    fleet.deny_ses(DENIED)
    fleet.hub.client("lambda").update_function_configuration(FunctionName=fleet.stack.function, Timeout=TIMEOUT_SECONDS)
    near(fleet, NEAR)
    return fleet


@pytest.fixture
def queues(fleet: Fleet) -> Queues:
    queues = Queues(fleet)
    queues.come_again_after(AFTER_CLAIMS_SECONDS)
    return queues


def near(fleet: Fleet, names: list[str]) -> None:
    """Lets an alert be due for each of these, in one Region."""
    fleet.aws.set_ses({
        (fleet.members[name].id, HERE): {"max_24_hour_send": 1_000, "sent_last_24_hours": 850} for name in names
    })


def once_each(fleet: Fleet, names: list[str], alerts: list[dict[str, Any]]) -> None:
    """The alert of each of these was sent, and none was sent twice."""
    told = about(alerts)
    assert {(fleet.members[name].id, HERE, "QUOTA", "RAISED") for name in names} <= set(told)
    assert set(told.values()) == {1}


def quotas_read(fleet: Fleet) -> Counter[Target]:
    return read(fleet.calls("ses", "GetSendQuota"))


def test_a_large_check_is_parted_and_each_part_is_done(fleet: Fleet, queues: Queues) -> None:
    with queues.paused():
        report = fleet.check()
        # It reads nothing by itself.
        assert (report["parts"], report["targets"]) == (7, [])
        assert quotas_read(fleet) == Counter() and fleet.calls("sts", "AssumeRole") == []
        listings = len(fleet.calls("organizations"))
        messages = queues.take(queues.work)
        queues.send(*messages)
    parts = [json.loads(message)["shard"] for message in messages]
    assert sorted((part["number"], part["of"]) for part in parts) == [(number, 7) for number in range(7)]
    # Whole accounts, each in one part, with its name.
    assert max(len(part["accounts"]) for part in parts) * len(REGIONS) <= SHARD_TARGETS
    accounts = [account for part in parts for account in part["accounts"]]
    names = {account["id"]: account["name"] for account in accounts}
    assert len(accounts) == len(names) == len(ACCOUNTS) + 1
    assert {fleet.members[name].id: name for name in ACCOUNTS}.items() <= names.items()

    queues.wait_until_empty()
    assert len(fleet.calls("organizations")) == listings > 0
    assert quotas_read(fleet) == Counter({
        (account, region): 1 for account in names for region in REGIONS if account != fleet.members[MISSING].id
    })
    assert {name: fleet.total(name) for name in (
        "TargetsChecked", "TargetsUnread", "TargetsWarning", "TargetsCritical", "TargetsExhausted", "ShardsFailed"
    )} == {
        "TargetsChecked": TARGETS, "TargetsUnread": 4, "TargetsWarning": len(NEAR), "TargetsCritical": 0,
        "TargetsExhausted": 0, "ShardsFailed": 0,
    }
    once_each(fleet, NEAR, alerts_in(fleet.hub.publications()))
    assert queues.take(queues.dead) == []
    # Each part keeps what it found beside what the others did.
    kept = {item["target"]["S"]: item for item in fleet.stack.state_items() if "targets" in item}
    assert kept.keys() == {f"snapshot#{number}" for number in range(7)} and {item["of"]["N"] for item in kept.values()} == {"7"}
    found = [target for item in kept.values() for target in json.loads(item["targets"]["S"])]
    assert Counter((target["account"], target["region"]) for target in found) == Counter(
        (account, region) for account in names for region in REGIONS
    )


def test_two_dispatchers_at_once_say_each_alert_once(fleet: Fleet, queues: Queues) -> None:
    near(fleet, RACED)
    published, key = len(fleet.hub.publications()), f"{fleet.members[RACED[0]].id}#{HERE}".encode()
    with ExitStack() as holds, ThreadPoolExecutor(2) as pool:
        reads = [holds.enter_context(fleet.aws.proxy.holding(
            "dynamodb", "BatchGetItem", account=fleet.hub.id, carried_out=True, where=lambda call: key in call.body
        )) for _ in range(2)]
        with queues.paused():
            checks = [pool.submit(fleet.check) for _ in range(2)]
            assert [check.result()["parts"] for check in checks] == [7, 7]
            # So that the parts of one are done beside those of the other, whichever was faster.
            queues.send(*sorted(queues.take(queues.work), key=lambda message: int(json.loads(message)["shard"]["number"])))
        # Both parts with this account have read that nothing was said; only now do both go on.
        assert all(read.reached.wait(60) for read in reads)
    queues.wait_until_empty()
    once_each(fleet, RACED, alerts_in(fleet.hub.publications()[published:]))


def test_a_part_whose_process_is_killed_comes_again_and_says_what_is_left(fleet: Fleet, queues: Queues) -> None:
    inbox: Inbox = fleet.hub.subscribe(fleet.stack.topic_arn)
    near(fleet, [KILLED])
    account, before = fleet.members[KILLED].id, quotas_read(fleet)
    with fleet.aws.proxy.holding("sns", "Publish", account=fleet.hub.id) as held:
        assert fleet.check()["parts"] == 7
        assert held.reached.wait(60)
        held.dropped = True
        assert fleet.aws.kill_function(fleet.stack) > 0
    queues.wait_until_empty()
    assert (quotas_read(fleet) - before)[account, HERE] == 2
    inbox.receive()
    documents = [message.document for message in inbox.alerts]
    once_each(fleet, [KILLED], [alert for document in documents for alert in document.get("alerts", [document])])


def test_a_part_that_fails_comes_again_alone(fleet: Fleet, queues: Queues) -> None:
    queues.come_again_after(TIMEOUT_SECONDS + 1)
    before, failed, errors = quotas_read(fleet), fleet.total("ShardsFailed"), function_errors(fleet)
    account = fleet.members[ACCOUNTS[-1]].id
    with fleet.aws.proxy.refusing(
        "dynamodb", "BatchGetItem", account=fleet.hub.id, code="AccessDeniedException", status=400, times=1,
        where=lambda call: account.encode() in call.body,
    ) as refused:
        fleet.check()
        queues.wait_until_empty()
    assert refused.injected == 1
    again = quotas_read(fleet) - before
    # The others were not read again.
    assert again[account, HERE] == 2 and 2 <= sum(times == 2 for times in again.values()) <= SHARD_TARGETS
    assert set(again.values()) == {1, 2} and len(again) == TARGETS - len(REGIONS)
    assert fleet.total("ShardsFailed") == failed + 1
    # It is no error of the function: then the queue would not know which part failed.
    assert function_errors(fleet) == errors
    [line] = [line for line in log(fleet) if "state: AccessDeniedException" in line]
    assert '"level":"ERROR"' in line and " of 7 failed: " in line


def test_a_part_that_is_too_late_is_dropped(fleet: Fleet, queues: Queues) -> None:
    before, account = quotas_read(fleet), fleet.members[ACCOUNTS[-1]].id
    shard = {"number": 1, "of": 7, "expiresAt": "2026-01-01T00:00:00Z", "accounts": [{"id": account}]}
    queues.send(json.dumps({"shard": shard}))
    queues.wait_until_empty()
    assert quotas_read(fleet) == before and queues.take(queues.dead) == []
    [line] = [line for line in log(fleet) if "dropped a part" in line]
    assert json.loads(line)["expired_at"] == shard["expiresAt"]


def test_a_message_that_is_no_part_is_kept_in_the_dead_letter_queue(fleet: Fleet, queues: Queues) -> None:
    queues.come_again_after(3)
    errors = function_errors(fleet)
    queues.send('{"plan": {}}')
    kept = wait_for(lambda: queues.take(queues.dead), "the dead-letter queue")
    assert kept == ['{"plan": {}}'] and queues.is_empty()
    assert function_errors(fleet) == errors
    assert sum("the message is no part of a check" in line for line in log(fleet)) == 3


def test_a_part_that_cannot_be_sent_is_an_error_and_the_others_are_done(fleet: Fleet, queues: Queues) -> None:
    checked = fleet.total("TargetsChecked")
    with fleet.aws.proxy.refusing("sqs", "SendMessage", account=fleet.hub.id, code="AccessDenied", status=403, times=1):
        done = fleet.stack.invoke()
    assert done.error and "1 of 7 parts of the check could not be sent: shards: AccessDenied" in done.payload["errorMessage"]
    assert "sqs:SendMessage" in done.payload["errorMessage"]
    queues.wait_until_empty()
    assert 0 < TARGETS - (fleet.total("TargetsChecked") - checked) <= SHARD_TARGETS


def log(fleet: Fleet) -> list[str]:
    return [line for run in fleet.stack.runs() for line in run.lines]


def function_errors(fleet: Fleet) -> float:
    """How many invocations Lambda has counted as failed."""
    return fleet.total("Errors", "AWS/Lambda")
