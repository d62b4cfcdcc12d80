"""What the local SES says, as other tests set it. Fails if ministack has changed what `ses_control` replaces."""

import time
from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import traffic
from local.account import Account
from local.server import LocalAws

DETAILS = {
    "MailType": "MARKETING", "WebsiteURL": "https://shop.example.com", "ContactLanguage": "EN",
    "UseCaseDescription": "A newsletter.", "AdditionalContactEmailAddresses": ["owner@example.com"],
    "ReviewDetails": {"Status": "GRANTED", "CaseId": "170000000000000"},
}


def quotas(account: Account, region: str) -> tuple[float, float, float]:
    """The quota, the rate and what was sent, in which both versions of SES agree."""
    answer = account.client("ses", region).get_send_quota()
    first, second = [
        (quota["Max24HourSend"], quota["MaxSendRate"], quota["SentLast24Hours"])
        for quota in (answer, account.client("sesv2", region).get_account()["SendQuota"])
    ]
    assert first == second
    return first


def statuses(account: Account, region: str | None = None) -> tuple[str, bool, bool]:
    answer = account.client("sesv2", region).get_account()
    return answer["EnforcementStatus"], answer["SendingEnabled"], answer["ProductionAccessEnabled"]


def test_numbers_are_those_of_one_account_in_one_region(aws: LocalAws, account: Account) -> None:
    other = aws.account()
    account.set_ses(sent_last_24_hours=190, max_24_hour_send=200, max_send_rate=1)
    account.set_ses("eu-west-1", sent_last_24_hours=999_999)
    account.set_ses("eu-west-1", max_24_hour_send=-1)
    assert quotas(account, "us-east-1") == (200, 1, 190)
    assert quotas(account, "eu-west-1") == (-1, 14, 999_999)
    assert quotas(account, "eu-central-1") == quotas(other, "us-east-1") == (50_000, 14, 0)


def test_numbers_of_many_accounts_and_regions_are_set_at_once(aws: LocalAws) -> None:
    accounts = [aws.account() for _ in range(3)]
    regions = ["us-east-1", "eu-west-1"]
    aws.set_ses({
        (account.id, region): {"sent_last_24_hours": 10 * row + column, "max_24_hour_send": 200}
        for row, account in enumerate(accounts) for column, region in enumerate(regions)
    })
    aws.set_ses({(accounts[0].id, "us-east-1"): {"max_send_rate": 1}})
    assert [[quotas(account, region) for region in regions] for account in accounts] == [
        [(200, 1, 0), (200, 14, 1)], [(200, 14, 10), (200, 14, 11)], [(200, 14, 20), (200, 14, 21)],
    ]


def test_statuses_are_those_of_one_account_in_one_region(aws: LocalAws, account: Account) -> None:
    account.set_ses(sending_enabled=False, enforcement_status="PROBATION", production_access=False)
    assert statuses(account) == ("PROBATION", False, False)
    assert statuses(account, "eu-west-1") == statuses(aws.account()) == ("HEALTHY", True, True)
    account.set_ses(sending_enabled=True)
    assert statuses(account) == ("PROBATION", True, False)


def test_an_account_pauses_and_resumes_its_sending_in_one_region(account: Account) -> None:
    ses = account.client("sesv2", "eu-west-1")
    ses.put_account_sending_attributes(SendingEnabled=False)
    assert statuses(account, "eu-west-1") == ("HEALTHY", False, True)
    assert statuses(account) == ("HEALTHY", True, True)
    ses.put_account_sending_attributes(SendingEnabled=True)
    assert statuses(account, "eu-west-1") == ("HEALTHY", True, True)


def test_details_are_as_they_were_set(account: Account) -> None:
    assert "Details" not in account.client("sesv2").get_account()
    account.set_ses(details=DETAILS)
    assert account.client("sesv2").get_account()["Details"] == DETAILS


def test_the_sandbox_rejects_mail_to_addresses_that_are_not_verified(account: Account) -> None:
    account.set_ses(production_access=False)
    with pytest.raises(ClientError, match="MessageRejected"):
        account.send_mail(1)


def test_ses_counts_recipients(account: Account) -> None:
    account.send_mail(2)
    account.client("ses").send_email(
        Source="news@example.com",
        Destination={"ToAddresses": ["a@example.com", "b@example.com"], "BccAddresses": ["c@example.com"]},
        Message={"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}},
    )
    assert quotas(account, "us-east-1") == (50_000, 14, 5)
    points = statistics(account)
    assert sum(points.values()) == 5 and {at % traffic.QUARTER for at in points} == {traffic.OFFSET}
    assert time.time() - 2 * traffic.QUARTER < max(points) <= time.time()


def statistics(account: Account) -> dict[int, int]:
    """The attempts in each quarter hour, in the order of the answer."""
    points: list[dict[str, Any]] = account.client("ses").get_send_statistics()["SendDataPoints"]
    return {int(point["Timestamp"].timestamp()): point["DeliveryAttempts"] for point in points}


def test_statistics_are_the_data_points_that_were_set(account: Account) -> None:
    counts = {"DeliveryAttempts": 1_000, "Bounces": 50, "Complaints": 2, "Rejects": 1}
    account.set_ses(data_points=[{"Timestamp": 1_764_000_000, **counts}])
    [point] = account.client("ses").get_send_statistics()["SendDataPoints"]
    assert point == {"Timestamp": datetime.fromtimestamp(1_764_000_000, timezone.utc), **counts}


def test_two_weeks_of_mail_are_told_as_ses_tells_them(account: Account) -> None:
    now = time.time()
    account.set_ses(**traffic.peaking(now).numbers())
    points = statistics(account)
    # Not in order, on one grid, without empty points, over two weeks, half of the newest one over.
    assert list(points) != sorted(points)
    assert {(max(points) - at) % traffic.QUARTER for at in points} == {0}
    assert min(points.values()) > 0 and 1_000 < len(points) < traffic.DAYS * 96
    assert traffic.DAYS * traffic.DAY - traffic.HOUR < now - min(points) <= traffic.DAYS * traffic.DAY
    assert max(points) == int(now - traffic.QUARTER / 2)
    # The quota's count is that of the last 24 hours, of which the oldest quarter hour is left by and by.
    _, _, sent = quotas(account, "us-east-1")
    day = [sum(count for at, count in points.items() if at > now - traffic.DAY - early) for early in (0, traffic.QUARTER)]
    assert day[0] <= sent / traffic.RECIPIENTS_PER_ATTEMPT + 1 and sent / traffic.RECIPIENTS_PER_ATTEMPT - 1 <= day[1]


@pytest.mark.parametrize("minute", range(0, 7 * 24 * 60, 7 * 60 + 11))
def test_the_day_of_the_mailing_is_where_it_is_needed_at_any_time_of_the_week(minute: int) -> None:
    now = 1_764_028_800 + 60 * minute

    def used(sent: traffic.Traffic) -> float:
        return 100 * sent.sent_last_24_hours / traffic.QUOTA

    assert used(traffic.peaking(now)) == pytest.approx(81, abs=0.6) == used(traffic.filling(now))
    assert used(traffic.filling(now, 13.6)) == pytest.approx(96, abs=0.6)
    assert 100 <= used(traffic.filling(now, 14.1)) < 102
    assert used(traffic.filling(now, 36)) == pytest.approx(64, abs=0.6)
    assert traffic.peaking(now) == traffic.peaking(now)


def test_a_value_that_ses_does_not_have_is_refused(account: Account) -> None:
    with pytest.raises(TypeError, match="the local SES has no sent"):
        account.set_ses(sent=1)
