//! Which certificates of a host end soon.

use crate::finding::Finding;
use crate::observed::Fact;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// Whoever applies once a month still hears of it. kubeadm's own certificates live for a year, and
/// kubelets renew theirs when a fifth of that is left.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

const ADVICE: &str = "renew kubeadm's on the host with `kubeadm certs renew all` and restart the \
     control plane's static pods, one host at a time; a kubelet renews its own as long as it \
     reaches the API";

/// A warning where certificates of a host end within 30 days, or have ended, with the path of each.
#[must_use]
pub fn ending(
    host: &str,
    certificates: &BTreeMap<String, Fact<Timestamp>>,
    now: Timestamp,
) -> Option<Finding> {
    let soon = certificates.iter().filter_map(|(path, ends)| Some((path, ends.known()?)));
    let mut soon: Vec<_> = soon.filter(|(_, ends)| ends.duration_since(now) < SOON).collect();
    soon.sort_by_key(|(path, ends)| (*ends, *path));
    let (_, first) = soon.first()?;
    let summary = if **first <= now {
        format!("certificates of host {host} have ended")
    } else {
        format!("certificates of host {host} end within 30 days")
    };
    let each = soon.iter().map(|(path, ends)| format!("{path}: {ends}"));
    let all = each.collect::<Vec<_>>().join("\n");
    Some(Finding::warning("PW-CERTIFICATES-END", summary).because(all).advise(ADVICE))
}

/// Why a text is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It is not PEM of an X.509 certificate, or its names are malformed.
    #[error("it is no certificate: {0}")]
    Malformed(#[from] x509_cert::der::Error),
    /// It is empty.
    #[error("there is no certificate")]
    Empty,
}

/// The DNS names and addresses that the first certificate of a PEM text is for.
///
/// # Errors
/// When the text is no certificate.
pub fn names(pem: &str) -> Result<BTreeSet<String>, CertificateError> {
    let chain = Certificate::load_pem_chain(pem.trim().as_bytes())?;
    let first = chain.first().ok_or(CertificateError::Empty)?;
    let names = first.tbs_certificate().get_extension::<SubjectAltName>()?;
    Ok(names.into_iter().flat_map(|(_, names)| names.0).filter_map(|name| text(&name)).collect())
}

fn text(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
                .ok()
                .map(|ip| ip.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ends: &[(&str, &str)], summary: Option<&str>, detail: &str) {
        let known = |(path, ends): &(&str, &str)| {
            ((*path).to_owned(), Fact::Known(ends.parse::<Timestamp>().unwrap()))
        };
        let mut all: BTreeMap<_, _> = ends.iter().map(known).collect();
        all.insert("odd".to_owned(), Fact::Unreadable("no certificate".to_owned()));
        let found = ending("cp1", &all, "2026-11-26T12:00:00Z".parse().unwrap());
        assert_eq!(found.as_ref().map(|found| found.summary.as_str()), summary);
        assert_eq!(found.map(|found| found.detail).unwrap_or_default(), detail);
    }

    #[test]
    fn thirty_days_before_their_end_certificates_are_named() {
        check(&[], None, "");
        check(&[("a", "2026-12-26T12:00:00Z"), ("b", "2027-11-26T12:00:00Z")], None, "");
        check(
            &[
                ("a", "2026-12-26T11:59:59Z"),
                ("b", "2026-12-01T00:00:00Z"),
                ("c", "2036-01-01T00:00:00Z"),
            ],
            Some("certificates of host cp1 end within 30 days"),
            "b: 2026-12-01T00:00:00Z\na: 2026-12-26T11:59:59Z",
        );
        check(
            &[("a", "2026-11-26T12:00:00Z")],
            Some("certificates of host cp1 have ended"),
            "a: 2026-11-26T12:00:00Z",
        );
    }
}
