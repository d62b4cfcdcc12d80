"""The installation without a toolchain: by the documented commands, from a folder that holds nothing but a release."""

import platform
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_parse

from checks import check, life
from conftest import PARAMETERS
from local import deployment
from local.account import Account
from scripts.release.assembly import Release
from toolkit.documentation import commands
from toolkit.paths import BOOTSTRAP, PROJECT

STACK = "ses-quota-monitor"
PROCESSOR = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
PAGE = PROJECT / "scripts" / "release" / "README.md"
VERIFY, INSTALL = [line for line in commands(PAGE, "Install") if not line.startswith("aws ")]
[UPDATE] = commands(PAGE, "Update")
# The function that `make build` built, which is built as that of a release is.
RELEASE = Release(
    "1.0.0", "The notes.\n", (PROJECT / "template.yaml").read_text(), {PROCESSOR: BOOTSTRAP.read_bytes()}, {},
    {"LICENSE": (PROJECT / "LICENSE").read_bytes()},
)


class Machine:
    """A machine with the SAM CLI, on which no toolchain can be found."""

    def __init__(self, folder: Path, account: Account) -> None:
        folder.mkdir()
        (folder / "sam").symlink_to(Path(sys.executable).with_name("sam"))
        (folder / "sha256sum").symlink_to(str(shutil.which("sha256sum")))
        self._environment = account.environment() | {"PATH": str(folder)}

    def run(self, command: str, folder: Path, answers: list[str] | None = None) -> str:
        """Runs a documented command in a folder, and answers what it asks, one line each."""
        command = command.replace("x86_64", PROCESSOR).replace("STACK", STACK)
        # In a session of its own, because secrets are asked for at the terminal, if there is one.
        done = subprocess.run(
            shlex.split(command), cwd=folder, env=self._environment, input="".join(f"{each}\n" for each in answers or []),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, start_new_session=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture
def machine(tmp_path: Path, account: Account) -> Machine:
    return Machine(tmp_path / "bin", account)


def write(release: Release, folder: Path) -> Path:
    """Writes a release to a folder that is no part of the project."""
    assert not folder.is_relative_to(PROJECT)
    release.write(folder)
    return folder


def guided(**parameters: str) -> list[str]:
    """What is typed in `sam deploy --guided`: the stack, the Region, each parameter; Enter from there on."""
    names = yaml_parse(RELEASE.template)["Parameters"]
    assert parameters.keys() <= names.keys()
    return [STACK, "us-east-1", *(parameters.get(name, "") for name in names), *[""] * 10]


def test_a_release_installs_without_a_toolchain_and_update_and_roll_back_keep_the_state(
    tmp_path: Path, account: Account, machine: Machine
) -> None:
    first = write(RELEASE, tmp_path / "first")
    assert "FAILED" not in machine.run(VERIFY, first)
    machine.run(INSTALL, first, guided(**PARAMETERS))
    stack = deployment.find(account, STACK)
    inbox = account.subscribe(stack.topic_arn)
    installed = function(account)
    parameters = parameters_of(account)
    assert parameters | PARAMETERS | {"Architecture": PROCESSOR} == parameters

    account.send_mail(200)
    assert check(stack)["us-east-1"]["notification"] == "RAISED"

    next_version = replace(
        RELEASE, version="1.1.0", licenses=RELEASE.licenses | {"NOTICE": b"Makes the archive another one.\n"},
        template=RELEASE.template.replace("Description: Reads the SES send quota", "Description: Reads in a new way the SES send quota"),
    )
    machine.run(UPDATE, write(next_version, tmp_path / "second"))
    updated = function(account)
    assert updated["CodeSha256"] != installed["CodeSha256"]
    assert updated["Description"].startswith("Reads in a new way")
    assert parameters_of(account) == parameters
    assert check(stack)["us-east-1"]["notification"] is None

    # As downloaded again: the first folder has the file in which `sam deploy --guided` keeps its answers.
    machine.run(UPDATE, write(RELEASE, tmp_path / "third"))
    back = function(account)
    assert (back["CodeSha256"], back["Description"]) == (installed["CodeSha256"], installed["Description"])
    assert check(stack)["us-east-1"]["notification"] is None
    account.send_mail(200)
    assert check(stack)["us-east-1"]["notification"] == "ESCALATED"
    assert life(inbox) == [("RAISED", "WARNING"), ("ESCALATED", "CRITICAL")]


def test_a_release_can_be_packaged_for_the_serverless_application_repository(
    tmp_path: Path, account: Account, machine: Machine
) -> None:
    [package] = [line for line in commands(PROJECT / "CONTRIBUTING.md", "Releases") if line.startswith("sam package ")]
    account.client("s3").create_bucket(Bucket="applications")
    folder = write(RELEASE, tmp_path / "release")
    machine.run(package.replace("arm64", PROCESSOR).replace("BUCKET", "applications"), folder)
    packaged = yaml_parse((folder / "packaged.yaml").read_text())
    application = packaged["Metadata"]["AWS::ServerlessRepo::Application"]
    uploaded = {application["LicenseUrl"]: "LICENSE", application["ReadmeUrl"]: "README.md",
                packaged["Resources"]["Monitor"]["Properties"]["CodeUri"]: f"ses-quota-monitor-{PROCESSOR}.zip"}
    for url, file in uploaded.items():
        key = url.removeprefix("s3://applications/")
        stored = account.client("s3").get_object(Bucket="applications", Key=key)["Body"].read()
        assert stored == (folder / file).read_bytes(), file


def function(account: Account) -> dict[str, str]:
    name = deployment.find(account, STACK).function
    return account.client("lambda").get_function_configuration(FunctionName=name)


def parameters_of(account: Account) -> dict[str, str]:
    [stack] = account.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
