//! Texts of failures that were seen, and the cause of each.

use super::*;

#[track_caller]
fn check(output: &str, journal: &str, workloads: &str, code: &str) {
    let cause = classify(Evidence { output, journal, workloads });
    assert_eq!(cause.map(|cause| cause.code), Some(code));
}

const KUBELET_CHECK: &str = "[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to 4m0s
[kubelet-check] The kubelet is not healthy after 4m0.000661208s
error execution phase kubelet-start: failed while waiting for the kubelet to start: The HTTP call equal to 'curl -sSL http://127.0.0.1:10248/healthz' returned error: connect: connection refused";

#[test]
fn swap_wins_over_the_unhealthy_kubelet() {
    let journal = "kubelet[1]: E0101 run.go:72] \"command failed\" err=\"failed to run Kubelet: running with swap on is not supported, please disable swap or set --fail-swap-on flag to false\"";
    check(KUBELET_CHECK, journal, "", "RT-KUBELET-SWAP");
}

#[test]
fn a_silent_journal_leaves_the_symptom() {
    check(KUBELET_CHECK, "", "", "RT-KUBELET-UNHEALTHY");
}

#[test]
fn texts_of_root_causes() {
    let cgroup = "runc create failed: expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/kubepods\" instead: unknown";
    check("", cgroup, "", "RT-CGROUP-MISMATCH");
    check(
        "",
        "kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported",
        "",
        "RT-CGROUP-V1",
    );
    check(
        "",
        "failed to parse kubelet flag: unknown flag: --pod-infra-container-image",
        "",
        "RT-KUBELET-CONFIG",
    );
    let died = "2026-11-27T19:07:38.1Z stderr F Error: unknown flag: --no-such-flag";
    check("", "", died, "RT-COMPONENT-FLAG");
    check(
        "[ERROR CRI]: could not connect: unknown service runtime.v1.RuntimeService",
        "",
        "",
        "RT-CRI-UNAVAILABLE",
    );
    check("write /etc/kubernetes/x: no space left on device", "", "", "RT-DISK-FULL");
    check(
        "error execution phase kubelet-start: a Node with name \"w1\" and status \"Ready\" already exists in the cluster.",
        "",
        "",
        "RT-NODE-EXISTS",
    );
    check(
        "cluster CA found in cluster-info ConfigMap is invalid: none of the public keys \"sha256:ab\" are pinned",
        "",
        "",
        "RT-CA-MISMATCH",
    );
    check(
        "could not find a JWS signature in the cluster-info ConfigMap for token ID \"abcdef\"",
        "",
        "",
        "RT-TOKEN-EXPIRED",
    );
    check(
        "x509: certificate has expired or is not yet valid: current time",
        "",
        "",
        "RT-CLOCK-SKEW",
    );
    check(
        "",
        "",
        "plugin type=\"flannel\" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory",
        "RT-FLANNEL-SUBNETENV",
    );
    check(
        "",
        "",
        "Error registering network: failed to acquire lease: node \"master\" pod cidr not assigned",
        "RT-PODCIDR-UNASSIGNED",
    );
    check(
        "failed calling webhook \"x\": Post: context deadline exceeded",
        "",
        "",
        "RT-WEBHOOK-TIMEOUT",
    );
}

#[test]
fn texts_of_symptoms() {
    check(
        "",
        "failed to pull image \"registry.k8s.io/pause:3.10.1\": dial tcp: i/o timeout",
        "",
        "RT-IMAGE-PULL",
    );
    check("lookup api.example.org: no such host", "", "", "RT-ENDPOINT-UNRESOLVED");
    check(
        "Get \"https://10.0.0.1:6443/\": dial tcp 10.0.0.1:6443: connect: connection refused",
        "",
        "",
        "RT-PATH-REJECT",
    );
    check("dial tcp 10.0.0.1:6443: i/o timeout", "", "", "RT-PATH-TIMEOUT");
    check("etcdserver: unhealthy cluster", "", "", "RT-ETCD-POD");
    check(
        "",
        "",
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
        "RT-NOT-READY-CNI",
    );
}

#[test]
fn preflight_failures_are_named_with_advice() {
    let output = "error execution phase preflight: preflight checks failed:\n\t[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2\n\t[ERROR Port-6443]: Port 6443 is in use\n";
    let cause = classify(Evidence { output, ..Evidence::default() }).unwrap();
    assert_eq!(cause.code, "RT-PREFLIGHT");
    assert!(cause.text.contains("NumCPU: the number of available CPUs 1"), "{}", cause.text);
    assert!(cause.advice.contains("Port-6443: "), "{}", cause.advice);
}

#[test]
fn the_same_advice_is_given_once() {
    let line = |image: u32| format!("\t[ERROR ImagePull]: failed to pull image {image}\n");
    let output: String = (1..=7).map(line).collect();
    let cause = classify(Evidence { output: &output, ..Evidence::default() }).unwrap();
    assert!(cause.text.ends_with("image 3; and 4 more"), "{}", cause.text);
    assert!(!cause.advice.contains(';'), "{}", cause.advice);
}

#[test]
fn waiting_is_hopeless_only_for_what_kills_the_kubelet() {
    let code = |journal: &str| hopeless(journal).map(|cause| cause.code);
    assert_eq!(
        code("failed to parse kubelet flag: unknown flag: --bogus"),
        Some("RT-KUBELET-CONFIG")
    );
    let undecodable = "failed to load kubelet config file, path: /x, error: couldn't decode as KubeletConfiguration";
    assert_eq!(code(undecodable), Some("RT-KUBELET-CONFIG"));
    let unconfigured =
        "failed to load kubelet config file, path: /x, error: open /x: no such file or directory";
    assert_eq!(code(unconfigured), None);
    assert_eq!(code("failed to pull image \"x\""), None);
    assert_eq!(code("no space left on device"), None);
}

#[test]
fn an_unknown_text_has_no_cause() {
    assert_eq!(classify(Evidence { output: "all is well", ..Evidence::default() }), None);
}

#[test]
fn a_long_line_keeps_its_end() {
    let journal = format!("{}no space left on device", "é".repeat(1000));
    let cause = classify(Evidence { journal: &journal, ..Evidence::default() }).unwrap();
    assert!(cause.text.starts_with("...") && cause.text.ends_with("no space left on device"));
}
