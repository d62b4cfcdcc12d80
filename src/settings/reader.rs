//! Reads variables, and collects what is wrong with them, so that all of it is in one message.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::target::{Partition, Region};

/// Everything that is wrong with the settings, in one message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidSettings(Vec<InvalidSetting>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct InvalidSetting {
    name: &'static str,
    /// As it was set; `None` where it was not.
    value: Option<String>,
    expected: Cow<'static, str>,
}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(invalid) = self;
        let noun = if invalid.len() == 1 { "setting" } else { "settings" };
        write!(f, "{} invalid {noun}", invalid.len())?;
        for (place, InvalidSetting { name, value, expected }) in invalid.iter().enumerate() {
            let gap = if place == 0 { ": " } else { "; " };
            match value {
                Some(value) => write!(f, "{gap}{name}={value:?}: expected {expected}")?,
                None => write!(f, "{gap}{name} is required: {expected}")?,
            }
        }
        Ok(())
    }
}

/// Reads variables, and collects the invalid ones.
pub(super) struct Reader<L> {
    lookup: L,
    invalid: Vec<InvalidSetting>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    pub(super) fn new(lookup: L) -> Self {
        Self { lookup, invalid: Vec::new() }
    }

    /// The value of a variable, trimmed; `None` where it is unset or empty.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Notes that the value of a variable is not `expected`.
    pub(super) fn reject(&mut self, name: &'static str, value: String, expected: impl Into<Cow<'static, str>>) {
        self.invalid.push(InvalidSetting { name, value: Some(value), expected: expected.into() });
    }

    /// Notes a variable that names `what` in another partition than the function's: the credentials of its role are valid
    /// in one partition.
    ///
    /// Source: AWS whitepaper "AWS Fault Isolation Boundaries", "Partitions".
    pub(super) fn require_own_partition(
        &mut self,
        name: &'static str,
        what: &str,
        partitions: impl IntoIterator<Item = Partition>,
    ) {
        let Some(own) = self.own_partition() else { return };
        if partitions.into_iter().any(|partition| partition != own) {
            let value = self.value(name).unwrap_or_default();
            self.reject(name, value, format!("{what} in {}", self.own_partition_named()));
        }
    }

    /// The function's partition; `None` where it cannot be told.
    pub(super) fn own_partition(&self) -> Option<Partition> {
        self.value("AWS_REGION")?.parse().ok().as_ref().and_then(Region::partition)
    }

    /// For messages: the function's partition, and what it follows from.
    pub(super) fn own_partition_named(&self) -> String {
        let own = self.own_partition().map_or_else(String::new, |own| format!(", {own}"));
        format!("the function's partition{own} (AWS_REGION={})", self.value("AWS_REGION").unwrap_or_default())
    }

    /// A variable that may be unset. An invalid value is noted, and read as unset.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.parsed(name, |text| parse(text).ok_or(expected.into()))
    }

    /// As [`Self::optional`], where what is expected depends on what is wrong.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, Cow<'static, str>>,
    ) -> Option<T> {
        let value = self.value(name)?;
        parse(&value).map_err(|expected| self.reject(name, value, expected)).ok()
    }

    /// A variable that has to be set; `None` where it is not, or is invalid, which is noted.
    pub(super) fn required<T: FromStr>(&mut self, name: &'static str, expected: &'static str) -> Option<T> {
        self.require(name, expected);
        self.optional(name, expected, |text| text.parse().ok())
    }

    /// Notes a variable that has to be set, and is not.
    pub(super) fn require(&mut self, name: &'static str, expected: &'static str) {
        if self.value(name).is_none() {
            self.invalid.push(InvalidSetting { name, value: None, expected: expected.into() });
        }
    }

    /// Whether a variable whose name ends so is noted as invalid.
    pub(super) fn has_rejected(&self, name_end: &str) -> bool {
        self.invalid.iter().any(|setting| setting.name.ends_with(name_end))
    }

    /// What was read, or everything that was noted.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, InvalidSettings> {
        read.filter(|_| self.invalid.is_empty()).ok_or(InvalidSettings(self.invalid))
    }
}
