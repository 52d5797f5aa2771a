//! Kubernetes' own rules for names, to the letter.

use std::net::IpAddr;

/// Whether a text is a DNS label as Kubernetes demands it: at most 63 lower-case letters, digits
/// and dashes, no dash at either end.
#[must_use]
pub fn is_dns_label(text: &str) -> bool {
    text.len() <= 63 && ends_are_alphanumeric(text) && text.bytes().all(is_dns_byte)
}

/// Whether a text is a DNS name as Kubernetes demands it: at most 253 characters, parts between
/// dots like labels but of any length.
#[must_use]
pub fn is_dns_subdomain(text: &str) -> bool {
    let is_part = |part: &str| ends_are_alphanumeric(part) && part.bytes().all(is_dns_byte);
    text.len() <= 253 && text.split('.').all(is_part)
}

/// What is wrong with the name of a node, if anything.
#[must_use]
pub fn node_name_error(name: &str) -> Option<&'static str> {
    if !is_dns_subdomain(name) {
        return Some(
            "it must consist of lower-case letters, digits, dashes and dots, and begin and end \
             each part with a letter or digit",
        );
    }
    // The kubelet puts the name into the label kubernetes.io/hostname.
    (name.len() > 63).then_some("it must be at most 63 characters long to fit into a label")
}

/// What is wrong with the key of a label, annotation or taint, if anything.
#[must_use]
pub fn qualified_name_error(key: &str) -> Option<&'static str> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if prefix.is_some_and(|prefix| !is_dns_subdomain(prefix)) {
        return Some("the part before the slash must be a DNS name in lower case");
    }
    if name.is_empty() {
        return Some("the name must not be empty");
    }
    word_error(name)
}

/// What is wrong with the value of a label or taint, if anything; empty is fine.
#[must_use]
pub fn label_value_error(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        return None;
    }
    word_error(value)
}

/// Whether a certificate may carry the text: an address, or a DNS name, or a DNS name behind `*.`.
pub(super) fn is_certificate_name(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    text.parse::<IpAddr>().is_ok() || (is_dns_subdomain(name) && is_host_name(name))
}

/// Whether a text can be a host: an address or a DNS name.
pub(super) fn is_host(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || is_host_name(text)
}

/// A name that ends in a number is a misspelt address: no top-level domain is one.
fn is_host_name(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    is_dns_subdomain(&text.to_ascii_lowercase()) && !(is_number && text.contains('.'))
}

fn word_error(text: &str) -> Option<&'static str> {
    if text.len() > 63 {
        return Some("it must be at most 63 characters long");
    }
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let fits = is_end(bytes.first()) && is_end(bytes.last()) && text.bytes().all(is_inner);
    (!fits).then_some(
        "it must consist of letters, digits, dashes, underscores and dots, and begin and end with \
         a letter or digit",
    )
}

fn is_dns_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn ends_are_alphanumeric(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    is_end(text.as_bytes().first()) && is_end(text.as_bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_names() {
        let long = "a".repeat(64);
        let cases = [
            ("a", true, true),
            ("cp-1", true, true),
            ("cp1.example.org", false, true),
            ("", false, false),
            ("-a", false, false),
            ("a-", false, false),
            ("A", false, false),
            ("a_b", false, false),
            ("a..b", false, false),
            (".a", false, false),
            (long.as_str(), false, true),
        ];
        for (text, label, subdomain) in cases {
            assert_eq!(is_dns_label(text), label, "{text}");
            assert_eq!(is_dns_subdomain(text), subdomain, "{text}");
        }
        assert!(node_name_error(&long).is_some());
    }

    #[test]
    fn keys() {
        let long = format!("example.org/{}", "n".repeat(64));
        let good = ["a", "node-role.kubernetes.io/worker", "A_b.c", "a/B"];
        let bad = ["", "/a", "a/", "a/b/c", "A.org/b", "-a", "a b", long.as_str()];
        for key in good {
            assert_eq!(qualified_name_error(key), None, "{key}");
        }
        for key in bad {
            assert!(qualified_name_error(key).is_some(), "{key}");
        }
    }

    #[test]
    fn values() {
        let long = "v".repeat(64);
        for value in ["", "a", "1.2_3-x", "True"] {
            assert_eq!(label_value_error(value), None, "{value}");
        }
        for value in [" ", "a/b", "-a", "a.", "ä", long.as_str()] {
            assert!(label_value_error(value).is_some(), "{value}");
        }
    }

    #[test]
    fn certificate_names() {
        for name in ["api.example.org", "10.0.0.1", "fd00::1", "*.example.org"] {
            assert!(is_certificate_name(name), "{name}");
        }
        for name in ["", "10.0.0.256", "https://a", "a:6443", "*.", "**.a", "API.example.org"] {
            assert!(!is_certificate_name(name), "{name}");
        }
    }
}
