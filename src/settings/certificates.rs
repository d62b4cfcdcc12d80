//! Whose certificates are accepted.

use std::path::Path;
use std::{env, fs};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::reader::{InvalidSettings, Reader};

/// The certificate authorities to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificates {
    /// Amazon Trust Services, whose root certificates are built in. The default where they issue AWS's certificates.
    Amazon,
    /// Those of the machine, or of `SSL_CERT_FILE` and `SSL_CERT_DIR` if they are set. The default in China, in the isolated
    /// partitions and in the European Sovereign Cloud.
    Machine,
    /// `AWS_CA_BUNDLE`: those in this file, as PEM; overrides the other variables.
    Bundle(String),
}

impl Certificates {
    /// Reads the variables from the environment of the process.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every variable that names no certificate.
    pub fn from_env() -> Result<Self, InvalidSettings> {
        let mut reader = Reader::new(|name: &str| env::var(name).ok());
        let certificates = Self::read(&mut reader);
        reader.finish(Some(certificates))
    }

    /// Variables that name no certificate are noted.
    pub(super) fn read<L: Fn(&str) -> Option<String>>(reader: &mut Reader<L>) -> Self {
        const EXPECTED: &str = "a readable file with at least one CA certificate in PEM form";
        let bundle = reader.optional("AWS_CA_BUNDLE", EXPECTED, |file| certificates_in(Path::new(file)));
        let file = reader.optional("SSL_CERT_FILE", EXPECTED, |file| certificates_in(Path::new(file)).map(drop));
        let directory = reader.optional(
            "SSL_CERT_DIR",
            "a readable directory (or several, separated by colons) with at least one CA certificate in PEM form",
            |list| env::split_paths(list).any(|directory| is_any_in(&directory)).then_some(()),
        );
        match bundle {
            Some(pem) => Self::Bundle(pem),
            None if file.or(directory).is_some() => Self::Machine,
            None if reader.value("AWS_REGION").is_some_and(|region| is_of_amazon(&region)) => Self::Amazon,
            None => Self::Machine,
        }
    }
}

/// Whether the certificates of AWS's endpoints in this Region are issued by the roots of Amazon Trust Services that are
/// built in. In China, others issue them; for the partitions without internet access it is not known; and the European
/// Sovereign Cloud has roots of its own, which are cross-signed by these for the time being.
///
/// Source: amazontrust.com, "Repository".
fn is_of_amazon(region: &str) -> bool {
    !(region.starts_with("cn-") || region.starts_with("eusc-") || region.contains("-iso"))
}

/// The certificates in a file, without what is none; `None` if there is not one.
fn certificates_in(file: &Path) -> Option<String> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = fs::read(file).ok()?;
    let text = String::from_utf8_lossy(&text);
    let certificates: String = text.split_inclusive(END).filter(|section| is_certificate(section)).collect();
    (!certificates.is_empty()).then_some(certificates)
}

fn is_certificate(pem: &str) -> bool {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .is_ok_and(|certificate| RootCertStore::empty().add(certificate).is_ok())
}

fn is_any_in(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.flatten().any(|entry| certificates_in(&entry.path()).is_some())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::settings::{InvalidSettings, Reader};

    const AMAZON_ROOTS: &str = include_str!("../aws/amazon-roots.pem");

    fn read(region: &str, variables: &[(&str, &str)]) -> Result<Certificates, InvalidSettings> {
        let mut reader = Reader::new(|name: &str| {
            let mut all = variables.iter().copied().chain([("AWS_REGION", region)]);
            all.find(|(variable, _)| *variable == name).map(|(_, value)| value.to_owned())
        });
        let certificates = Certificates::read(&mut reader);
        reader.finish(Some(certificates))
    }

    /// A directory of its own for a test, with these files.
    fn directory(name: &str, files: &[(&str, &str)]) -> String {
        let directory = env::temp_dir().join(format!("ses-quota-monitor-{}-{name}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        for (file, content) in files {
            fs::write(directory.join(file), content).unwrap();
        }
        directory.into_os_string().into_string().unwrap()
    }

    #[test]
    fn amazon_is_trusted_where_it_signs_and_the_machine_elsewhere() {
        for region in ["us-east-1", "us-gov-west-1", "ap-southeast-5"] {
            assert_eq!(read(region, &[]), Ok(Certificates::Amazon), "{region}");
        }
        for region in ["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "eusc-de-east-1", ""] {
            assert_eq!(read(region, &[]), Ok(Certificates::Machine), "{region}");
        }
    }

    #[test]
    fn a_named_file_or_directory_wins_and_awss_own_variable_above_all() {
        let names = directory("named", &[("roots.pem", AMAZON_ROOTS)]);
        let file = format!("{names}/roots.pem");
        assert_eq!(read("us-east-1", &[("SSL_CERT_FILE", &file)]), Ok(Certificates::Machine));
        assert_eq!(read("us-east-1", &[("SSL_CERT_DIR", &format!("/nowhere:{names}"))]), Ok(Certificates::Machine));
        let both = read("cn-north-1", &[("AWS_CA_BUNDLE", &file), ("SSL_CERT_FILE", &file)]);
        let Ok(Certificates::Bundle(pem)) = both else { panic!("{both:?}") };
        assert_eq!(pem.matches("-----BEGIN CERTIFICATE-----").count(), 5);
    }

    #[test]
    fn what_is_no_certificate_is_left_out_of_a_bundle() {
        let nonsense = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let broken = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        let files = directory("mixed", &[("mixed.pem", &format!("{nonsense}{broken}{AMAZON_ROOTS}{nonsense}"))]);
        let read = read("us-east-1", &[("AWS_CA_BUNDLE", &format!("{files}/mixed.pem"))]);
        let Ok(Certificates::Bundle(pem)) = read else { panic!("{read:?}") };
        assert_eq!(pem.matches("-----BEGIN CERTIFICATE-----").count(), 5);
    }

    #[test]
    fn a_variable_without_a_certificate_is_named() {
        let files = directory(
            "without",
            &[("empty.pem", ""), ("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")],
        );
        let error = read(
            "us-east-1",
            &[
                ("AWS_CA_BUNDLE", &format!("{files}/key.pem")),
                ("SSL_CERT_FILE", "/nowhere/proxy.pem"),
                ("SSL_CERT_DIR", &files),
            ],
        );
        let message = error.unwrap_err().to_string().replace(&files, "/certificates").replace("; ", ";\n");
        assert_snapshot!(message, @r#"
        3 invalid settings: AWS_CA_BUNDLE="/certificates/key.pem": expected a readable file with at least one CA certificate in PEM form;
        SSL_CERT_FILE="/nowhere/proxy.pem": expected a readable file with at least one CA certificate in PEM form;
        SSL_CERT_DIR="/certificates": expected a readable directory (or several, separated by colons) with at least one CA certificate in PEM form
        "#);
    }
}
