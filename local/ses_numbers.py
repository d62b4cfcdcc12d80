"""Setting what the local SES says about accounts in Regions."""

from collections.abc import Mapping

from . import control

# What `Account.set_ses` and `LocalAws.set_ses` call it, and what AWS calls it.
NAMES = {
    "max_24_hour_send": "Max24HourSend",
    "max_send_rate": "MaxSendRate",
    "sent_last_24_hours": "SentLast24Hours",
    "sending_enabled": "SendingEnabled",
    "enforcement_status": "EnforcementStatus",
    "production_access": "ProductionAccessEnabled",
    "details": "Details",
    "data_points": "SendDataPoints",
    "quota_requests": "QuotaRequests",
}


def set_values(url: str, targets: Mapping[tuple[str, str], Mapping[str, object]]) -> None:
    """Sets values, by the names above, for each account and Region, and leaves all others as they are."""
    if unknown := {name for values in targets.values() for name in values} - NAMES.keys():
        raise TypeError(f"the local SES has no {', '.join(sorted(unknown))}; it has {', '.join(NAMES)}")
    document = {f"{account}/{region}": {NAMES[name]: value for name, value in values.items()}
                for (account, region), values in targets.items()}
    control.put(url, "/_local/ses", document)
