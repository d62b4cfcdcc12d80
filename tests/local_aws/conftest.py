"""Fixtures: a local AWS for the whole run, and for each test an account with a deployment of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# So that a bare `pytest` finds the package `local`, as `python -m pytest` does.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from local.account import Account
from local.inbox import Inbox
from local.server import LocalAws
from local.stack import Stack

# 0.4% of the local SES's fixed 50,000 is 200 messages, and 0.8% is 400: sent in a fraction of a second.
PARAMETERS = {
    "AlertEmail": "ops@example.com",
    "AlertPhone": "+14255550123",
    "Regions": "us-east-1,eu-west-1",
    "WarningPercent": "0.4",
    "CriticalPercent": "0.8",
    "ClearMarginPercent": "0.1",
}


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        yield aws


@pytest.fixture(scope="session", autouse=True)
def scheduled(aws: LocalAws) -> Stack:
    """A deployment by `sam deploy` that is checked each minute: made first, so that its first check
    comes while other tests run."""
    return aws.account().deploy(PARAMETERS | {"CheckIntervalMinutes": "1"})


@pytest.fixture
def account(aws: LocalAws) -> Account:
    return aws.account()


@pytest.fixture
def stack(account: Account) -> Stack:
    return account.install(PARAMETERS)


@pytest.fixture
def inbox(account: Account, stack: Stack) -> Inbox:
    return account.subscribe(stack.topic_arn)
