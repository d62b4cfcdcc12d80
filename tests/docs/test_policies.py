"""The policies in the documentation allow what the roles in the templates allow."""

import json
import re
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from toolkit.paths import PROJECT

# What only the template sets up: its log group and dead-letter queue. UseKmsKey is not listed: it depends on a parameter.
TEMPLATE_ONLY = {"WriteLogs", "KeepDroppedEvents"}


def statements(template: str = "template.yaml", role: str = "MonitorRole") -> list[dict[str, Any]]:
    """The statements of a role; one that depends on a parameter is an `Fn::If`."""
    [policy] = yaml_parse((PROJECT / template).read_text())["Resources"][role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def actions(statements: list[dict[str, Any]]) -> set[str]:
    every = [each["Fn::If"][1] if "Fn::If" in each else each for each in statements]
    return {action for each in every for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])}


def listed(heading: str) -> set[str]:
    """The actions in the table under a heading of the page about permissions."""
    page = (PROJECT / "docs" / "permissions.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    return {action for row in rows for action in re.findall(r"`(\w+:\w+)`", row.split("|")[1])}


def test_the_policy_for_a_function_without_the_template_has_the_actions_of_the_role() -> None:
    role = {each["Sid"]: each["Action"] for each in statements() if "Sid" in each}
    documented = json.loads((PROJECT / "docs" / "policies" / "function.json").read_text())
    assert role.keys() - TEMPLATE_ONLY == {each["Sid"] for each in documented["Statement"]}
    for statement in documented["Statement"]:
        assert statement["Action"] == role[statement["Sid"]], statement["Sid"]


def test_the_fleet_page_lists_every_action_of_its_role() -> None:
    rows = re.findall(r"^\| (`\w+:.*?) \|", (PROJECT / "docs" / "fleet-page.md").read_text(), re.MULTILINE)
    assert {action for row in rows for action in re.findall(r"`(\w+:\w+)`", row)} == actions(statements(role="PageRole"))


def test_the_permissions_list_every_action_of_the_role() -> None:
    assert listed("The function's role") == actions(statements())
    assert listed("The reader role, in other accounts") == actions(statements("reader-role.yaml", "ReaderRole"))


def test_the_security_page_names_every_action_of_the_role() -> None:
    section = (PROJECT / "SECURITY.md").read_text().split("\n## What the function can do in your account\n")[1].split("\n## ")[0]
    # It says of logs, the dead-letter queue and the key what can be done, not by which action.
    named = set(re.findall(r"`(\w+:\w+)`", section))
    assert named == {action for action in actions(statements()) if action.split(":")[0] not in ("logs", "kms")}


def test_a_delegation_policy_lets_an_account_list_what_the_role_may_list() -> None:
    [delegated] = json.loads((PROJECT / "docs" / "policies" / "delegation.json").read_text())["Statement"]
    [listing] = [each["Fn::If"][1] for each in statements() if "organizations:" in str(each)]
    assert delegated["Action"] == listing["Action"]


def test_the_policy_for_the_command_line_has_what_the_commands_about_an_installation_need() -> None:
    sections = (PROJECT / "docs" / "command-line.md").read_text().split("\n## ")
    rows = [row.split("|")[1] for section in sections if section.split("\n")[0] in ("doctor", "check", "test-alert")
            for row in section.splitlines() if row.startswith("| `")]
    needed = {action for cell in rows for action in re.findall(r"`([a-z]+:\w+)`", cell)}
    policy = json.loads((PROJECT / "docs" / "policies" / "command-line.json").read_text())
    assert needed and actions(policy["Statement"]) == needed
