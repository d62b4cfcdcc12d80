//! Which certificate authorities the function trusts.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_http_client::tls::TrustStore;

use crate::settings::Certificates;

/// The five root certificates of Amazon Trust Services, which asks that a trust store includes all of them.
///
/// Reading the 140 roots of the machine took 40% of a cold check. Trade-off: a certificate authority that was added to the
/// machine counts only if a variable names it, or after the first certificate that these have not issued.
///
/// Source: amazontrust.com, "Repository", which lists their fingerprints.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// Whom the function trusts, for as long as the process lives.
///
/// Amazon Trust Services advises against pinning its roots: AWS may use others at any time. So the built-in roots are a
/// short cut, and the machine's count from the first certificate that the built-in ones have not issued.
#[derive(Debug)]
pub(super) struct Trust {
    certificates: Certificates,
    has_fallen_back: AtomicBool,
}

impl Trust {
    pub(super) fn new(certificates: Certificates) -> Self {
        Self { certificates, has_fallen_back: AtomicBool::new(false) }
    }

    /// The certificates to trust now.
    pub(super) fn store(&self) -> TrustStore {
        match &self.certificates {
            Certificates::Amazon if !self.has_fallen_back() => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
            Certificates::Amazon | Certificates::Machine => TrustStore::default(),
            Certificates::Bundle(pem) => TrustStore::empty().with_pem_certificate(pem.as_str()),
        }
    }

    /// Whether the machine's certificates have taken the place of the built-in ones.
    pub(super) fn has_fallen_back(&self) -> bool {
        self.has_fallen_back.load(Ordering::Relaxed)
    }

    /// Takes the machine's certificates from now on, if it was the built-in ones so far. Returns whether it was.
    pub(super) fn fall_back(&self) -> bool {
        self.certificates == Certificates::Amazon && !self.has_fallen_back.swap(true, Ordering::Relaxed)
    }
}
