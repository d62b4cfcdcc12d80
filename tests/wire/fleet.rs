//! A fleet: accounts in Regions, and what checks of them did.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use ses_quota_monitor::check::{Invocation, Monitor, Report, Worked};
use ses_quota_monitor::request::{Event, Request};

use crate::support::{self, Answer, Aws, Call, Organization, Table, healthy, invocation};

/// The function's own account.
pub const OWN: &str = "111122223333";

/// The ID of one of many other accounts.
pub fn account(number: usize) -> String {
    format!("4444{number:08}")
}

/// The IDs of the first `count` of them, as `ACCOUNTS` has them.
pub fn accounts(count: usize) -> String {
    (0..count).map(account).collect::<Vec<_>>().join(",")
}

/// `444400000000#eu-west-1`: whom and where a request to SES asks.
pub fn asked(call: &Call) -> Option<String> {
    let region = call.host.strip_prefix("email.")?.split('.').next()?;
    Some(format!("{}#{region}", call.account().unwrap_or(OWN)))
}

/// What accounts there are, and what is stored about them. A clone has the same table.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    pub table: Table,
    pub organization: Organization,
}

impl Fleet {
    /// An AWS in which hardly anything of any quota is used, except where `answer` says something else.
    pub fn aws(&self, answer: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) -> Aws {
        let fleet = self.clone();
        Aws::new(move |call| answer(call).unwrap_or_else(|| fleet.usual(call)))
    }

    /// What is answered where nothing else is said.
    pub fn usual(&self, call: &Call) -> Answer {
        match call.operation.as_str() {
            "GetSendQuota" => Answer::quota(10, 1_000, 14),
            "BatchGetItem" | "PutItem" => self.table.answer(call),
            "ListAccounts" | "ListAccountsForParent" | "ListOrganizationalUnitsForParent" => {
                self.organization.answer(call)
            }
            _ => healthy(call),
        }
    }
}

/// A process that checks.
pub struct Process {
    /// Of all processes.
    number: u64,
    aws: Aws,
    pub monitor: Monitor,
}

impl Process {
    pub fn new(aws: &Aws, variables: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { number, aws: aws.clone(), monitor: support::monitor(aws, variables) }
    }

    fn invocation(&self, minute: i64) -> Invocation {
        Invocation { attempt: self.number, ..at_minute(minute) }
    }

    /// A scheduled check at so many minutes after noon.
    pub async fn check(&self, minute: i64) -> Done {
        self.request(Request::Scheduled, minute).await
    }

    pub async fn request(&self, request: Request, minute: i64) -> Done {
        let before = self.aws.calls().len();
        let report = self.monitor.check(request, &self.invocation(minute)).await;
        let json = with_all_targets(&report);
        let error = report.into_result().err().map(|failed| failed.to_string());
        Done { calls: self.aws.calls().split_off(before), report: json, error }
    }

    /// An invocation with a message of the queue.
    pub async fn work(&self, body: &str, minute: i64) -> (Delivery, Done) {
        let record = json!({"messageId": "message-1", "eventSource": "aws:sqs", "body": body});
        let Ok(Event::Work(items)) = Event::read(&json!({"Records": [record]})) else { panic!("no message: {body}") };
        let before = self.aws.calls().len();
        let (delivery, report, error) = match self.monitor.work(&items[0], &self.invocation(minute)).await {
            Ok(Worked::Checked(report)) => (Delivery::Checked, with_all_targets(&report), None),
            Ok(Worked::Stale) => (Delivery::Stale, Value::Null, None),
            Err(failed) => (Delivery::Failed, Value::Null, Some(failed.to_string())),
        };
        (delivery, Done { calls: self.aws.calls().split_off(before), report, error })
    }
}

/// All of the targets, of which a report shows a hundred.
fn with_all_targets(report: &Report) -> Value {
    let mut json = serde_json::to_value(report).unwrap();
    json["targets"] = serde_json::to_value(&report.targets).unwrap();
    json
}

/// What becomes of a message of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Checked,
    Stale,
    Failed,
}

/// An invocation at so many minutes after noon.
pub fn at_minute(minute: i64) -> Invocation {
    let started_at = invocation().started_at.plus_seconds(60 * minute);
    Invocation { started_at, request_id: format!("request-{minute}"), ..invocation() }
}

