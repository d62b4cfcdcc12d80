"""Parameters that do not fit together are refused: by CloudFormation, and by `make deploy` before it builds anything."""

import re
from itertools import product

import pytest

from rendering import RenderedStack, template
from scripts.settings import check_values, resolve
from scripts.stacks import CommandFailed
from toolkit.paths import PROJECT

DEFAULTS = {name: str(one["Default"]) for name, one in template()["Parameters"].items()}
CHOICES = {
    "AlarmLevel": ["NONE", "WARNING", "EXHAUSTED"], "OperatorTopicArn": ["", "arn:aws:sns:us-east-1:111122223333:operators"],
    "SlackWorkspaceId": ["", "T012ABCDEFG"], "SlackChannelId": ["", "C012ABCDEFG"],
    "Accounts": ["", "organization"], "ExcludeAccounts": ["", "444455556666"],
    "CheckIntervalMinutes": ["1", "5"], "Timeout": ["30", "60"],
}


@pytest.mark.parametrize("values", list(product(*CHOICES.values())))
def test_cloudformation_and_make_deploy_refuse_the_same(values: tuple[str, ...]) -> None:
    given = dict(zip(CHOICES, values))
    level, operators, workspace, channel, accounts, excluded, interval, timeout = values
    wrong = [name for name, applies in {
        "AlarmLevel needs OperatorTopicArn": level != "NONE" and not operators,
        "SlackWorkspaceId needs SlackChannelId": workspace and not channel,
        "SlackChannelId needs SlackWorkspaceId": channel and not workspace,
        "ExcludeAccounts needs Accounts": excluded and not accounts,
        "Timeout must be 30 with CheckIntervalMinutes=1": (interval, timeout) == ("1", "60"),
    }.items() if applies]
    said = RenderedStack(parameters=given).broken_rules()
    assert len(said) == len(wrong) and all(one.startswith(name) for one, name in zip(said, wrong))

    parameters = resolve(given, {}, DEFAULTS)
    if not wrong:
        check_values(parameters)
        return
    with pytest.raises(CommandFailed) as refused:
        check_values(parameters)
    for name in wrong:
        assert all(word in str(refused.value) for word in name.split())


@pytest.mark.parametrize("parameter, accepted, refused", [
    ("Regions", ["", "all", "us-east-1", "us-gov-east-1,eu-west-1"], ["all,us-east-1", "All", "us-east-1,", "us-east-1, eu-west-1"]),
    ("Accounts", ["", "organization", "111122223333", "111122223333,444455556666", "ou-a1b2-11111111,ou-a1b2-c3d4e5f6g7h8"],
     ["111122223333,ou-a1b2-11111111", "organization,111122223333", "11112222333", "111122223333,", "r-a1b2", "own", "ou-a1b2"]),
    ("ExcludeAccounts", ["", "111122223333", "111122223333,444455556666"], ["organization", "ou-a1b2-11111111", "1"]),
    ("ReaderRole", ["ses-quota-monitor-reader", "a+=,.@-_Z9"], ["", "path/role", "reader*", "reader?", "arn:aws:iam::1:role/r", "r" * 65]),
    ("ExternalId", ["", "ab", "a:/b=+,.@-_", "x" * 1224], ["a", "with blank", "x" * 1225, "a*"]),
    ("Thresholds", ["", "eu-west-1=60/80", "eu-west-1=60/80;111122223333=70/90;111122223333/eu-west-1=50.5/75.25"],
     ["eu-west-1", "eu-west-1=60", "eu-west-1=60/80;", "60/80", "eu-west-1=60/80,us-east-1=60/80", "all=60/80", "eu-west-1/111122223333=60/80"]),
])
def test_cloudformation_takes_what_the_function_takes(parameter: str, accepted: list[str], refused: list[str]) -> None:
    pattern = template()["Parameters"][parameter]["AllowedPattern"]
    assert [value for value in accepted + refused if re.fullmatch(pattern, value)] == accepted


def test_the_longest_list_fits_the_environment_of_a_function() -> None:
    """AWS Lambda Developer Guide, "Lambda quotas": 4 KB for all variables. The documentation names how many accounts that is."""
    [accounts] = re.findall(r"about (\d+) account IDs fit", (PROJECT / "docs/fleet.md").read_text())
    stack = RenderedStack(name="s" * 64, parameters={
        "Accounts": ",".join(["111122223333"] * int(accounts)), "Regions": ",".join(["ap-southeast-1"] * 30),
    })
    variables = stack.properties("Monitor")["Environment"]["Variables"]
    assert 3072 < sum(len(name) + len(str(value)) for name, value in variables.items()) <= 4096


@pytest.mark.parametrize("thresholds, reason", [
    ("eu-west-1=60", "eu-west-1=60: expected TARGET=WARNING/CRITICAL"),
    ("us-east-1=60/80;eu-west-1=80/80", "eu-west-1=80/80: expected 0 < WARNING < CRITICAL <= 100"),
    ("eu-west-1=0/80", "eu-west-1=0/80: expected 0 < WARNING"),
    ("111122223333=60/101", "111122223333=60/101: expected 0 < WARNING < CRITICAL <= 100"),
    ("eu-west-1=5/80", "eu-west-1=5/80: ClearMarginPercent=5 (the default) must be below 5"),
    ("", None),
    ("us-east-1=5.5/100;111122223333/eu-west-1=50/75", None),
])
def test_make_deploy_refuses_exceptions_that_contradict_themselves(thresholds: str, reason: str | None) -> None:
    parameters = resolve({"Thresholds": thresholds}, {}, DEFAULTS)
    if reason is None:
        check_values(parameters)
        return
    with pytest.raises(CommandFailed) as refused:
        check_values(parameters)
    [line] = [each for each in str(refused.value).splitlines() if "Thresholds" in each]
    assert reason in line and "(as given)" in line
