//! The settings, from the environment variables of the function.

use std::fmt;
use std::str::FromStr;

use crate::alert::AlertPolicy;
use crate::alert::Thresholds;
use crate::target::{Partition, Region};

/// The longest `REMINDER_HOURS`: a year.
const MOST_REMINDER_HOURS: f64 = 8_760.0;

/// What the person who installed the monitor chose. Every variable but `ALERT_TOPIC_ARN` has a default; empty is unset.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `ALERT_TOPIC_ARN`: the SNS topic for alerts. Required.
    pub alert_topic: TopicArn,
    /// `STATE_TABLE`: name or ARN of the DynamoDB table with the alert state. Unset: nothing is remembered, and every
    /// check at WARNING or above alerts again.
    pub state_table: Option<String>,
    /// `METRIC_NAMESPACE`: the CloudWatch namespace of the metrics. Default `SESQuotaMonitor`.
    pub metric_namespace: String,
    /// `REGIONS`: the Regions to check, each once, in the order given. Default: the function's own, from `AWS_REGION`.
    pub regions: Vec<Region>,
    /// `WARNING_PERCENT` (80), `CRITICAL_PERCENT` (95) and `CLEAR_MARGIN_PERCENT` (5), in percent of the quota;
    /// `REMINDER_HOURS` (24), 0 for never.
    pub policy: AlertPolicy,
}

/// The ARN of an SNS topic. It may lie in another Region than the function, so it tells the Region to publish in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicArn {
    arn: String,
    region: Region,
}

impl TopicArn {
    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.arn
    }

    /// The Region of the topic.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }
}

impl FromStr for TopicArn {
    type Err = ();

    fn from_str(arn: &str) -> Result<Self, ()> {
        let name_ok = |name: &str| {
            (1..=256).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let parts: Vec<&str> = arn.split(':').collect();
        match parts[..] {
            ["arn", partition, "sns", region, account, name]
                if partition.parse::<Partition>().is_ok()
                    && account.len() == 12
                    && account.bytes().all(|byte| byte.is_ascii_digit())
                    && name_ok(name) =>
            {
                Ok(Self { arn: arn.to_owned(), region: region.parse().map_err(|_| ())? })
            }
            _ => Err(()),
        }
    }
}

/// Everything that is wrong with the settings, in one message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidSettings(Vec<Fault>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    name: &'static str,
    /// As it was set; `None` where it was not.
    value: Option<String>,
    allowed: &'static str,
}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(faults) = self;
        let (noun, them) = if faults.len() == 1 { ("setting is", "it") } else { ("settings are", "them") };
        write!(f, "{} {noun} wrong; correct {them} in the function's environment variables:", faults.len())?;
        for (place, Fault { name, value, allowed }) in faults.iter().enumerate() {
            let gap = if place == 0 { " " } else { "; " };
            match value {
                Some(value) => write!(f, "{gap}{name}={value:?}: allowed is {allowed}")?,
                None => write!(f, "{gap}{name} is not set: needed is {allowed}")?,
            }
        }
        Ok(())
    }
}

