//! Reads variables, and collects what is wrong with them, so that all of it is in one message.

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
    expected: &'static str,
}

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(invalid) = self;
        let noun = if invalid.len() == 1 { "setting" } else { "settings" };
        write!(f, "{} invalid {noun} (environment variables of the function)", invalid.len())?;
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

    /// The partition of the function, from `AWS_REGION`; `None` where that names no Region.
    pub(super) fn partition(&self) -> Option<Partition> {
        let region: Region = self.value("AWS_REGION")?.parse().ok()?;
        Some(Partition::of(&region))
    }

    /// Notes that the value of a variable is not `expected`.
    pub(super) fn reject(&mut self, name: &'static str, value: String, expected: &'static str) {
        self.invalid.push(InvalidSetting { name, value: Some(value), expected });
    }

    /// A variable that may be unset. An invalid value is noted, and read as unset.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.reject(name, value, expected);
        }
        parsed
    }

    /// A variable that has to be set; `None` where it is not, or is invalid, which is noted.
    pub(super) fn required<T: FromStr>(&mut self, name: &'static str, expected: &'static str) -> Option<T> {
        if self.value(name).is_none() {
            self.invalid.push(InvalidSetting { name, value: None, expected });
        }
        self.optional(name, expected, |text| text.parse().ok())
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
