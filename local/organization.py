"""An organization on the local AWS."""

from .account import Account


class Organization:
    """The organization of its `management` account, which makes and changes it."""

    def __init__(self, management: Account) -> None:
        self.management = management
        self._organizations = management.client("organizations")
        self.id: str = self._organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
        self.root: str = self._organizations.list_roots()["Roots"][0]["Id"]

    def add_unit(self, name: str, parent: str | None = None) -> str:
        """A new organizational unit, in another or in the root; returns its ID."""
        created = self._organizations.create_organizational_unit(ParentId=parent or self.root, Name=name)
        unit: str = created["OrganizationalUnit"]["Id"]
        return unit

    def add(self, name: str, unit: str | None = None) -> Account:
        """A new member account, in a unit or in the root."""
        created = self._organizations.create_account(AccountName=name, Email=f"{name.lower().replace(' ', '-')}@example.com")
        member = self.management.other(created["CreateAccountStatus"]["AccountId"])
        if unit:
            self.move(member, unit)
        return member

    def move(self, member: Account, to: str) -> None:
        """Moves a member to another unit, or to the root."""
        [parent] = self._organizations.list_parents(ChildId=member.id)["Parents"]
        self._organizations.move_account(AccountId=member.id, SourceParentId=parent["Id"], DestinationParentId=to)

    def close(self, member: Account) -> None:
        """Closes an account: it is still listed, but not active any more."""
        self._organizations.close_account(AccountId=member.id)

    def delegate_to(self, member: Account, service: str = "member.org.stacksets.cloudformation.amazonaws.com") -> None:
        """Lets a member read the organization, as the administrator of a service."""
        self._organizations.register_delegated_administrator(AccountId=member.id, ServicePrincipal=service)
