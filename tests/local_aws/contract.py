"""The contract with subscribers: the fields of an alert, what a chat channel accepts, and the characters of a text message."""

from typing import Any

NUMBER, TEXT, FLAG = {"type": "number"}, {"type": "string", "minLength": 1}, {"type": "boolean"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
SUBJECT = {"enum": ["QUOTA", "ACCOUNT", "READING"]}
KIND = {"enum": ["RAISED", "ESCALATED", "REMINDER", "RECOVERED", "TEST"]}
LEVEL = {"enum": ["OK", "WARNING", "CRITICAL", "EXHAUSTED"]}


def _identity(end: str = "") -> dict[str, Any]:
    return {"type": "string", "pattern": rf"^\d{{12}}/[a-z0-9-]+/(QUOTA|ACCOUNT|READING)/[0-9TZ:-]+{end}$"}


ALERT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "schemaVersion", "alertId", "subject", "kind", "level", "reason", "account", "region", "checkedAt", "test",
    ],
    "properties": {
        "schemaVersion": {"const": 1},
        "alertId": _identity(r"/(OK|WARNING|CRITICAL|EXHAUSTED)/[A-Z]+"),
        "incidentId": _identity(),
        "subject": SUBJECT,
        "kind": KIND,
        "level": LEVEL,
        "previousLevel": LEVEL,
        "reason": TEXT,
        "account": {"type": "string", "pattern": r"^\d{12}$"},
        "region": TEXT,
        "checkedAt": TIME,
        "since": TIME,
        "sentLast24Hours": NUMBER,
        "max24HourSend": NUMBER,
        "remaining": NUMBER,
        "maxSendRate": NUMBER,
        "utilizationPercent": NUMBER,
        "sendingEnabled": FLAG,
        "enforcementStatus": TEXT,
        "productionAccess": FLAG,
        "unreadSince": TIME,
        "error": {
            "type": "object",
            "additionalProperties": False,
            "required": ["step", "code", "message"],
            "properties": {"step": {"enum": ["read", "account"]}, "code": TEXT, "message": {"type": "string"}, "hint": TEXT},
        },
        "test": FLAG,
    },
    "allOf": [
        # A test alert begins nothing, and ends nothing.
        {"if": {"properties": {"kind": {"const": "TEST"}}}, "then": {"not": {"required": ["incidentId"]}},
         "else": {"required": ["incidentId"]}},
        # Only what cannot be read has an error.
        {"if": {"required": ["error"]}, "then": {"properties": {"subject": {"const": "READING"}}, "required": ["unreadSince"]}},
    ],
}
# One message about many alerts, which have subject, kind and level in common, except that of a test alert the level is the
# highest.
DIGEST_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schemaVersion", "digest", "subject", "kind", "level", "count", "alerts"],
    "properties": {
        "schemaVersion": {"const": 1},
        "digest": {"const": True},
        "subject": SUBJECT,
        "kind": KIND,
        "level": LEVEL,
        "count": {"type": "integer", "minimum": 2},
        "alerts": {"type": "array", "minItems": 2, "maxItems": 50, "items": ALERT_SCHEMA},
    },
}
# The body for `https`. Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications".
CHAT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "source", "content", "metadata"],
    "properties": {
        "version": {"const": "1.0"},
        "source": {"const": "custom"},
        "content": {
            "type": "object",
            "additionalProperties": False,
            "required": ["textType", "title", "description", "keywords"],
            "properties": {
                "textType": {"const": "client-markdown"},
                "title": {**TEXT, "maxLength": 250},
                "description": {**TEXT, "maxLength": 8_000},
                "nextSteps": {"type": "array", "minItems": 1, "items": {**TEXT, "maxLength": 350}},
                "keywords": {"type": "array", "items": {**TEXT, "maxLength": 75}},
            },
        },
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "required": ["additionalContext"],
            "properties": {
                "threadId": _identity(),
                "additionalContext": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
    },
}
# The basic character set of GSM 03.38, without the characters that take two septets.
GSM_7 = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
