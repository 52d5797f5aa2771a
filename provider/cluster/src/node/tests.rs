//! Any intent on any host: the plan passes the checker, carrying it out converges, a second plan is
//! empty, and a release gives the host back as it was.

use super::simulated::{carry_out, carry_out_some};
use super::*;
use crate::intent::{NodeReference, PackageSource};
use crate::observed::{
    Cgroups, DirectoryState, Fact, ManagedFile, Observed, OperatingSystem, Package, SwapOrigin,
    SwapUnit, SysctlKey, UnitState,
};
use crate::version::KubernetesVersion;
use proptest::prelude::*;
use proptest::sample::subsequence;
use std::collections::{BTreeMap, BTreeSet};

/// A host named `w1` with defaults for everything.
pub(super) fn node() -> NodeIntent {
    NodeIntent::new(NodeReference {
        name: "w1".to_owned(),
        address: "10.77.0.31".to_owned(),
        port: 22,
        node_ip: None,
        ssh_profile: None,
        host_key: None,
        machine_id: None,
    })
}

/// A Debian host as it comes from its installer.
pub(super) fn fresh() -> Observed {
    let mut host = Observed::default();
    let os = OperatingSystem {
        id: "debian".to_owned(),
        codename: "bookworm".to_owned(),
        ..OperatingSystem::default()
    };
    host.system.os = Fact::Known(os);
    host.system.cgroups =
        Fact::Known(Cgroups { version: 2, controllers: BTreeSet::from(["memory".to_owned()]) });
    host.swap.active = Fact::Known(Vec::new());
    host.swap.fstab = Fact::Known(Vec::new());
    host.swap.marked = Fact::Known(Vec::new());
    host.swap.units = Fact::Known(Vec::new());
    host.swap.masked = Fact::Known(Vec::new());
    host.kernel.modules = Fact::Known(BTreeSet::from(["overlay".to_owned()]));
    host.kernel.sysctl_lines = Fact::Known(Vec::new());
    host.kernel.sysctls =
        BTreeMap::from([(SysctlKey::new("net.ipv4.ip_forward"), Fact::Known("0".to_owned()))]);
    host.units.0 = Fact::Known(BTreeMap::from([(
        RUNTIME_UNIT.to_owned(),
        UnitState { load: "not-found".to_owned(), ..UnitState::default() },
    )]));
    host.packages.0 = Fact::Known(BTreeMap::new());
    host.files.by_path =
        watched_files().into_iter().map(|path| (path.to_owned(), Fact::Absent)).collect();
    host.files
        .by_path
        .insert(HOSTS_FILE.to_owned(), Fact::Known(ManagedFile::public("127.0.0.1 localhost\n")));
    host.files.all_listed = true;
    let there = [
        "/etc/apt/apt.conf.d",
        "/etc/apt/keyrings",
        "/etc/apt/sources.list.d",
        "/etc/modules-load.d",
        "/etc/sysctl.d",
        "/etc/systemd/system",
    ];
    host.directories.0 = Fact::Known(
        there.into_iter().map(|path| (path.to_owned(), DirectoryState::Used)).collect(),
    );
    host.record = Fact::Absent;
    host
}

pub(super) fn kubernetes_packages(minor: u64) -> KubernetesPackages {
    let version = KubernetesVersion::new(1, minor, 4);
    KubernetesPackages { version, source: PackageSource::default() }
}

fn text() -> impl Strategy<Value = String> {
    "[a-z]{1,6}"
}

prop_compose! {
    fn any_mirrors()(names in subsequence(vec!["ghcr.io", "registry.k8s.io", "_default"], 0..3), endpoint in text()) -> BTreeMap<String, RegistryMirror> {
        let mirror = RegistryMirror { endpoints: vec![format!("http://{endpoint}:5000")], ..RegistryMirror::default() };
        names.into_iter().map(|name| (name.to_owned(), mirror.clone())).collect()
    }
}

prop_compose! {
    fn any_intent()(
        swap in prop_oneof![Just(SwapPolicy::Off), Just(SwapPolicy::Ignore)],
        kernel_modules in proptest::collection::btree_set(text(), 0..2),
        sysctls in proptest::collection::btree_map("(vm|kernel)\\.[a-c]", "[0-9]", 0..3),
        hosts_entries in proptest::collection::btree_map("10\\.0\\.0\\.[1-3]", proptest::collection::vec(text(), 1..3), 0..2),
        mirrors in any_mirrors(),
        version in proptest::option::of(Just("1.6.20".to_owned())),
        sandbox_image in proptest::option::of(text()),
        proxy in proptest::option::of(text()),
        apt in proptest::option::of(text()),
        mirror in proptest::option::of(text()),
        kubernetes in proptest::option::of(35_u64..37),
    ) -> NodeIntent {
        let url = |name: String| format!("http://{name}:3128");
        let mut intent = node();
        intent.swap = swap;
        intent.kernel_modules = kernel_modules;
        intent.sysctls = sysctls;
        intent.hosts_entries = hosts_entries;
        intent.container_runtime = ContainerRuntime { version, sandbox_image, registry_mirrors: mirrors, settings: None };
        intent.proxy = proxy.map(|name| Proxy { http: Some(url(name)), ..Proxy::default() });
        intent.packages.proxy = apt.map(url);
        intent.packages.mirror = mirror.map(url);
        intent.packages.kubernetes = kubernetes.map(kubernetes_packages);
        intent
    }
}

