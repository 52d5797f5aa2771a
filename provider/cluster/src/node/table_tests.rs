//! Single cases that a reader can follow: order, reasons, refusals.

use super::tests::{fresh, kubernetes_packages, node, prepared};
use super::*;
use crate::observed::{
    Directories, Fact, ManagedFile, Observed, OperatingSystem, SysctlKey, SysctlLine,
};

#[test]
fn steps_come_in_the_order_that_preparation_needs() {
    let mut host = fresh();
    host.swap.active = Fact::Known(vec!["/swap".to_owned()]);
    let mut intent = node();
    intent.hosts_entries.insert("10.0.0.1".to_owned(), vec!["api".to_owned()]);
    intent.packages.proxy = Some("http://proxy:1".to_owned());
    let areas: Vec<_> =
        plan(&intent, &host).unwrap().into_iter().map(|step| step.area.name()).collect();
    assert_eq!(
        areas,
        [
            "swap",
            "kernel modules",
            "sysctls",
            "hosts entries",
            "package sources",
            "packages",
            "container runtime"
        ]
    );
}

#[test]
fn packages_of_kubernetes_come_with_the_others() {
    let mut intent = node();
    intent.packages.kubernetes = Some(kubernetes_packages(35));
    let steps = plan(&intent, &fresh()).unwrap();
    let step = steps.iter().find(|step| step.area == Area::Packages).unwrap();
    let [
        Action::AddKubernetesRepository(_),
        Action::RefreshPackages,
        Action::InstallPackages(requests),
    ] = step.actions.as_slice()
    else {
        panic!("{:?}", step.actions)
    };
    let kubelet =
        PackageRequest { name: "kubelet".to_owned(), version: Some("1.35.4-".to_owned()) };
    assert!(requests.contains(&kubelet) && requests.len() > KUBERNETES_PACKAGES.len());
}

#[test]
fn packages_of_kubernetes_that_are_there_are_the_memberships() {
    let mut intent = node();
    let host = prepared(&intent, fresh());
    intent.packages.kubernetes = Some(kubernetes_packages(35));
    let mut host = prepared(&intent, host);
    intent.packages.kubernetes = Some(kubernetes_packages(36));
    assert_eq!(plan(&intent, &host).unwrap(), [], "another version");
    intent.packages.kubernetes = None;
    assert_eq!(plan(&intent, &host).unwrap(), [], "no longer asked for");
    if let Fact::Known(packages) = &mut host.packages.0 {
        packages.remove("kubeadm");
    }
    intent.packages.kubernetes = Some(kubernetes_packages(35));
    assert_eq!(plan(&intent, &host).unwrap(), [], "one of them is gone");
}

#[test]
fn drift_is_named_with_its_reason() {
    let intent = node();
    let mut host = prepared(&intent, fresh());
    host.kernel.sysctls.insert(SysctlKey::new("net.ipv4.ip_forward"), Fact::Known("0".to_owned()));
    let texts: Vec<_> = differences(&intent, &host).iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "sysctl net.ipv4.ip_forward: found 0, wanted 1 (packets must be forwarded to and between pods, or the user wants it so)"
        ]
    );
    let found = Settings::found(&intent, &host);
    assert_eq!(found.sysctls["net.ipv4.ip_forward"], "0");
    let kept = Settings::found(&intent, &prepared(&intent, fresh()));
    assert_eq!(Settings::wanted(&intent, &kept, &found).sysctls["net.ipv4.ip_forward"], "1");
}

#[test]
fn a_configuration_changed_by_hand_is_made_again() {
    let intent = node();
    let mut host = prepared(&intent, fresh());
    host.files
        .by_path
        .insert(CONFIGURATION_FILE.to_owned(), Fact::Known(ManagedFile::public("version = 2\n")));
    let steps = plan(&intent, &host).unwrap();
    assert!(matches!(steps.as_slice(), [Step { area: Area::Runtime, .. }]));
    assert!(steps[0].because[0].found.contains("somebody else"));
}

#[track_caller]
fn refused(intent: &NodeIntent, host: &Observed, code: &str) {
    let codes: Vec<_> =
        plan(intent, host).unwrap_err().findings.into_iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [code]);
}

#[test]
fn nothing_is_changed_where_something_cannot_be_seen() {
    let mut host = fresh();
    host.packages.0 = Fact::default();
    refused(&node(), &host, "PF-UNREADABLE");
    let mut host = fresh();
    host.record = Fact::Unreadable("damaged".to_owned());
    refused(&node(), &host, "PF-UNREADABLE");
}

#[test]
fn refusals_and_their_ignoring() {
    let mut host = fresh();
    host.kernel.sysctl_lines = Fact::Known(vec![SysctlLine {
        file: "/etc/sysctl.d/99-zzz.conf".to_owned(),
        key: SysctlKey::new("net.ipv4.ip_forward"),
        value: "0".to_owned(),
    }]);
    refused(&node(), &host, "PF-SYSCTL-SHADOWED");
    let warned = shadowed_settings(&node(), &host);
    let warning = warned.first().unwrap();
    assert_eq!((warning.code, warning.is_error()), ("DR-SYSCTL-SHADOWED", false), "a look says so");
    assert!(shadowed_settings(&node(), &fresh()).is_empty());
    let mut intent = node();
    intent.preflight_ignore.insert("PF-SYSCTL-SHADOWED".to_owned());
    assert!(plan(&intent, &host).is_ok());
    let mut host = fresh();
    host.kubernetes.etcd_data = Fact::Known(true);
    refused(&node(), &host, "PF-FOREIGN-CLUSTER");
    host.record =
        Fact::Known(Record { membership: Some(MembershipMark::default()), ..Record::default() });
    assert!(plan(&node(), &host).is_ok());
    let mut host = fresh();
    host.system.os =
        Fact::Known(OperatingSystem { id: "fedora".to_owned(), ..OperatingSystem::default() });
    refused(&node(), &host, "PF-OS");
    let mut host = fresh();
    host.system.machine_id = Fact::Known("b".to_owned());
    let mut intent = node();
    intent.node.machine_id = Some("a".to_owned());
    refused(&intent, &host, "PF-OTHER-MACHINE");
}

#[test]
fn all_directories_we_may_make_are_watched() {
    let parents = watched_files()
        .into_iter()
        .filter_map(|path| path.rsplit_once('/'))
        .map(|(parent, _)| parent);
    // Of these, one is always there, one is flannel's, and one comes with the record.
    let others = ["/etc", "/run/flannel", Record::DIRECTORY];
    for parent in parents.filter(|parent| !others.contains(parent)) {
        assert!(Directories::WATCHED.contains(&parent), "{parent}");
    }
}
