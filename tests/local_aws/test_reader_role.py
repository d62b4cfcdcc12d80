"""`reader-role.yaml`, as IAM enforces it: whom it lets read an account, and what."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.account import Account
from local.server import LocalAws

ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def session(caller: Any, role: str, **options: str) -> boto3.Session:
    """A session of a role, which `caller`, a client of STS, assumes."""
    found = caller.assume_role(RoleArn=role, RoleSessionName="monitor", **options)["Credentials"]
    return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], region_name="us-east-1")


def role_of(account: Account, name: str = "monitor") -> str:
    """A role that may do anything, as far as its own account is concerned."""
    trust = {"Effect": "Allow", "Principal": {"AWS": account.id}, "Action": "sts:AssumeRole"}
    policies = [json.dumps({"Version": "2012-10-17", "Statement": [statement]}) for statement in (trust, ANYTHING)]
    arn: str = account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policies[0])["Role"]["Arn"]
    account.client("iam").put_role_policy(RoleName=name, PolicyName="anything", PolicyDocument=policies[1])
    return arn


def reader(aws: LocalAws, account: Account, monitor: str, member: Account, name: str = "ses-quota-monitor-reader",
           **options: str) -> boto3.Session:
    """A session of the reader role of a member, which a role in another account assumes."""
    sts = session(account.client("sts"), monitor).client("sts", endpoint_url=aws.url)
    return session(sts, f"arn:aws:iam::{member.id}:role/{name}", **options)


def test_the_monitor_of_the_organization_reads_and_does_nothing_else(enforcing: LocalAws) -> None:
    organization = enforcing.organization()
    hub, member = organization.add("Hub"), organization.add("Member")
    monitor = role_of(hub)
    member.install_reader_role(monitor, OrganizationId=organization.id)
    member.set_ses(sent_last_24_hours=190)
    role = reader(enforcing, hub, monitor, member)
    ses, sesv2 = (role.client(service, endpoint_url=enforcing.url) for service in ("ses", "sesv2"))
    assert ses.get_send_quota()["SentLast24Hours"] == sesv2.get_account()["SendQuota"]["SentLast24Hours"] == 190
    assert ses.get_send_statistics()["SendDataPoints"] == []
    for refused in (ses.list_identities, role.client("iam", endpoint_url=enforcing.url).list_roles):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


def test_no_other_role_and_no_other_organization_is_trusted(enforcing: LocalAws) -> None:
    organization, elsewhere = enforcing.organization(), enforcing.organization()
    hub, member = organization.add("Hub"), organization.add("Member")
    monitor, other = role_of(hub), role_of(hub, "other")
    member.install_reader_role(monitor, OrganizationId=organization.id)
    stranger = enforcing.account()
    with pytest.raises(ClientError, match="AccessDenied"):
        reader(enforcing, hub, other, member)
    with pytest.raises(ClientError, match="AccessDenied"):
        reader(enforcing, stranger, role_of(stranger), member)
    # The monitor does not belong to the organization of this member, or not any more.
    lost = elsewhere.add("Lost")
    lost.install_reader_role(monitor, OrganizationId=elsewhere.id)
    with pytest.raises(ClientError, match="AccessDenied"):
        reader(enforcing, hub, monitor, lost)


def test_outside_an_organization_the_external_id_must_be_stated(enforcing: LocalAws) -> None:
    hub, member = enforcing.account(), enforcing.account()
    monitor = role_of(hub)
    member.install_reader_role(monitor, ExternalId="ticket-4711", RoleName="mail-quotas")
    assert reader(enforcing, hub, monitor, member, "mail-quotas", ExternalId="ticket-4711")
    for wrong in ({}, {"ExternalId": "ticket-4712"}):
        with pytest.raises(ClientError, match="AccessDenied"):
            reader(enforcing, hub, monitor, member, "mail-quotas", **wrong)
