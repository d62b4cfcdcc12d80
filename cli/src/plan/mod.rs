//! `ses-quota plan`: whether so much more may be sent, and from when on.

mod arguments;
mod words;

use clap::Args;
use serde_json::{Value, json};
use ses_quota_monitor::check::PlanFailed;
use ses_quota_monitor::numbers::json_number;
use ses_quota_monitor::request::{InvalidRequest, PlanRequest};
use ses_quota_monitor::target::Region;
use ses_quota_monitor::time::Timestamp;

use crate::Exit;
use crate::arguments::{Stack, region};
use crate::failed::Failed;
use crate::installation::Installation;
use crate::invoke::invoke;
use crate::monitor::{invocation, now};
use crate::one_target::OneTarget;
use crate::output::{print_json, width};
use crate::session::Session;
use arguments::{StartAt, per_second, recipients, stack_name};
use words::Answer;

/// Ask whether more mail fits into the quota, and from when on
///
/// Exit status: 0 it fits, 1 it fits later in the next 24 hours, 2 it does not fit, 3 it cannot be told.
#[derive(Debug, Args)]
pub struct Plan {
    /// How many recipients, as SES counts: 30000 or 30,000
    #[arg(value_name = "RECIPIENTS", value_parser = recipients)]
    recipients: f64,
    /// When you start, in the next 24 hours: 18:00 (UTC, the next time it is that) or 2026-11-25T18:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    start_at: Option<StartAt>,
    /// How many recipients a second you send to [default: the maximum send rate]
    #[arg(long, value_name = "NUMBER", value_parser = per_second)]
    per_second: Option<f64>,
    #[command(flatten)]
    of: OneTarget,
    /// Ask the function of an installed monitor instead of SES: you need no access to SES then. STACK is the name of its
    /// stack [default: ses-quota-monitor]
    #[arg(
        long, value_name = "STACK", num_args = 0..=1, default_missing_value = Stack::DEFAULT, value_parser = stack_name,
        conflicts_with_all = ["reader_role", "external_id"]
    )]
    from: Option<String>,
    /// Region that the mail is sent from, with --from, which looks for the stack in --region [default: that of the stack]
    #[arg(long, value_name = "REGION", value_parser = region, requires = "from")]
    mail_region: Option<Region>,
}

/// The fields of a plan, and the options that they come from.
const OPTIONS: [(&str, &str); 5] = [
    ("plan.recipients", "RECIPIENTS"),
    ("plan.startAt", "--start-at"),
    ("plan.perSecond", "--per-second"),
    ("plan.account", "--account"),
    ("plan.region", "--mail-region"),
];

/// How an error about an event begins.
const INVALID: &str = "invalid event: ";

impl Plan {
    pub async fn run(&self, session: &Session, is_json: bool) -> Result<Exit, Failed> {
        let now = now();
        let request = self.request(now)?;
        let answer = match &self.from {
            Some(stack) => ask_function(session, stack, &request).await?,
            None => self.ask_ses(session, &request).await?,
        };
        let Answer { plan } = serde_json::from_value(answer.clone())
            .map_err(|error| Failed::new(format_args!("the answer is not one to a plan: {error}: {answer}")))?;
        if is_json {
            print_json(&answer);
        } else {
            anstream::print!("{}", plan.in_words(now, width()));
        }
        Ok(plan.exit())
    }

    fn request(&self, now: Timestamp) -> Result<PlanRequest, Failed> {
        let start_at = self.start_at.map(|start_at| start_at.after(now));
        let Self { recipients, per_second, of, .. } = self;
        let request = PlanRequest {
            recipients: *recipients,
            start_at,
            per_second: *per_second,
            account: of.account.clone(),
            region: self.mail_region.clone(),
        };
        request.starts_at(now).map_err(|invalid| refused(&invalid))?;
        Ok(request)
    }

    /// The answer of the same code on this machine.
    async fn ask_ses(&self, session: &Session, request: &PlanRequest) -> Result<Value, Failed> {
        let answer = self.of.monitor(session)?.answer(request, &invocation(session)).await;
        let answer = answer.map_err(|failed| match failed {
            PlanFailed::Invalid(invalid) => refused(&invalid),
            PlanFailed::Unread(failure) => Failed::unread(&failure),
        })?;
        serde_json::to_value(answer).map_err(Failed::new)
    }
}

async fn ask_function(session: &Session, stack: &str, request: &PlanRequest) -> Result<Value, Failed> {
    let installation = Installation::find(session, stack).await?;
    let answer = invoke(session, &installation, &event(request)).await;
    answer.map_err(|no_answer| match no_answer.into() {
        // It says all that the log says.
        Failed { wrong, .. } if wrong.contains(INVALID) => Failed::new(by_option(&wrong)),
        failed => failed,
    })
}

