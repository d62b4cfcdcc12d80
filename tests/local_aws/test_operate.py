"""The commands for a deployed stack, run as make runs them."""

import json
import subprocess
import sys

import pytest

from local.account import Account
from local.server import LocalAws
from local.stack import Stack
from toolkit.paths import PROJECT


@pytest.mark.parametrize("succeeds", [True, False])
def test_make_check_runs_one_check_and_prints_its_result(aws: LocalAws, account: Account, stack: Stack, succeeds: bool) -> None:
    command = [sys.executable, "scripts/operate.py", "check", "--stack", stack.name, "--region", account.region]
    refused = aws.proxy.refusing("ses", ".*", account="" if succeeds else account.id, code="AccessDenied", status=403)
    with refused:
        done = subprocess.run(command, env=account.environment(), cwd=PROJECT, capture_output=True, text=True)
    if succeeds:
        assert (done.returncode, json.loads(done.stdout)["dryRun"]) == (0, False)
    else:
        assert done.returncode == 1
        assert done.stderr.startswith("The check failed: ") and "AccessDenied" in done.stderr
