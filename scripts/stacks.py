"""The account and the Region, and a stack as it is installed."""

import os
from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError, NoCredentialsError


class CommandFailed(Exception):
    """The command cannot be carried out. The message says why, and what to do."""


@dataclass(frozen=True)
class Installed:
    """A stack with its outputs and parameters."""

    outputs: dict[str, str]
    parameters: dict[str, str]


def resolve_region(asked: str) -> str:
    """The Region to work in: that which was asked for, else that of the environment, else that of the profile."""
    # The AWS CLI and the SDKs read AWS_REGION first; boto3 does not read it.
    region = asked or os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise CommandFailed(
            "No Region is named.\n"
            "Add REGION=us-east-1 (or another) to the command, set AWS_REGION, or give your profile one: aws configure set region us-east-1"
        )
    return region


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


def find(stack: str, region: str) -> Installed | None:
    """The stack; None if there is none."""
    try:
        found = boto3.client("cloudformation", region_name=region).describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    # A change set that was never executed leaves such a stack, without resources.
    if found["StackStatus"] == "REVIEW_IN_PROGRESS":
        return None
    return Installed(
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
    )


def require(stack: str, region: str) -> Installed:
    """The stack, which has to exist."""
    whose = credentials(region)
    if (found := find(stack, region)) is None:
        raise CommandFailed(
            f"Stack {stack} does not exist in {region} ({whose}).\n"
            "Set STACK=... and REGION=... to an existing stack, or create it: make deploy"
        )
    return found


def ask(question: str) -> str:
    """What is typed in answer; nothing where there is nobody to answer."""
    try:
        return input(question).strip()
    except EOFError:
        return ""