/// The event that asks a function the same.
fn event(request: &PlanRequest) -> Value {
    let PlanRequest { recipients, start_at, per_second, account, region } = request;
    json!({ "plan": {
        "recipients": json_number(*recipients),
        "startAt": start_at,
        "perSecond": per_second.and_then(json_number),
        "account": account,
        "region": region,
    }})
}

fn refused(invalid: &InvalidRequest) -> Failed {
    Failed::new(by_option(&invalid.to_string()))
}

/// An error about an event, with the options in the place of its fields.
fn by_option(error: &str) -> String {
    let error = error.replace(INVALID, "");
    OPTIONS.iter().fold(error, |error, (field, option)| error.replace(&format!("{field}="), &format!("{option}=")))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use insta::assert_snapshot;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn now() -> Timestamp {
        "2026-11-25T12:00:20Z".parse().unwrap()
    }

    fn plan(arguments: &str) -> Result<PlanRequest, String> {
        let arguments = ["ses-quota", "plan"].into_iter().chain(arguments.split(' '));
        let parsed = Arguments::try_parse_from(arguments).map_err(|error| {
            error.to_string().lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
        })?;
        let Command::Plan(plan) = parsed.command else { panic!("{parsed:?}") };
        plan.request(now()).map_err(|failed| failed.to_string())
    }

    #[test]
    fn the_event_has_what_was_typed() {
        let event = |arguments| event(&plan(arguments).unwrap()).to_string();
        assert_snapshot!(event("30,000"), @r#"{"plan":{"account":null,"perSecond":null,"recipients":30000,"region":null,"startAt":null}}"#);
        assert_snapshot!(event("1 --start-at 11:30 --per-second 0.5 --account 111122223333"), @r#"{"plan":{"account":"111122223333","perSecond":0.5,"recipients":1,"region":null,"startAt":"2026-11-26T11:30:00Z"}}"#);
        assert_snapshot!(event("30000 --start-at 2026-11-25T20:00:00+02:00 --from"), @r#"{"plan":{"account":null,"perSecond":null,"recipients":30000,"region":null,"startAt":"2026-11-25T18:00:00Z"}}"#);
    }

    #[test]
    fn what_is_wrong_is_named_as_it_was_typed() {
        let wrong = [
            "0",
            "many",
            "1.5",
            "3,00",
            "30000 --start-at tomorrow",
            "30000 --start-at 24:00",
            "30000 --start-at 2026-11-26T12:01:00Z",
            "30000 --start-at 2026-11-25T11:00:00Z",
            "30000 --per-second 0",
            "30000 --account 42",
            "--from 30000",
            "30000 --from --reader-role r",
        ]
        .map(|arguments| plan(arguments).unwrap_err());
        assert_snapshot!(wrong.join("\n"), @r#"
        error: invalid value '0' for '<RECIPIENTS>': expected a whole number of recipients from 1 to 1,000,000,000,000, such as 30000 or 30,000
        error: invalid value 'many' for '<RECIPIENTS>': expected a whole number of recipients from 1 to 1,000,000,000,000, such as 30000 or 30,000
        error: invalid value '1.5' for '<RECIPIENTS>': expected a whole number of recipients from 1 to 1,000,000,000,000, such as 30000 or 30,000
        error: invalid value '3,00' for '<RECIPIENTS>': expected a whole number of recipients from 1 to 1,000,000,000,000, such as 30000 or 30,000
        error: invalid value 'tomorrow' for '--start-at <TIME>': expected a time such as 18:00 (UTC) or 2026-11-25T18:00:00Z
        error: invalid value '24:00' for '--start-at <TIME>': expected a time such as 18:00 (UTC) or 2026-11-25T18:00:00Z
        --start-at="2026-11-26T12:01:00Z": expected a time from now, 2026-11-25T12:00:20Z, to 24 hours ahead
        --start-at="2026-11-25T11:00:00Z": expected a time from now, 2026-11-25T12:00:20Z, to 24 hours ahead
        error: invalid value '0' for '--per-second <NUMBER>': expected a number of recipients a second above 0, such as 14 or 0.5
        error: invalid value '42' for '--account <ID>': expected a 12-digit account ID
        error: invalid value '30000' for '--from [<STACK>]': expected the name of a stack, or nothing; RECIPIENTS go before --from
        error: the argument '--from [<STACK>]' cannot be used with '--reader-role <NAME>'
        "#);
    }

    #[test]
    fn an_error_of_the_function_names_the_option() {
        assert_snapshot!(
            by_option(r#"the function failed: invalid event: plan.account="999988887777": expected the account of the function"#),
            @r#"the function failed: --account="999988887777": expected the account of the function"#
        );
    }
}
