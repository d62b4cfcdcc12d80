//! What the fleet page needs, where a function shows that alone.

use super::Certificates;
use super::publishing::read_state_table;
use super::reader::Reader;
use super::sharding::read_interval;

/// What a function needs that shows the fleet page and does nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSettings {
    /// `STATE_TABLE`: name or ARN of the `DynamoDB` table, in which checks store what they find. Required.
    pub state_table: String,
    /// `CHECK_INTERVAL_MINUTES`: how often a check stores something, by which it is told what is out of date.
    pub interval_minutes: i64,
    /// `AWS_CA_BUNDLE`, `SSL_CERT_FILE` and `SSL_CERT_DIR`: whose certificates are accepted.
    pub certificates: Certificates,
}

impl PageSettings {
    /// `None` where the table is missing or invalid, which is noted.
    pub(super) fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Option<Self> {
        let state_table = read_state_table(reader);
        reader.require("STATE_TABLE", "the table in which the checks of the monitor store what they find");
        let interval_minutes = read_interval(reader);
        let certificates = Certificates::read(reader);
        Some(Self { state_table: state_table?, interval_minutes, certificates })
    }
}
