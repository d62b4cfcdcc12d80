//! Whose credentials are used, and in which account and Region.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sts::config::ProvideCredentials as _;
use ses_quota_monitor::aws::http_client;
use ses_quota_monitor::settings::Certificates;
use ses_quota_monitor::target::{Account, Region, Target};

use crate::arguments::Shared;
use crate::failed::{Failed, causes};

/// Access to AWS.
#[derive(Debug, Clone)]
pub struct Session {
    /// What clients are made from.
    pub config: SdkConfig,
    /// The account that the credentials belong to, and the Region to look at.
    pub here: Target,
}

impl Session {
    /// Finds the credentials and the Region as the AWS CLI does, and asks STS whose they are: that needs no permission.
    ///
    /// # Errors
    /// [`Failed`] where there are none, or AWS does not accept them.
    pub async fn open(shared: &Shared) -> Result<Self, Failed> {
        let certificates = Certificates::from_env().map_err(Failed::new)?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client(certificates));
        if let Some(profile) = &shared.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &shared.region {
            loader = loader.region(aws_config::Region::new(region.to_string()));
        }
        let config = loader.load().await;
        let Some(region) = config.region() else {
            return Err(Failed::new("no Region is named").advise(
                "Add --region us-east-1 (or another), set AWS_REGION, or give your profile one: aws configure set region us-east-1",
            ));
        };
        let region: Region = region.as_ref().parse().map_err(|_| {
            Failed::new(format_args!("{region} is not an AWS Region: expected a name such as eu-west-1"))
                .advise("It comes from --region, AWS_REGION, or your profile: aws configure get region")
        })?;
        if let Some(provider) = config.credentials_provider() {
            provider.provide_credentials().await.map_err(|error| no_credentials(shared, &error))?;
        }
        let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
        let identity =
            identity.map_err(|error| Failed::call("AWS does not say whose credentials these are", &error))?;
        let arn = identity.arn.unwrap_or_default();
        let account = account(&arn)
            .ok_or_else(|| Failed::new(format_args!("STS answered with an ARN that is not understood: {arn:?}")))?;
        Ok(Self { config, here: Target { account, region } })
    }
}

/// The account in the ARN of a caller: `arn:aws:sts::111122223333:assumed-role/...`.
fn account(arn: &str) -> Option<Account> {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", partition, _, _, id, ..] => Some(Account { partition: partition.parse().ok()?, id: id.parse().ok()? }),
        _ => None,
    }
}

fn no_credentials(shared: &Shared, error: &dyn std::error::Error) -> Failed {
    let profile = shared.profile.as_ref().map(|profile| format!(" --profile {profile}")).unwrap_or_default();
    Failed::new(format_args!("no AWS credentials: {}", causes(error))).advise(format_args!(
        "Sign in: aws sso login{profile}\nOr name a profile that has credentials (--profile NAME, or AWS_PROFILE), or create \
         one: aws configure{profile}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_that_of_the_caller() {
        let account = |arn| account(arn).map(|account| (account.partition.as_str().to_owned(), account.id.to_string()));
        let found = |partition: &str| Some((partition.to_owned(), "111122223333".to_owned()));
        assert_eq!(account("arn:aws:sts::111122223333:assumed-role/Admin/ana"), found("aws"));
        assert_eq!(account("arn:aws-us-gov:iam::111122223333:user/ops:team"), found("aws-us-gov"));
        assert_eq!(account("arn:aws:iam::root"), None);
        assert_eq!(account(""), None);
    }
}
