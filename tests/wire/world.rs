//! A function that is invoked every five minutes, in an AWS with a memory and with faults.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::request::Request;
use ses_quota_monitor::time::Timestamp;
use tokio::sync::Notify;

use crate::support::{Answer, Aws, Call, Table, healthy, invocation, settings};

/// An injected fault.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The operation that it is injected into.
    pub operation: &'static str,
    /// How many requests with this operation succeed before it.
    pub nth: usize,
    /// Whether it affects those after it, too.
    pub lasts: bool,
    pub ending: Ending,
}

/// How a request with a fault ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ending {
    /// AWS refuses: nothing happened.
    Refused,
    /// AWS refuses, and another attempt may succeed: nothing happened.
    Throttled,
    /// Nothing happened, and there is no answer.
    RequestLost,
    /// It is carried out, and there is no answer.
    AnswerLost,
    /// It is carried out, and the answer is a server error.
    CarriedOutThenFailed,
    /// The process dies before it leaves.
    CrashBefore,
    /// The process dies after it is carried out.
    CrashAfter,
}

impl Ending {
    pub const ALL: [Self; 7] = [
        Self::Refused,
        Self::Throttled,
        Self::RequestLost,
        Self::AnswerLost,
        Self::CarriedOutThenFailed,
        Self::CrashBefore,
        Self::CrashAfter,
    ];

    pub fn is_crash(self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashAfter)
    }

    fn is_carried_out(self) -> bool {
        matches!(self, Self::AnswerLost | Self::CarriedOutThenFailed | Self::CrashAfter)
    }
}

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// What was sent of a quota of 1,000.
    pub sent: u32,
    /// What was sent in the last quarter hour, of 450 at the maximum send rate.
    pub rate: u32,
    /// Whether sending is enabled, and the status of the account.
    pub account: (bool, &'static str),
    /// Whether the role of another account can be assumed.
    pub role: bool,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// By how many seconds its clock, or its reading, is late.
    pub late: i64,
    /// How long each of its calls takes.
    pub latency: Duration,
}

impl Turn {
    /// A check without a fault.
    pub fn healthy(sent: u32) -> Self {
        Self { sent, rate: 0, account: (true, "HEALTHY"), role: true, fault: None, late: 0, latency: Duration::ZERO }
    }
}

/// One message that subscribers got.
#[derive(Debug, Clone)]
pub struct Received {
    /// Which attempt of which check sent it.
    pub sender: (u32, u64),
    pub region: String,
    pub subject: String,
    pub kind: String,
    pub level: String,
    pub alert_id: String,
    pub incident_id: String,
}

/// The state table, what the subscribers received, and the clock.
#[derive(Debug, Clone, Default)]
pub struct World {
    table: Table,
    received: Arc<Mutex<Vec<Received>>>,
    checks: u32,
    /// The account that is checked, if that is not the function's own.
    account: Option<String>,
}

impl World {
    /// The world of another account.
    pub fn of(account: String) -> Self {
        Self { account: Some(account), ..Self::default() }
    }

    /// What they received about a subject of the target, or of the account as a whole.
    pub fn received(&self, region: &str, subject: &str) -> Vec<Received> {
        let received = self.received.lock().unwrap();
        received.iter().filter(|one| one.region == region && one.subject == subject).cloned().collect()
    }

    /// Runs a check, and returns what it reports; `None` if it crashed.
    pub async fn check(&mut self, turn: Turn) -> Option<Value> {
        self.checks += 1;
        self.attempt(turn, 1).await
    }

    /// Runs two checks at the same time, which Lambda may do with one event.
    pub async fn check_twice(&mut self, turns: [Turn; 2]) {
        self.checks += 1;
        tokio::join!(self.attempt(turns[0], 1), self.attempt(turns[1], 2));
    }

