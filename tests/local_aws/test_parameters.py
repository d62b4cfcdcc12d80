"""Parameters that do not fit together never become a stack."""

import pytest
from botocore.exceptions import ClientError

from local.account import Account


@pytest.mark.parametrize("parameters, reason", [
    ({"AlarmLevel": "CRITICAL"}, "AlarmLevel needs OperatorTopicArn"),
    ({"SlackWorkspaceId": "T012ABCDEFG"}, "SlackWorkspaceId needs SlackChannelId"),
    ({"SlackChannelId": "C012ABCDEFG"}, "SlackChannelId needs SlackWorkspaceId"),
])
def test_cloudformation_refuses_parameters_that_do_not_fit_together(
    account: Account, parameters: dict[str, str], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        account.install(parameters)
    assert account.client("cloudformation").list_stacks()["StackSummaries"] == []
