//! Which certificate authorities the function trusts.

use aws_smithy_http_client::tls::TrustStore;

/// The five root certificates of Amazon Trust Services, which asks that a trust store includes all of them.
///
/// Source: amazontrust.com, "Repository", which lists their fingerprints.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// The certificates to trust in a Region: Amazon's roots, or those of the operating system.
///
/// Reading the 140 roots of the operating system took 40% of a cold check. Trade-off: a certificate authority that was
/// added to the operating system counts only if `SSL_CERT_FILE` or `SSL_CERT_DIR` names it.
pub(super) fn trust_store(region: &str, is_set: impl Fn(&str) -> bool) -> TrustStore {
    // In China, other authorities issue AWS's certificates. For partitions without internet access, they are not known.
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

    fn is_the_systems(region: &str, set: &str) -> bool {
        format!("{:?}", trust_store(region, |name| name == set)).contains("enable_native_roots: true")
    }

    #[test]
    fn amazon_is_trusted_where_it_signs_and_the_operating_system_elsewhere() {
        for region in ["us-east-1", "us-gov-west-1", "eusc-de-east-1"] {
            assert!(!is_the_systems(region, ""), "{region}");
        }
        for region in ["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"] {
            assert!(is_the_systems(region, ""), "{region}");
        }
    }

    #[test]
    fn a_named_file_wins() {
        assert!(is_the_systems("us-east-1", "SSL_CERT_FILE"));
        assert!(is_the_systems("us-east-1", "SSL_CERT_DIR"));
    }
}
