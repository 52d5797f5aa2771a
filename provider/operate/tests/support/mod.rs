//! A Debian host in memory, behind the fake SSH server: answers the probe and does what the
//! provider's commands do.

#![expect(clippy::unwrap_used, reason = "a broken test should say where")]

use cluster::intent::NodeReference;
use cluster::node::NodeIntent;
use host::fake::{Answer, Call, FakeHost};
use operate::{Operator, Profiles};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// What the machine is, besides its files.
#[derive(Default)]
pub(crate) struct Machine {
    pub(crate) os: String,
    pub(crate) swaps: BTreeSet<String>,
    pub(crate) modules: BTreeSet<String>,
    pub(crate) sysctls: BTreeMap<String, String>,
    pub(crate) packages: BTreeMap<String, String>,
    pub(crate) held: BTreeSet<String>,
    pub(crate) units: BTreeMap<String, (String, String)>,
    pub(crate) directories: BTreeSet<String>,
    pub(crate) kubelet: bool,
    /// Whether a member of etcd has its data there.
    pub(crate) etcd_data: bool,
    /// Whether settings take no effect, as if something else set them back at once.
    pub(crate) stubborn: bool,
    pub(crate) probes: usize,
}

/// A machine, the server before it, and an operator that may log in.
pub(crate) struct Bench {
    pub(crate) fake: Arc<FakeHost>,
    pub(crate) machine: Arc<Mutex<Machine>>,
    pub(crate) operator: Operator,
    pub(crate) intent: NodeIntent,
}

impl Bench {
    /// A machine as its installer left it.
    pub(crate) async fn fresh() -> Self {
        let fake = Arc::new(FakeHost::start().await);
        fake.put("/etc/hosts", "127.0.0.1 localhost\n");
        fake.put("/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2 none swap sw 0 0\n");
        let machine = Arc::new(Mutex::new(Machine::fresh()));
        let (files, shared) = (Arc::downgrade(&fake), Arc::clone(&machine));
        fake.on_call(move |call| answer(&files, &mut shared.lock().unwrap(), call));
        let profiles = Profiles { default: fake.profile(), named: BTreeMap::new() };
        let intent = intent(&fake);
        Self { fake, machine, operator: Operator::new(profiles), intent }
    }

    pub(crate) fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap()
    }

    /// Everything that can be compared before and after.
    pub(crate) fn snapshot(&self) -> String {
        let machine = self.machine();
        let files: Vec<_> = self
            .fake
            .paths()
            .into_iter()
            .map(|path| (self.fake.file(&path).unwrap().text(), path))
            .collect();
        format!(
            "{files:#?}{:#?}{:#?}{:#?}{:#?}",
            machine.swaps, machine.packages, machine.units, machine.directories
        )
    }

    /// Command lines that were run, without the probe.
    pub(crate) fn commands(&self) -> Vec<String> {
        let calls = self.fake.calls().into_iter().filter(|call| !is_probe(call));
        calls.map(|call| call.argv.join(" ")).collect()
    }
}

fn intent(fake: &FakeHost) -> NodeIntent {
    let mut intent = NodeIntent::new(NodeReference {
        name: "w1".to_owned(),
        address: fake.address().ip().to_string(),
        port: fake.address().port(),
        node_ip: None,
        ssh_profile: None,
        host_key: Some(fake.host_key()),
        machine_id: None,
    });
    intent.hosts_entries.insert("10.0.0.1".to_owned(), vec!["api".to_owned()]);
    intent.packages.proxy = Some("http://proxy:3142".to_owned());
    intent
}

impl Machine {
    fn fresh() -> Self {
        let packages = ["ethtool", "iproute2", "iptables", "kmod", "mount"];
        let directories = [
            "/etc/apt/apt.conf.d",
            "/etc/apt/sources.list.d",
            "/etc/modules-load.d",
            "/etc/sysctl.d",
        ];
        Self {
            os: "ID=debian\nVERSION_CODENAME=bookworm\n".to_owned(),
            swaps: ["/dev/sda2".to_owned()].into(),
            modules: ["overlay".to_owned()].into(),
            sysctls: BTreeMap::from([("net/ipv4/ip_forward".to_owned(), "0".to_owned())]),
            packages: packages.into_iter().map(|name| (name.to_owned(), "1".to_owned())).collect(),
            directories: directories.into_iter().map(str::to_owned).collect(),
            ..Self::default()
        }
    }
}

fn is_probe(call: &Call) -> bool {
    call.script().is_some_and(|(text, _)| text.starts_with("# Looks at a host"))
}

fn answer(files: &Weak<FakeHost>, machine: &mut Machine, call: &Call) -> Option<Answer> {
    let fake = files.upgrade()?;
    if is_probe(call) {
        machine.probes += 1;
        return Some(Answer::stdout(probe(&fake, machine, call)));
    }
    let words: Vec<&str> = call.argv.iter().map(String::as_str).collect();
    let done = Some(Answer::success());
    match words.as_slice() {
        ["swapoff", "--", device] => machine.swaps.remove(*device).then(Answer::success),
        ["swapon", "--", device] => {
            machine.swaps.insert((*device).to_owned()).then(Answer::success)
        }
        ["modprobe", "--", name] => {
            machine.modules.insert((*name).to_owned());
            for key in ["net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"]
            {
                machine.sysctls.insert(key.to_owned(), "0".to_owned());
            }
            done
        }
        ["tee", path] if machine.stubborn => Some(Answer::stdout(*path)),
        ["tee", path] => {
            let value = String::from_utf8_lossy(&call.stdin).into_owned();
            machine.sysctls.insert(path.strip_prefix("/proc/sys/")?.to_owned(), value);
            done
        }
        ["mkdir", .., path] => machine.directories.insert((*path).to_owned()).then(Answer::success),
        ["rmdir", .., path] => {
            machine.directories.remove(*path);
            done
        }
        ["stat", "-L", "-c", "%a %u:%g", _] => Some(Answer::stdout("644 root:root\n")),
        ["find", _, "-xdev", ..] | ["systemctl", "daemon-reload"] => done,
        ["systemctl", verb, unit] => Some(systemctl(machine, verb, unit)),
        ["dpkg-query", .., name] if machine.packages.contains_key(*name) => {
            Some(Answer::stdout(format!("installed {name}\n")))
        }
        ["dpkg-query", ..] => Some(Answer::failure(1, "no packages found\n")),
        ["apt-get", ..] => Some(apt_get(machine, &words)),
        ["containerd", "config", "default"] => Some(Answer::stdout("version = 2\n")),
        ["ctr", "plugins", "ls"] => {
            Some(Answer::stdout("io.containerd.grpc.v1 cri linux/amd64 ok\n"))
        }
        _ => None,
    }
}

