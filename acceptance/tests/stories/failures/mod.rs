//! What users read when something is wrong, seen on real hosts.
//!
//! Every text must name the host, what failed and what to do; the golden form of each is held by the
//! provider's unit tests. Each test has a host of its own, so that two run side by side.

use std::process::{Command, Stdio};

use acceptance::{Core, Lab, Topology, Workspace, scenario_workspace};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Failure {
    lab: Lab,
    workspace: Workspace,
    topology: Topology,
    directory: TempDir,
}

impl Failure {
    fn on_a_fresh_host(host: &str) -> Result<Self> {
        Lab::down(&[host])?;
        let topology = Topology::new(&[host], &[]);
        let lab = Lab::up(&[host])?;
        let directory = tempfile::tempdir()?;
        let workspace =
            scenario_workspace(&lab, Core::OpenTofu, "single", &topology, directory.path())?;
        Ok(Self { lab, workspace, topology, directory })
    }

    fn set(&self, changes: &[(&str, Value)]) -> Result<()> {
        let mut variables = self.topology.variables(&self.lab)?;
        for (name, value) in changes {
            variables.insert((*name).to_owned(), value.clone());
        }
        self.workspace.set_variables(&variables)
    }

    /// The apply fails and says all of these; returns its text without the frame core draws.
    fn apply_says(&self, wanted: &[&str]) -> Result<String> {
        let run = self.workspace.run(&["apply", "-auto-approve", "-no-color", "-input=false"])?;
        let text = run.require_failure()?;
        let plain = text.replace(['│', '╷', '╵'], " ");
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in wanted {
            ensure!(plain.contains(words), "the error should say {words:?}\n{text}");
        }
        Ok(plain)
    }
}

/// A key the host does not know, a closed port, a changed host key, a refused sudo.
#[test]
fn what_keeps_the_provider_out_is_said() -> Result<()> {
    let host = "f1";
    let failure = Failure::on_a_fresh_host(host)?;
    let address = failure.lab.host(host)?.address.clone();

    let stranger = failure.directory.path().join("stranger");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&stranger)
        .stdin(Stdio::null())
        .status()?;
    ensure!(made.success(), "ssh-keygen: {made}");
    failure.set(&[("ssh_private_key_file", json!(stranger))])?;
    failure.apply_says(&[host, "refused the login", "authorized_keys"])?;

    let other_key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJeSTJXZlyCFlgSsSNRyiOJmJMCrvGJCMAeJhz+nPOV";
    failure.set(&[(
        "control_plane",
        json!({ (host): { "address": address, "host_key": other_key } }),
    )])?;
    failure.apply_says(&[host, "its host key changed", "SHA256:", "the pinned key has"])?;

    failure.set(&[("ssh_user", json!("nosudo"))])?;
    failure.apply_says(&[host, "sudo"])?;

    failure.lab.ssh(host, "systemctl stop ssh.socket ssh.service; true").ok();
    failure.set(&[])?;
    failure.apply_says(&[host, "refused"])?;
    Lab::down(&[host])
}

/// A version no repository has, on a host whose packet filter is told of.
#[test]
fn a_package_that_does_not_exist_is_named() -> Result<()> {
    let host = "f2";
    let failure = Failure::on_a_fresh_host(host)?;
    failure.lab.ssh(
        host,
        "iptables -P FORWARD DROP && mkdir -p /etc/iptables && \
         echo '-A KUBE-SERVICES -j ACCEPT' > /etc/iptables/rules.v4",
    )?;
    failure.set(&[("kubernetes_version", json!("1.35.99"))])?;
    let warned = ["PW-FORWARD-DROP", "PW-IPTABLES-DUMP: /etc/iptables/rules.v4"];
    failure.apply_says(&[&[host, "1.35.99", "not found"][..], &warned].concat())?;
    failure.lab.ssh(host, "iptables -P FORWARD ACCEPT && rm -r /etc/iptables")?;
    failure.set(&[])?;
    failure.workspace.apply()?;
    failure.workspace.destroy()?;
    Lab::down(&[host])
}

