"""`make check`: runs one check, as the schedule does."""

import base64
import json
import sys
from pathlib import Path

import boto3
from botocore.config import Config

from . import stacks, subscribers
from .stacks import CommandFailed

SCHEDULED_EVENT = Path(__file__).resolve().parent.parent / "events" / "scheduled.json"


def run(stack: str, region: str) -> None:
    """Prints the report; who is told about alerts goes to standard error, so that the report can be piped."""
    installed = stacks.require(stack, region)
    # A client that timed out and retried would run a second check.
    once = Config(read_timeout=120, retries={"total_max_attempts": 1})
    response = boto3.client("lambda", region_name=region, config=once).invoke(
        FunctionName=installed.outputs["FunctionName"], LogType="Tail", Payload=SCHEDULED_EVENT.read_bytes()
    )
    payload = json.load(response["Payload"])
    if "FunctionError" in response:
        log = base64.b64decode(response.get("LogResult", "")).decode(errors="replace").strip()
        raise CommandFailed(f"The check failed: {payload.get('errorMessage', payload)}\nThe end of its log:\n{log or '(empty)'}")
    print(json.dumps(payload, indent=2), flush=True)
    has_operator_topic = bool(installed.parameters.get("OperatorTopicArn"))
    print(subscribers.describe(installed.outputs["AlertTopicArn"], region, has_operator_topic), file=sys.stderr)