    async fn attempt(&self, turn: Turn, attempt: u64) -> Option<Value> {
        let (crash, world, sender) = (Arc::new(Notify::new()), self.clone(), (self.checks, attempt));
        let started_at = invocation().started_at.plus_seconds(300 * i64::from(self.checks) - turn.late);
        let (crashed, is_dead) = (crash.clone(), AtomicBool::new(false));
        let aws = Aws::new(move |call| {
            if is_dead.load(Relaxed) {
                return Answer::Silence;
            }
            let strikes = |fault: &Fault| {
                call.operation == fault.operation && (call.nth == fault.nth || (fault.lasts && call.nth > fault.nth))
            };
            let Some(fault) = turn.fault.filter(strikes) else {
                return world.carry_out(call, turn, started_at, sender).after(turn.latency);
            };
            if fault.ending.is_carried_out() {
                world.carry_out(call, turn, started_at, sender);
            }
            match fault.ending {
                Ending::Refused => error(call, 400, "AccessDeniedException"),
                Ending::Throttled => error(call, 400, "ThrottlingException"),
                Ending::CarriedOutThenFailed => error(call, 500, "InternalFailure"),
                Ending::RequestLost | Ending::AnswerLost => Answer::Silence,
                Ending::CrashBefore | Ending::CrashAfter => {
                    is_dead.store(true, Relaxed);
                    crash.notify_one();
                    Answer::Silence
                }
            }
        });
        let invocation = Invocation {
            started_at,
            request_id: format!("request-{}", self.checks),
            attempt,
            // A check that is late may run for longer: it is alive now, and its claims last as long as it.
            time_left: invocation().time_left + Duration::from_secs(turn.late.unsigned_abs()),
            ..invocation()
        };
        let account = self.account.as_deref().unwrap_or_default();
        let settings = settings(&[
            ("REMINDER_HOURS", "0"),
            ("UNREADABLE_MINUTES", "5"),
            ("RATE_WARNING_PERCENT", "50"),
            ("ACCOUNTS", account),
        ]);
        let monitor = Monitor::new(settings.clone(), Clients::from_config(&aws.config(), &settings));
        tokio::select! {
            biased;
            () = crashed.notified() => None,
            report = monitor.check(Request::Scheduled, &invocation) => {
                Some(serde_json::to_value(report).unwrap())
            }
        }
    }

    fn carry_out(&self, call: &Call, turn: Turn, now: Timestamp, sender: (u32, u64)) -> Answer {
        let Turn { sent, rate, account, .. } = turn;
        match call.operation.as_str() {
            "AssumeRole" if !turn.role => return Answer::xml_error(403, "AccessDenied", "no"),
            "GetSendQuota" => return Answer::quota(sent, 1_000, 0.5),
            "GetSendStatistics" => {
                let ago = |minutes: i64| now.plus_seconds(-60 * minutes);
                return Answer::statistics([(ago(16), rate), (ago(121), sent.saturating_sub(rate))]);
            }
            "GetAccount" => return Answer::account(account.0, account.1),
            "BatchGetItem" | "PutItem" => return self.table.answer(call),
            "Publish" => {
                let body: Value = serde_json::from_str(&call.form()["Message"]).unwrap();
                let document: Value = serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap();
                let text = |name: &str| document[name].as_str().unwrap().to_owned();
                let received = Received {
                    sender,
                    region: text("region"),
                    subject: text("subject"),
                    kind: text("kind"),
                    level: text("level"),
                    alert_id: text("alertId"),
                    incident_id: text("incidentId"),
                };
                self.received.lock().unwrap().push(received);
            }
            _ => {}
        }
        healthy(call)
    }
}

fn error(call: &Call, status: u16, code: &str) -> Answer {
    match call.operation.as_str() {
        "BatchGetItem" | "PutItem" | "ListRequestedServiceQuotaChangeHistoryByQuota" => {
            Answer::json_error(status, code, "no")
        }
        "GetAccount" => Answer::rest_error(status, code, "no"),
        "PutMetricData" => Answer::cbor_error(status, code, "no"),
        _ => Answer::xml_error(status, code, "no"),
    }
}
