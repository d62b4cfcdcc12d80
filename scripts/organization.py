"""The organization of an account, and the accounts in its units."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from .stacks import CommandFailed

# The service whose delegated administrators may roll out StackSets over the organization.
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"


@dataclass(frozen=True)
class Organization:
    """`call_as` is what StackSets call the role of the account in it: SELF or DELEGATED_ADMIN."""

    id: str
    management: str
    root: str
    call_as: str
    client: Any

    def unit_name(self, unit: str) -> str:
        if unit == self.root:
            return "the whole organization"
        try:
            found = self.client.describe_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]
        except (self.client.exceptions.OrganizationalUnitNotFoundException, self.client.exceptions.InvalidInputException):
            raise CommandFailed(
                f"UNITS: organization {self.id} has no organizational unit {unit}.\n"
                f"To list the units in its root: aws organizations list-organizational-units-for-parent --parent-id {self.root}"
            ) from None
        name: str = found["Name"]
        return name

    def accounts(self, units: list[str]) -> dict[str, str]:
        """The name of each active account in these units and those below them, by its ID, without the management account."""
        found: dict[str, str] = {}
        pending = list(units)
        while pending:
            unit = pending.pop()
            # All accounts of the organization take fewer calls than those of each unit.
            if unit == self.root:
                accounts = self._list("list_accounts", "Accounts")
            else:
                accounts = self._list("list_accounts_for_parent", "Accounts", ParentId=unit)
                below = self._list("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=unit)
                pending += [each["Id"] for each in below]
            found |= {each["Id"]: each["Name"] for each in accounts
                      if each["State"] == "ACTIVE" and each["Id"] != self.management}
        return found

    def _list(self, operation: str, what: str, **request: str) -> list[dict[str, Any]]:
        every = self.client.get_paginator(operation).paginate(**request).build_full_result()
        found: list[dict[str, Any]] = every.get(what, [])
        return found


def find(account: str, region: str) -> Organization:
    """The organization of the account, which must be allowed to roll out StackSets over it."""
    # A large organization takes many calls, of which Organizations allows a few in a second.
    patient = Config(retries={"mode": "standard", "total_max_attempts": 10})
    client = boto3.client("organizations", region_name=region, config=patient)
    try:
        described = client.describe_organization()["Organization"]
    except client.exceptions.AWSOrganizationsNotInUseException:
        raise CommandFailed(
            f"Account {account} is in no organization, so there is nothing to roll the reader role out over.\n"
            "Deploy reader-role.yaml with an ExternalId in each account that is to be read instead."
        ) from None
    organization, management = described["Id"], described["MasterAccountId"]
    if described["FeatureSet"] != "ALL":
        raise CommandFailed(
            f"Organization {organization} has consolidated billing only, and StackSets need all features.\n"
            f"To enable them, in the management account {management}: aws organizations enable-all-features"
        )
    call_as = "SELF" if account == management else "DELEGATED_ADMIN"
    if call_as == "DELEGATED_ADMIN" and account not in _administrators(client):
        raise CommandFailed(
            f"Account {account} may not roll out StackSets: it is neither the management account {management} of organization "
            f"{organization}\nnor a delegated administrator for StackSets, "
            "or these credentials lack organizations:ListDelegatedAdministrators.\n"
            "To register it, in the management account: aws organizations register-delegated-administrator "
            f"--account-id {account} --service-principal {STACK_SETS}"
        )
    return Organization(organization, management, client.list_roots()["Roots"][0]["Id"], call_as, client)


def _administrators(client: Any) -> set[str]:
    try:
        every = client.get_paginator("list_delegated_administrators").paginate(ServicePrincipal=STACK_SETS).build_full_result()
    except client.exceptions.AccessDeniedException:
        return set()
    return {each["Id"] for each in every.get("DelegatedAdministrators", [])}
