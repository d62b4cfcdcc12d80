"""What `make` does with an installed stack: see whose credentials are in use, check it, remove it.

It works on whatever account the environment's AWS credentials belong to.
"""

import argparse
import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

SCHEDULED_EVENT = Path(__file__).resolve().parent.parent / "events" / "scheduled.json"


class Impossible(Exception):
    """It cannot be done. The message says why, and what to do."""


def credentials(region: str) -> str:
    """The account and the identity that commands act as."""
    try:
        identity = boto3.client("sts", region_name=region).get_caller_identity()
    except NoCredentialsError:
        raise Impossible(
            "No AWS credentials found, so there is no account to work on.\n"
            "Set AWS_PROFILE to a profile of yours, or run `aws configure` (or `aws sso login`) first.\n"
            "To see the program without an account: make demo"
        ) from None
    return f"account {identity['Account']}, as {identity['Arn']}"


def describe(stack: str, region: str) -> dict[str, Any]:
    """The stack, with its outputs and parameters as plain dictionaries."""
    try:
        found = boto3.client("cloudformation", region_name=region).describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            raise Impossible(
                f"There is no stack {stack} in {region} ({credentials(region)}).\n"
                "Name the right one with STACK=... and REGION=..., or install it: make deploy"
            ) from None
        raise
    return {
        "outputs": {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        "parameters": {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
    }


def check(stack: str, region: str) -> None:
    """Runs one check, as the schedule does, and prints the report."""
    function = describe(stack, region)["outputs"]["FunctionName"]
    # A second invocation, by a client that lost patience, would be a second check.
    once = Config(read_timeout=120, retries={"total_max_attempts": 1})
    answer = boto3.client("lambda", region_name=region, config=once).invoke(
        FunctionName=function, LogType="Tail", Payload=SCHEDULED_EVENT.read_bytes()
    )
    payload = json.load(answer["Payload"])
    if "FunctionError" in answer:
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace").strip()
        raise Impossible(f"The check failed: {payload.get('errorMessage', payload)}\nThe end of its log:\n{log or '(empty)'}")
    print(json.dumps(payload, indent=2))


def destroy(stack: str, region: str) -> None:
    """Removes the stack, once somebody has agreed."""
    found = describe(stack, region)
    table = found["outputs"].get("StateTableName", "the state table")
    if found["parameters"].get("ProtectStateTable") == "true":
        raise Impossible(
            f"Table {table} is protected from deletion, and so is stack {stack}.\n"
            f"To remove it all the same, first: make deploy STACK={stack} REGION={region} PARAMETERS='ProtectStateTable=false'"
        )
    print(f"This removes stack {stack} in {region} ({credentials(region)}):")
    print("the function, its schedule, the topic with its subscriptions, dashboard, alarms and log group.")
    print(f"Table {table} goes too: after a new installation, an alert that is going on now is sent once more.")
    print("Metrics that were published stay in CloudWatch until they expire.")
    try:
        answer = input("Type the name of the stack to remove it: ")
    except EOFError:
        answer = ""
    if answer.strip() != stack:
        raise Impossible("Nothing was removed.")
    sam = str(Path(sys.executable).with_name("sam"))
    command = [sam, "delete", "--stack-name", stack, "--region", region, "--no-prompts"]
    if subprocess.run(command).returncode != 0:
        raise Impossible("The stack could not be removed: see above. Nothing has to be cleaned up before trying again.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["credentials", "check", "destroy"])
    parser.add_argument("--stack", default="ses-quota-monitor")
    parser.add_argument("--region", required=True)
    arguments = parser.parse_args()
    try:
        whose = credentials(arguments.region)
        if arguments.command == "credentials":
            print(f"Deploying to {arguments.region}, {whose}")
        elif arguments.command == "check":
            check(arguments.stack, arguments.region)
        else:
            destroy(arguments.stack, arguments.region)
    except Impossible as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS refused or could not be reached: {error}\nSee whether the credentials are still valid: aws sts get-caller-identity")


if __name__ == "__main__":
    main()
