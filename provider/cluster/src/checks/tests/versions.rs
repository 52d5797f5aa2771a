use super::*;
use crate::version::KubernetesVersion;

fn version(text: &str) -> KubernetesVersion {
    text.parse().unwrap()
}

#[test]
fn versions_of_users() {
    for text in ["1.31.0", "1.35.4", "1.36.0-rc.0", "1.40.1"] {
        assert!(parse_kubernetes_version(text).is_ok(), "{text}");
    }
    for text in ["1.30.9", "1.31.0-rc.0+x", "v1.35.4", "1.35", "latest", "", "0.40.0"] {
        let finding = parse_kubernetes_version(text).unwrap_err();
        assert_eq!(finding.code, "PLAN-VERSION-FLOOR", "{text}");
    }
}

#[test]
fn a_leading_v_is_named() {
    let finding = parse_kubernetes_version("v1.35.4").unwrap_err();
    assert!(finding.advice.contains("\"1.35.4\""), "{}", finding.advice);
}

#[test]
fn kubelets_under_an_api_server() {
    let cases = [
        ("1.35.4", "1.35.0", true),
        ("1.35.4", "1.35.9", true),
        ("1.32.0", "1.35.4", true),
        ("1.31.9", "1.35.4", false),
        ("1.36.0", "1.35.4", false),
        ("2.0.0", "1.35.4", false),
        ("1.35.4", "2.0.0", false),
    ];
    for (kubelet, api_server, fits) in cases {
        let finding = kubelet_skew(&version(kubelet), &version(api_server));
        assert_eq!(finding.is_none(), fits, "{kubelet} under {api_server}");
    }
}

#[test]
fn changes_of_version() {
    let cases = [
        ("1.35.4", "1.35.4", true),
        ("1.35.4", "1.35.9", true),
        ("1.35.4", "1.36.0", true),
        ("1.35.4", "1.37.0", false),
        ("1.35.4", "1.35.3", false),
        ("1.36.0", "1.35.9", false),
        ("1.35.0-rc.1", "1.35.0", true),
        ("1.35.0", "2.0.0", false),
    ];
    for (prior, next, fits) in cases {
        let finding = check_version_change(&version(prior), &version(next));
        assert_eq!(finding.is_none(), fits, "{prior} to {next}");
    }
}

#[test]
fn old_runtimes() {
    let cases = [
        ("1.34.9", "1.6.20~ds1", None),
        ("1.35.0", "1.6.20~ds1", Some(Severity::Warning)),
        ("1.37.1", "v1.7.28", Some(Severity::Warning)),
        ("1.38.0", "1.7.28", Some(Severity::Error)),
        ("1.38.0", "2.0.0", None),
        ("1.38.0", "unknown", None),
    ];
    for (kubernetes, containerd, expected) in cases {
        let finding = check_runtime_age(&version(kubernetes), containerd);
        let severity = finding.map(|finding| finding.severity);
        assert_eq!(severity, expected, "{containerd} under {kubernetes}");
    }
}
