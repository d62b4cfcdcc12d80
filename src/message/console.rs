//! Pages of the AWS console: links, or where the console of a partition is unknown, the names of pages.

use crate::reading::CaseId;
use crate::target::Target;

/// What was sent, and whether sending is enabled.
#[must_use]
pub fn account_dashboard(target: &Target) -> String {
    console_page(target, "ses/home", "#/account", "the SES account dashboard")
}

/// A quota of Amazon SES, by its code.
#[must_use]
pub fn service_quotas(target: &Target, code: &str) -> String {
    let path = format!("servicequotas/home/services/ses/quotas/{code}");
    console_page(target, &path, "", &format!("Service Quotas, quota {code}"))
}

/// The requests for higher quotas of the last 90 days.
///
/// Source: Service Quotas user guide, "Requesting a quota increase".
#[must_use]
pub fn request_history(target: &Target) -> String {
    console_page(target, "servicequotas/home/requests", "", "Service Quotas, quota request history")
}

/// A support case.
#[must_use]
pub fn support_case(target: &Target, case: &CaseId) -> String {
    match target.account.partition.console_domain() {
        Some(domain) => format!("https://{domain}/support/home#/case/?displayId={case}"),
        None => format!("In the console: the AWS Support Center, case {case}"),
    }
}

/// Support Center, which is one for all Regions.
#[must_use]
pub fn support_center(target: &Target) -> String {
    match target.account.partition.console_domain() {
        Some(domain) => format!("https://{domain}/support/home"),
        None => "In the console: the AWS Support Center".to_owned(),
    }
}

/// A link to a page of the console of the target's Region and partition. Where the console is unknown, the page's name. The
/// page of an account as a whole is in the Region that the console shows last.
fn console_page(target: &Target, path: &str, fragment: &str, name: &str) -> String {
    let region = &target.region;
    match (target.account.partition.console_domain(), region.is_all()) {
        (Some(domain), false) => format!("https://{region}.{domain}/{path}?region={region}{fragment}"),
        (Some(domain), true) => format!("https://{domain}/{path}{fragment}"),
        (None, false) => format!("In the console of {region}: {name}"),
        (None, true) => format!("In the console: {name}"),
    }
}
