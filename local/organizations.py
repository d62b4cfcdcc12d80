"""Organizations, as AWS has them, in the place of those of ministack.

| here | in ministack |
| --- | --- |
| an account has an organization once it has created one, or is a member | an account has one of its own from its first call on |
| a member may describe its organization; a delegated administrator may read all of it | a member has an organization of its own |
| `aws:PrincipalOrgID` of a member is the ID of its organization | a member has none before its first call |
| an account has a `State`; AWS retired `Status` on 9 September 2026 | an account has a `Status` |
| a page has at most 20 entries, and the first of several has none: AWS's pages may be empty too | all entries are one page |
| a parent that does not exist is an error | it has no children |
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, set_request_account_id
from ministack.services import organizations

LONGEST_PAGE = 20

# The accounts that may read the organization as its management account does, each with a service that it administers.
_delegated: set[tuple[str, str]] = set()


def install() -> None:
    """Replaces the functions of ministack that differ from AWS."""
    organizations.handle_request = handle_request
    organizations._public_account = public_account
    organizations._DISPATCH |= {
        "CreateOrganization": create_organization,
        "CreateAccount": create_account,
        "RegisterDelegatedAdministrator": register_delegated_administrator,
        "ListDelegatedAdministrators": list_delegated_administrators,
    } | {
        name: in_pages(organizations._DISPATCH[name])
        for name in ("ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent")
    }


async def handle_request(method: str, path: str, headers: Any, *request: Any, original: Any = organizations.handle_request) -> Any:
    """Lets a member see the organization of its management account, if it may."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    organization = organizations._orgs.get("self")
    if organization is None and operation != "CreateOrganization":
        return error_response_json("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.", 400)
    if organization and get_account_id() != organization["MasterAccountId"]:
        reads = operation.startswith(("Describe", "List"))
        if operation != "DescribeOrganization" and not (reads and administers(get_account_id())):
            return error_response_json("AccessDeniedException", "You don't have permissions to access this resource.", 400)
        set_request_account_id(organization["MasterAccountId"])
    return await original(method, path, headers, *request)


def create_organization(request: dict[str, Any]) -> Any:
    if "self" in organizations._orgs:
        return error_response_json("AlreadyInOrganizationException", "The AWS account is already a member of an organization.", 400)
    return organizations._describe_organization(request)


def create_account(request: dict[str, Any], original: Any = organizations._create_account) -> Any:
    status, headers, body = original(request)
    if status == 200:
        member = json.loads(body)["CreateAccountStatus"]["AccountId"]
        organizations._orgs.set_scoped(member, None, "self", organizations._orgs["self"])
    return status, headers, body


def register_delegated_administrator(request: dict[str, Any]) -> Any:
    _delegated.add((request["AccountId"], request["ServicePrincipal"]))
    return organizations._json(200, {})


def list_delegated_administrators(request: dict[str, Any]) -> Any:
    found = [public_account(account) for account in organizations._accounts.values()
             if administers(account["Id"], request.get("ServicePrincipal"))]
    return organizations._json(200, {"DelegatedAdministrators": found})


def administers(account: str, service: str | None = None) -> bool:
    """Whether the account is a delegated administrator for a service, or for any."""
    return any(account == one and service in (None, other) for one, other in _delegated)


def public_account(account: dict[str, Any], original: Any = organizations._public_account) -> dict[str, Any]:
    known = original(account)
    return known | {"State": known.pop("Status")}


def in_pages(handler: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """The handler of a listing, which answers one page at a time."""

    def page(request: dict[str, Any]) -> Any:
        parent = request.get("ParentId")
        if parent is not None and organizations._target(parent)[0] is None:
            return error_response_json("ParentNotFoundException", "We can't find a root or OU with the ParentId that you specified.", 400)
        status, headers, body = handler(request)
        if status != 200:
            return status, headers, body
        [(name, entries)] = json.loads(body).items()
        size, token = request.get("MaxResults", LONGEST_PAGE), request.get("NextToken")
        if token is None and len(entries) > size:
            return organizations._json(200, {name: [], "NextToken": "0"})
        start = int(token or 0)
        more = {"NextToken": str(start + size)} if start + size < len(entries) else {}
        return organizations._json(200, {name: entries[start:start + size]} | more)

    return page