/// Everything preflight finds is said at once, and nothing on the host was changed.
#[test]
fn preflight_says_all_it_finds_before_anything_is_changed() -> Result<()> {
    let host = "f3";
    let failure = Failure::on_a_fresh_host(host)?;
    failure.lab.ssh(
        host,
        "mkdir -p /etc/cni/net.d /var/lib/etcd/member /etc/kubernetes/manifests && \
         touch /etc/cni/net.d/05-other.conflist /etc/kubernetes/manifests/etcd.yaml",
    )?;
    let before = failure.lab.verb("files", host)?;
    failure.apply_says(&[host, "PF-FOREIGN-CNI", "PF-FOREIGN-CLUSTER"])?;
    let after = failure.lab.verb("files", host)?;
    ensure!(stable(&before) == stable(&after), "preflight should change nothing");
    Lab::down(&[host])
}

/// Too little memory, a port in use and a kubelet configuration that cannot work are said before
/// kubeadm is even installed.
#[test]
fn a_member_is_refused_on_a_host_that_cannot_carry_it() -> Result<()> {
    let host = "f4";
    let failure = Failure::on_a_fresh_host(host)?;
    failure.lab.ssh(
        host,
        "sed 's/^MemTotal:.*/MemTotal: 900000 kB/' /proc/meminfo > /run/meminfo && \
         mount --bind /run/meminfo /proc/meminfo && \
         printf 'Filename Type Size Used Priority\\n/dev/vdz partition 1 0 -2\\n' > /run/swaps && \
         mount --bind /run/swaps /proc/swaps && \
         systemd-run --quiet --unit=squatter perl -MIO::Socket::INET -e \
         '@s = IO::Socket::INET->new(LocalPort => 6443, Listen => 1, ReuseAddr => 1) or die; sleep'",
    )?;
    let main = std::fs::read_to_string(failure.directory.path().join("main.tf"))?;
    let node_ip = "  node_ip           = each.value.address\n";
    let with_swap = main.replace(node_ip, &format!("{node_ip}  swap              = \"ignore\"\n"));
    failure.workspace.write("main.tf", &with_swap)?;
    failure.set(&[("kubelet_configuration", json!({ "failCgroupV1": true }))])?;
    failure.apply_says(&[
        host,
        "PF-MEM",
        "PF-SWAP",
        "PF-PORT",
        "6443",
        "PF-CGROUP",
        "failCgroupV1",
    ])?;
    let installed =
        failure.lab.ssh(host, "ls /usr/bin/kubeadm /etc/kubernetes 2>/dev/null; true")?;
    ensure!(installed.trim().is_empty(), "nothing should be installed: {installed}");
    Lab::down(&[host])
}

/// A kubelet that cannot run: the journal's last lines and the cause are in the error, and the
/// next apply goes on once the cause is gone.
#[test]
fn a_kubelet_that_stays_unhealthy_is_explained() -> Result<()> {
    let host = "f5";
    let failure = Failure::on_a_fresh_host(host)?;
    let invalid = json!({ "failCgroupV1": false, "containerLogMaxFiles": 1 });
    failure.set(&[("kubelet_configuration", invalid)])?;
    let text = failure.apply_says(&[host, "kubelet", "kubeadm init", "containerLogMaxFiles"])?;
    ensure!(text.contains("journal"), "the journal's last lines should be there: {text}");

    failure.set(&[])?;
    failure.workspace.apply()?;
    failure.workspace.destroy()?;
    Lab::down(&[host])
}

/// A listing without what changes by itself.
fn stable(listing: &str) -> Vec<&str> {
    let moving = ["/var/log/", "/tmp", "/var/tmp", "/var/lib/systemd", "/root/"];
    listing.lines().filter(|line| !moving.iter().any(|place| line.starts_with(place))).collect()
}
