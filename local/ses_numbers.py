"""Setting what the local SES says about an account in a Region."""

import json
import urllib.request

from .session import Session

# What `Account.set_ses` calls it, and what AWS calls it.
NAMES = {
    "max_24_hour_send": "Max24HourSend",
    "max_send_rate": "MaxSendRate",
    "sent_last_24_hours": "SentLast24Hours",
    "sending_enabled": "SendingEnabled",
    "enforcement_status": "EnforcementStatus",
    "production_access": "ProductionAccessEnabled",
    "details": "Details",
    "data_points": "SendDataPoints",
}


def set_values(session: Session, region: str | None, values: dict[str, object]) -> None:
    """Sets the values, by the names above, and leaves all others as they are."""
    if unknown := values.keys() - NAMES:
        raise TypeError(f"the local SES has no {', '.join(sorted(unknown))}; it has {', '.join(NAMES)}")
    document = json.dumps({NAMES[name]: value for name, value in values.items()})
    request = urllib.request.Request(
        f"{session.url}/_local/ses/{session.id}/{region or session.region}", document.encode(), method="PUT"
    )
    urllib.request.urlopen(request, timeout=10).close()
