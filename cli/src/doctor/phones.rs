//! The phones that are subscribed: whether an SMS reaches them.

use std::collections::HashMap;

use aws_sdk_sns::Client;
use aws_sdk_sns::types::SmsSandboxPhoneNumberVerificationStatus as Verification;

use super::finding::{Diagnosis, Subject};
use crate::fact::known;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::session::Session;
use crate::subscribers::Subscription;

/// What is known of them.
#[derive(Debug, Default)]
pub struct Phones {
    /// In the SMS sandbox: whether a number that is known there is verified.
    pub sandbox: Option<HashMap<String, bool>>,
    /// The subscribed numbers, and whether their owner wants no more SMS.
    pub numbers: Vec<(String, bool)>,
}

/// Reads what there is to know about the phones among these subscriptions; `None` without any.
pub async fn read(session: &Session, subscriptions: &[Subscription]) -> Option<Result<Phones, Failed>> {
    let numbers = subscriptions.iter().filter(|one| one.protocol == "sms").map(|one| one.endpoint.clone());
    let numbers: Vec<String> = numbers.collect();
    if numbers.is_empty() { None } else { Some(examine(&Client::new(&session.config), numbers).await) }
}

async fn examine(client: &Client, numbers: Vec<String>) -> Result<Phones, Failed> {
    let status = client.get_sms_sandbox_account_status().send().await;
    let is_in_sandbox = known("sns:GetSMSSandboxAccountStatus", status)?.is_in_sandbox;
    let sandbox = if is_in_sandbox { Some(verified(client).await?) } else { None };
    let mut phones = Phones { sandbox, numbers: Vec::new() };
    for number in numbers {
        let answer = client.check_if_phone_number_is_opted_out().phone_number(&number).send().await;
        let is_opted_out = known("sns:CheckIfPhoneNumberIsOptedOut", answer)?.is_opted_out;
        phones.numbers.push((number, is_opted_out));
    }
    Ok(phones)
}

async fn verified(client: &Client) -> Result<HashMap<String, bool>, Failed> {
    let listed: Result<Vec<_>, _> =
        client.list_sms_sandbox_phone_numbers().into_paginator().items().send().collect().await;
    let listed = known("sns:ListSMSSandboxPhoneNumbers", listed)?.into_iter();
    Ok(listed.filter_map(|one| Some((one.phone_number?, one.status == Some(Verification::Verified)))).collect())
}

/// Judges them.
pub fn judge(phones: &Result<Phones, Failed>, installation: &Installation) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let Phones { sandbox, numbers } = match phones {
        Err(failed) => {
            diagnosis.unknown(Subject::Phones, failed);
            return diagnosis;
        }
        Ok(phones) => phones,
    };
    let region = &installation.region;
    for (number, is_opted_out) in numbers {
        let is_verified = sandbox.as_ref().is_none_or(|sandbox| sandbox.get(number) == Some(&true));
        if *is_opted_out {
            diagnosis.warn(
                Subject::Phones,
                format!("{number} receives no SMS: its owner has replied STOP"),
                format!(
                    "Ask the owner, then: aws sns opt-in-phone-number --region {region} --phone-number {number}\nAWS allows it \
                     once in 30 days."
                ),
            );
        } else if is_verified {
            diagnosis.examined(Subject::Phones, format!("{number} can receive SMS"));
        } else {
            diagnosis.warn(
                Subject::Phones,
                format!("{number} receives no SMS: the account is in the SMS sandbox, and the number is not verified"),
                format!(
                    "Verify it: aws sns create-sms-sandbox-phone-number --region {region} --phone-number {number}\nThen, with the \
                     code from the SMS: aws sns verify-sms-sandbox-phone-number --region {region} --phone-number {number} \
                     --one-time-password CODE\nOr leave the sandbox: {}",
                    installation.console("sns/v3/home?region={region}#/mobile/text-messaging")
                ),
            );
        }
    }
    diagnosis
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::installation;

    const NUMBER: &str = "+14255550123";

    fn judged(sandbox: Option<&[(&str, bool)]>, is_opted_out: bool) -> String {
        let known = |known: &[(&str, bool)]| known.iter().map(|(number, is)| ((*number).to_owned(), *is)).collect();
        let phones = Phones { sandbox: sandbox.map(known), numbers: vec![(NUMBER.to_owned(), is_opted_out)] };
        judge(&Ok(phones), &installation()).plain()
    }

    #[test]
    fn outside_the_sandbox_or_verified() {
        for sandbox in [None, Some(&[(NUMBER, true)][..])] {
            assert!(judged(sandbox, false).starts_with("No problem found."));
        }
    }

    #[test]
    fn in_the_sandbox_and_not_verified() {
        for sandbox in [&[][..], &[(NUMBER, false)], &[("+14255550199", true)]] {
            assert!(judged(Some(sandbox), false).starts_with("WARNING"));
        }
        assert_snapshot!(judged(Some(&[]), false), @r"
        WARNING   +14255550123 receives no SMS: the account is in the SMS sandbox, and the number is not verified
                  Verify it: aws sns create-sms-sandbox-phone-number --region us-east-1 --phone-number +14255550123
                  Then, with the code from the SMS: aws sns verify-sms-sandbox-phone-number --region us-east-1 --phone-number +14255550123 --one-time-password CODE
                  Or leave the sandbox: https://us-east-1.console.aws.amazon.com/sns/v3/home?region=us-east-1#/mobile/text-messaging

        1 problem found. Examined: 0
        ");
    }

    #[test]
    fn opted_out() {
        assert_snapshot!(judged(None, true), @r"
        WARNING   +14255550123 receives no SMS: its owner has replied STOP
                  Ask the owner, then: aws sns opt-in-phone-number --region us-east-1 --phone-number +14255550123
                  AWS allows it once in 30 days.

        1 problem found. Examined: 0
        ");
    }
}
