//! What to do about a failure, where it is known.

use super::{Failure, Stage};

/// What refuses access beside the permissions of the role, as AWS names it in the message, and what to do about it.
///
/// Source: AWS IAM User Guide, "Troubleshoot access denied error messages".
const DENIED_BY: [(&str, &str); 6] = [
    ("service control policy", BY_THE_ORGANIZATION),
    ("resource control policy", BY_THE_ORGANIZATION),
    ("permissions boundary", "the permissions boundary of the role forbids this: have the boundary changed"),
    ("VPC endpoint policy", "the policy of the VPC endpoint forbids this: change it, or reach AWS another way"),
    (
        "resource-based policy",
        "the policy of the resource itself (topic, table, queue or key) forbids this: change that policy, not the role's",
    ),
    (
        "explicit deny in an identity-based policy",
        "a policy of the role denies this explicitly: remove that statement; another Allow does not help",
    ),
];

const BY_THE_ORGANIZATION: &str =
    "a policy of your AWS organization forbids this, not the role: have that policy changed";

impl Failure {
    /// What to do, where it is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self.code.as_str() {
            _ if self.is_denied() => Some(self.denied()),
            "UnknownIssuer" => Some(
                "nobody whom the function trusts has issued this certificate: behind a TLS-inspecting proxy, set AWS_CA_BUNDLE or \
                 SSL_CERT_FILE to the proxy's CA certificate",
            ),
            "InvalidCertificate" => Some(
                "the certificate does not hold for this host or this time: look at what answers there, a proxy or the host of \
                 an AWS_ENDPOINT_URL",
            ),
            // What hyper-util says of a proxy that does not connect.
            "NoConnection" if self.message.contains("tunnel error") => Some(
                "the proxy in HTTPS_PROXY did not connect to this host: check its address and what it allows, or name the \
                 host in NO_PROXY",
            ),
            code => self.of_stage(code),
        }
    }

    fn denied(&self) -> &'static str {
        let by = DENIED_BY.iter().find(|(policy, _)| self.message.contains(policy));
        match (self.stage, by) {
            // The resource-based policy of an organization is the one that delegates its administration.
            (Stage::Accounts, None | Some(("resource-based policy", _))) => {
                "only the management account of an organization and its delegated administrators can list the accounts: install \
                 the monitor in one of them and grant its role organizations:ListAccounts, organizations:ListAccountsForParent \
                 and organizations:ListOrganizationalUnitsForParent, or name the accounts in ACCOUNTS"
            }
            (Stage::Role, None) if self.message.contains("no identity-based policy") => {
                "grant the function's role sts:AssumeRole on the role in READER_ROLE, in each account that it reads"
            }
            // That of a role is its trust policy. AWS answers the same for a role that does not exist.
            (Stage::Role, None | Some(("resource-based policy", _))) => {
                "the role in READER_ROLE is missing in this account, or does not trust the function's role, its organization or \
                 EXTERNAL_ID: deploy reader-role.yaml there, by itself or with make deploy-readers"
            }
            (Stage::Read | Stage::Account | Stage::History, Some((_, BY_THE_ORGANIZATION))) => {
                "a policy of your AWS organization forbids this, not the role: leave this Region out of REGIONS, or have that \
                 policy changed"
            }
            (_, Some((_, hint))) => hint,
            // What has been seen of a Region without SES, where another service answers at the address.
            (Stage::Read | Stage::Account | Stage::History, None) if self.message == "Unknown" => {
                "is Amazon SES offered in this Region? If not, leave the Region out of REGIONS"
            }
            // In another account, it is not the function's role that reads.
            (Stage::Read, None) => "grant the role that reads this account ses:GetSendQuota, in this Region too",
            (Stage::Account, None) => "grant the role that reads this account ses:GetAccount, in this Region too",
            (Stage::History, None) => {
                "grant the role that reads this account ses:GetSendStatistics, in this Region too; until then alerts come \
                 without a forecast"
            }
            (Stage::Increases, None) => {
                "grant the role that reads this account servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota, in this \
                 Region too; until then alerts do not say whether a request for a higher quota is open"
            }
            (Stage::State, None) => {
                "grant the function's role dynamodb:BatchGetItem and dynamodb:PutItem on the table in STATE_TABLE"
            }
            (Stage::Alert, None) => {
                "grant the function's role sns:Publish on the topic in ALERT_TOPIC_ARN, in the topic's policy too"
            }
            (Stage::Snapshot, None) => {
                "grant the role dynamodb:PutItem on the table in STATE_TABLE, to store what a check found, or \
                 dynamodb:BatchGetItem, to read it"
            }
            (Stage::Shards, None) => "grant the function's role sqs:SendMessage on the queue in WORK_QUEUE_URL",
            (Stage::Metrics, None) => {
                "grant the function's role cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE"
            }
        }
    }

    fn of_stage(&self, code: &str) -> Option<&'static str> {
        Some(match (self.stage, code) {
            (Stage::Read | Stage::Account | Stage::History, "InvalidClientTokenId" | "UnrecognizedClientException") => {
                "is this Region enabled for the account? If not, enable it, or leave it out of REGIONS"
            }
            (Stage::Alert, "InvalidClientTokenId" | "UnrecognizedClientException") => {
                "is the Region of the topic in ALERT_TOPIC_ARN enabled for the account?"
            }
            (Stage::Read | Stage::Account | Stage::History, "UnexpectedResponse") => {
                "this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?"
            }
            (Stage::Alert, "UnexpectedResponse") => {
                "this may not be AWS: has a proxy or a load balancer answered? Subscribers may have received the alert all \
                 the same; a later check sends it again"
            }
            (_, "UnexpectedResponse") => "this may not be AWS: has a proxy or a load balancer answered?",
            (Stage::Read | Stage::Account | Stage::History, "NoConnection") => {
                "is Amazon SES offered in this Region, and can the function reach it? In a VPC it needs a NAT gateway, a VPC \
                 endpoint or a proxy"
            }
            (_, "NoConnection") => {
                "can the function reach AWS? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy"
            }
            (Stage::Accounts, "AWSOrganizationsNotInUseException") => {
                "the function's account is in no organization: install the monitor in the management account or a delegated \
                 administrator's, or name the accounts in ACCOUNTS"
            }
            (Stage::Accounts, "ParentNotFoundException") => {
                "ACCOUNTS names an organizational unit that this organization does not have: correct it, or leave it out"
            }
            // Source: AWS IAM User Guide, "Manage AWS STS in an AWS Region".
            (Stage::Role, "RegionDisabledException") => {
                "activate AWS STS for the function's Region in this account: in the IAM console, under Account settings"
            }
            (Stage::Shards, "AWS.SimpleQueueService.NonExistentQueue" | "QueueDoesNotExist") => {
                "the queue in WORK_QUEUE_URL does not exist"
            }
            (Stage::Shards, code) if code.starts_with("KMS") => {
                "grant the function's role kms:GenerateDataKey and kms:Decrypt on the queue's key"
            }
            (Stage::State | Stage::Snapshot, "ResourceNotFoundException") => {
                "the table in STATE_TABLE does not exist in the function's Region"
            }
            (Stage::State, "UnknownState") => {
                "delete this item from the table to start over; until then an alert goes out once an hour, and no recovery"
            }
            (Stage::State, "Contended") | (Stage::Alert, "TooManyAlerts") => {
                "nothing to do: the next check decides anew"
            }
            (Stage::State, "ImpossibleTime") => {
                "taken for expired; the next write corrects it. Was a clock wrong, or was the item edited?"
            }
            (Stage::Alert, "NotFound" | "NotFoundException") => "the topic in ALERT_TOPIC_ARN does not exist",
            (Stage::Alert, code) if code.starts_with("KMS") => {
                "grant the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key"
            }
            (Stage::Alert, _) if !self.is_refusal => {
                "subscribers may have received the alert all the same; a later check sends it again"
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn hint(stage: Stage, code: &str, message: &str) -> String {
        Failure::new(stage, code, message).hint().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_permission_that_is_missing() {
        let hints = [
            (Stage::Read, "AccessDenied"),
            (Stage::Account, "AccessDeniedException"),
            (Stage::History, "AccessDenied"),
            (Stage::Increases, "AccessDeniedException"),
            (Stage::State, "AccessDeniedException"),
            (Stage::Alert, "AuthorizationError"),
            (Stage::Metrics, "AccessDenied"),
        ]
        .map(|(stage, code)| hint(stage, code, "User: arn:… is not authorized to perform: …"));
        assert_snapshot!(hints.join("\n"), @"
        grant the role that reads this account ses:GetSendQuota, in this Region too
        grant the role that reads this account ses:GetAccount, in this Region too
        grant the role that reads this account ses:GetSendStatistics, in this Region too; until then alerts come without a forecast
        grant the role that reads this account servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota, in this Region too; until then alerts do not say whether a request for a higher quota is open
        grant the function's role dynamodb:BatchGetItem and dynamodb:PutItem on the table in STATE_TABLE
        grant the function's role sns:Publish on the topic in ALERT_TOPIC_ARN, in the topic's policy too
        grant the function's role cloudwatch:PutMetricData for the namespace in METRIC_NAMESPACE
        ");
    }

    fn denied(stage: Stage, why: &str) -> String {
        hint(stage, "AccessDenied", &format!("User: arn:… is not authorized to perform: ses:GetSendQuota {why}"))
    }

    #[test]
    fn a_service_control_policy() {
        insta::allow_duplicates! {
            for why in [
                "with an explicit deny in a service control policy",
                "because no service control policy allows the ses:GetSendQuota action",
                "with an explicit deny in a resource control policy",
            ] {
                assert_snapshot!(denied(Stage::Read, why), @"a policy of your AWS organization forbids this, not the role: leave this Region out of REGIONS, or have that policy changed");
                assert_snapshot!(denied(Stage::Metrics, why), @"a policy of your AWS organization forbids this, not the role: have that policy changed");
            }
        }
    }

    #[test]
    fn a_permissions_boundary() {
        insta::allow_duplicates! {
            for why in [
                "because no permissions boundary allows the ses:GetSendQuota action",
                "with an explicit deny in a permissions boundary",
            ] {
                assert_snapshot!(denied(Stage::Read, why), @"the permissions boundary of the role forbids this: have the boundary changed");
            }
        }
    }

    #[test]
    fn the_policy_of_a_vpc_endpoint() {
        assert_snapshot!(denied(Stage::Read, "because no VPC endpoint policy allows the ses:GetSendQuota action"), @"the policy of the VPC endpoint forbids this: change it, or reach AWS another way");
    }

    #[test]
    fn the_policy_of_a_resource() {
        assert_snapshot!(denied(Stage::Alert, "because no resource-based policy allows the sns:Publish action"), @"the policy of the resource itself (topic, table, queue or key) forbids this: change that policy, not the role's");
    }

    #[test]
    fn a_deny_in_the_role_itself() {
        assert_snapshot!(denied(Stage::Read, "with an explicit deny in an identity-based policy"), @"a policy of the role denies this explicitly: remove that statement; another Allow does not help");
        // An implicit one is a permission that is missing.
        assert_snapshot!(denied(Stage::Read, "because no identity-based policy allows the ses:GetSendQuota action"), @"grant the role that reads this account ses:GetSendQuota, in this Region too");
    }

    #[test]
    fn a_region_without_ses() {
        assert_snapshot!(hint(Stage::Read, "AccessDenied", "Unknown"), @"is Amazon SES offered in this Region? If not, leave the Region out of REGIONS");
    }

    #[test]
    fn a_region_that_is_not_enabled() {
        let why = "The security token included in the request is invalid.";
        assert_snapshot!(hint(Stage::Read, "InvalidClientTokenId", why), @"is this Region enabled for the account? If not, enable it, or leave it out of REGIONS");
        assert_snapshot!(hint(Stage::Alert, "InvalidClientTokenId", why), @"is the Region of the topic in ALERT_TOPIC_ARN enabled for the account?");
    }

    #[test]
    fn accounts_that_cannot_be_listed() {
        // As AWS Organizations says it to an account that may not list, whatever its role may do, and as CloudTrail has it.
        let texts = [
            "You don't have permissions to access this resource.",
            "User: arn:… is not authorized to perform: organizations:ListAccounts on resource: * because no resource-based \
             policy allows the organizations:ListAccounts action",
        ];
        insta::allow_duplicates! {
            for text in texts {
                assert_snapshot!(hint(Stage::Accounts, "AccessDeniedException", text), @"only the management account of an organization and its delegated administrators can list the accounts: install the monitor in one of them and grant its role organizations:ListAccounts, organizations:ListAccountsForParent and organizations:ListOrganizationalUnitsForParent, or name the accounts in ACCOUNTS");
            }
        }
        let hints = [
            ("AWSOrganizationsNotInUseException", "Your account is not a member of an organization."),
            ("ParentNotFoundException", "We can't find a root or OU with the ParentId that you specified."),
        ]
        .map(|(code, message)| hint(Stage::Accounts, code, message));
        assert_snapshot!(hints.join("\n"), @"
        the function's account is in no organization: install the monitor in the management account or a delegated administrator's, or name the accounts in ACCOUNTS
        ACCOUNTS names an organizational unit that this organization does not have: correct it, or leave it out
        ");
        assert_eq!(hint(Stage::Accounts, "TooManyRequestsException", "You have sent too many requests"), "");
    }

    #[test]
    fn a_role_that_cannot_be_assumed() {
        let denied = |why: &str| {
            let message = format!("User: arn:… is not authorized to perform: sts:AssumeRole on resource: arn:…{why}");
            hint(Stage::Role, "AccessDenied", &message)
        };
        insta::allow_duplicates! {
            for why in [
                "",
                " because no role trust policy allows the sts:AssumeRole action",
                " with an explicit deny in the role trust policy",
                " because no resource-based policy allows the sts:AssumeRole action",
            ] {
                assert_snapshot!(denied(why), @"the role in READER_ROLE is missing in this account, or does not trust the function's role, its organization or EXTERNAL_ID: deploy reader-role.yaml there, by itself or with make deploy-readers");
            }
        }
        let hints = [
            denied(" because no identity-based policy allows the sts:AssumeRole action"),
            denied(" with an explicit deny in an identity-based policy"),
            denied(" with an explicit deny in a service control policy"),
            denied(" with an explicit deny in a resource control policy"),
            denied(" because no permissions boundary allows the sts:AssumeRole action"),
            hint(
                Stage::Role,
                "RegionDisabledException",
                "STS is not activated in this region for account:111122223333. Your account administrator can activate STS in \
                 this region using the IAM Console.",
            ),
        ];
        assert_snapshot!(hints.join("\n"), @"
        grant the function's role sts:AssumeRole on the role in READER_ROLE, in each account that it reads
        a policy of the role denies this explicitly: remove that statement; another Allow does not help
        a policy of your AWS organization forbids this, not the role: have that policy changed
        a policy of your AWS organization forbids this, not the role: have that policy changed
        the permissions boundary of the role forbids this: have the boundary changed
        activate AWS STS for the function's Region in this account: in the IAM console, under Account settings
        ");
    }

    #[test]
    fn a_queue_that_cannot_be_reached() {
        let hints = [
            ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."),
            ("AccessDenied", "User: arn:… is not authorized to perform: sqs:sendmessage on resource: arn:…"),
            ("AccessDenied", "… because no resource-based policy allows the sqs:sendmessage action"),
            ("KMS.AccessDeniedException", "User: arn:… is not authorized to perform: kms:GenerateDataKey"),
            ("NoConnection", "dispatch failure: io error: Connection refused"),
        ]
        .map(|(code, message)| hint(Stage::Shards, code, message));
        assert_snapshot!(hints.join("\n"), @"
        the queue in WORK_QUEUE_URL does not exist
        grant the function's role sqs:SendMessage on the queue in WORK_QUEUE_URL
        the policy of the resource itself (topic, table, queue or key) forbids this: change that policy, not the role's
        grant the function's role kms:GenerateDataKey and kms:Decrypt on the queue's key
        can the function reach AWS? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy
        ");
    }

    #[test]
    fn a_snapshot_that_cannot_be_stored() {
        let hints =
            ["AccessDeniedException", "ResourceNotFoundException"].map(|code| hint(Stage::Snapshot, code, "why"));
        assert_snapshot!(hints.join("\n"), @"
        grant the role dynamodb:PutItem on the table in STATE_TABLE, to store what a check found, or dynamodb:BatchGetItem, to read it
        the table in STATE_TABLE does not exist in the function's Region
        ");
    }

    #[test]
    fn an_answer_that_is_not_from_aws() {
        let hints = [Stage::Read, Stage::State, Stage::Alert]
            .map(|stage| hint(stage, "UnexpectedResponse", "HTTP 502 without an AWS error code"));
        assert_snapshot!(hints.join("\n"), @"
        this may not be AWS: has a proxy or a load balancer answered, and is Amazon SES offered in this Region?
        this may not be AWS: has a proxy or a load balancer answered?
        this may not be AWS: has a proxy or a load balancer answered? Subscribers may have received the alert all the same; a later check sends it again
        ");
    }

    #[test]
    fn a_certificate_that_nobody_vouches_for() {
        assert_snapshot!(hint(Stage::Read, "UnknownIssuer", "invalid peer certificate: UnknownIssuer"), @"nobody whom the function trusts has issued this certificate: behind a TLS-inspecting proxy, set AWS_CA_BUNDLE or SSL_CERT_FILE to the proxy's CA certificate");
    }

    #[test]
    fn a_certificate_that_is_no_longer_valid() {
        assert_snapshot!(hint(Stage::Read, "InvalidCertificate", "invalid peer certificate: Expired"), @"the certificate does not hold for this host or this time: look at what answers there, a proxy or the host of an AWS_ENDPOINT_URL");
    }

    #[test]
    fn no_connection() {
        let hints = [
            (Stage::Read, "dns error: failed to lookup address information"),
            (Stage::Metrics, "tcp connect error: Connection refused"),
            (Stage::Metrics, "tunnel error: unsuccessful"),
        ]
        .map(|(stage, message)| hint(stage, "NoConnection", message));
        assert_snapshot!(hints.join("\n"), @"
        is Amazon SES offered in this Region, and can the function reach it? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy
        can the function reach AWS? In a VPC it needs a NAT gateway, a VPC endpoint or a proxy
        the proxy in HTTPS_PROXY did not connect to this host: check its address and what it allows, or name the host in NO_PROXY
        ");
    }

    #[test]
    fn an_alert_in_doubt() {
        let hints =
            ["NoAnswer", "Timeout", "InvalidResponse", "InternalError"].map(|code| hint(Stage::Alert, code, "why"));
        assert!(hints.iter().all(|hint| *hint == hints[0]));
        assert_snapshot!(hints[0], @"subscribers may have received the alert all the same; a later check sends it again");
        assert_eq!(hint(Stage::Metrics, "NoAnswer", "why"), "");
        let refused = Failure { is_refusal: true, ..Failure::new(Stage::Alert, "Throttled", "Rate exceeded") };
        assert_eq!(refused.hint(), None);
    }

    #[test]
    fn a_table_a_topic_and_a_key() {
        let hints = [
            (Stage::State, "ResourceNotFoundException"),
            (Stage::State, "UnknownState"),
            (Stage::Alert, "NotFound"),
            (Stage::Alert, "KMSDisabled"),
        ]
        .map(|(stage, code)| hint(stage, code, "why"));
        assert_snapshot!(hints.join("\n"), @"
        the table in STATE_TABLE does not exist in the function's Region
        delete this item from the table to start over; until then an alert goes out once an hour, and no recovery
        the topic in ALERT_TOPIC_ARN does not exist
        grant the function's role kms:GenerateDataKey and kms:Decrypt on the topic's key
        ");
    }
}
