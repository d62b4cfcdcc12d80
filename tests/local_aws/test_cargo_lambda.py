"""The installation with cargo-lambda alone: the documented commands, and the function that they deploy."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.account import Account
from local.server import LocalAws
from toolkit.documentation import aws_call, commands
from toolkit.paths import BOOTSTRAP, PROJECT

DOCUMENTED = commands(PROJECT / "docs" / "install.md", "With cargo-lambda alone")
VARIABLES = [line for line in DOCUMENTED if line.split("=")[0].isupper()]
DEPLOY, CHANGE = [line for line in DOCUMENTED if line.startswith("cargo lambda deploy ")]
# The account of the documentation's examples.
EXAMPLE = "111122223333"


@pytest.fixture
def account() -> Iterator[Account]:
    with LocalAws(enforce_iam=True) as aws:
        yield aws.account(EXAMPLE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project with the function that `cargo lambda build` would have built, and the file of variables."""
    for entry in PROJECT.iterdir():
        if entry.name not in ("target", ".git", ".venv"):
            (tmp_path / entry.name).symlink_to(entry)
    built = tmp_path / "target" / "lambda" / "ses-quota-monitor"
    built.mkdir(parents=True)
    shutil.copy(BOOTSTRAP, built)
    (tmp_path / "monitor.env").write_text("\n".join(VARIABLES))
    return tmp_path


def deploy(account: Account, checkout: Path, command: str) -> dict[str, Any]:
    """Runs a `cargo lambda deploy`, and returns the configuration of the function."""
    tools = str(Path(sys.executable).parent)
    environment = account.environment() | {
        "PATH": os.pathsep.join([tools, os.environ["PATH"]]), "CARGO_TARGET_DIR": str(checkout / "target"),
    }
    done = subprocess.run(shlex.split(command), cwd=checkout, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    functions = account.client("lambda")
    functions.get_waiter("function_updated_v2").wait(FunctionName="ses-quota-monitor", WaiterConfig={"Delay": 1})
    return functions.get_function_configuration(FunctionName="ses-quota-monitor")


def run(account: Account, operation: str, **values: str) -> None:
    [command] = [line for line in DOCUMENTED if line.startswith(f"aws {operation} ")]
    call = aws_call(command, **values)
    if call.method == "put_role_policy":
        # The local AWS does not know this condition key, and would allow nothing.
        call.parameters["PolicyDocument"] = without_condition(call.parameters["PolicyDocument"], "PublishMetrics")
    getattr(account.client(call.service), call.method)(**call.parameters)


def without_condition(policy: str, sid: str) -> str:
    document = json.loads(policy)
    [statement] = [each for each in document["Statement"] if each["Sid"] == sid]
    del statement["Condition"]
    return json.dumps(document)


def test_the_documented_deployment_works_also_a_second_time(account: Account, checkout: Path) -> None:
    account.client("sns").create_topic(Name="alerts")
    run(account, "dynamodb create-table")
    first = deploy(account, checkout, DEPLOY)
    variables = dict(line.split("=", 1) for line in VARIABLES)
    assert variables["REGIONS"].count(",") == 1
    assert (first["Environment"]["Variables"], first["Timeout"], first["MemorySize"]) == (variables, 30, 128)
    assert "AccessDenied" in invoke(account)["errorMessage"]

    run(account, "iam put-role-policy", ROLE_NAME=first["Role"].rpartition("/")[2])
    account.send_mail(1)
    assert invoke(account, {"testAlert": True})["targets"]
    assert [target["region"] for target in invoke(account)["targets"]] == ["us-east-1", "eu-west-1"]

    second = deploy(account, checkout, DEPLOY)
    assert (second["Environment"]["Variables"], second["Role"]) == (variables, first["Role"])
    changed = deploy(account, checkout, CHANGE)
    assert changed["Environment"]["Variables"] == variables | {"WARNING_PERCENT": "70"}
    kept = deploy(account, checkout, DEPLOY.replace("--env-file monitor.env ", ""))
    assert (kept["Environment"], kept["Timeout"]) == (changed["Environment"], 30)


def invoke(account: Account, event: dict[str, Any] | None = None) -> dict[str, Any]:
    response = account.client("lambda").invoke(FunctionName="ses-quota-monitor", Payload=json.dumps(event or {}))
    return json.load(response["Payload"])
