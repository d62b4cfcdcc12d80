"""The policy for a function that is deployed without the template allows what the role in the template allows."""

import json
import re
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from toolkit.paths import PROJECT

# What only the template sets up: its log group and dead-letter queue. UseKmsKey is not listed: it depends on a parameter.
TEMPLATE_ONLY = {"WriteLogs", "KeepDroppedEvents"}


def statements() -> list[dict[str, Any]]:
    """The statements of the function's role; one that depends on a parameter is an `Fn::If`."""
    template = yaml_parse((PROJECT / "template.yaml").read_text())
    [policy] = template["Resources"]["MonitorRole"]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def test_the_policy_for_a_function_without_the_template_has_the_actions_of_the_role() -> None:
    role = {each["Sid"]: each["Action"] for each in statements() if "Sid" in each}
    documented = json.loads((PROJECT / "docs" / "policies" / "function.json").read_text())
    assert role.keys() - TEMPLATE_ONLY == {each["Sid"] for each in documented["Statement"]}
    for statement in documented["Statement"]:
        assert statement["Action"] == role[statement["Sid"]], statement["Sid"]


def test_the_permissions_list_every_action_of_the_role() -> None:
    every = [each["Fn::If"][1] if "Fn::If" in each else each for each in statements()]
    actions = {action for each in every for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])}
    page = (PROJECT / "docs" / "permissions.md").read_text().split("## ")[1]
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    assert actions == {action for row in rows for action in re.findall(r"`(\w+:\w+)`", row.split("|")[1])}