fn systemctl(machine: &mut Machine, verb: &str, unit: &str) -> Answer {
    let Some(state) = machine.units.get_mut(unit) else {
        return Answer::failure(5, "no such unit\n");
    };
    match verb {
        "enable" => "enabled".clone_into(&mut state.1),
        "restart" | "start" => "active".clone_into(&mut state.0),
        _ => return Answer::failure(1, "unexpected\n"),
    }
    Answer::success()
}

fn apt_get(machine: &mut Machine, words: &[&str]) -> Answer {
    let verb =
        words.iter().position(|word| matches!(*word, "update" | "install" | "purge")).unwrap();
    let (words, names) = words.split_at(verb + 1);
    let simulated = words.contains(&"--simulate");
    let mut lines = String::new();
    match words.last().copied() {
        Some("install") => {
            let needed = if names.contains(&"containerd") { &["runc"][..] } else { &[] };
            for name in
                names.iter().chain(needed).filter(|name| !machine.packages.contains_key(**name))
            {
                writeln!(lines, "Inst {name} (1 Debian:12 [amd64])").unwrap();
            }
            if !simulated {
                machine.packages.extend(
                    names
                        .iter()
                        .chain(needed)
                        .map(|name| ((*name).to_owned(), "1.6.20~ds1".to_owned())),
                );
                machine.units.insert(
                    "containerd.service".to_owned(),
                    ("active".to_owned(), "enabled".to_owned()),
                );
            }
        }
        Some("purge") => {
            for name in names {
                writeln!(lines, "Purg {name} [1]").unwrap();
            }
            if !simulated {
                machine.packages.retain(|name, _| !names.contains(&name.as_str()));
                machine.units.clear();
            }
        }
        _ => {}
    }
    Answer::stdout(lines)
}

/// What the probe would print.
fn probe(fake: &FakeHost, machine: &Machine, call: &Call) -> String {
    let mut output = String::new();
    let mut section = |key: &str, value: Option<&str>| match value {
        Some(value) => writeln!(output, "@{key} 0 {}\n{value}", value.len()).unwrap(),
        None => writeln!(output, "@{key} absent 0\n").unwrap(),
    };
    section("os", Some(&machine.os));
    section("machine_id", Some("0123"));
    section("cgroup_fs", Some("cgroup2fs"));
    section("cgroup_controllers", Some("cpu memory pids"));
    section(
        "swaps",
        Some(
            &machine.swaps.iter().fold("Filename".to_owned(), |text, device| text + "\n" + device),
        ),
    );
    section("fstab_swap", fake.file("/etc/fstab").map(|file| file.text()).as_deref());
    section("swap_units", Some(""));
    section(
        "modules",
        Some(&machine.modules.iter().fold(String::new(), |text, name| text + name + " ")),
    );
    for path in words(call, "SYSCTLS") {
        section(&format!("sysctl:{path}"), machine.sysctls.get(&path).map(String::as_str));
    }
    section("sysctl_files", Some(""));
    section("units", Some(&units(machine)));
    section("packages", Some(&packages(machine)));
    for path in words(call, "FILES") {
        section(&format!("file:{path}"), fake.file(&path).map(|file| file.text()).as_deref());
    }
    let directories: String =
        machine.directories.iter().flat_map(|path| [path.as_str(), " empty\n"]).collect();
    section("directories", Some(&directories));
    section(
        "kubernetes_modes",
        Some(if machine.kubelet { "600 0 /etc/kubernetes/kubelet.conf\n" } else { "" }),
    );
    section("kubernetes_digests", Some(""));
    section("etcd_data", Some(if machine.etcd_data { "yes" } else { "no" }));
    section(
        "record",
        fake.file("/var/lib/terraform-provider-kubeadm/record.json")
            .map(|file| file.text())
            .as_deref(),
    );
    section("end", Some(""));
    output
}

fn words(call: &Call, name: &str) -> Vec<String> {
    let value = call.env.iter().find(|(found, _)| found == name);
    value
        .map(|(_, value)| value.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default()
}

fn units(machine: &Machine) -> String {
    match machine.units.get("containerd.service") {
        Some((active, file)) => {
            format!(
                "Id=containerd.service\nLoadState=loaded\nActiveState={active}\nUnitFileState={file}\n"
            )
        }
        None => {
            "Id=containerd.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n"
                .to_owned()
        }
    }
}

fn packages(machine: &Machine) -> String {
    let line = |(name, version): (&String, &String)| {
        let want = if machine.held.contains(name) { "hold" } else { "install" };
        format!("{name}\t{version}\t{want}\tinstalled\n")
    };
    machine.packages.iter().map(line).collect()
}
