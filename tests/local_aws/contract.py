"""The contract with subscribers: the fields of an alert, and the characters of a text message."""

NUMBER, TEXT, TIME = {"type": "number"}, {"type": "string"}, {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
LEVEL = {"enum": ["OK", "WARNING", "CRITICAL", "EXHAUSTED"]}
ALERT_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schemaVersion", "alertId", "kind", "level", "account", "region", "checkedAt", "test"],
    "properties": {
        "schemaVersion": {"const": 1},
        "alertId": TEXT,
        "kind": {"enum": ["RAISED", "ESCALATED", "REMINDER", "RECOVERED", "TEST"]},
        "level": LEVEL,
        "previousLevel": LEVEL,
        "account": {"type": "string", "pattern": r"^\d{12}$"},
        "region": TEXT,
        "checkedAt": TIME,
        "since": TIME,
        "sentLast24Hours": NUMBER,
        "max24HourSend": NUMBER,
        "remaining": NUMBER,
        "maxSendRate": NUMBER,
        "utilizationPercent": NUMBER,
        "test": {"type": "boolean"},
    },
}
# One message about many alerts, of which the first ones are named.
DIGEST_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schemaVersion", "digest", "subject", "kind", "level", "count", "alerts"],
    "properties": {
        "schemaVersion": {"const": 1},
        "digest": {"const": True},
        "subject": {"const": "QUOTA"},
        "kind": {"const": "TEST"},
        "level": LEVEL,
        "count": {"type": "integer", "minimum": 2},
        "alerts": {"type": "array", "maxItems": 50, "items": ALERT_SCHEMA},
    },
}
# The basic character set of GSM 03.38, without the characters that take two septets.
GSM_7 = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
