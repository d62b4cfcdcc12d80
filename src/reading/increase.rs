//! Requests for a higher send quota, as Service Quotas lists them.

use std::fmt;

use serde::{Serialize, Serializer};

use super::quota::IMPLAUSIBLE;
use crate::numbers::json_number;
use crate::shown::shown_by;
use crate::time::Timestamp;

/// Amazon SES among the services of Service Quotas.
pub const SES_SERVICE_CODE: &str = "ses";

/// The quota `Sending quota` of that service.
///
/// Source: AWS General Reference, "Amazon Simple Email Service endpoints and quotas".
pub const SENDING_QUOTA_CODE: &str = "L-804C8AE8";

/// A request for a higher send quota of one account in one Region.
///
/// Source: Service Quotas API reference, `RequestedServiceQuotaChange`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IncreaseRequest {
    /// The quota that it asks for: recipients in 24 hours.
    #[serde(serialize_with = "as_number")]
    desired_value: f64,
    /// How far it has come.
    pub status: RequestStatus,
    /// When it was filed.
    pub requested_at: Timestamp,
    /// When its status changed last. Of one that is open, that tells nothing to anybody.
    #[serde(skip)]
    pub updated_at: Option<Timestamp>,
    /// The support case in which AWS handles it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_id: Option<CaseId>,
}

/// `Status` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestStatus {
    /// `PENDING`: AWS looks at it.
    Pending,
    /// `CASE_OPENED`: AWS looks at it in a support case.
    CaseOpened,
    /// `APPROVED`
    Approved,
    /// `DENIED`
    Denied,
    /// `NOT_APPROVED`
    NotApproved,
    /// `CASE_CLOSED`: the case says how it ended.
    CaseClosed,
    /// `INVALID_REQUEST`
    InvalidRequest,
}

/// The number of a support case: at most 64 letters, digits and `-`, since it comes from outside and becomes part of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseId(String);

impl IncreaseRequest {
    /// A request. `None` for a value that no quota has.
    #[must_use]
    pub fn new(
        desired_value: f64,
        status: RequestStatus,
        requested_at: Timestamp,
        case_id: Option<&str>,
    ) -> Option<Self> {
        let case_id = case_id.and_then(CaseId::new);
        let request = Self { desired_value, status, requested_at, updated_at: None, case_id };
        (1.0..=IMPLAUSIBLE).contains(&desired_value).then_some(request)
    }

    /// The quota that it asks for: 1 to a trillion recipients in 24 hours.
    #[must_use]
    pub fn desired_value(&self) -> f64 {
        self.desired_value
    }

    /// Which of these is open; the newest, if there are several.
    #[must_use]
    pub fn open_of(requests: impl IntoIterator<Item = Self>) -> Option<Self> {
        let open = requests.into_iter().filter(|request| request.status.is_open());
        open.max_by_key(|request| request.requested_at)
    }
}

impl RequestStatus {
    const ALL: [Self; 7] = [
        Self::Pending,
        Self::CaseOpened,
        Self::Approved,
        Self::Denied,
        Self::NotApproved,
        Self::CaseClosed,
        Self::InvalidRequest,
    ];

    /// The status of a name; `None` for one that this version does not know.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The name that AWS gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::CaseOpened => "CASE_OPENED",
            Self::Approved => "APPROVED",
            Self::Denied => "DENIED",
            Self::NotApproved => "NOT_APPROVED",
            Self::CaseClosed => "CASE_CLOSED",
            Self::InvalidRequest => "INVALID_REQUEST",
        }
    }

    /// Whether AWS has not decided yet. Until then, no other request can be filed.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::CaseOpened)
    }
}

shown_by!(name: RequestStatus);

impl CaseId {
    fn new(text: &str) -> Option<Self> {
        /// Longer than any that AWS has.
        const MOST_CHARACTERS: usize = 64;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        ((1..=MOST_CHARACTERS).contains(&text.len()) && text.chars().all(is_plain)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
fn as_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    json_number(*value).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(value: f64, status: RequestStatus, seconds: i64) -> IncreaseRequest {
        IncreaseRequest::new(value, status, Timestamp::from_epoch_seconds(seconds), None).unwrap()
    }

    #[test]
    fn the_newest_that_aws_has_not_decided_is_open() {
        let open = |requests: &[IncreaseRequest]| IncreaseRequest::open_of(requests.to_vec());
        let (older, newer) = (request(1.0, RequestStatus::CaseOpened, 10), request(2.0, RequestStatus::Pending, 20));
        assert_eq!(open(&[]), None);
        assert_eq!(open(&[newer.clone(), older.clone()]), Some(newer.clone()));
        assert_eq!(open(&[older, newer.clone()]), Some(newer));
        for status in RequestStatus::ALL {
            assert_eq!(open(&[request(1.0, status, 10)]).is_some(), status.is_open(), "{status}");
            assert_eq!(RequestStatus::named(status.name()), Some(status));
        }
        assert_eq!(RequestStatus::named("SOMETHING_NEW"), None);
    }

    #[test]
    fn a_value_that_no_quota_has_is_no_request() {
        let new = |value| IncreaseRequest::new(value, RequestStatus::Pending, Timestamp::EPOCH, None).is_some();
        assert_eq!([f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300].map(new), [false; 5]);
        assert_eq!([1.0, 100_000.0, 1e12].map(new), [true; 3]);
    }

    #[test]
    fn the_number_of_a_case_fits_a_link() {
        let shown = |text: &str| CaseId::new(text).map(|case| case.to_string());
        for case in ["6780195351", "case-111122223333-muen-2026-a1b2c3"] {
            assert_eq!(shown(case).as_deref(), Some(case));
        }
        for text in ["", "1 2", "1&x=<b>", "1\n2", "\u{661}", &"1".repeat(65)] {
            assert_eq!(shown(text), None, "{text:?}");
        }
    }
}
