"""The contract with subscribers: the fields of an alert, what a chat channel accepts, and the characters of a text message."""

from typing import Any

NUMBER, TEXT, FLAG = {"type": "number"}, {"type": "string", "minLength": 1}, {"type": "boolean"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
SUBJECT = {"enum": ["QUOTA", "ACCOUNT", "RATE", "READING"]}
KIND = {"enum": ["RAISED", "ESCALATED", "REMINDER", "RECOVERED", "TEST"]}
LEVEL = {"enum": ["OK", "WARNING", "CRITICAL", "EXHAUSTED"]}


def _identity(end: str = "") -> dict[str, Any]:
    return {"type": "string", "pattern": rf"^\d{{12}}/[a-z0-9-]+/(QUOTA|ACCOUNT|RATE|READING)/[0-9TZ:-]+{end}$"}


def _forecast(verdict: str, fields: list[str], optional: list[str]) -> dict[str, Any]:
    """A forecast with this verdict has these fields, and may have those, and no other: what is not known is left out."""
    kinds = {"reason": TEXT} | {f"{name}At": TIME for name in ("breach", "ifPaceHolds", "room", "peak")} | {
        name: TIME for name in ("breachEarliest", "breachLatest")
    } | {name: NUMBER for name in PEAK[:3]} | {"probability": {"type": "number", "minimum": 0, "maximum": 1}}
    return {
        "additionalProperties": False,
        "required": ["verdict", *fields],
        "properties": {"verdict": {"const": verdict}} | {name: kinds[name] for name in fields + optional},
    }


PEAK = ["peakPercent", "peakLowPercent", "peakHighPercent", "peakAt"]
WINDOW = ["breachEarliest", "breachLatest"]
FORECAST: dict[str, Any] = {
    "type": "object",
    "required": ["verdict"],
    "oneOf": [
        _forecast("breach", ["breachAt", *WINDOW, *PEAK, "probability"], ["reason", "ifPaceHoldsAt"]),
        _forecast("mayBreach", [*WINDOW, *PEAK, "probability"], ["reason", "ifPaceHoldsAt"]),
        _forecast("noBreach", [*PEAK, "probability"], ["reason", "ifPaceHoldsAt"]),
        _forecast("full", [], ["reason", "roomAt", *PEAK]),
        _forecast("cannotTell", ["reason"], ["ifPaceHoldsAt"]),
    ],
}
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
        # What people call the account. Source: AWS Organizations API reference, `Account`, `Name`.
        "accountName": {"type": "string", "pattern": r"^[!-~]([ -~]{0,48}[!-~])?$"},
        # A Region ends with a number; `all` is the account as a whole.
        "region": {"type": "string", "pattern": r"^([a-z0-9-]+-\d+|all)$"},
        "checkedAt": TIME,
        "since": TIME,
        "sentLast24Hours": NUMBER,
        "max24HourSend": NUMBER,
        "remaining": NUMBER,
        "maxSendRate": NUMBER,
        "utilizationPercent": NUMBER,
        "sendRateUtilizationPercent": NUMBER,
        "forecast": FORECAST,
        "sendingEnabled": FLAG,
        "enforcementStatus": TEXT,
        "productionAccess": FLAG,
        "increaseRequest": {
            "type": "object",
            "additionalProperties": False,
            "required": ["desiredValue", "status", "requestedAt"],
            "properties": {"desiredValue": NUMBER, "status": {"enum": ["PENDING", "CASE_OPENED"]}, "requestedAt": TIME, "caseId": TEXT},
        },
        "unreadSince": TIME,
        "error": {
            "type": "object",
            "additionalProperties": False,
            "required": ["step", "code", "message"],
            "properties": {"step": {"enum": ["read", "account", "role"]}, "code": TEXT, "message": {"type": "string"}, "hint": TEXT},
        },
        "test": FLAG,
    },
    "allOf": [
        # Only an alert that leads to a higher quota names a request for one.
        {"if": {"required": ["increaseRequest"]},
         "then": {"properties": {"subject": {"const": "QUOTA"}, "kind": {"enum": ["RAISED", "ESCALATED", "REMINDER"]}}}},
        # A test alert begins nothing, and ends nothing.
        {"if": {"properties": {"kind": {"const": "TEST"}}}, "then": {"not": {"required": ["incidentId"]}},
         "else": {"required": ["incidentId"]}},
        # Only what cannot be read has an error.
        {"if": {"required": ["error"]}, "then": {"properties": {"subject": {"const": "READING"}}, "required": ["unreadSince"]}},
        # Of an account as a whole, there is only to say that it cannot be read, because the role cannot be assumed.
        {"if": {"properties": {"region": {"const": "all"}}},
         "then": {"properties": {"subject": {"const": "READING"}, "error": {"properties": {"step": {"const": "role"}}}}},
         "else": {"properties": {"error": {"properties": {"step": {"not": {"const": "role"}}}}}}},
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
