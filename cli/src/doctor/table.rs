//! The table with the alert state.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TableStatus;

use super::finding::{Diagnosis, Subject};
use super::function::AGAIN;
use crate::fact::{Fact, fact};
use crate::installation::Installation;
use crate::session::Session;

/// Reads its status.
pub async fn read(session: &Session, name: &str) -> Fact<TableStatus> {
    let answer =
        fact("dynamodb:DescribeTable", Client::new(&session.config).describe_table().table_name(name).send().await)?;
    Ok(answer.and_then(|answer| answer.table).and_then(|table| table.table_status))
}

/// Judges it.
pub fn judge(status: &Fact<TableStatus>, installation: &Installation, name: &str) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let consequence = "checks fail; until it is back, an alert is sent each hour, and no recovery";
    let region = &installation.region;
    match status {
        Err(failed) => diagnosis.unknown(Subject::StateTable, failed),
        Ok(None) => diagnosis.critical(
            Subject::StateTable,
            format!("the state table {name} is gone: {consequence}"),
            format!(
                "Make it again, with the same name: aws dynamodb create-table --region {region} --table-name {name} --billing-mode \
                 PAY_PER_REQUEST --attribute-definitions AttributeName=target,AttributeType=S --key-schema \
                 AttributeName=target,KeyType=HASH\n{AGAIN}"
            ),
        ),
        Ok(Some(status @ (TableStatus::Active | TableStatus::Updating))) => {
            diagnosis.examined(Subject::StateTable, format!("{name}: {}", status.as_str()));
        }
        Ok(Some(status)) => diagnosis.critical(
            Subject::StateTable,
            format!("the state table {name} cannot be used ({}): {consequence}", status.as_str()),
            format!(
                "See why, such as a KMS key that is disabled: {}\n{AGAIN}",
                installation.console(&format!("dynamodbv2/home?region={{region}}#table?name={name}"))
            ),
        ),
    }
    diagnosis
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::doctor::tests::installation;

    #[test]
    fn whether_the_state_is_kept() {
        let judged = |status| judge(&Ok(status), &installation(), "state").plain();
        for status in [TableStatus::Active, TableStatus::Updating] {
            assert!(judged(Some(status)).starts_with("No problem found."));
        }
        assert_snapshot!(judged(Some(TableStatus::InaccessibleEncryptionCredentials)), @r"
        CRITICAL  the state table state cannot be used (INACCESSIBLE_ENCRYPTION_CREDENTIALS): checks fail; until it is back, an alert is sent each hour, and no recovery
                  See why, such as a KMS key that is disabled: https://us-east-1.console.aws.amazon.com/dynamodbv2/home?region=us-east-1#table?name=state
                  Then run ses-quota doctor again: only the function can say which accounts and Regions it reads.

        1 problem found. Examined: 0
        ");
        assert_snapshot!(judged(None), @r"
        CRITICAL  the state table state is gone: checks fail; until it is back, an alert is sent each hour, and no recovery
                  Make it again, with the same name: aws dynamodb create-table --region us-east-1 --table-name state --billing-mode PAY_PER_REQUEST --attribute-definitions AttributeName=target,AttributeType=S --key-schema AttributeName=target,KeyType=HASH
                  Then run ses-quota doctor again: only the function can say which accounts and Regions it reads.

        1 problem found. Examined: 0
        ");
    }
}
