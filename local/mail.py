"""Sending mail through the local SES, and how much of it SES has counted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .session import Session

SENDER = "news@example.com"


def send(session: Session, messages: int, region: str | None = None, on_sent: Callable[[], object] = lambda: None) -> None:
    """Sends real mail, one recipient for each message, and calls `on_sent` after each."""
    ses = session.client("ses", region)
    ses.verify_email_identity(EmailAddress=SENDER)

    def send_one(number: int) -> None:
        ses.send_email(
            Source=SENDER, Destination={"ToAddresses": [f"reader{number}@example.com"]},
            Message={"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}},
        )
        on_sent()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send_one, range(messages)))


def sent_last_24_hours(session: Session, region: str | None = None) -> int:
    """The recipients that SES has counted in the last 24 hours."""
    return int(session.client("ses", region).get_send_quota()["SentLast24Hours"])