/// A check in a process of its own.
pub async fn check(aws: &Aws, minute: i64, variables: &[(&str, &str)]) -> Done {
    Process::new(aws, variables).check(minute).await
}

/// What a check did, and what became of it.
pub struct Done {
    pub calls: Vec<Call>,
    pub report: Value,
    /// The Lambda error that it ends in.
    pub error: Option<String>,
}

impl Done {
    /// The requests with an operation.
    pub fn of(&self, operation: &str) -> Vec<&Call> {
        self.calls.iter().filter(|call| call.operation == operation).collect()
    }

    /// The targets whose quota was asked for.
    pub fn read(&self) -> BTreeSet<String> {
        self.of("GetSendQuota").into_iter().filter_map(asked).collect()
    }

    /// The accounts in which a role was assumed, each as often as that.
    pub fn assumed(&self) -> Vec<String> {
        let mut all: Vec<String> = self.of("AssumeRole").into_iter().map(Call::assumed_account).collect();
        all.sort();
        all
    }

    /// The documents of all alerts, those in digests among them.
    pub fn alerts(&self) -> Vec<Value> {
        self.of("Publish").into_iter().flat_map(alerts).collect()
    }

    /// `444400000000#eu-west-1 QUOTA RAISED WARNING` for each alert.
    pub fn told(&self) -> Vec<String> {
        let mut all: Vec<String> = self.alerts().iter().map(told).collect();
        all.sort();
        all
    }

    /// `444400000000#eu-west-1 read Timeout` for each failure, and `accounts AccessDeniedException` for one of no target.
    pub fn failures(&self) -> Vec<String> {
        let targets = self.report["targets"].as_array().into_iter().flatten();
        let of_targets = targets.flat_map(|target| {
            let (account, region) = (target["account"].as_str().unwrap(), target["region"].as_str().unwrap());
            failures(target).map(move |failure| format!("{account}#{region} {failure}"))
        });
        of_targets.chain(failures(&self.report)).collect()
    }

    /// What is reported of a target.
    pub fn target(&self, target: &str) -> Option<&Value> {
        let (account, region) = target.split_once('#').unwrap();
        let mut targets = self.report["targets"].as_array().unwrap().iter();
        targets.find(|target| target["account"] == account && target["region"] == region)
    }

    /// All metrics, by `TargetsChecked` or `444400000000#eu-west-1 AlertLevel`.
    pub fn metrics(&self) -> Vec<(String, f64)> {
        let bodies = self.of("PutMetricData").into_iter().map(Call::cbor);
        let data = bodies.flat_map(|body| body["MetricData"].as_array().unwrap().clone());
        let named = data.map(|datum| {
            let name = datum["MetricName"].as_str().unwrap();
            let dimensions = datum["Dimensions"].as_array().map(|dimensions| {
                let [account, region] = &dimensions[..] else { panic!("{dimensions:?}") };
                format!("{}#{} ", account["Value"].as_str().unwrap(), region["Value"].as_str().unwrap())
            });
            (format!("{}{name}", dimensions.unwrap_or_default()), datum["Value"].as_f64().unwrap())
        });
        named.collect()
    }

    /// The value of one of them.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let mut values = self.metrics().into_iter().filter(|(other, _)| other == name).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        value
    }
}

/// The documents of the alerts in a message.
pub fn alerts(publish: &Call) -> Vec<Value> {
    let body: Value = serde_json::from_str(&publish.form()["Message"]).unwrap();
    let document: Value = serde_json::from_str(body["sqs"].as_str().unwrap()).unwrap();
    document["alerts"].as_array().cloned().unwrap_or_else(|| vec![document])
}

/// `444400000000#eu-west-1 QUOTA RAISED WARNING`
pub fn told(alert: &Value) -> String {
    let [account, region, subject, kind, level] =
        ["account", "region", "subject", "kind", "level"].map(|name| alert[name].as_str().unwrap());
    format!("{account}#{region} {subject} {kind} {level}")
}

/// `step code` of each failure of a target, or of a report.
fn failures(of: &Value) -> impl Iterator<Item = String> {
    let further = of["furtherErrors"].as_array().cloned().unwrap_or_default();
    let all = Some(of["error"].clone()).filter(Value::is_object).into_iter().chain(further);
    all.map(|error| format!("{} {}", error["step"].as_str().unwrap(), error["code"].as_str().unwrap()))
}
