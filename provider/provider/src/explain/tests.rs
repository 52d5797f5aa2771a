//! What users read, word for word.

use std::io;

use cluster::Finding;
use operate::{Cause, CommandReport, ErrorKind, HostLabel, OperateError, StepPosition};
use tfplugin::Diagnostic;

use super::{diagnostics, explain, explain_as_warning};

/// As core prints it: the summary, then the detail with long lines that begin with a letter
/// wrapped, which is left out here.
fn printed(diagnostic: &Diagnostic) -> String {
    let kind = if diagnostic.is_error() { "Error" } else { "Warning" };
    let place = if diagnostic.path.is_root() {
        String::new()
    } else {
        format!("  at {}\n\n", diagnostic.path)
    };
    format!("{kind}: {}\n\n{place}{}\n", diagnostic.summary, diagnostic.detail)
}

fn host() -> HostLabel {
    HostLabel { name: "cp1".to_owned(), login: "debian@10.77.0.11".to_owned() }
}

#[test]
fn a_command_that_failed() {
    let mut error = OperateError::new("run kubeadm init", ErrorKind::Command)
        .while_doing("make host cp1 a control plane member of cluster prod")
        .on(host())
        .at(StepPosition { name: "initialize".to_owned(), index: 3, of: 8 })
        .because(Cause {
            code: "RT-KUBELET-SWAP",
            text: "the kubelet does not run while swap is on".to_owned(),
        })
        .with_journal("kubelet[1]: failed to run Kubelet: running with swap on is not supported")
        .advise("turn swap off, then apply again: it goes on at this step");
    error.details.command = Some(CommandReport {
        command: "kubeadm init --config /run/terraform-provider-kubeadm/kubeadm.yaml".to_owned(),
        unit: Some("terraform-kubeadm-init.service".to_owned()),
        status: "exit status 1".to_owned(),
        output_tail: "[kubelet-check] Waiting for a healthy kubelet\n\nerror: timed out".to_owned(),
    });
    insta::assert_snapshot!(printed(&explain(&error)));
}

#[test]
fn a_preflight_that_refused() {
    let findings = vec![
        Finding::error("PF-MEM", "the host has 900 MiB of memory")
            .because("A control plane needs 1700 MiB.")
            .advise("give the machine more memory, or ignore PF-MEM"),
        Finding::warning("PF-CGROUP", "the host has cgroups of version 1"),
        Finding::info("PF-NOTE", "nothing is wrong"),
        Finding::error("PF-PORT", "port 6443 is used by socat")
            .because("The API server listens there."),
    ];
    let error = OperateError::refused("prepare host cp1", findings).on(host());
    insta::assert_snapshot!(printed(&explain(&error)));
}

#[test]
fn a_host_that_is_silent() {
    let error = OperateError::new("look at host cp1", ErrorKind::Unreachable)
        .caused_by(io::Error::from(io::ErrorKind::ConnectionRefused))
        .on(host())
        .advise("check that the host runs and that TCP 22 is open");
    insta::assert_snapshot!(printed(&explain_as_warning(&error, "The state is kept.")));
}

#[test]
fn findings_of_a_plan() {
    let findings = [
        Finding::error("PLAN-CIDR-OVERLAP", "pods 10.96.0.0/16 and services 10.96.0.0/12 overlap")
            .at(["networking", "pod_subnet"])
            .because("a packet to an address of both would reach one at random")
            .advise("choose disjoint ranges"),
        Finding::warning("PLAN-TWO-CP", "two control plane hosts survive no failure").at([
            "control_plane_nodes",
            "1",
            "address",
        ]),
        Finding::info("PLAN-SINGLE-CP", "there is one control plane host"),
    ];
    let all: Vec<String> = diagnostics(&findings).iter().map(printed).collect();
    insta::assert_snapshot!(all.join("\n"));
}
