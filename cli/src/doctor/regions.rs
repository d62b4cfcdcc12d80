//! The Regions of the stack's own account: those that send and are not watched, and those that are in the sandbox.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::failure::Failure;
use ses_quota_monitor::numbers::{count, recipients};
use ses_quota_monitor::target::Region;

use super::finding::{Diagnosis, Subject};
use super::function;
use crate::failed::Failed;
use crate::installation::Installation;
use crate::session::Session;

/// Which Regions of its own account the function watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// Every Region with SES.
    All,
    /// These; none, where the function does not read its own account.
    These(BTreeSet<Region>),
}

impl Watched {
    /// By the settings of the function.
    pub fn of(function: &function::Facts, installation: &Installation, session: &Session) -> Self {
        let own = session.here.account.id.as_str();
        let has =
            |variable: &str| function.setting(variable, installation).split(',').any(|account| account.trim() == own);
        let accounts = function.setting("ACCOUNTS", installation);
        let is_list = accounts.split(',').any(|account| account.trim().bytes().all(|byte| byte.is_ascii_digit()));
        // Whether an organizational unit has the account is not known here.
        let is_read = accounts.is_empty() || !is_list || has("ACCOUNTS");
        match function.setting("REGIONS", installation) {
            _ if !is_read || has("EXCLUDE_ACCOUNTS") => Self::These(BTreeSet::new()),
            "all" => Self::All,
            "" => Self::These([installation.region.clone()].into()),
            regions => Self::These(regions.split(',').filter_map(|region| region.trim().parse().ok()).collect()),
        }
    }

    fn has(&self, region: &Region) -> bool {
        match self {
            Self::All => true,
            Self::These(regions) => regions.contains(region),
        }
    }
}

/// What is known of one Region.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What was sent in the last 24 hours; absent where the account has no SES.
    pub sent: Result<Option<f64>, Failure>,
    /// Whether the account has production access there, where SES says so and it matters.
    pub production_access: Result<Option<bool>, Failure>,
}

/// Reads every Region with SES, with the credentials of the person who asks, all at once; `done` is told of each.
pub async fn read(
    clients: &Clients,
    regions: Vec<Region>,
    watched: &Watched,
    done: impl Fn(),
) -> BTreeMap<Region, Facts> {
    let done = &done;
    let all = regions.into_iter().map(async |region| {
        let facts = examine(clients, &region, watched).await;
        done();
        (region, facts)
    });
    all.collect::<FuturesUnordered<_>>().collect().await
}

async fn examine(clients: &Clients, region: &Region, watched: &Watched) -> Facts {
    let sent = match Box::pin(clients.quotas.read(region, None)).await {
        Ok(quota) => Ok(Some(quota.sent_last_24_hours())),
        Err(failure) if failure.is_absence(region) => Ok(None),
        Err(failure) => Err(failure),
    };
    // Of all Regions, most are in the sandbox and send nothing, which is as it should be. One that is named is meant to send.
    let is_meant = matches!(watched, Watched::These(_)) || matches!(sent, Ok(Some(1.0..)));
    let production_access = match sent {
        Ok(Some(_)) if watched.has(region) && is_meant => {
            Box::pin(clients.accounts.read(region, None)).await.map(|account| account.production_access)
        }
        _ => Ok(None),
    };
    Facts { sent, production_access }
}

/// Judges them.
pub fn judge(regions: &BTreeMap<Region, Facts>, watched: &Watched, installation: &Installation) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let is_missed = |(region, facts): &(&Region, &Facts)| matches!(facts.sent, Ok(Some(1.0..))) && !watched.has(region);
    let missed: Vec<&Region> = regions.iter().filter(is_missed).map(|(region, _)| region).collect();
    let mut unread: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for (region, Facts { sent, production_access }) in regions {
        match sent {
            Ok(Some(sent)) if missed.contains(&region) => diagnosis.warn(
                Subject::Regions,
                format!("{region} is not watched, and has sent to {} in 24 hours", recipients(&count(*sent))),
                watch(&missed, watched),
            ),
            Err(failure) => unread.entry(("ses:GetSendQuota", failure.code.clone())).or_default().push(region.as_str()),
            _ => {}
        }
        match production_access {
            Ok(Some(false)) => diagnosis.warn(
                Subject::Regions,
                format!(
                    "{region} is in the SES sandbox: mail to addresses that are not verified is rejected, at any quota"
                ),
                format!(
                    "Ask for production access: {}",
                    installation
                        .console("ses/home?region={region}#/account")
                        .replace(installation.region.as_str(), region.as_str())
                ),
            ),
            Err(failure) => unread.entry(("ses:GetAccount", failure.code.clone())).or_default().push(region.as_str()),
            Ok(_) => {}
        }
    }
    for ((action, code), names) in unread {
        let failed = Failed::new(format_args!("{action} in {}: {code}", names.join(", ")));
        diagnosis.unknown(Subject::Regions, &failed.advise(advice(action, &code)));
    }
    let read = || regions.iter().filter(|(_, facts)| matches!(facts.sent, Ok(Some(_))));
    let sending = read().filter(|(_, facts)| matches!(facts.sent, Ok(Some(1.0..)))).count();
    diagnosis
        .examined(Subject::Regions, format!("{} with SES in this account, of which {sending} send", read().count()));
    diagnosis
}

