"""The policy for a function that is deployed without the template allows what the role in the template allows."""

import json

from samtranslator.yaml_helper import yaml_parse

from toolkit.paths import PROJECT

# What only the template sets up: its log group and dead-letter queue. UseKmsKey is not listed: it depends on a parameter.
TEMPLATE_ONLY = {"WriteLogs", "KeepDroppedEvents"}


def test_the_policy_for_a_function_without_the_template_has_the_actions_of_the_role() -> None:
    template = yaml_parse((PROJECT / "template.yaml").read_text())
    [policy] = template["Resources"]["MonitorRole"]["Properties"]["Policies"]
    role = {each["Sid"]: each["Action"] for each in policy["PolicyDocument"]["Statement"] if "Sid" in each}
    documented = json.loads((PROJECT / "docs" / "policies" / "function.json").read_text())
    assert role.keys() - TEMPLATE_ONLY == {each["Sid"] for each in documented["Statement"]}
    for statement in documented["Statement"]:
        assert statement["Action"] == role[statement["Sid"]], statement["Sid"]