prop_compose! {
    fn any_host()(
        devices in subsequence(vec!["/dev/sda2", "/swap"], 0..=2),
        fstab in subsequence(vec!["/dev/sda2 none swap sw 0 0", "/swap none swap sw 0 0"], 0..=2),
        zram in any::<bool>(),
        live in proptest::collection::btree_map("(vm|kernel)\\.[a-c]", prop_oneof![Just(Fact::Absent), "[0-9]".prop_map(Fact::Known)], 0..4),
        bridge in any::<bool>(),
        packages in subsequence(vec!["conntrack", "ethtool", "iptables", "kmod", "mount", "socat"], 0..=6),
        runtime in prop_oneof![Just(None), Just(Some("containerd")), Just(Some("containerd.io"))],
        (enabled, active, configured) in any::<(bool, bool, bool)>(),
        block in proptest::option::of(Just("10.0.0.9 old\n")),
    ) -> Observed {
        let mut host = fresh();
        host.swap.active = Fact::Known(devices.into_iter().map(str::to_owned).collect());
        host.swap.fstab = Fact::Known(fstab.into_iter().map(str::to_owned).collect());
        if zram {
            host.swap.units = Fact::Known(vec![SwapUnit { name: "dev-zram0.swap".to_owned(), origin: SwapOrigin::Other }]);
        }
        host.kernel.sysctls.extend(live.into_iter().map(|(key, value)| (SysctlKey::new(&key), value)));
        if bridge {
            host.kernel.sysctls.insert(SysctlKey::new("net.bridge.bridge-nf-call-iptables"), Fact::Known("0".to_owned()));
        }
        let package = |version: &str| Package { version: version.to_owned(), held: false };
        let mut installed: BTreeMap<String, Package> = packages.into_iter().map(|name| (name.to_owned(), package("1"))).collect();
        if let Some(name) = runtime {
            installed.insert(name.to_owned(), package("1.6.20~ds1-1"));
            let word = |yes, true_word: &str, false_word: &str| if yes { true_word.to_owned() } else { false_word.to_owned() };
            let unit = UnitState { load: "loaded".to_owned(), active: word(active, "active", "inactive"), file: word(enabled, "enabled", "disabled"), restarts: 0, entered: None };
            host.units.0 = Fact::Known(BTreeMap::from([(RUNTIME_UNIT.to_owned(), unit)]));
        }
        if configured {
            let file = ManagedFile { content: "version = 2\ndisabled_plugins = [\"cri\"]\n".to_owned(), mode: 0o600 };
            host.files.by_path.insert(CONFIGURATION_FILE.to_owned(), Fact::Known(file));
            if let Fact::Known(all) = &mut host.directories.0 {
                all.insert("/etc/containerd".to_owned(), DirectoryState::Used);
            }
        }
        host.packages.0 = Fact::Known(installed);
        if let Some(block) = block.filter(|_| !zram) {
            // Left behind by a preparation whose record was lost.
            host.files.by_path.insert(HOSTS_FILE.to_owned(), Fact::Known(ManagedFile::public(with_block("1 x\n", Some(block)))));
        }
        host
    }
}

/// What a release cannot give back: the kernel keeps its modules and what they brought, and an
/// orphaned block of ours is gone for good.
fn comparable(host: &Observed, initial: &Observed) -> Observed {
    let mut host = host.clone();
    host.kernel.modules = Fact::Known(BTreeSet::new());
    host.kernel.sysctls.retain(|key, _| initial.kernel.sysctl(key).known().is_some());
    for fact in [&mut host.swap.active, &mut host.swap.fstab] {
        if let Fact::Known(list) = fact {
            list.sort();
        }
    }
    if let Some(Fact::Known(file)) = host.files.by_path.get_mut(HOSTS_FILE) {
        file.content = with_block(&file.content, None);
    }
    // Files that were never looked at before are as good as absent.
    host.files.by_path.retain(|_, fact| !fact.is_absent());
    if let Fact::Known(all) = &mut host.directories.0 {
        all.retain(|_, state| *state == DirectoryState::Used);
    }
    if let Fact::Known(units) = &mut host.units.0 {
        units.retain(|_, unit| unit.load != "not-found");
    }
    host
}