/// How to watch all of those that are missed.
fn watch(missed: &[&Region], watched: &Watched) -> String {
    match watched {
        Watched::These(regions) if !regions.is_empty() => {
            let names: Vec<&str> = regions.iter().chain(missed.iter().copied()).map(Region::as_str).collect();
            format!("Watch it: deploy the stack with Regions={} (or Regions=all).", names.join(","))
        }
        _ => "The monitor does not read its own account at all: add it to the parameter Accounts.".to_owned(),
    }
}

fn advice(action: &str, code: &str) -> String {
    if code.starts_with("AccessDenied") {
        format!("Your credentials need {action} in these Regions: docs/command-line.md lists what each command needs.")
    } else {
        "Check the connection to AWS from here, and run ses-quota doctor again.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use ses_quota_monitor::failure::Stage;

    use super::*;
    use crate::doctor::tests::installation;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    fn these(names: &[&str]) -> Watched {
        Watched::These(names.iter().map(|name| region(name)).collect())
    }

    fn sent(name: &str, sent: f64, production_access: Option<bool>) -> (Region, Facts) {
        (region(name), Facts { sent: Ok(Some(sent)), production_access: Ok(production_access) })
    }

    fn judged<const N: usize>(regions: [(Region, Facts); N], watched: &Watched) -> String {
        judge(&regions.into(), watched, &installation()).plain()
    }

    #[test]
    fn a_region_that_sends_and_is_not_watched() {
        let absent = (region("af-south-1"), Facts { sent: Ok(None), production_access: Ok(None) });
        let regions = [
            absent,
            sent("eu-west-1", 1_200.0, None),
            sent("eu-west-2", 0.0, None),
            sent("eu-west-3", 1.0, None),
            sent("us-east-1", 7.0, Some(true)),
        ];
        assert_snapshot!(judged(regions.clone(), &these(&["us-east-1"])), @r"
        WARNING   eu-west-1 is not watched, and has sent to 1,200 recipients in 24 hours
                  Watch it: deploy the stack with Regions=us-east-1,eu-west-1,eu-west-3 (or Regions=all).

        WARNING   eu-west-3 is not watched, and has sent to 1 recipient in 24 hours
                  Watch it: deploy the stack with Regions=us-east-1,eu-west-1,eu-west-3 (or Regions=all).

        2 problems found. Examined: 1
          Regions         4 with SES in this account, of which 3 send
        ");
        assert!(judged(regions.clone(), &Watched::All).starts_with("No problem found."));
        assert!(judged(regions, &these(&[])).contains("add it to the parameter Accounts"));
    }

    #[test]
    fn the_sandbox() {
        assert_snapshot!(judged([sent("eu-west-1", 0.0, Some(false))], &these(&["eu-west-1"])), @r"
        WARNING   eu-west-1 is in the SES sandbox: mail to addresses that are not verified is rejected, at any quota
                  Ask for production access: https://eu-west-1.console.aws.amazon.com/ses/home?region=eu-west-1#/account

        1 problem found. Examined: 1
          Regions         1 with SES in this account, of which 0 send
        ");
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_idle() {
        let denied = |name| {
            let failure = Failure::new(Stage::Read, "AccessDenied", "no");
            (region(name), Facts { sent: Err(failure), production_access: Ok(None) })
        };
        assert_snapshot!(judged([denied("eu-west-1"), denied("eu-west-2")], &these(&["us-east-1"])), @r"
        UNKNOWN   Regions cannot be examined: ses:GetSendQuota in eu-west-1, eu-west-2: AccessDenied
                  Your credentials need ses:GetSendQuota in these Regions: docs/command-line.md lists what each command needs.

        1 problem found. Examined: 1
          Regions         0 with SES in this account, of which 0 send
        ");
    }
}
