"""Two weeks of mail as SES counts it, for a mailer whose day is where a test or the demo needs it. Pure, and always the same.

No forecast can be made without such a history, and nobody can send it in seconds. The mailer sends to single customers
during office hours, and once a week a mailing to all of them. Its day is laid relative to `now`: it is three
o'clock on the day of the mailing, in whatever time zone the office is. So the same is seen at any hour of any day.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

QUOTA = 50_000
DAYS = 14
HOUR, DAY, QUARTER = 60 * 60, 24 * 60 * 60, 15 * 60
# The points of SES lie on a grid of quarter hours, but not on those of the clock. Mail that is really sent is counted on this one.
OFFSET = 7 * 60 + 13
# SES counts recipients against the quota, and attempts in its statistics.
RECIPIENTS_PER_ATTEMPT = 1.1
# The share of each hour, in thousandths, in the mail to single customers and in the mailing.
CUSTOMERS = [2, 0, 0, 0, 2, 6, 20, 48, 84, 100, 104, 96, 76, 84, 98, 96, 80, 48, 24, 14, 8, 5, 2, 3]
MAILING = [0, 0, 0, 0, 0, 0, 0, 0, 0, 150, 190, 170, 130, 120, 110, 80, 50, 0, 0, 0, 0, 0, 0, 0]
# How busy the day of the mailing is, and the six days after it: two days off, and four working days.
WEEK = [1.0, 0.22, 0.15, 0.95, 1.05, 1.02, 1.0]
# Of each quarter hour, up or down.
NOISE = 0.1


@dataclass(frozen=True)
class Mailer:
    """Recipients on a working day, and of the mailing; in the last week both are `growth` times as many."""

    customers: int
    mailing: int
    growth: float = 1.0


@dataclass(frozen=True)
class Traffic:
    """What SES knows of it: the attempts in each quarter hour by its beginning, in seconds since 1970, and the recipients
    of the last 24 hours."""

    points: list[tuple[int, int]]
    sent_last_24_hours: int

    def numbers(self) -> dict[str, Any]:
        """As `Account.set_ses` takes it, for a quota of which no more can be used than there is."""
        points = [{"Timestamp": at, "DeliveryAttempts": count, "Bounces": 0, "Complaints": 0, "Rejects": 0}
                  for at, count in self.points]
        return {"max_24_hour_send": QUOTA, "sent_last_24_hours": min(self.sent_last_24_hours, QUOTA), "data_points": points}


def until(now: float, hour: float, mailer: Mailer) -> Traffic:
    """The two weeks up to `now`, which is `hour` hours after midnight on the day of the mailing, and in the middle of a quarter
    hour: the numbers that are set stay as they are, so none may end before a test has seen them."""
    random = Random(0)
    offset = int(now - QUARTER / 2) % QUARTER
    counted: list[tuple[int, int]] = []
    first = int((now - DAYS * DAY - offset) // QUARTER + 1) * QUARTER + offset
    for at in range(first, int(now) + 1, QUARTER):
        recipients = _recipients((at - now) / HOUR + hour, mailer) * random.uniform(1 - NOISE, 1 + NOISE)
        # Of the newest quarter hour only half is over.
        counted.append((at, round(recipients / RECIPIENTS_PER_ATTEMPT * min(1.0, (now - at) / QUARTER))))
    in_window = sum(count * min(1.0, max(0.0, (at + QUARTER - (now - DAY)) / QUARTER)) for at, count in counted)
    # SES leaves empty points out, and keeps no order.
    points = [(at, count) for at, count in counted if count]
    random.shuffle(points)
    return Traffic(points, round(in_window * RECIPIENTS_PER_ATTEMPT))


def _recipients(hours: float, mailer: Mailer) -> float:
    """How many recipients a quarter hour usually has that begins so many hours after midnight on the day of the mailing."""
    usual = mailer.customers * _share(CUSTOMERS, hours) * WEEK[int(hours // 24) % 7]
    if 0 <= hours % (7 * 24) < 24:
        usual += mailer.mailing * _share(MAILING, hours)
    return usual / 4 * (mailer.growth if hours >= -6 * 24 else 1.0)


def _share(of_hours: list[int], hours: float) -> float:
    """The share of an hour at the pace of the middle of this quarter hour, between the paces of two hours."""
    before, part = divmod(hours + 1 / 8 - 1 / 2, 1)
    return ((1 - part) * of_hours[int(before) % 24] + part * of_hours[int(before + 1) % 24]) / 1_000


def steady(now: float, recipients: int) -> Traffic:
    """So many recipients on each working day."""
    return until(now, 12.0, Mailer(customers=recipients, mailing=0))


def peaking(now: float, hour: float = 15.0) -> Traffic:
    """81% of the quota are used, and it can wait: the mailing is nearly over, so the use peaks a little higher, and falls."""
    return until(now, hour, Mailer(customers=20_000, mailing=24_000))


def filling(now: float, hour: float = 12.0) -> Traffic:
    """81% of the quota are used, and it cannot wait: half of the mailing is still to come, and the mailer has grown. At 13.6
    it is 96%, at 14.1 all of it, and at 36, noon of the next day, 64%."""
    return until(now, hour, Mailer(customers=18_000, mailing=29_000, growth=1.25))
