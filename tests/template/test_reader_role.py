"""The role that other accounts have for the monitor: who may assume it, and what it may then do."""

import re
from typing import Any

import pytest

from rendering import FLEET, RenderedStack, template
from toolkit.paths import PROJECT

READER = template("reader-role.yaml")
MONITOR = "arn:aws:iam::444455556666:role/ses-quota-monitor-MonitorRole-1A2B3C4D5E6F7"
ORGANIZATION, EXTERNAL = {"OrganizationId": "o-a1b2c3d4e5"}, {"ExternalId": "5e3f"}


def reader(partition: str = "aws", **parameters: str) -> RenderedStack:
    return RenderedStack(partition=partition, parameters={"MonitorRoleArn": MONITOR} | parameters, file="reader-role.yaml")


def trust(stack: RenderedStack) -> dict[str, Any]:
    [statement] = stack.properties("ReaderRole")["AssumeRolePolicyDocument"]["Statement"]
    return statement


@pytest.mark.parametrize("given, expected", [
    (ORGANIZATION, {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}),
    (EXTERNAL, {"sts:ExternalId": "5e3f"}),
    (ORGANIZATION | EXTERNAL, {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "sts:ExternalId": "5e3f"}),
])
def test_the_monitors_role_alone_may_assume_it(given: dict[str, str], expected: dict[str, str]) -> None:
    stack = reader(**given)
    assert stack.broken_rules() == []
    statement = trust(stack)
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
    assert statement["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": MONITOR}, "StringEquals": expected}


def test_without_an_organization_and_an_external_id_it_is_refused() -> None:
    [reason] = reader().broken_rules()
    assert reason.startswith("OrganizationId or ExternalId is required")


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-eusc"])
def test_the_trust_stays_in_the_partition(partition: str) -> None:
    stack = reader(partition, MonitorRoleArn=MONITOR.replace(":aws:", f":{partition}:"), **ORGANIZATION)
    assert trust(stack)["Principal"] == {"AWS": f"arn:{partition}:iam::444455556666:root"}


@pytest.mark.parametrize("arn, accepted", [
    (MONITOR, True),
    ("arn:aws:iam::444455556666:role/monitors/mail/quota", True),
    ("arn:aws-us-gov:iam::444455556666:role/quota", True),
    # ArnEquals would take these for patterns.
    ("arn:aws:iam::444455556666:role/*", False),
    ("arn:aws:iam::444455556666:role/ses-quota-monitor-?", False),
    ("arn:aws:iam::*:role/quota", False),
    ("arn:aws:iam::444455556666:root", False),
    ("arn:aws:sts::444455556666:assumed-role/quota/session", False),
    ("", False),
])
def test_the_monitors_role_is_one_role(arn: str, accepted: bool) -> None:
    assert bool(re.fullmatch(READER["Parameters"]["MonitorRoleArn"]["AllowedPattern"], arn)) == accepted


def test_it_may_read_what_the_monitor_reads_in_its_own_account_and_nothing_else() -> None:
    role = reader(**ORGANIZATION).properties("ReaderRole")
    [policy] = role["Policies"]
    [reading] = policy["PolicyDocument"]["Statement"]
    [own] = RenderedStack().properties("MonitorRole")["Policies"]
    [of_ses] = [each for each in own["PolicyDocument"]["Statement"] if "ses:" in str(each["Action"])]
    assert reading == {key: value for key, value in of_ses.items() if key != "Condition"}
    assert "ManagedPolicyArns" not in role and role["MaxSessionDuration"] == 3600


def test_it_is_a_role_and_nothing_else() -> None:
    # StackSets with service-managed permissions take no transforms.
    assert "Transform" not in READER
    assert [one["Type"] for one in READER["Resources"].values()] == ["AWS::IAM::Role"]


def test_the_monitor_may_assume_it() -> None:
    [policy] = RenderedStack(parameters=FLEET).properties("MonitorRole")["Policies"]
    [allowed] = [each["Resource"] for each in policy["PolicyDocument"]["Statement"] if each["Action"] == "sts:AssumeRole"]
    name = reader(**ORGANIZATION).properties("ReaderRole")["RoleName"]
    assert f"arn:aws:iam::*:role/{name}" == allowed


@pytest.mark.parametrize("name, here", [("ExternalId", "ExternalId"), ("RoleName", "ReaderRole")])
def test_both_templates_take_the_same_values(name: str, here: str) -> None:
    one, other = READER["Parameters"][name], template()["Parameters"][here]
    assert (one["Default"], one["AllowedPattern"]) == (other["Default"], other["AllowedPattern"])


def test_the_function_assumes_the_role_of_that_name_by_default() -> None:
    settings = "".join(file.read_text() for file in (PROJECT / "src" / "settings").glob("*.rs"))
    assert f'"{READER["Parameters"]["RoleName"]["Default"]}"' in settings


def test_every_parameter_has_a_label_and_one_group() -> None:
    interface = READER["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(interface["ParameterLabels"]) == sorted(READER["Parameters"])


def test_the_documentation_lists_every_parameter_with_its_default() -> None:
    section = (PROJECT / "docs/fleet.md").read_text().split("\n## The reader role\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
    listed = {name: default.strip().strip("`") for name, default in rows}
    assert listed == {name: str(one.get("Default", "required")) or "none" for name, one in READER["Parameters"].items()}