#[track_caller]
pub(super) fn prepared(intent: &NodeIntent, mut host: Observed) -> Observed {
    let steps = plan(intent, &host).unwrap();
    let record = host.record.known().cloned().unwrap_or_default();
    assert_eq!(check_plan(&steps, &record), Vec::<String>::new());
    carry_out(&mut host, &steps);
    for step in &steps {
        assert_eq!(remaining(step.area, intent, &host), Vec::new(), "{:?}", step.area);
    }
    host
}

/// What people and other programs do to a prepared host.
fn drift(host: &mut Observed, intent: &NodeIntent, drifts: [bool; 5]) {
    let [live, stopped, disabled, lost, edited] = drifts;
    if live {
        for (key, _) in wanted_sysctls(intent) {
            host.kernel.sysctls.insert(key, Fact::Known("7".to_owned()));
        }
    }
    if let Fact::Known(units) = &mut host.units.0 {
        let unit = units.get_mut(RUNTIME_UNIT).unwrap();
        if stopped {
            "failed".clone_into(&mut unit.active);
        }
        if disabled {
            "disabled".clone_into(&mut unit.file);
        }
    }
    if lost {
        host.files.by_path.insert(modules::MODULES_FILE.to_owned(), Fact::Absent);
    }
    if edited {
        let file = ManagedFile::public("version = 2\n");
        host.files.by_path.insert(CONFIGURATION_FILE.to_owned(), Fact::Known(file));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_plan_converges_and_the_second_is_empty(intent in any_intent(), host in any_host()) {
        let host = prepared(&intent, host);
        prop_assert_eq!(plan(&intent, &host).unwrap(), Vec::new());
        let record = host.record.known().unwrap();
        prop_assert!(record.entries.iter().all(|entry| check::is_ours(&entry.change)));
    }

    #[test]
    fn a_release_gives_the_host_back(intent in any_intent(), host in any_host()) {
        let mut after = prepared(&intent, host.clone());
        let record = after.record.known().cloned().unwrap();
        let steps = release(&record, &after, Releases::Everything);
        prop_assert_eq!(check_plan(&steps, &record), Vec::<String>::new());
        carry_out(&mut after, &steps);
        prop_assert_eq!(unreleased(&record, &after, Releases::Everything), Vec::<String>::new());
        after.record = Fact::Absent;
        prop_assert_eq!(comparable(&after, &host), comparable(&host, &host));
    }

    #[test]
    fn a_changed_mind_leaves_no_trace(first in any_intent(), second in any_intent(), host in any_host()) {
        let mut after = prepared(&second, prepared(&first, host.clone()));
        prop_assert_eq!(plan(&second, &after).unwrap(), Vec::new());
        let record = after.record.known().cloned().unwrap();
        let steps = release(&record, &after, Releases::Everything);
        carry_out(&mut after, &steps);
        after.record = Fact::Absent;
        prop_assert_eq!(comparable(&after, &host), comparable(&host, &host));
    }

    #[test]
    fn drift_is_mended_and_never_taken_for_the_beginning(
        intent in any_intent(),
        host in any_host(),
        drifts in any::<[bool; 5]>(),
    ) {
        let mut after = prepared(&intent, host.clone());
        drift(&mut after, &intent, drifts);
        let after = prepared(&intent, after);
        prop_assert_eq!(plan(&intent, &after).unwrap(), Vec::new());
        let record = after.record.known().cloned().unwrap();
        let mut released = after.clone();
        carry_out(&mut released, &release(&record, &after, Releases::Everything));
        released.record = Fact::Absent;
        prop_assert_eq!(comparable(&released, &host), comparable(&host, &host));
    }

    #[test]
    fn an_interrupted_plan_converges(intent in any_intent(), host in any_host(), done in 0_usize..9) {
        let steps = plan(&intent, &host).unwrap();
        let mut after = host.clone();
        carry_out_some(&mut after, &steps, done);
        let after = prepared(&intent, after);
        prop_assert_eq!(plan(&intent, &after).unwrap(), Vec::new());
        let record = after.record.known().cloned().unwrap();
        let mut released = after.clone();
        carry_out(&mut released, &release(&record, &after, Releases::Everything));
        released.record = Fact::Absent;
        prop_assert_eq!(comparable(&released, &host), comparable(&host, &host));
    }

    #[test]
    fn what_is_found_after_an_apply_is_what_is_wanted(intent in any_intent(), host in any_host()) {
        let host = prepared(&intent, host);
        let found = Settings::found(&intent, &host);
        prop_assert_eq!(Settings::wanted(&intent, &found, &found), found);
    }
}
