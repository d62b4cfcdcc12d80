"""`make deploy-readers`, on the Organizations of the local AWS. It has no StackSets: CloudFormation is a stub, which expects
these calls in this order."""

import builtins
import re
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from local.account import Account
from local.organization import Organization
from local.server import LocalAws
from scripts import deploy_readers, stack_set
from scripts.stacks import CommandFailed
from toolkit.documentation import aws_call

STACK, NAME, ROLE, REGION = "mail", "mail-reader", "mail-quotas", "eu-west-1"
TEMPLATE = deploy_readers.TEMPLATE.read_text()
PREFERENCES = {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"}
AUTO_DEPLOYMENT = {"Enabled": True, "RetainStacksOnAccountRemoval": False}


class Rollout:
    """The command, run in an account with a monitor."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, account: Account, external_id: str = "", accounts: str = "organization"
    ) -> None:
        self.account = account
        self.monitor = f"arn:aws:iam::{account.id}:role/monitor"
        self.call_as = "SELF"
        # What is typed when it asks.
        self.answer = NAME
        self.installed: dict[str, Any] = {
            "Outputs": [{"OutputKey": "FunctionRoleArn", "OutputValue": self.monitor}],
            "Parameters": parameters(ReaderRole=ROLE, ExternalId=external_id, Accounts=accounts),
        }
        self._cloudformation = Stubber(account.client("cloudformation", REGION))
        self._cloudformation.activate()
        monkeypatch.setattr(boto3, "client", lambda service, **options: account.client(service, options["region_name"]))
        monkeypatch.setattr(builtins, "input", lambda question: print(question) or self.answer)
        monkeypatch.setattr(stack_set, "POLL_SECONDS", 0)

    def expect(self, operation: str, answer: dict[str, Any], **asked: Any) -> None:
        self._cloudformation.add_response(operation, answer, asked)

    def refuse(self, operation: str, code: str) -> None:
        self._cloudformation.add_client_error(operation, code)

    def expect_stack(self) -> None:
        known = {"StackName": STACK, "StackStatus": "CREATE_COMPLETE", "CreationTime": "2026-11-25T00:00:00Z"}
        self.expect("describe_stacks", {"Stacks": [known | self.installed]}, StackName=STACK)

    def expect_access(self, status: str = "ENABLED") -> None:
        self.expect("describe_organizations_access", {"Status": status}, CallAs=self.call_as)

    def expect_existing(self, **found: Any) -> None:
        self.expect("describe_stack_set", {"StackSet": {"PermissionModel": "SERVICE_MANAGED"} | found}, **self.named)

    def expect_operation(self, *polls: tuple[str, dict[str, str | None]]) -> None:
        """Each poll finds a status of the operation, and those of accounts, with a reason where it is FAILED."""
        for status, accounts in polls:
            operation = self.named | {"OperationId": "op-1"}
            self.expect("describe_stack_set_operation", {"StackSetOperation": {"Status": status}}, **operation)
            results = [{"Account": account, "Status": "FAILED", "StatusReason": reason} if reason else
                       {"Account": account, "Status": "SUCCEEDED" if reason is None else "RUNNING"}
                       for account, reason in accounts.items()]
            self.expect("list_stack_set_operation_results", {"Summaries": results}, **operation)

    @property
    def named(self) -> dict[str, str]:
        return {"StackSetName": NAME, "CallAs": self.call_as}

    def content(self, organization: Organization, external_id: str = "") -> dict[str, Any]:
        return {
            "TemplateBody": TEMPLATE, "Capabilities": ["CAPABILITY_NAMED_IAM"], "AutoDeployment": AUTO_DEPLOYMENT,
            "Parameters": parameters(
                MonitorRoleArn=self.monitor, RoleName=ROLE, ExternalId=external_id, OrganizationId=organization.id
            ),
        }

    def run(self, units: str = "") -> None:
        """Fails if a call that was expected was not made."""
        try:
            deploy_readers.run(STACK, REGION, units)
        finally:
            self._cloudformation.assert_no_pending_responses()

    def failure(self, units: str = "") -> str:
        with pytest.raises(CommandFailed) as failed:
            self.run(units)
        return str(failed.value)


def parameters(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


@pytest.fixture
def organization(aws: LocalAws) -> Organization:
    return aws.organization()


@pytest.fixture
def rollout(monkeypatch: pytest.MonkeyPatch, organization: Organization) -> Rollout:
    """In the management account."""
    return Rollout(monkeypatch, organization.management)


def test_the_whole_organization_gets_the_role(
    rollout: Rollout, organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    members = [organization.add(f"Team {number}").id for number in range(23)]
    organization.close(organization.add("Old"))
    root, management = organization.root, organization.management.id
    rollout.expect_stack()
    rollout.expect_access()
    rollout.refuse("describe_stack_set", "StackSetNotFoundException")
    rollout.expect("create_stack_set", {}, **rollout.named, **rollout.content(organization), PermissionModel="SERVICE_MANAGED")
    rollout.expect("create_stack_instances", {"OperationId": "op-1"}, **rollout.named, Regions=[REGION],
                   DeploymentTargets={"OrganizationalUnitIds": [root]}, OperationPreferences=PREFERENCES)
    running = dict.fromkeys(members, "")
    done = dict.fromkeys(members)
    rollout.expect_operation(("QUEUED", {}), ("RUNNING", running), ("RUNNING", running | {members[0]: None}), ("SUCCEEDED", done))
    rollout.run()
    assert capsys.readouterr().out == f"""\
This rolls out the reader role of stack {STACK} (account {management}, as arn:aws:iam::{management}:root):

  StackSet  {NAME} in {REGION}, new
  Units     {root} (the whole organization, new)
  Accounts  23 today; those that join get the role too, and those that leave lose it
  Role      {ROLE} in each account
  Trusts    {rollout.monitor} alone, within organization {organization.id}
  Allows    servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota, ses:GetAccount, ses:GetSendQuota, ses:GetSendStatistics

StackSets leave out the management account, {management}. The monitor is in it, and reads it with its own role.

To confirm, type the name of the StackSet, {NAME}:\x20
Adding {root} ...
  0 of 23 accounts done, 0 failed
  1 of 23 accounts done, 0 failed
  23 of 23 accounts done, 0 failed
Accounts with the reader role: 23 of 23
"""


def test_a_delegated_administrator_rolls_it_out_over_units_and_those_below(
    monkeypatch: pytest.MonkeyPatch, organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    shops, banks = (organization.add_unit(name) for name in ("Shops", "Banks"))
    members = [organization.add("Shop", shops).id, organization.add("Kiosk", organization.add_unit("Small shops", shops)).id,
               organization.add("Bank", banks).id]
    hub = organization.add("Hub")
    organization.delegate_to(hub)
    rollout = Rollout(monkeypatch, hub, external_id="ticket-4711", accounts="")
    rollout.call_as = "DELEGATED_ADMIN"
    rollout.expect_stack()
    rollout.expect_access()
    rollout.refuse("describe_stack_set", "StackSetNotFoundException")
    rollout.expect("create_stack_set", {}, **rollout.named, **rollout.content(organization, "ticket-4711"),
                   PermissionModel="SERVICE_MANAGED")
    rollout.expect("create_stack_instances", {"OperationId": "op-1"}, **rollout.named, Regions=[REGION],
                   DeploymentTargets={"OrganizationalUnitIds": [shops, banks]}, OperationPreferences=PREFERENCES)
    rollout.expect_operation(("SUCCEEDED", dict.fromkeys(members)))
    rollout.run(f"{shops},{banks}")
    said = capsys.readouterr().out
    assert f"  Units     {shops} (Shops, new), {banks} (Banks, new)\n  Accounts  3 today;" in said
    assert f"within organization {organization.id}, with the ExternalId of the stack\n" in said
    assert (
        f"StackSets leave out the management account, {organization.management.id}. If it is to be read too, give it a stack of its "
        f"own, with its credentials:\naws cloudformation deploy --region {REGION} --stack-name {NAME} --template-file "
        f"reader-role.yaml --capabilities CAPABILITY_NAMED_IAM --parameter-overrides MonitorRoleArn={rollout.monitor} "
        f"RoleName={ROLE} ExternalId=ticket-4711 OrganizationId={organization.id}\n"
    ) in said
    assert said.endswith(
        "Accounts with the reader role: 3 of 3\nThe monitor does not read them yet: "
        f"make deploy STACK={STACK} REGION={REGION} PARAMETERS='Accounts={shops},{banks}'\n"
    )


def test_an_update_keeps_the_units_and_tries_again_what_failed(
    rollout: Rollout, organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = organization.add_unit("Shops")
    shop = organization.add("Shop", unit).id
    content = rollout.content(organization)
    rollout.expect_stack()
    rollout.expect_access()
    rollout.expect_existing(TemplateBody=TEMPLATE, Parameters=content["Parameters"], OrganizationalUnitIds=[unit])
    rollout.expect("update_stack_set", {"OperationId": "op-1"}, **rollout.named, **content, OperationPreferences=PREFERENCES)
    rollout.expect_operation(("SUCCEEDED", {shop: None}))
    rollout.run()
    said = capsys.readouterr().out
    assert f"  StackSet  {NAME} in {REGION}, which exists; accounts that failed are tried again\n  Units     {unit} (Shops)\n" in said
    assert said.endswith(f"Updating StackSet {NAME} ...\n  1 of 1 accounts done, 0 failed\nAccounts with the reader role: 1 of 1\n")


def test_an_update_says_what_changes_adds_units_and_removes_none(
    rollout: Rollout, organization: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    shops, banks = (organization.add_unit(name) for name in ("Shops", "Banks"))
    shop, bank = organization.add("Shop", shops).id, organization.add("Bank", banks).id
    content = rollout.content(organization)
    rollout.expect_stack()
    rollout.expect_access()
    rollout.expect_existing(TemplateBody="{}", Parameters=parameters(MonitorRoleArn="arn:aws:iam::111122223333:role/former",
                            RoleName=ROLE, OrganizationId=organization.id), OrganizationalUnitIds=[shops])
    rollout.expect("update_stack_set", {"OperationId": "op-1"}, **rollout.named, **content, OperationPreferences=PREFERENCES)
    rollout.expect_operation(("SUCCEEDED", {shop: None}))
    rollout.expect("create_stack_instances", {"OperationId": "op-1"}, **rollout.named, Regions=[REGION],
                   DeploymentTargets={"OrganizationalUnitIds": [banks]}, OperationPreferences=PREFERENCES)
    rollout.expect_operation(("SUCCEEDED", {bank: None}))
    rollout.run(banks)
    said = capsys.readouterr().out
    assert "which exists; its template, MonitorRoleArn will change\n" in said
    assert f"  Units     {banks} (Banks, new)\n  Accounts  1 today;" in said
    [removal] = re.findall(rf"\nThe StackSet keeps {shops}, which UNITS does not name. To remove the role there:\n(aws .*)\n", said)
    removed = aws_call(removal)
    assert (removed.method, removed.parameters) == ("delete_stack_instances", rollout.named | {
        "Regions": [REGION], "RetainStacks": False, "DeploymentTargets": {"OrganizationalUnitIds": [shops]},
    })
    assert said.endswith("Accounts with the reader role: 2 of 2\n")


def test_each_account_that_failed_is_named_with_what_to_do(rollout: Rollout, organization: Organization) -> None:
    members = {name: organization.add(name).id for name in ("Shop", "Bank", "Post", "Farm")}
    exists = f"Resource handler returned message: \"{ROLE} already exists in stack arn:aws:cloudformation:...\""
    forbidden = "User: stacksets-exec-1 is not authorized to perform: iam:CreateRole with an explicit deny in a service control policy"
    rollout.expect_stack()
    rollout.expect_access()
    rollout.refuse("describe_stack_set", "StackSetNotFoundException")
    rollout.expect("create_stack_set", {}, **rollout.named, **rollout.content(organization), PermissionModel="SERVICE_MANAGED")
    rollout.expect("create_stack_instances", {"OperationId": "op-1"}, **rollout.named, Regions=[REGION],
                   DeploymentTargets={"OrganizationalUnitIds": [organization.root]}, OperationPreferences=PREFERENCES)
    # It succeeds although accounts failed: so many may.
    rollout.expect_operation(("SUCCEEDED", {
        members["Shop"]: exists, members["Bank"]: forbidden, members["Post"]: None, members["Farm"]: "Account is being closed",
    }))
    said = rollout.failure()
    first, *parts = said.split("\n\n")
    assert first == "The role is missing or out of date in 3 of 4 accounts; the others have it."
    assert sorted(parts) == sorted([
        f"  {members['Shop']} (Shop): {exists}\n"
        "There is a role of this name that the StackSet did not make. Delete it, or choose another name for all accounts with\n"
        "make deploy PARAMETERS='ReaderRole=...', and run this command again.",
        f"  {members['Bank']} (Bank): {forbidden}\n"
        "A service control policy of the organization forbids it. Exempt the roles stacksets-exec-*, with which StackSets work\n"
        "in the accounts, and run this command again.",
        f"  {members['Farm']} (Farm): Account is being closed\n"
        "Correct the cause, and run this command again. The events of the stack, in the account, say more.",
    ])


@pytest.mark.parametrize("status", ["FAILED", "STOPPED"])
def test_an_operation_that_ends_early_is_no_success(rollout: Rollout, organization: Organization, status: str) -> None:
    rollout.expect_stack()
    rollout.expect_access()
    rollout.expect_existing(TemplateBody=TEMPLATE, OrganizationalUnitIds=[organization.root])
    rollout.expect("update_stack_set", {"OperationId": "op-1"}, **rollout.named, **rollout.content(organization),
                   OperationPreferences=PREFERENCES)
    rollout.expect_operation((status, {}))
    assert rollout.failure().startswith(f"The operation of StackSet {NAME} is {status}: AWS gives no reason\n")


@pytest.mark.parametrize("interrupted", [True, False])
def test_an_operation_goes_on_when_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, rollout: Rollout, organization: Organization, interrupted: bool
) -> None:
    def press_ctrl_c(seconds: float) -> None:
        raise KeyboardInterrupt

    rollout.expect_stack()
    rollout.expect_access()
    rollout.expect_existing(TemplateBody=TEMPLATE, OrganizationalUnitIds=[organization.root])
    rollout.expect("update_stack_set", {"OperationId": "op-1"}, **rollout.named, **rollout.content(organization),
                   OperationPreferences=PREFERENCES)
    if interrupted:
        monkeypatch.setattr(stack_set, "time", SimpleNamespace(sleep=press_ctrl_c))
        rollout.expect_operation(("RUNNING", {}))
    else:
        rollout.refuse("describe_stack_set_operation", "ExpiredToken")
    cause, *rest = rollout.failure().splitlines()
    assert cause == "Interrupted." if interrupted else "ExpiredToken" in cause
    assert rest[0] == "The operation goes on in AWS all the same. To see how it ends:"
    assert aws_call(rest[1]).parameters == rollout.named | {"OperationId": "op-1"}


def test_another_operation_must_end_first(rollout: Rollout, organization: Organization) -> None:
    rollout.expect_stack()
    rollout.expect_access()
    rollout.expect_existing(TemplateBody=TEMPLATE, OrganizationalUnitIds=[organization.root])
    rollout.refuse("update_stack_set", "OperationInProgressException")
    said = rollout.failure()
    assert said.startswith(f"StackSet {NAME} has another operation in progress, ")
    assert aws_call(said[said.index("aws "):]).parameters == rollout.named


@pytest.mark.parametrize("answer", ["", "yes", STACK])
def test_nothing_is_done_unless_the_name_is_typed(rollout: Rollout, answer: str) -> None:
    rollout.answer = answer
    rollout.expect_stack()
    rollout.expect_access()
    rollout.refuse("describe_stack_set", "StackSetNotFoundException")
    assert rollout.failure() == "Nothing was rolled out."


def test_trusted_access_is_required(rollout: Rollout, organization: Organization) -> None:
    rollout.expect_stack()
    rollout.expect_access("DISABLED")
    said = rollout.failure()
    assert said.startswith("StackSets have no trusted access to the organization, ")
    assert f"in the management account {organization.management.id}: aws" in said
    assert aws_call(said[said.index("aws "):]).method == "activate_organizations_access"


def test_a_stack_set_that_is_not_its_own_is_left_alone(rollout: Rollout) -> None:
    rollout.expect_stack()
    rollout.expect_access()
    rollout.expect_existing(PermissionModel="SELF_MANAGED")
    assert rollout.failure().startswith(f"StackSet {NAME} in {REGION} exists, and has self-managed permissions")


def test_a_member_must_be_a_delegated_administrator_for_stack_sets(
    monkeypatch: pytest.MonkeyPatch, organization: Organization
) -> None:
    member, auditor = organization.add("Member"), organization.add("Auditor")
    organization.delegate_to(auditor, "config.amazonaws.com")
    for account in (member, auditor):
        rollout = Rollout(monkeypatch, account)
        rollout.expect_stack()
        said = rollout.failure()
        assert said.startswith(f"Account {account.id} may not roll out StackSets: it is neither the management account ")
        [command] = re.findall(r"in the management account: (aws .*)", said)
        organization.management.client("organizations").register_delegated_administrator(**aws_call(command).parameters)
        rollout.expect_stack()
        rollout.call_as = "DELEGATED_ADMIN"
        rollout.expect_access("DISABLED")
        assert rollout.failure().startswith("StackSets have no trusted access")


def test_an_account_alone_has_nothing_to_roll_out_over(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    rollout = Rollout(monkeypatch, account)
    rollout.expect_stack()
    assert rollout.failure().startswith(f"Account {account.id} is in no organization, ")


def test_a_stack_of_an_earlier_version_is_updated_first(rollout: Rollout) -> None:
    rollout.installed["Outputs"] = []
    rollout.expect_stack()
    assert rollout.failure().endswith(f"To update it: make deploy STACK={STACK} REGION={REGION}")


def test_units_must_be_those_of_the_organization(rollout: Rollout, organization: Organization) -> None:
    assert rollout.failure("Shops") == "UNITS: expected IDs of organizational units, such as ou-a1b2-11111111, but found Shops"
    rollout.expect_stack()
    rollout.expect_access()
    rollout.refuse("describe_stack_set", "StackSetNotFoundException")
    said = rollout.failure("ou-none-00000000")
    assert said.startswith(f"UNITS: organization {organization.id} has no organizational unit ou-none-00000000.\n")
    found = aws_call(said[said.index("aws "):])
    assert (found.method, found.parameters) == ("list_organizational_units_for_parent", {"ParentId": organization.root})
