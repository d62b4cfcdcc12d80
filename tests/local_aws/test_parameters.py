"""Parameters that do not fit together never become a stack."""

import pytest
from botocore.exceptions import ClientError

from local.account import Account


@pytest.mark.parametrize("parameters, reason", [
    ({"AlarmLevel": "CRITICAL"}, "AlarmLevel needs OperatorTopicArn"),
    ({"SlackWorkspaceId": "T012ABCDEFG"}, "SlackWorkspaceId needs SlackChannelId"),
    ({"SlackChannelId": "C012ABCDEFG"}, "SlackChannelId needs SlackWorkspaceId"),
    ({"ExcludeAccounts": "444455556666"}, "ExcludeAccounts needs Accounts"),
    ({"CheckIntervalMinutes": "1", "Timeout": "60"}, "Timeout must be 30 with CheckIntervalMinutes=1"),
])
def test_cloudformation_refuses_parameters_that_do_not_fit_together(
    account: Account, parameters: dict[str, str], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        account.install(parameters)
    assert account.client("cloudformation").list_stacks()["StackSummaries"] == []
