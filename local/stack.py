"""A deployed stack: invoking its function, and reading what it stored and logged."""

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .session import Session


@dataclass(frozen=True)
class Invocation:
    """The result of a synchronous invocation: `error` is None if the function returned normally."""

    payload: Any
    error: str | None
    log: list[str]


@dataclass(frozen=True)
class Run:
    """One invocation, as the log group recorded it. `at` is when it started, in seconds since 1970."""

    request_id: str
    at: float
    lines: list[str]

    @property
    def report(self) -> dict[str, Any] | None:
        """The report that it logged; None if it failed before that."""
        return next((found for line in reversed(self.lines) if (found := _find_report(line))), None)


class Stack:
    """A deployed stack, in the account of `session`."""

    def __init__(self, session: Session, name: str, outputs: dict[str, str]) -> None:
        self.session = session
        self.name = name
        self.outputs = outputs
        self.function = outputs["FunctionName"]
        self.topic_arn = outputs["AlertTopicArn"]

    def invoke(self, event: dict[str, Any] | None = None, function: str | None = None) -> Invocation:
        """Invokes the function, or another, and waits for its response; an error of the function does not raise."""
        response = self.session.client("lambda").invoke(
            FunctionName=function or self.function, LogType="Tail", Payload=json.dumps(event or {})
        )
        log = base64.b64decode(response.get("LogResult", "")).decode(errors="replace").splitlines()
        return Invocation(json.load(response["Payload"]), response.get("FunctionError"), log)

    def look(self, theme: str = "light", typed: str | None = None, **params: Any) -> Invocation:
        """Shows the fleet page as a dashboard does: with what was typed into its filter, and the parameters of the widget."""
        context = {
            "dashboardName": self.name, "widgetId": "widget-1", "accountId": self.session.id, "locale": "en",
            "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0}, "period": 300, "isAutoPeriod": True,
            "theme": theme, "linkCharts": True, "title": "", "params": params, "width": 1400, "height": 600,
            "forms": {"all": {} if typed is None else {"filter": typed}},
        }
        return self.invoke(params | {"widgetContext": context}, self.outputs["PageFunctionName"])

    def change_settings(self, **variables: str) -> None:
        """Sets environment variables of the function; the next invocation is a cold start."""
        functions = self.session.client("lambda")
        current = functions.get_function_configuration(FunctionName=self.function)["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=self.function, Environment={"Variables": current | variables}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=self.function, WaiterConfig={"Delay": 1})

    def restart(self) -> None:
        """Lets the function forget what it keeps in memory, such as a history until its next quarter hour."""
        self.change_settings()

    def runs(self) -> list[Run]:
        """Every completed invocation in the log group, oldest first."""
        logs = self.session.client("logs")
        streams: dict[str, list[dict[str, Any]]] = {}
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=self.outputs["LogGroupName"]):
            for event in page["events"]:
                streams.setdefault(event["logStreamName"], []).append(event)
        return sorted(filter(None, map(_read_run, streams.values())), key=lambda run: run.at)

    def state_items(self) -> list[dict[str, Any]]:
        """The items of the state table, in the JSON format of DynamoDB."""
        return self.session.client("dynamodb").scan(TableName=self.outputs["StateTableName"])["Items"]

    def move_back(self, key: str, attribute: str, time: timedelta) -> None:
        """Moves a time in a state item back, as if the checks since had been made so much later."""
        table = {"TableName": self.outputs["StateTableName"], "Key": {"target": {"S": key}}}
        dynamodb = self.session.client("dynamodb")
        then = datetime.fromisoformat(dynamodb.get_item(**table)["Item"][attribute]["S"]) - time
        dynamodb.update_item(
            **table, UpdateExpression="SET #attribute = :then", ExpressionAttributeNames={"#attribute": attribute},
            ExpressionAttributeValues={":then": {"S": then.strftime("%Y-%m-%dT%H:%M:%SZ")}},
        )


def _read_run(events: list[dict[str, Any]]) -> Run | None:
    lines = [event["message"] for event in events]
    start = re.match(r"START RequestId: (\S+)", lines[0])
    ended = any(line.startswith("END RequestId") for line in lines)
    return Run(start.group(1), events[0]["timestamp"] / 1000, lines[1:-2]) if start and ended else None


def _find_report(line: str) -> dict[str, Any] | None:
    """The report in a structured log line, however deeply it is nested."""
    pending: list[Any] = [line]
    while pending:
        value = pending.pop()
        if isinstance(value, str) and value.startswith("{"):
            try:
                value = json.loads(value)
            except ValueError:
                continue
        if isinstance(value, dict):
            if "targets" in value and "checkedAt" in value:
                return value
            pending += value.values()
    return None
