//! What is wrong, and what to do about it; and what was looked at.

use anstyle::{AnsiColor, Style};
use serde::{Serialize, Serializer};

use crate::Exit;
use crate::failed::Failed;

/// How bad it is. Something that cannot be examined may be anything, so it is worse than what can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something that can wait.
    Warning,
    /// Nothing can be said.
    Unknown,
    /// Quota or alerts are not watched, or reach nobody.
    Critical,
}

impl Severity {
    /// The name that people and programs see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "WARNING",
            Self::Unknown => "UNKNOWN",
            Self::Critical => "CRITICAL",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Warning => AnsiColor::Yellow,
            Self::Unknown => AnsiColor::Magenta,
            Self::Critical => AnsiColor::Red,
        }
        .on_default()
        .bold()
    }
}

impl From<Severity> for Exit {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Warning => Self::Warning,
            Severity::Unknown => Self::Unknown,
            Severity::Critical => Self::Critical,
        }
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What was looked at, in the order in which it is shown. Its name is part of the output for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// The CloudFormation stack.
    Stack,
    /// The Lambda function.
    Function,
    /// The schedule that invokes it.
    Schedule,
    /// The checks that ran lately.
    Checks,
    /// The topic that alerts are published to, and who is subscribed to it.
    AlertTopic,
    /// The phones that are subscribed.
    Phones,
    /// The topic in `OperatorTopicArn`.
    OperatorTopic,
    /// The alarms of the template.
    Alarms,
    /// The queues with what failed, and the one with parts of checks.
    Queues,
    /// The table with the alert state.
    StateTable,
    /// The accounts and Regions that the function reads.
    Accounts,
    /// The Regions of the stack's own account.
    Regions,
}

impl Subject {
    fn label(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Function => "function",
            Self::Schedule => "schedule",
            Self::Checks => "checks",
            Self::AlertTopic => "alert topic",
            Self::Phones => "phones",
            Self::OperatorTopic => "operator topic",
            Self::Alarms => "alarms",
            Self::Queues => "queues",
            Self::StateTable => "state table",
            Self::Accounts => "accounts",
            Self::Regions => "Regions",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// What is wrong, in one sentence without a full stop.
    #[serde(rename = "finding")]
    pub wrong: String,
    /// What to do about it, in one or more lines.
    pub to_do: String,
}

/// Something that was looked at, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// What it is.
    pub subject: Subject,
    /// How it is.
    pub found: String,
}

/// What was found in one place or in all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    findings: Vec<Finding>,
    examined: Vec<Examined>,
}

impl Diagnosis {
    /// Notes how something is.
    pub fn examined(&mut self, subject: Subject, found: impl Into<String>) {
        self.examined.push(Examined { subject, found: found.into() });
    }

    /// Notes something that can wait.
    pub fn warn(&mut self, subject: Subject, wrong: impl Into<String>, to_do: impl Into<String>) {
        self.find(Severity::Warning, subject, wrong.into(), to_do.into());
    }

    /// Notes something that cannot.
    pub fn critical(&mut self, subject: Subject, wrong: impl Into<String>, to_do: impl Into<String>) {
        self.find(Severity::Critical, subject, wrong.into(), to_do.into());
    }

    /// Notes what could not be examined, and why not.
    pub fn unknown(&mut self, subject: Subject, Failed { wrong, to_do }: &Failed) {
        let to_do = to_do.clone().unwrap_or_else(|| "Correct the cause, and run ses-quota doctor again.".to_owned());
        self.find(Severity::Unknown, subject, format!("{} cannot be examined: {wrong}", subject.label()), to_do);
    }

    fn find(&mut self, severity: Severity, subject: Subject, wrong: String, to_do: String) {
        self.findings.push(Finding { severity, subject, wrong, to_do });
    }

