"""The template as CloudFormation renders it for one stack: functions resolved, with names as long as they can get."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from samcli.yamlhelper import yaml_parse

from toolkit.paths import PROJECT

ACCOUNT = "111122223333"
# The longest names of each service (its API reference). CloudFormation names a resource after stack and logical ID, with
# a random suffix, and cuts the name to that length.
LONGEST_NAMES = {
    "AWS::Serverless::Function": 64, "AWS::IAM::Role": 64, "AWS::Scheduler::Schedule": 64, "AWS::SNS::Topic": 256,
    "AWS::SQS::Queue": 80, "AWS::DynamoDB::Table": 255,
}
SUFFIX = "-1A2B3C4D5E6F7"
# Parameters of a stack that checks other accounts, too.
FLEET = {"Accounts": "organization"}
# And of one that shows them on its dashboard.
PAGE = {"FleetPage": "true"}
# Resources that the SAM transform adds.
ADDED = {"MonitorSchedule": "AWS::Scheduler::Schedule"}
NO_VALUE = object()


@cache
def template(file: str = "template.yaml") -> dict[str, Any]:
    return yaml_parse((PROJECT / file).read_text())


@dataclass(frozen=True)
class RenderedStack:
    name: str = "ses-quota-monitor"
    region: str = "us-east-1"
    partition: str = "aws"
    parameters: dict[str, str] = field(default_factory=dict)
    file: str = "template.yaml"

    @property
    def template(self) -> dict[str, Any]:
        return template(self.file)

    def properties(self, resource: str) -> dict[str, Any]:
        return self.render(self.template["Resources"][resource]["Properties"])

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of those of a type that the stack has, by logical ID."""
        return {name: self.properties(name) for name, one in self.template["Resources"].items()
                if one["Type"] == kind and ("Condition" not in one or self.condition(one["Condition"]))}

    def condition(self, name: str) -> bool:
        return self.render(self.template["Conditions"][name])

    def broken_rules(self) -> list[str]:
        """What CloudFormation says instead of creating or updating the stack."""
        return [assertion["AssertDescription"] for rule in self.template["Rules"].values()
                if self.render(rule.get("RuleCondition", True))
                for assertion in rule["Assertions"] if not self.render(assertion["Assert"])]

    def output(self, name: str) -> str:
        return self.render(self.template["Outputs"][name]["Value"])

    def ref(self, name: str) -> Any:
        pseudo = {"AWS::StackName": self.name, "AWS::Region": self.region, "AWS::Partition": self.partition,
                  "AWS::AccountId": ACCOUNT, "AWS::NoValue": NO_VALUE}
        if name in pseudo:
            return pseudo[name]
        if name in self.template["Parameters"]:
            return self.parameters[name] if name in self.parameters else str(self.template["Parameters"][name]["Default"])
        kind = self._kind(name)
        if kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Logs::LogGroup"):
            return next(value for key, value in self.properties(name).items() if key.endswith("Name"))
        physical = self._physical_name(name)
        return {"AWS::SNS::Topic": self._arn("sns", physical),
                "AWS::SQS::Queue": f"https://sqs.{self.region}.amazonaws.com/{ACCOUNT}/{physical}"}.get(kind, physical)

    def attribute(self, name: str, attribute: str) -> str:
        if attribute == "Arn":
            return self._arn(self._kind(name).split("::")[1].lower(), self._physical_name(name))
        return self._physical_name(name)  # TopicName, QueueName

    def render(self, value: Any) -> Any:
        if isinstance(value, list):
            return [one for one in map(self.render, value) if one is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref":
                return self.ref(argument)
            if function == "Condition":
                return self.condition(argument)
            if function.startswith("Fn::"):
                return getattr(self, "_" + function.removeprefix("Fn::").lower())(argument)
        rendered = {key: self.render(one) for key, one in value.items()}
        return {key: one for key, one in rendered.items() if one is not NO_VALUE}

    def _getatt(self, argument: Any) -> str:
        name, attribute = argument if isinstance(argument, list) else argument.split(".")
        return self.attribute(name, attribute)

    def _findinmap(self, argument: list[Any]) -> Any:
        name, *keys = self.render(argument)
        found = self.template["Mappings"][name]
        for key in keys:
            found = found[str(key)]
        return found

    def _if(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self.render(yes if self.condition(condition) else no)

    def _equals(self, argument: list[Any]) -> bool:
        one, other = self.render(argument)
        return one == other

    def _not(self, argument: list[Any]) -> bool:
        return not self.render(argument)[0]

    def _and(self, argument: list[Any]) -> bool:
        return all(self.render(argument))

    def _or(self, argument: list[Any]) -> bool:
        return any(self.render(argument))

    def _join(self, argument: list[Any]) -> str:
        separator, parts = self.render(argument)
        return separator.join(parts)

    def _select(self, argument: list[Any]) -> Any:
        index, values = self.render(argument)
        return values[int(index)]

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = self.render(argument)
        return text.split(separator)

    def _sub(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})
        values = self.render(values)

        def value(found: re.Match[str]) -> str:
            name = found.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in values:
                return str(values[name])
            return self._getatt(name) if "." in name else str(self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def _kind(self, name: str) -> str:
        return ADDED.get(name) or self.template["Resources"][name]["Type"]

    def _physical_name(self, name: str) -> str:
        if self._kind(name) in LONGEST_NAMES:
            return f"{self.name}-{name}"[:LONGEST_NAMES[self._kind(name)] - len(SUFFIX)] + SUFFIX
        return self.ref(name)

    def _arn(self, service: str, name: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{ACCOUNT}:{name}"
