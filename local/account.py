"""One account on the local AWS, as the tests and the demo use it."""

from collections.abc import Iterable

from . import control, deployment, mail, measurements, ses_numbers
from .inbox import Inbox
from .measurements import Datapoint
from .proxy import FaultProxy
from .publications import Publication
from .session import Session
from .stack import Stack


class Account(Session):
    """A session, with shortcuts to everything that is made from one."""

    def __init__(self, url: str, account_id: str, proxy: FaultProxy) -> None:
        super().__init__(url, account_id)
        self._proxy = proxy

    def deploy(self, parameters: dict[str, str] | None = None, name: str = "ses-quota-monitor") -> Stack:
        """Deploys or updates a stack with `sam deploy`, as a user does."""
        return deployment.deploy(self, name, parameters or {})

    def install(self, parameters: dict[str, str] | None = None, name: str = "ses-quota-monitor") -> Stack:
        """Creates a stack through CloudFormation alone, which is faster than `deploy`."""
        return deployment.install(self, name, parameters or {})

    def install_reader_role(self, monitor_role_arn: str, **parameters: str) -> None:
        """Lets a monitor of another account read this one, by `reader-role.yaml` with these parameters."""
        deployment.install_reader_role(self, {"MonitorRoleArn": monitor_role_arn} | parameters)

    def other(self, account_id: str) -> "Account":
        """Another account on the same local AWS."""
        return Account(self.url, account_id, self._proxy)

    def subscribe(self, topic_arn: str, **attributes: str) -> Inbox:
        """A new queue subscribed to a topic; `attributes` are those of the subscription, such as FilterPolicy."""
        return Inbox.subscribed_to(self, topic_arn, attributes)

    def send_mail(self, messages: int, region: str | None = None) -> None:
        """Sends real mail, one recipient for each message."""
        mail.send(self, messages, region)

    def set_ses(self, region: str | None = None, **values: object) -> None:
        """Sets what SES says about this account in a Region, such as `sent_last_24_hours`: see `ses_numbers.NAMES`."""
        ses_numbers.set_values(self.url, {(self.id, region or self.region): values})

    def set_sms(self, is_in_sandbox: bool = False, opted_out: Iterable[str] = ()) -> None:
        """Whether this account is in the SMS sandbox, and the phone numbers whose owners want no more SMS."""
        values = {"IsInSandbox": is_in_sandbox, "OptedOut": list(opted_out)}
        control.put(self.url, "/_local/sms", {f"{self.id}/{self.region}": values})

    def publications(self) -> list[Publication]:
        """What functions in this account published to SNS, oldest first, refused calls included."""
        return [Publication.of(call) for call in self._proxy.calls("sns", "Publish", self.id)]

    def metrics(self, namespace: str) -> list[Datapoint]:
        """Every value stored in a namespace during the last hour, oldest first."""
        return measurements.datapoints(self, namespace)