    /// Whether something cannot wait.
    pub fn is_critical(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Critical)
    }

    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.examined.extend(other.examined);
    }

    /// All findings, the worst first.
    fn worst_first(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by(|one, other| {
            other
                .severity
                .cmp(&one.severity)
                .then_with(|| (one.subject, &one.wrong).cmp(&(other.subject, &other.wrong)))
        });
        findings
    }

    /// As a monitoring plug-in ends: by the worst.
    pub fn exit(&self) -> Exit {
        self.findings.iter().map(|finding| finding.severity).max().map_or(Exit::Ok, Exit::from)
    }

    /// As programs see it.
    pub fn shown(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Shown<'a> {
            exit: u8,
            findings: Vec<&'a Finding>,
            examined: &'a [Examined],
        }
        Shown { exit: self.exit() as u8, findings: self.worst_first(), examined: &self.examined }
    }

    /// For people: each finding with what to do below it, then what was looked at, so that an OK can be believed.
    pub fn text(&self) -> String {
        let green = AnsiColor::Green.on_default().bold();
        let mut lines: Vec<String> = Vec::new();
        for Finding { severity, wrong, to_do, .. } in self.worst_first() {
            let (style, name) = (severity.style(), severity.name());
            lines.push(format!("{style}{name:<10}{style:#}{wrong}"));
            lines.extend(to_do.lines().map(|line| format!("{:10}{line}", "")));
            lines.push(String::new());
        }
        let examined = self.examined.len();
        lines.push(match self.findings.len() {
            0 => format!("{green}No problem found.{green:#} Examined: {examined}"),
            1 => format!("1 problem found. Examined: {examined}"),
            found => format!("{found} problems found. Examined: {examined}"),
        });
        lines.extend(
            self.examined.iter().map(|Examined { subject, found }| format!("  {:<16}{found}", subject.label())),
        );
        lines.join("\n")
    }
}

#[cfg(test)]
pub mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    impl Diagnosis {
        /// Without colors, as it is where there is no terminal.
        pub fn plain(&self) -> String {
            anstream::adapter::strip_str(&self.text()).to_string()
        }
    }

    #[test]
    fn what_is_wrong_comes_with_what_to_do_and_with_what_was_examined() {
        let mut diagnosis = Diagnosis::default();
        diagnosis.examined(Subject::Stack, "UPDATE_COMPLETE");
        diagnosis.warn(Subject::Queues, "1 event waits", "Read it:\naws sqs receive-message");
        diagnosis.unknown(Subject::Alarms, &Failed::new("cloudwatch:DescribeAlarms: AccessDenied: no"));
        diagnosis.critical(Subject::Schedule, "the schedule is disabled", "Enable it.");
        assert_snapshot!(diagnosis.plain(), @r"
        CRITICAL  the schedule is disabled
                  Enable it.

        UNKNOWN   alarms cannot be examined: cloudwatch:DescribeAlarms: AccessDenied: no
                  Correct the cause, and run ses-quota doctor again.

        WARNING   1 event waits
                  Read it:
                  aws sqs receive-message

        3 problems found. Examined: 1
          stack           UPDATE_COMPLETE
        ");
        assert_snapshot!(serde_json::to_string(&diagnosis.shown()).unwrap(), @r#"{"exit":2,"findings":[{"severity":"CRITICAL","subject":"schedule","finding":"the schedule is disabled","toDo":"Enable it."},{"severity":"UNKNOWN","subject":"alarms","finding":"alarms cannot be examined: cloudwatch:DescribeAlarms: AccessDenied: no","toDo":"Correct the cause, and run ses-quota doctor again."},{"severity":"WARNING","subject":"queues","finding":"1 event waits","toDo":"Read it:\naws sqs receive-message"}],"examined":[{"subject":"stack","found":"UPDATE_COMPLETE"}]}"#);
    }

    #[test]
    fn a_sound_installation_says_what_was_examined() {
        let mut diagnosis = Diagnosis::default();
        diagnosis.examined(Subject::Stack, "UPDATE_COMPLETE");
        diagnosis.examined(Subject::AlertTopic, "1 confirmed subscription");
        assert_snapshot!(diagnosis.plain(), @r"
        No problem found. Examined: 2
          stack           UPDATE_COMPLETE
          alert topic     1 confirmed subscription
        ");
        assert!(diagnosis.exit() == Exit::Ok && !diagnosis.is_critical());
    }

    fn any_severity() -> impl Strategy<Value = Severity> {
        prop::sample::select(vec![Severity::Warning, Severity::Unknown, Severity::Critical])
    }

    proptest! {
        #[test]
        fn the_worst_comes_first_and_decides_how_it_ends(severities in prop::collection::vec(any_severity(), 0..12)) {
            let mut diagnosis = Diagnosis::default();
            for (number, severity) in severities.iter().enumerate() {
                diagnosis.find(*severity, Subject::Alarms, number.to_string(), String::new());
            }
            let shown: Vec<Severity> = diagnosis.worst_first().iter().map(|finding| finding.severity).collect();
            prop_assert_eq!(shown.len(), severities.len());
            prop_assert!(shown.is_sorted_by(|one, other| one >= other));
            // CRITICAL hides nothing, and what is unknown is never OK.
            let worst = [(Severity::Critical, 2), (Severity::Unknown, 3), (Severity::Warning, 1)];
            let exit = worst.into_iter().find(|(severity, _)| severities.contains(severity)).map_or(0, |(_, exit)| exit);
            prop_assert_eq!(diagnosis.exit() as u8, exit);
        }
    }
}
