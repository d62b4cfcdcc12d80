"""Sending mail through the local SES."""

from concurrent.futures import ThreadPoolExecutor

from .session import Session

SENDER = "news@example.com"


def send(session: Session, messages: int, region: str | None = None) -> None:
    """Sends real mail, one recipient for each message."""
    ses = session.client("ses", region)
    ses.verify_email_identity(EmailAddress=SENDER)

    def send_one(number: int) -> None:
        ses.send_email(
            Source=SENDER, Destination={"ToAddresses": [f"reader{number}@example.com"]},
            Message={"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}},
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send_one, range(messages)))