impl Settings {
    /// Reads the settings from the environment of the process.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every fault there is.
    pub fn from_env() -> Result<Self, InvalidSettings> {
        Self::from_lookup(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads the settings from anything that tells the value of a variable.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every fault there is.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut read = Reader { lookup, faults: Vec::new() };
        let alert_topic = read.required(
            "ALERT_TOPIC_ARN",
            "the ARN of a standard SNS topic, such as arn:aws:sns:us-east-1:111122223333:alerts",
        );
        let state_table = read.optional(
            "STATE_TABLE",
            "the name or ARN of a DynamoDB table (3 to 1024 of A-Z a-z 0-9 _ . - : /)",
            |text| is_table(text).then(|| text.to_owned()),
        );
        let metric_namespace = read.optional(
            "METRIC_NAMESPACE",
            "1 to 255 of A-Z a-z 0-9 . - _ / # : and space, beginning neither with AWS/ nor with a colon or space",
            |text| is_namespace(text).then(|| text.to_owned()),
        );
        let regions = read.regions();
        let percent = |text: &str| number(text).filter(|percent| (0.0..=100.0).contains(percent));
        let warning =
            read.optional("WARNING_PERCENT", "a number above 0 and below CRITICAL_PERCENT", percent).unwrap_or(80.0);
        let critical = read
            .optional("CRITICAL_PERCENT", "a number above WARNING_PERCENT and at most 100", percent)
            .unwrap_or(95.0);
        let margin =
            read.optional("CLEAR_MARGIN_PERCENT", "a number from 0 to below WARNING_PERCENT", percent).unwrap_or(5.0);
        let thresholds = read.thresholds(warning, critical, margin);
        let reminder_hours = read
            .optional("REMINDER_HOURS", "a number of hours from 0 (never) to 8760", |text| {
                number(text).filter(|hours| (0.0..=MOST_REMINDER_HOURS).contains(hours))
            })
            .unwrap_or(24.0);
        #[allow(clippy::cast_possible_truncation)] // At most a year of seconds.
        let reminder_seconds = (reminder_hours > 0.0).then_some((reminder_hours * 3_600.0) as i64);

        match (alert_topic, regions) {
            (Some(alert_topic), Some(regions)) if read.faults.is_empty() => Ok(Self {
                alert_topic,
                state_table,
                metric_namespace: metric_namespace.unwrap_or_else(|| "SESQuotaMonitor".to_owned()),
                regions,
                policy: AlertPolicy { thresholds, reminder_seconds },
            }),
            _ => Err(InvalidSettings(read.faults)),
        }
    }
}

/// Reads variables, and collects what is wrong with them.
struct Reader<L> {
    lookup: L,
    faults: Vec<Fault>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn fault(&mut self, name: &'static str, value: Option<String>, allowed: &'static str) {
        self.faults.push(Fault { name, value, allowed });
    }

    fn optional<T>(
        &mut self,
        name: &'static str,
        allowed: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.fault(name, Some(value), allowed);
        }
        parsed
    }

    fn required<T: FromStr>(&mut self, name: &'static str, allowed: &'static str) -> Option<T> {
        if self.value(name).is_none() {
            self.fault(name, None, allowed);
        }
        self.optional(name, allowed, |text| text.parse().ok())
    }

    fn regions(&mut self) -> Option<Vec<Region>> {
        const ALLOWED: &str = "AWS Regions, comma-separated, such as us-east-1,eu-west-1";
        let Some(list) = self.value("REGIONS") else {
            return self
                .required("AWS_REGION", "the function's Region, which Lambda sets; or set REGIONS")
                .map(|own| vec![own]);
        };
        let mut regions: Vec<Region> = Vec::new();
        let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
        for region in names.map(str::parse) {
            match region {
                Ok(region) if regions.contains(&region) => {}
                Ok(region) => regions.push(region),
                Err(_) => {
                    self.fault("REGIONS", Some(list.clone()), ALLOWED);
                    return None;
                }
            }
        }
        if regions.is_empty() {
            self.fault("REGIONS", Some(list), ALLOWED);
            return None;
        }
        Some(regions)
    }

    /// The thresholds together; a fault names those that do not go together, unless each was already at fault alone.
    fn thresholds(&mut self, warning: f64, critical: f64, margin: f64) -> Thresholds {
        let each_is_valid = !self.faults.iter().any(|fault| fault.name.ends_with("_PERCENT"));
        match Thresholds::new(warning, critical, margin) {
            Some(thresholds) => return thresholds,
            None if !each_is_valid => {}
            None if !(0.0 < warning && warning < critical) => self.fault(
                "WARNING_PERCENT and CRITICAL_PERCENT",
                Some(format!("{warning} and {critical}")),
                "0 < WARNING_PERCENT < CRITICAL_PERCENT <= 100",
            ),
            None => self.fault(
                "CLEAR_MARGIN_PERCENT",
                Some(margin.to_string()),
                "a number from 0 to below WARNING_PERCENT, or an alert could never end",
            ),
        }
        Thresholds::default()
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Source: Amazon DynamoDB API reference, `GetItem`, `TableName`.
fn is_table(text: &str) -> bool {
    (3..=1_024).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:/".contains(&byte))
}

/// Source: Amazon CloudWatch API reference, `PutMetricData`, `Namespace`, and the user guide on namespaces.
fn is_namespace(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && !text.starts_with("AWS/")
        && !text.starts_with(':')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#: ".contains(&byte))
}

#[cfg(test)]
mod tests;
