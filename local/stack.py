"""One deployment of the template."""

import base64
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from toolkit.paths import BUILT_TEMPLATE, PROJECT
from toolkit.waiting import wait_for


if TYPE_CHECKING:
    from .account import Account

DEPLOY_SECONDS = 180


class DeployFailed(RuntimeError):
    """The stack did not come up. The message says which resource, and why."""


@dataclass(frozen=True)
class Invocation:
    """How one invocation that was waited for ended."""

    payload: Any
    error: str | None
    log: list[str]


@dataclass(frozen=True)
class Run:
    """One invocation as the log group remembers it, whoever made it."""

    request_id: str
    at: float
    lines: list[str]

    @property
    def report(self) -> dict[str, Any] | None:
        """The report it logged; none if it failed before it had one."""
        return next((found for line in reversed(self.lines) if (found := _find_report(line))), None)


class Stack:
    """A deployed stack: its outputs, and what one does with a deployed monitor."""

    def __init__(self, account: "Account", name: str, outputs: dict[str, str]) -> None:
        self.account = account
        self.name = name
        self.outputs = outputs
        self.function = outputs["FunctionName"]
        self.topic_arn = outputs["AlertTopicArn"]

    @classmethod
    def deploy(cls, account: "Account", name: str, parameters: dict[str, str]) -> "Stack":
        overrides = [f'{key}="{value}"' for key, value in parameters.items()]
        command = [
            str(Path(sys.executable).with_name("sam")), "deploy",
            "--template-file", str(_built_template()), "--stack-name", name, "--resolve-s3",
            "--capabilities", "CAPABILITY_IAM", "--region", account.region,
            "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
            *(["--parameter-overrides", *overrides] if overrides else []),
        ]
        done = subprocess.run(
            command, env=account.environment(), cwd=PROJECT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=DEPLOY_SECONDS,
        )
        if done.returncode != 0:
            raise DeployFailed(f"`sam deploy` ended with code {done.returncode}:\n{done.stdout.strip()[-3000:]}")
        return cls(account, name, _outputs(account, name))

    @classmethod
    def install(cls, account: "Account", name: str, parameters: dict[str, str]) -> "Stack":
        template = yaml.safe_load(_built_template().read_text())
        properties = template["Resources"]["Monitor"]["Properties"]
        properties["CodeUri"] = _upload(account, BUILT_TEMPLATE.parent / properties["CodeUri"])
        cloudformation = account.client("cloudformation")
        change = cloudformation.create_change_set(
            StackName=name, ChangeSetName="install", ChangeSetType="CREATE", TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )["Id"]
        wait_for(lambda: cloudformation.describe_change_set(ChangeSetName=change)["Status"] != "CREATE_PENDING",
                 "the change set")
        cloudformation.execute_change_set(ChangeSetName=change)

        def settled() -> str | None:
            status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            return None if status.endswith("_IN_PROGRESS") else status

        if (status := wait_for(settled, f"stack {name} to settle", DEPLOY_SECONDS)) != "CREATE_COMPLETE":
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            failed = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}"
                      for e in events if e["ResourceStatus"].endswith("_FAILED")]
            raise DeployFailed(f"stack {name} is {status}: {'; '.join(failed)}")
        return cls(account, name, _outputs(account, name))

    def invoke(self, event: dict[str, Any] | None = None) -> Invocation:
        """Invokes the function and waits for its answer; an error of the function is not raised."""
        answer = self.account.client("lambda").invoke(
            FunctionName=self.function, LogType="Tail", Payload=json.dumps(event or {})
        )
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace").splitlines()
        return Invocation(json.load(answer["Payload"]), answer.get("FunctionError"), log)

    def change_settings(self, **variables: str) -> None:
        """Sets environment variables of the function; the next invocation starts afresh with them."""
        functions = self.account.client("lambda")
        current = functions.get_function_configuration(FunctionName=self.function)["Environment"]["Variables"]
        functions.update_function_configuration(
            FunctionName=self.function, Environment={"Variables": current | variables}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=self.function, WaiterConfig={"Delay": 1})

    def runs(self) -> list[Run]:
        """Every invocation that the log group knows of, oldest first."""
        logs = self.account.client("logs")
        streams: dict[str, list[dict[str, Any]]] = {}
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=self.outputs["LogGroupName"]):
            for event in page["events"]:
                streams.setdefault(event["logStreamName"], []).append(event)
        return sorted(filter(None, map(_read_run, streams.values())), key=lambda run: run.at)

    def state_items(self) -> list[dict[str, Any]]:
        """What the state table holds, in DynamoDB's own notation."""
        return self.account.client("dynamodb").scan(TableName=self.outputs["StateTableName"])["Items"]


def _built_template() -> Path:
    if not BUILT_TEMPLATE.exists():
        raise DeployFailed("nothing is built yet: run `make build` first")
    return BUILT_TEMPLATE


def _outputs(account: "Account", name: str) -> dict[str, str]:
    stack = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _upload(account: "Account", code: Path) -> dict[str, str]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.write(code / "bootstrap", "bootstrap")
    bucket = f"code-{account.id}-{account.region}"
    account.client("s3").create_bucket(Bucket=bucket)
    account.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=archive.getvalue())
    return {"Bucket": bucket, "Key": "code.zip"}


def _read_run(events: list[dict[str, Any]]) -> Run | None:
    lines = [event["message"] for event in events]
    start = re.match(r"START RequestId: (\S+)", lines[0])
    ended = any(line.startswith("END RequestId") for line in lines)
    return Run(start.group(1), events[0]["timestamp"] / 1000, lines[1:-2]) if start and ended else None


def _find_report(line: str) -> dict[str, Any] | None:
    """The report in a structured log line, wherever the logger has put it."""
    waiting: list[Any] = [line]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and value.startswith("{"):
            try:
                value = json.loads(value)
            except ValueError:
                continue
        if isinstance(value, dict):
            if "targets" in value and "checkedAt" in value:
                return value
            waiting += value.values()
    return None
