"""Fixtures: a local AWS for the whole run, and an account with a stack of its own for each test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Lets plain `pytest` import our packages, as `python -m pytest` does.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from local.account import Account
from local.inbox import Inbox
from local.server import LocalAws
from local.stack import Stack

# Unless a test sets another, the quota of the local SES is 50,000: 0.4% is 200 messages, and 0.8% is 400, sent in a
# fraction of a second.
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


@pytest.fixture(scope="module")
def enforcing() -> Iterator[LocalAws]:
    """Another one, which enforces IAM."""
    with LocalAws(enforce_iam=True) as aws:
        yield aws


@pytest.fixture(scope="session", autouse=True)
def scheduled(aws: LocalAws) -> Stack:
    """A stack deployed by `sam deploy`, with a check each minute. Deployed first, so that its first check
    runs while other tests do."""
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
