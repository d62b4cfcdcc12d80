"""A StackSet with service-managed permissions: the same stack in every account of an organization, or of units of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .stacks import CommandFailed

POLL_SECONDS = 5
# Every account is tried, however many fail. By itself, an operation ends at the first failure, and goes from one account to
# the next (AWS CloudFormation User Guide, "StackSets concepts").
IN_ALL_ACCOUNTS = {
    "FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
}
AUTO_DEPLOYMENT = {"Enabled": True, "RetainStacksOnAccountRemoval": False}


@dataclass(frozen=True)
class StackSet:
    """The StackSet of this name, existing or not, by a client for its Region."""

    client: Any
    name: str
    region: str
    call_as: str

    def require_access(self, management: str) -> None:
        """Raises if StackSets may not be rolled out over the organization at all."""
        if self.client.describe_organizations_access(CallAs=self.call_as)["Status"] != "ENABLED":
            raise CommandFailed(
                "StackSets have no trusted access to the organization, without which they cannot be rolled out over it.\n"
                f"To activate it, in the management account {management}: aws cloudformation activate-organizations-access "
                f"--region {self.region}"
            )

    def find(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.client.describe_stack_set(**self._named)["StackSet"]
        except self.client.exceptions.StackSetNotFoundException:
            return None
        if found["PermissionModel"] != "SERVICE_MANAGED":
            raise CommandFailed(
                f"StackSet {self.name} in {self.region} exists, and has self-managed permissions: it is not of this command.\n"
                "Delete it, or name the stack of the monitor differently: STACK=..."
            )
        return found

    def create(self, template: str, parameters: dict[str, str]) -> None:
        """Creates it, without stacks yet."""
        self.client.create_stack_set(
            **self._named, **_content(template, parameters), PermissionModel="SERVICE_MANAGED", AutoDeployment=AUTO_DEPLOYMENT,
        )

    def update(self, template: str, parameters: dict[str, str]) -> str:
        """Updates all of its stacks, and tries those again that failed. Returns the ID of the operation."""
        return self._start(
            self.client.update_stack_set, **_content(template, parameters), AutoDeployment=AUTO_DEPLOYMENT,
        )

    def add(self, units: list[str]) -> str:
        """Creates a stack in each account of these units. Returns the ID of the operation."""
        return self._start(
            self.client.create_stack_instances, DeploymentTargets={"OrganizationalUnitIds": units}, Regions=[self.region],
        )

    def wait(self, operation: str, report: Callable[[str], None]) -> dict[str, str | None]:
        """Why each account failed, or None if it did not, by the account's ID. Reports each step on the way."""
        said = ""
        try:
            while True:
                status, reason, results = self._progress(operation)
                failed = sum(each["Status"] in ("FAILED", "CANCELLED") for each in results)
                done = failed + sum(each["Status"] == "SUCCEEDED" for each in results)
                if results and said != (progress := f"  {done} of {len(results)} accounts done, {failed} failed"):
                    report(said := progress)
                if status in ("SUCCEEDED", "FAILED", "STOPPED"):
                    break
                time.sleep(POLL_SECONDS)
        except (KeyboardInterrupt, BotoCoreError, ClientError) as error:
            raise CommandFailed(
                f"{str(error) or 'Interrupted.'}\nThe operation goes on in AWS all the same. To see how it ends:\n"
                f"{self.command('list-stack-set-operation-results')} --operation-id {operation}"
            ) from None
        if status != "SUCCEEDED" and not failed:
            raise CommandFailed(f"The operation of StackSet {self.name} is {status}: {reason}\nRun the command again.")
        return {each["Account"]: None if each["Status"] == "SUCCEEDED" else each.get("StatusReason", each["Status"])
                for each in results}

    def _progress(self, operation: str) -> tuple[str, str, list[dict[str, Any]]]:
        """The status of an operation, why it is so, and what has come of it in each account."""
        named = self._named | {"OperationId": operation}
        found = self.client.describe_stack_set_operation(**named)["StackSetOperation"]
        results = self.client.get_paginator("list_stack_set_operation_results").paginate(**named).build_full_result()
        return found["Status"], found.get("StatusReason", "AWS gives no reason"), results.get("Summaries", [])

    def command(self, operation: str) -> str:
        """A command of the AWS CLI on this StackSet."""
        return f"aws cloudformation {operation} --stack-set-name {self.name} --call-as {self.call_as} --region {self.region}"

    @property
    def _named(self) -> dict[str, str]:
        return {"StackSetName": self.name, "CallAs": self.call_as}

    def _start(self, operation: Callable[..., dict[str, Any]], **request: Any) -> str:
        try:
            started: str = operation(**self._named, **request, OperationPreferences=IN_ALL_ACCOUNTS)["OperationId"]
        except self.client.exceptions.OperationInProgressException:
            raise CommandFailed(
                f"StackSet {self.name} has another operation in progress, perhaps for an account that has just joined.\n"
                f"Wait until it has ended, and run the command again. To see it: {self.command('list-stack-set-operations')}"
            ) from None
        return started


def _content(template: str, parameters: dict[str, str]) -> dict[str, Any]:
    return {
        "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    }
