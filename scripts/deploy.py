"""`make deploy`: builds the function from the lock file, and installs or updates the stack."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from . import settings, stacks, subscribers
from .stacks import CommandFailed

PROJECT = Path(__file__).resolve().parent.parent
SAM = str(Path(sys.executable).with_name("sam"))


def run(stack: str, region: str, parameters: str) -> None:
    print(f"Deploying stack {stack} to {region}, {stacks.credentials(region)}", flush=True)
    named = settings.parse(parameters)
    installed = stacks.find(stack, region)
    resolved = settings.resolve(named, installed.parameters if installed else {}, _defaults())
    settings.check_values(resolved)

    # CloudFormation keeps the installed value of a parameter that is not named; `sam build` does not know that value.
    architecture = resolved["Architecture"].value
    _build(architecture)
    overrides = named | {"Architecture": architecture}
    _call(
        [SAM, "deploy", "--stack-name", stack, "--region", region, "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
         "--no-fail-on-empty-changeset", "--parameter-overrides", *(f'{name}="{value}"' for name, value in overrides.items())],
        "The stack was not deployed: see above.",
    )
    outputs = stacks.require(stack, region).outputs
    has_operator_topic = bool(resolved["OperatorTopicArn"].value)
    print(f"\n{subscribers.describe(outputs['AlertTopicArn'], region, has_operator_topic)}")


def _defaults() -> dict[str, str]:
    template: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text())
    return {name: str(one["Default"]) for name, one in template["Parameters"].items()}


def _build(architecture: str) -> None:
    if shutil.which("cargo") is None:
        raise CommandFailed("cargo is not installed: https://www.rust-lang.org/tools/install")
    # `sam build` cannot pass --locked to cargo. This fails where Cargo.lock does not fit Cargo.toml; then cargo, offline,
    # has nothing but what was fetched.
    _call(["cargo", "fetch", "--locked"], "The dependencies of Cargo.lock could not be fetched: see above.")
    _call(
        [SAM, "build", "--parameter-overrides", f"Architecture={architecture}"],
        "The function was not built: see above.", CARGO_NET_OFFLINE="true",
    )


def _call(command: list[str], failure: str, **variables: str) -> None:
    if subprocess.run(command, cwd=PROJECT, env=os.environ | variables).returncode != 0:
        raise CommandFailed(failure)
