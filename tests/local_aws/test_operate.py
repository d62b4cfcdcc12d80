"""The commands for stacks, run by make as a user runs it. Nothing is compiled: a stand-in takes the place of cargo."""

import io
import json
import os
import shutil
import stat
import subprocess
import urllib.request
import zipfile
from pathlib import Path

import pytest

from local.account import Account
from local.server import LocalAws
from local.stack import Stack
from toolkit.paths import PROJECT

STACK = "ses-quota-monitor"
# It writes what `cargo lambda build` was called for, in the place of the binary, and notes how each command was called.
CARGO = """#!/bin/sh
echo "offline=$CARGO_NET_OFFLINE $*" >> "{log}"
case "$*" in
  *"lambda build"*)
    mkdir -p "$CARGO_TARGET_DIR/lambda/ses-quota-monitor"
    case "$*" in *arm64*|*aarch64*) echo arm64;; *) echo x86_64;; esac > "$CARGO_TARGET_DIR/lambda/ses-quota-monitor/bootstrap";;
  *metadata*)
    echo '{{"packages": [], "target_directory": "'$CARGO_TARGET_DIR'", "workspace_root": "'$PWD'", "workspace_members": []}}';;
  fetch*) exit {fetched};;
  *) echo "cargo-lambda 1.9.2";;
esac
"""


