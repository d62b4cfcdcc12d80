"""Deploying the template that `make build` has built."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import yaml

from toolkit.paths import BUILT_TEMPLATE, PROJECT
from toolkit.waiting import wait_for

from .session import Session
from .stack import Stack

DEPLOY_SECONDS = 180
READER_TEMPLATE = PROJECT / "reader-role.yaml"
READER_STACK = "ses-quota-monitor-reader"


class DeployFailed(RuntimeError):
    """The stack was not created or updated. The message names the resource and the reason."""


def deploy(session: Session, name: str, parameters: dict[str, str]) -> Stack:
    """Deploys or updates a stack with `sam deploy`, as a user does."""
    overrides = [f'{key}="{value}"' for key, value in parameters.items()]
    command = [
        str(Path(sys.executable).with_name("sam")), "deploy",
        "--template-file", str(_built_template()), "--stack-name", name, "--resolve-s3",
        "--capabilities", "CAPABILITY_IAM", "--region", session.region,
        "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
        *(["--parameter-overrides", *overrides] if overrides else []),
    ]
    done = subprocess.run(
        command, env=session.environment(), cwd=PROJECT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=DEPLOY_SECONDS,
    )
    if done.returncode != 0:
        raise DeployFailed(f"`sam deploy` ended with code {done.returncode}:\n{done.stdout.strip()[-3000:]}")
    return find(session, name)


def install(session: Session, name: str, parameters: dict[str, str]) -> Stack:
    """Creates a stack through CloudFormation alone, which is faster than `sam deploy`."""
    template = yaml.safe_load(_built_template().read_text())
    functions = [one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    # SAM builds the binary once, and copies it for each function.
    code = _upload(session, BUILT_TEMPLATE.parent / template["Resources"]["Monitor"]["Properties"]["CodeUri"])
    for properties in functions:
        properties["CodeUri"] = code
    cloudformation = session.client("cloudformation")
    change = cloudformation.create_change_set(
        StackName=name, ChangeSetName="install", ChangeSetType="CREATE", TemplateURL=_publish(session, template),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=_parameters(parameters),
    )["Id"]
    wait_for(lambda: cloudformation.describe_change_set(ChangeSetName=change)["Status"] != "CREATE_PENDING",
             "the change set")
    cloudformation.execute_change_set(ChangeSetName=change)
    _wait_until_created(session, name)
    return find(session, name)


def find(session: Session, name: str) -> Stack:
    """A stack that is installed, however it was."""
    [stack] = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return Stack(session, name, {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])})


def install_reader_role(session: Session, parameters: dict[str, str]) -> None:
    """Creates the role by which a monitor of another account reads this one."""
    session.client("cloudformation").create_stack(
        StackName=READER_STACK, TemplateBody=READER_TEMPLATE.read_text(), Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=_parameters(parameters),
    )
    _wait_until_created(session, READER_STACK)


def _parameters(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def _wait_until_created(session: Session, name: str) -> None:
    cloudformation = session.client("cloudformation")

    def settled() -> str | None:
        status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        return None if status.endswith("_IN_PROGRESS") else status

    if (status := wait_for(settled, f"stack {name} to settle", DEPLOY_SECONDS, interval=0.02)) != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        failed = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}"
                  for e in events if e["ResourceStatus"].endswith("_FAILED")]
        raise DeployFailed(f"stack {name} is {status}: {'; '.join(failed)}")


def _built_template() -> Path:
    if not BUILT_TEMPLATE.exists():
        raise DeployFailed("the function is not built yet: run `make build` first")
    return BUILT_TEMPLATE


def _upload(session: Session, code: Path) -> dict[str, str]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.write(code / "bootstrap", "bootstrap")
    session.client("s3").create_bucket(Bucket=_bucket(session))
    session.client("s3").put_object(Bucket=_bucket(session), Key="code.zip", Body=archive.getvalue())
    return {"Bucket": _bucket(session), "Key": "code.zip"}


def _publish(session: Session, template: dict[str, Any]) -> str:
    """The URL of a template, which is too large for a request: CloudFormation takes 51,200 bytes there."""
    session.client("s3").put_object(Bucket=_bucket(session), Key="template.json", Body=json.dumps(template))
    return f"{session.url}/{_bucket(session)}/template.json"


def _bucket(session: Session) -> str:
    return f"code-{session.id}-{session.region}"
