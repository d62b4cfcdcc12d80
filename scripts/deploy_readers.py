"""`make deploy-readers`: rolls the reader role out over an organization, so that the monitor can read its accounts."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from samcli.yamlhelper import yaml_parse

from . import organization, stacks
from .organization import Organization
from .stack_set import StackSet
from .stacks import CommandFailed, Installed

TEMPLATE = Path(__file__).resolve().parent.parent / "reader-role.yaml"
# The root or a unit, as in the API reference of AWS Organizations.
UNIT = r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}"
# What to do about a failure, by what its reason contains.
ADVICE = {
    "already exists":
        "There is a role of this name that the StackSet did not make. Delete it, or choose another name for all accounts with\n"
        "make deploy PARAMETERS='ReaderRole=...', and run this command again.",
    "service control policy":
        "A service control policy of the organization forbids it. Exempt the roles stacksets-exec-*, with which StackSets work\n"
        "in the accounts, and run this command again.",
}
OTHER_ADVICE = "Correct the cause, and run this command again. The events of the stack, in the account, say more."


@dataclass(frozen=True)
class Plan:
    """What is rolled out, and over which units: their names by ID."""

    organization: Organization
    stack_set: StackSet
    existing: dict[str, Any] | None
    units: dict[str, str]
    template: str
    parameters: dict[str, str]

    @property
    def before(self) -> list[str]:
        """The units that the StackSet has so far."""
        return _units_of(self.existing)

    @property
    def new(self) -> list[str]:
        return [unit for unit in self.units if unit not in self.before]

    @property
    def monitor_account(self) -> str:
        return self.parameters["MonitorRoleArn"].split(":")[4]


def run(stack: str, region: str, units: str) -> None:
    named = _parse(units)
    installed = stacks.require(stack, region)
    plan = _plan(stack, region, installed, named)
    accounts = plan.organization.accounts(list(plan.units))
    print(f"This rolls out the reader role of stack {stack} ({stacks.credentials(region)}):\n")
    print(f"{_describe(plan, len(accounts))}\n")
    name = plan.stack_set.name
    if stacks.ask(f"To confirm, type the name of the StackSet, {name}: ") != name:
        raise CommandFailed("Nothing was rolled out.")

    results = _roll_out(plan)
    if failed := {account: reason for account, reason in results.items() if reason is not None}:
        raise CommandFailed(_about_failures(failed, accounts, len(results)))
    print(f"Accounts with the reader role: {len(results)} of {len(results)}")
    if not installed.parameters["Accounts"]:
        targets = "organization" if plan.organization.root in plan.units else ",".join(plan.units)
        print(f"The monitor does not read them yet: make deploy STACK={stack} REGION={region} PARAMETERS='Accounts={targets}'")


def _parse(units: str) -> list[str]:
    named = [unit for unit in re.split(r"[,\s]+", units) if unit]
    if wrong := [unit for unit in named if not re.fullmatch(UNIT, unit)]:
        raise CommandFailed(f"UNITS: expected IDs of organizational units, such as ou-a1b2-11111111, but found {wrong[0]}")
    return named


def _parameters(stack: str, region: str, installed: Installed) -> dict[str, str]:
    """Those of the reader role that follow from the stack of the monitor."""
    if "FunctionRoleArn" not in installed.outputs:
        raise CommandFailed(
            f"Stack {stack} has no output FunctionRoleArn: it is of a version that reads its own account only.\n"
            f"To update it: make deploy STACK={stack} REGION={region}"
        )
    return {
        "MonitorRoleArn": installed.outputs["FunctionRoleArn"],
        "RoleName": installed.parameters["ReaderRole"],
        "ExternalId": installed.parameters["ExternalId"],
    }


def _plan(stack: str, region: str, installed: Installed, named: list[str]) -> Plan:
    parameters = _parameters(stack, region, installed)
    found = organization.find(parameters["MonitorRoleArn"].split(":")[4], region)
    stack_set = StackSet(boto3.client("cloudformation", region_name=region), f"{stack}-reader", region, found.call_as)
    stack_set.require_access(found.management)
    existing = stack_set.find()
    # As `make deploy` does, it keeps what is not named.
    units = named or _units_of(existing) or [found.root]
    return Plan(found, stack_set, existing, {unit: found.unit_name(unit) for unit in units}, TEMPLATE.read_text(),
                parameters | {"OrganizationId": found.id})


def _units_of(existing: dict[str, Any] | None) -> list[str]:
    return list(existing.get("OrganizationalUnitIds", [])) if existing else []


def _describe(plan: Plan, accounts: int) -> str:
    """What will be done, where, and what the role permits."""
    stack_set, parameters = plan.stack_set, plan.parameters
    units = [f"{unit} ({name}{', new' if unit in plan.new else ''})" for unit, name in plan.units.items()]
    external = ", with the ExternalId of the stack" if parameters["ExternalId"] else ""
    lines = [
        f"  StackSet  {stack_set.name} in {stack_set.region}, {_changes(plan)}",
        f"  Units     {', '.join(units)}",
        f"  Accounts  {accounts} today; those that join get the role too, and those that leave lose it",
        f"  Role      {parameters['RoleName']} in each account",
        f"  Trusts    {parameters['MonitorRoleArn']} alone, within organization {plan.organization.id}{external}",
        f"  Allows    {', '.join(_actions(plan.template))}",
    ]
    if left := [unit for unit in plan.before if unit not in plan.units]:
        lines += [
            f"\nThe StackSet keeps {', '.join(left)}, which UNITS does not name. To remove the role there:",
            f"{stack_set.command('delete-stack-instances')} --regions {stack_set.region} --no-retain-stacks "
            f"--deployment-targets '{json.dumps({'OrganizationalUnitIds': left})}'",
        ]
    return "\n".join([*lines, "", _about_management(plan)])


def _changes(plan: Plan) -> str:
    if plan.existing is None:
        return "new"
    before = {each["ParameterKey"]: each["ParameterValue"] for each in plan.existing.get("Parameters", [])}
    changed = ["its template"] if plan.existing["TemplateBody"] != plan.template else []
    changed += [name for name, value in plan.parameters.items() if before.get(name, "") != value]
    return f"which exists; {', '.join(changed)} will change" if changed else "which exists; accounts that failed are tried again"


def _actions(template: str) -> list[str]:
    """What the role in a template is allowed."""
    [role] = [each for each in yaml_parse(template)["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
    statements = [each for policy in role["Properties"]["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    return sorted(action for each in statements for action in each["Action"])


def _about_management(plan: Plan) -> str:
    management = plan.organization.management
    text = f"StackSets leave out the management account, {management}. "
    if plan.monitor_account == management:
        return text + "The monitor is in it, and reads it with its own role."
    overrides = " ".join(f"{name}={value}" for name, value in plan.parameters.items() if value)
    return (
        f"{text}If it is to be read too, give it a stack of its own, with its credentials:\n"
        f"aws cloudformation deploy --region {plan.stack_set.region} --stack-name {plan.stack_set.name} "
        f"--template-file reader-role.yaml --capabilities CAPABILITY_NAMED_IAM --parameter-overrides {overrides}"
    )


def _roll_out(plan: Plan) -> dict[str, str | None]:
    """Why each account failed, or None if it did not."""
    results: dict[str, str | None] = {}
    if plan.existing:
        print(f"Updating StackSet {plan.stack_set.name} ...", flush=True)
        results |= plan.stack_set.wait(plan.stack_set.update(plan.template, plan.parameters), _report)
    else:
        plan.stack_set.create(plan.template, plan.parameters)
    if plan.new:
        print(f"Adding {', '.join(plan.new)} ...", flush=True)
        results |= plan.stack_set.wait(plan.stack_set.add(plan.new), _report)
    return results


def _about_failures(failed: dict[str, str], names: dict[str, str], total: int) -> str:
    """Which accounts failed and why, those with the same advice together."""
    by_advice: dict[str, list[str]] = defaultdict(list)
    for account, reason in sorted(failed.items()):
        advice = next((text for part, text in ADVICE.items() if part in reason), OTHER_ADVICE)
        by_advice[advice].append(f"  {account} ({names.get(account, 'not in these units')}): {reason}")
    parts = ["\n".join([*lines, advice]) for advice, lines in by_advice.items()]
    return "\n\n".join([f"The role is missing or out of date in {len(failed)} of {total} accounts; the others have it.", *parts])


def _report(progress: str) -> None:
    print(progress, flush=True)
