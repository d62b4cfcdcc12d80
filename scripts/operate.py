"""Commands for a deployed stack: show the credentials in use, run a check, remove the stack.

They work on the account of the AWS credentials in the environment.
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


class CommandFailed(Exception):
    """The command cannot be carried out. The message says why, and what to do."""


def credentials(region: str) -> str:
    """The account and the identity that the credentials belong to."""
    try:
        identity = boto3.client("sts", region_name=region).get_caller_identity()
    except NoCredentialsError:
        raise CommandFailed(
            "No AWS credentials found.\n"
            "Set AWS_PROFILE to one of your profiles, or run `aws configure` or `aws sso login` first.\n"
            "To try the monitor without an account: make demo"
        ) from None
    return f"account {identity['Account']}, as {identity['Arn']}"


def describe(stack: str, region: str) -> dict[str, Any]:
    """The stack, with its outputs and parameters as plain dictionaries."""
    try:
        found = boto3.client("cloudformation", region_name=region).describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            raise CommandFailed(
                f"Stack {stack} does not exist in {region} ({credentials(region)}).\n"
                "Set STACK=... and REGION=... to an existing stack, or create it: make deploy"
            ) from None
        raise
    return {
        "outputs": {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        "parameters": {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
    }


def check(stack: str, region: str) -> None:
    """Runs one check, as the schedule does, and prints its report."""
    function = describe(stack, region)["outputs"]["FunctionName"]
    # A client that timed out and retried would run a second check.
    once = Config(read_timeout=120, retries={"total_max_attempts": 1})
    response = boto3.client("lambda", region_name=region, config=once).invoke(
        FunctionName=function, LogType="Tail", Payload=SCHEDULED_EVENT.read_bytes()
    )
    payload = json.load(response["Payload"])
    if "FunctionError" in response:
        log = base64.b64decode(response.get("LogResult", "")).decode(errors="replace").strip()
        raise CommandFailed(f"The check failed: {payload.get('errorMessage', payload)}\nThe end of its log:\n{log or '(empty)'}")
    print(json.dumps(payload, indent=2))


def destroy(stack: str, region: str) -> None:
    """Removes the stack, after confirmation."""
    found = describe(stack, region)
    table = found["outputs"].get("StateTableName", "the state table")
    if found["parameters"].get("ProtectStateTable") == "true":
        raise CommandFailed(
            f"Stack {stack} cannot be removed, because table {table} has deletion protection.\n"
            f"To turn it off: make deploy STACK={stack} REGION={region} PARAMETERS='ProtectStateTable=false'"
        )
    print(f"This removes stack {stack} in {region} ({credentials(region)}):")
    print("the function, its schedule, the topic and its subscriptions, the dashboard, the alarms and the log group.")
    print(f"It also removes table {table}: after a new installation, an active alert is sent again.")
    print("Published metrics stay in CloudWatch until they expire.")
    try:
        answer = input("To confirm, type the name of the stack: ")
    except EOFError:
        answer = ""
    if answer.strip() != stack:
        raise CommandFailed("Nothing was removed.")
    sam = str(Path(sys.executable).with_name("sam"))
    command = [sam, "delete", "--stack-name", stack, "--region", region, "--no-prompts"]
    if subprocess.run(command).returncode != 0:
        raise CommandFailed("The stack could not be removed: see above. You can run the command again without any cleanup.")


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
    except CommandFailed as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The call to AWS failed: {error}\nTo see whether the credentials are still valid: aws sts get-caller-identity")


if __name__ == "__main__":
    main()