class Checkout:
    """What `make` needs of this checkout, in a folder of its own: a deployment must not replace what is built here."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.account = account
        self.log = folder / "cargo.log"
        self.project = folder / "project"
        shutil.copytree(PROJECT, self.project, ignore=lambda _, names: set(names) & {".git", ".venv", ".aws-sam", "target"})
        (self.project / ".venv").symlink_to(PROJECT / ".venv")
        self._bin = folder / "bin"
        self._bin.mkdir()
        self.cargo(fetched=0)

    def cargo(self, fetched: int) -> None:
        """Puts the stand-in in place; `fetched` is the exit code of `cargo fetch`."""
        cargo = self._bin / "cargo"
        cargo.write_text(CARGO.format(log=self.log, fetched=fetched))
        cargo.chmod(cargo.stat().st_mode | stat.S_IXUSR)
        self.log.unlink(missing_ok=True)

    def cargo_calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def make(self, target: str, *variables: str, answer: str = "", **environment: str | None) -> subprocess.CompletedProcess[str]:
        changed = self.account.environment() | {
            "PATH": f"{self._bin}:{os.environ['PATH']}", "CARGO_TARGET_DIR": str(self.project / "target"),
        } | environment
        # --old-file: the tools are installed, or this test would not run.
        return subprocess.run(
            ["make", "--no-print-directory", "--old-file=.venv/.installed", target, *variables], cwd=self.project,
            env={name: value for name, value in changed.items() if value is not None}, input=answer,
            capture_output=True, text=True, timeout=300,
        )

    def deployed(self) -> tuple[str, str]:
        """The architecture of the function, and that of its code."""
        [stack] = self.account.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        [name] = [each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == "FunctionName"]
        function = self.account.client("lambda").get_function(FunctionName=name)
        archive = urllib.request.urlopen(function["Code"]["Location"]).read()
        code = zipfile.ZipFile(io.BytesIO(archive)).read("bootstrap").decode().strip()
        return function["Configuration"]["Architectures"][0], code

    def parameters(self) -> dict[str, str]:
        [stack] = self.account.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


@pytest.fixture
def checkout(tmp_path: Path, account: Account) -> Checkout:
    return Checkout(tmp_path, account)


def test_a_deployment_keeps_what_it_does_not_name_the_architecture_included(checkout: Checkout) -> None:
    first = checkout.make("deploy", "PARAMETERS=Architecture=arm64 CheckIntervalMinutes=60")
    assert first.returncode == 0, first.stdout + first.stderr
    assert checkout.deployed() == ("arm64", "arm64")
    exceptions = "eu-west-1=60/80;111122223333/us-east-1=70.5/90"
    second = checkout.make("deploy", f"PARAMETERS=WarningPercent=70 Regions=us-east-1,eu-west-1 Thresholds={exceptions}")
    assert second.returncode == 0, second.stdout + second.stderr
    assert checkout.deployed() == ("arm64", "arm64")
    expected = {"CheckIntervalMinutes": "60", "WarningPercent": "70", "Regions": "us-east-1,eu-west-1", "CriticalPercent": "95",
                "Thresholds": exceptions}
    assert checkout.parameters() | expected == checkout.parameters()
    third = checkout.make("deploy", "PARAMETERS=Architecture=x86_64 Regions=")
    assert third.returncode == 0, third.stdout + third.stderr
    assert checkout.deployed() == ("x86_64", "x86_64")
    assert checkout.parameters()["Regions"] == ""


def test_the_build_is_that_of_the_lock_file(checkout: Checkout) -> None:
    assert checkout.make("deploy").returncode == 0
    fetch, *later = [call for call in checkout.cargo_calls() if "fetch" in call or "build" in call]
    assert fetch.endswith(" fetch --locked")
    assert later and all(call.startswith("offline=true ") for call in later)


def test_a_lock_file_that_does_not_fit_stops_the_deployment(checkout: Checkout) -> None:
    checkout.cargo(fetched=101)
    done = checkout.make("deploy")
    assert done.returncode != 0 and "Cargo.lock" in done.stderr
    assert not [call for call in checkout.cargo_calls() if "build" in call]


@pytest.mark.parametrize("parameters, named", [
    ("WarningPercent=96", ["WarningPercent=96 (as given) must be below CriticalPercent=95 (the default)"]),
    ("CriticalPercent=101", ["CriticalPercent=101 (as given) must be at most 100"]),
    ("WarningPercent=0", ["WarningPercent=0 (as given) must be above 0", "ClearMarginPercent=5 (the default)"]),
    ("WarningPercent=4", ["ClearMarginPercent=5 (the default) must be at least 0 and below WarningPercent=4 (as given)"]),
    ("RateWarningPercent=5", ["RateWarningPercent=5 (as given) must be 0, or above ClearMarginPercent=5 (the default)"]),
    ("WarningPercent=nan", ["WarningPercent=nan"]),
    ("WarningPercent=lots", ["WarningPercent=lots: expected a number"]),
    ("ReminderHours=0.001", ["ReminderHours=0.001 (as given) must be 0 or at least 0.0167, a minute"]),
    ("AlarmLevel=CRITICAL", ["AlarmLevel=CRITICAL (as given) needs OperatorTopicArn"]),
    ("SlackChannelId=C012ABCDEFG", ["SlackChannelId=C012ABCDEFG (as given) needs SlackWorkspaceId"]),
    ("ExcludeAccounts=444455556666", ["ExcludeAccounts=444455556666 (as given) needs Accounts"]),
    ("CheckIntervalMinutes=1 Timeout=60", ["Timeout=60 (as given) must be 30 with CheckIntervalMinutes=1 (as given)"]),
    ("Thresholds=eu-west-1=80/60", ["Thresholds: eu-west-1=80/60: expected 0 < WARNING < CRITICAL <= 100 (as given)"]),
    ("Warningpercent=70", ["no parameter Warningpercent", "WarningPercent"]),
    ("WarningPercent", ["expected Name=value", "WarningPercent"]),
])
def test_contradicting_parameters_are_refused_before_anything_is_built(
    checkout: Checkout, parameters: str, named: list[str]
) -> None:
    done = checkout.make("deploy", f"PARAMETERS={parameters}")
    assert done.returncode != 0
    for part in named:
        assert part in done.stderr
    assert checkout.cargo_calls() == []


def test_parameters_are_checked_against_those_that_are_installed(checkout: Checkout, account: Account) -> None:
    account.install({"WarningPercent": "50", "CriticalPercent": "60"})
    done = checkout.make("deploy", "PARAMETERS=WarningPercent=70")
    assert done.returncode != 0
    assert "WarningPercent=70 (as given) must be below CriticalPercent=60 (as installed)" in done.stderr


def test_the_region_is_that_of_the_profile_if_none_is_named(checkout: Checkout, tmp_path: Path) -> None:
    nowhere: dict[str, str | None] = {"AWS_REGION": None, "AWS_DEFAULT_REGION": None}
    done = checkout.make("check", **nowhere)
    assert done.returncode != 0 and done.stderr.startswith("No Region is named.\n") and "REGION=" in done.stderr

    config = tmp_path / "config"
    config.write_text("[profile mail]\nregion = eu-west-1\n")
    profile = nowhere | {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "mail"}
    for variables, environment, region in [
        ([], profile, "eu-west-1"),
        ([], profile | {"AWS_REGION": "eu-central-1"}, "eu-central-1"),
        (["REGION=ap-south-1"], profile | {"AWS_REGION": "eu-central-1"}, "ap-south-1"),
    ]:
        done = checkout.make("check", *variables, **environment)
        assert f"Stack {STACK} does not exist in {region}" in done.stderr


def test_a_deployment_ends_with_who_is_told(checkout: Checkout) -> None:
    done = checkout.make("deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    end = done.stdout[done.stdout.rindex("WARNING"):]
    assert end.startswith("WARNING: NOBODY IS TOLD ABOUT ALERTS. Confirmed subscriptions of the alert topic: 0\n")
    assert "AlertEmail=" in end

    done = checkout.make("deploy", "PARAMETERS=AlertEmail=ops@example.com")
    assert "NOBODY IS TOLD" not in done.stdout
    assert "Confirmed subscriptions of the alert topic: 1\n  email    ops@example.com\n" in done.stdout


@pytest.mark.parametrize("succeeds", [True, False])
def test_make_check_runs_one_check_and_prints_its_result(
    aws: LocalAws, account: Account, stack: Stack, checkout: Checkout, succeeds: bool
) -> None:
    # An HTTPS endpoint has to confirm, and this one never does.
    account.client("sns").subscribe(TopicArn=stack.topic_arn, Protocol="https", Endpoint="https://127.0.0.1:9/alerts")
    with aws.proxy.refusing("ses", ".*", account="" if succeeds else account.id, code="AccessDenied", status=403):
        done = checkout.make("check")
    if succeeds:
        assert (done.returncode, json.loads(done.stdout)["dryRun"]) == (0, False)
        assert done.stderr == (
            "Confirmed subscriptions of the alert topic: 2\n  email    ops@example.com\n  sms      +14255550123\n"
            "Pending, and told nothing until confirmed: 1\n  https    https://127.0.0.1:9/alerts\n"
            "To confirm a subscription, follow the link that AWS sent to it.\n"
        )
    else:
        assert done.returncode != 0
        assert done.stderr.startswith("The check failed: ") and "AccessDenied" in done.stderr


def test_make_check_says_that_a_phone_alone_gets_no_alarms(account: Account, checkout: Checkout) -> None:
    account.install({"AlertPhone": "+14255550123"})
    assert "Alarms about the monitor reach nobody" in checkout.make("check").stderr


def test_make_check_says_that_a_subscription_must_be_confirmed(account: Account, checkout: Checkout) -> None:
    stack = account.install()
    account.client("sns").subscribe(TopicArn=stack.topic_arn, Protocol="https", Endpoint="https://127.0.0.1:9/alerts")
    told = checkout.make("check").stderr
    assert told.startswith("WARNING: NOBODY IS TOLD ABOUT ALERTS. Confirmed subscriptions of the alert topic: 0\nPending")
    assert "follow the link" in told and "AlertEmail=" not in told


def test_make_deploy_readers_takes_units_a_stack_and_a_region(checkout: Checkout) -> None:
    done = checkout.make("deploy-readers", "UNITS=Shops")
    assert done.returncode != 0 and done.stderr.startswith("UNITS: expected IDs of organizational units")
    done = checkout.make("deploy-readers", "UNITS=ou-a1b2-11111111", "STACK=mail", "REGION=eu-west-1")
    assert done.returncode != 0 and done.stderr.startswith("Stack mail does not exist in eu-west-1 ")


def test_a_stack_that_was_only_planned_does_not_exist(account: Account, checkout: Checkout) -> None:
    account.client("cloudformation").create_change_set(
        StackName=STACK, ChangeSetName="plan", ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}),
    )
    assert f"Stack {STACK} does not exist in us-east-1" in checkout.make("check").stderr


def test_make_destroy_asks_says_what_stays_and_removes_the_stack(checkout: Checkout) -> None:
    assert checkout.make("deploy", "PARAMETERS=ProtectStateTable=true").returncode == 0
    assert "deletion protection" in checkout.make("destroy", answer=STACK).stderr
    assert checkout.make("deploy", "PARAMETERS=ProtectStateTable=false").returncode == 0

    refused = checkout.make("destroy", answer="yes\n")
    assert refused.returncode != 0 and "Nothing was removed." in refused.stderr
    done = checkout.make("destroy", answer=f"{STACK}\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "What stays: published metrics" in done.stdout
    left = checkout.account.client("cloudformation").describe_stacks()["Stacks"]
    assert [each["StackName"] for each in left if each["StackStatus"] != "DELETE_COMPLETE"] == ["aws-sam-cli-managed-default"]
