//! Which certificate authorities vouch for AWS.

use aws_smithy_http_client::tls::TrustStore;

/// The roots of Amazon Trust Services, all five, as it asks of whoever keeps a list of roots of their own.
///
/// Source: amazontrust.com, "Repository", where the fingerprints stand.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// The roots to trust in a Region: Amazon's own, or those of the machine.
///
/// Reading the 140 roots that a machine trusts took 40% of a cold check. Given up: a certificate authority that somebody
/// has added to the machine counts only if `SSL_CERT_FILE` or `SSL_CERT_DIR` says where it is.
pub(super) fn trust_store(region: &str, is_set: impl Fn(&str) -> bool) -> TrustStore {
    // In China, AWS has its certificates from elsewhere; of partitions that are cut off from the internet we know nothing.
    let is_amazons = !(region.starts_with("cn-") || region.contains("-iso"));
    if is_amazons && !["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().any(is_set) {
        TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
    } else {
        TrustStore::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_the_machines(region: &str, set: &str) -> bool {
        format!("{:?}", trust_store(region, |name| name == set)).contains("enable_native_roots: true")
    }

    #[test]
    fn amazon_is_trusted_where_it_signs_and_the_machine_elsewhere() {
        for region in ["us-east-1", "us-gov-west-1", "eusc-de-east-1"] {
            assert!(!is_the_machines(region, ""), "{region}");
        }
        for region in ["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"] {
            assert!(is_the_machines(region, ""), "{region}");
        }
    }

    #[test]
    fn whoever_names_a_file_is_obeyed() {
        assert!(is_the_machines("us-east-1", "SSL_CERT_FILE"));
        assert!(is_the_machines("us-east-1", "SSL_CERT_DIR"));
    }
}
