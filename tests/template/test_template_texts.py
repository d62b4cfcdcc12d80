"""The texts and names of the template: within the limits of AWS, and with links into the stack's own partition."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from rendering import FLEET, RenderedStack, template
from toolkit.paths import PROJECT

# CloudFormation, CreateStack, "StackName": at most 128 characters.
LONGEST_STACK_NAME = "s" * 128
LONGEST_REGION = {
    partition: max(boto3.Session().get_available_regions("cloudformation", partition), key=len)
    for partition in template()["Mappings"]["Partition"]
}


def longest(partition: str) -> RenderedStack:
    every_region = ",".join(boto3.Session().get_available_regions("ses", "aws"))
    return RenderedStack(LONGEST_STACK_NAME, LONGEST_REGION[partition], partition, FLEET | {
        "Regions": every_region, "MetricNamespace": "n" * 255, "CheckIntervalMinutes": "60", "Timeout": "240",
        "OperatorTopicArn": f"arn:{partition}:sns:{LONGEST_REGION[partition]}:111122223333:{'t' * 256}", "AlarmLevel": "EXHAUSTED",
    })


def limit(service: str, operation: str, member: str) -> int:
    """The longest value of a parameter, by the service's API."""
    model = boto3.client(service, region_name="us-east-1").meta.service_model
    return int(model.operation_model(operation).input_shape.members[member].metadata["max"])


def urls(value: Any) -> Iterator[str]:
    yield from re.findall(r"https://[^\s/?#)\"\\]+", json.dumps(value))


@pytest.mark.parametrize("partition", LONGEST_REGION)
def test_texts_and_names_of_the_longest_stack_name_fit(partition: str) -> None:
    stack = longest(partition)
    for one in stack.resources("AWS::CloudWatch::Alarm").values():
        assert len(one["AlarmDescription"]) <= limit("cloudwatch", "PutMetricAlarm", "AlarmDescription"), one["AlarmName"]
        assert len(one["AlarmName"]) <= limit("cloudwatch", "PutMetricAlarm", "AlarmName")
    [dashboard] = stack.resources("AWS::CloudWatch::Dashboard").values()
    # PutDashboard, "DashboardName": "Maximum length is 255".
    assert len(dashboard["DashboardName"]) <= 255
    [group] = stack.resources("AWS::Logs::LogGroup").values()
    assert len(group["LogGroupName"]) <= limit("logs", "CreateLogGroup", "logGroupName")


@pytest.mark.parametrize("partition", LONGEST_REGION)
def test_links_stay_in_the_partition(partition: str) -> None:
    stack = longest(partition)
    domain = {"aws": ".aws.amazon.com", "aws-us-gov": "amazonaws-us-gov.com", "aws-cn": "amazonaws.cn",
              "aws-eusc": "amazonaws-eusc.eu"}[partition]
    texts = [one.get("AlarmDescription", one.get("DashboardBody")) for kind in ["Alarm", "Dashboard"]
             for one in stack.resources(f"AWS::CloudWatch::{kind}").values()]
    found = [*urls(texts), *urls(stack.output("DashboardUrl"))]
    assert found and all(one.endswith(domain) for one in found), set(found)


@pytest.mark.parametrize("partition", LONGEST_REGION)
def test_the_dashboard_is_valid_json(partition: str) -> None:
    [dashboard] = longest(partition).resources("AWS::CloudWatch::Dashboard").values()
    assert json.loads(dashboard["DashboardBody"])["widgets"]


def test_the_template_is_small_enough() -> None:
    """AWS CloudFormation User Guide, "Understand CloudFormation quotas": 1 MB in S3, where the SAM CLI puts it; and 200
    parameters. As text in a request, 51,200 bytes, which only the reader role has to fit."""
    assert (PROJECT / "template.yaml").stat().st_size <= 1_000_000 and len(template()["Parameters"]) <= 200
    assert (PROJECT / "reader-role.yaml").stat().st_size <= 51_200


def test_every_parameter_has_a_label_and_one_group() -> None:
    interface = template()["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(interface["ParameterLabels"]) == sorted(template()["Parameters"])


def test_the_documentation_lists_every_parameter_with_its_default() -> None:
    page = (PROJECT / "docs/configuration.md").read_text().split("\n## ")[1]
    rows = [row.split("|") for row in page.splitlines() if row.startswith("| `")]
    listed = {name: row[2].strip().strip("`") for row in rows for name in re.findall(r"`([A-Z]\w+)`", row[1])}
    assert listed == {name: str(one["Default"]) or "none" for name, one in template()["Parameters"].items()}


def test_every_variable_that_is_named_like_a_parameter_has_its_value() -> None:
    variables = template()["Resources"]["Monitor"]["Properties"]["Environment"]["Variables"]
    named = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): name for name in template()["Parameters"]}
    alike = variables.keys() & named.keys()
    assert alike == variables.keys() - {"ALERT_TOPIC_ARN", "STATE_TABLE", "WORK_QUEUE_URL"}
    values = {name: str(number) for number, name in enumerate(named.values())}
    stack = RenderedStack(parameters=values)
    assert {name: stack.render(variables[name]) for name in alike} == {name: values[named[name]] for name in alike}


def test_every_variable_is_one_that_the_function_reads() -> None:
    read = {name for file in (PROJECT / "src" / "settings").glob("*.rs") for name in re.findall(r'"([A-Z_]+)"', file.read_text())}
    variables = template()["Resources"]["Monitor"]["Properties"]["Environment"]["Variables"]
    assert variables.keys() - read == set()


def test_the_documentation_lists_every_output() -> None:
    section = (PROJECT / "docs/stability.md").read_text().split("### Template outputs\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == template()["Outputs"].keys()
