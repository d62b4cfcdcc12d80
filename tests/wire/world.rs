//! A function that is invoked every five minutes, in an AWS with a memory and with faults.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use ses_quota_monitor::aws::Clients;
use ses_quota_monitor::check::{Invocation, Monitor};
use ses_quota_monitor::request::Request;
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
    /// Nothing happened, and there is no answer.
    RequestLost,
    /// It is carried out, and there is no answer.
    AnswerLost,
    /// The process dies before it leaves.
    CrashBefore,
    /// The process dies after it is carried out.
    CrashAfter,
}

impl Ending {
    pub const ALL: [Self; 5] =
        [Self::Refused, Self::RequestLost, Self::AnswerLost, Self::CrashBefore, Self::CrashAfter];
}

/// One message that subscribers got.
#[derive(Debug, Clone)]
pub struct Received {
    pub kind: String,
    pub level: String,
    pub alert_id: String,
}

/// The state table, what the subscribers received, and the clock.
#[derive(Debug, Clone, Default)]
pub struct World {
    table: Table,
    received: Arc<Mutex<Vec<Received>>>,
    checks: u32,
}

impl World {
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Runs a check, and returns the level that it reports; `None` if it crashed or the level is unknown.
    pub async fn check(&mut self, sent: u32, fault: Option<Fault>) -> Option<String> {
        let (crash, world) = (Arc::new(Notify::new()), self.clone());
        let crashed = crash.clone();
        let aws = Aws::new(move |call| {
            let strikes = |fault: &Fault| {
                call.operation == fault.operation && (call.nth == fault.nth || (fault.lasts && call.nth > fault.nth))
            };
            let Some(fault) = fault.filter(strikes) else { return world.carry_out(call, sent) };
            if matches!(fault.ending, Ending::AnswerLost | Ending::CrashAfter) {
                world.carry_out(call, sent);
            }
            match fault.ending {
                Ending::Refused => refused(call),
                Ending::RequestLost | Ending::AnswerLost => Answer::Silence,
                Ending::CrashBefore | Ending::CrashAfter => {
                    crash.notify_one();
                    Answer::Silence
                }
            }
        });
        let invocation = Invocation {
            started_at: invocation().started_at.plus_seconds(300 * i64::from(self.checks)),
            request_id: format!("request-{}", self.checks),
            ..invocation()
        };
        self.checks += 1;
        let settings = settings(&[("REMINDER_HOURS", "0")]);
        let monitor = Monitor::new(settings.clone(), Clients::from_config(&aws.config(), &settings));
        tokio::select! {
            biased;
            () = crashed.notified() => None,
            report = monitor.check(Request::Scheduled, &invocation) => {
                let report = serde_json::to_value(report).unwrap();
                report["targets"][0]["level"].as_str().map(str::to_owned)
            }
        }
    }

    fn carry_out(&self, call: &Call, sent: u32) -> Answer {
        match call.operation.as_str() {
            "GetSendQuota" => return Answer::quota(sent, 1_000, 14),
            "GetItem" | "PutItem" => return self.table.answer(call),
            "Publish" => {
                let body: Value = serde_json::from_str(&call.form()["Message"]).unwrap();
                let document: Value = serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap();
                let text = |name: &str| document[name].as_str().unwrap().to_owned();
                let received = Received { kind: text("kind"), level: text("level"), alert_id: text("alertId") };
                self.received.lock().unwrap().push(received);
            }
            _ => {}
        }
        healthy(call)
    }
}

fn refused(call: &Call) -> Answer {
    match call.operation.as_str() {
        "GetItem" | "PutItem" => Answer::json_error(400, "AccessDeniedException", "no"),
        "PutMetricData" => Answer::cbor_error(403, "AccessDenied", "no"),
        _ => Answer::xml_error(403, "AccessDenied", "no"),
    }
}
