//! The demo: a scenario of `examples/scenarios`, applied by real OpenTofu on real hosts.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use acceptance::{Core, Lab, Topology, Workspace, demo_directory, scenario_workspace};
use anyhow::{Result, bail};

/// Boots the scenario's hosts, applies it and says what can be tried next.
pub(crate) fn up(scenario: &str) -> Result<()> {
    let topology = topology(scenario)?;
    let lab = Lab::up(&topology.names())?;
    topology.prepare(&lab)?;
    let directory = demo_directory(scenario);
    let workspace = scenario_workspace(&lab, Core::OpenTofu, scenario, &topology, &directory)?;
    let started = Instant::now();
    follow(&workspace, &["apply", "-auto-approve", "-input=false"])?;
    let seconds = started.elapsed().as_secs();
    let kubeconfig = write_kubeconfig(&lab, &topology, &directory)?;
    say(&format!("\napplied in {seconds} s\n"));
    follow_program(&lab, "kubectl", &["--kubeconfig", &kubeconfig, "get", "nodes", "-o", "wide"])?;
    say(&next_steps(scenario, &directory, &kubeconfig));
    Ok(())
}

/// Destroys the scenario's cluster, checks that its hosts are clean and removes them.
pub(crate) fn down(scenario: &str) -> Result<()> {
    let topology = topology(scenario)?;
    let lab = Lab::running()?;
    let directory = demo_directory(scenario);
    let workspace = Workspace::new(&lab, Core::OpenTofu, &directory)?;
    follow(&workspace, &["destroy", "-auto-approve", "-input=false"])?;
    for name in topology.names() {
        require_clean(&lab, name)?;
    }
    Lab::down(&topology.names())?;
    std::fs::remove_dir_all(directory)?;
    say("every host was clean and is gone\n");
    Ok(())
}

/// No host of the lab has it.
const VIRTUAL_ADDRESS: &str = "10.77.0.5";

/// Nobody has it, in no network of the lab.
const TAILNET_ADDRESS: &str = "10.200.0.1";

fn topology(scenario: &str) -> Result<Topology> {
    let three = || Topology::new(&["cp1", "cp2", "cp3"], &["w1", "w2"]);
    match scenario {
        "single" => Ok(Topology::new(&["cp1"], &["w1"])),
        "high-availability" => Ok(three().behind("lb1")),
        "keepalived" => Ok(three().by_keepalived(VIRTUAL_ADDRESS)),
        "kube-vip" => Ok(three().by_kube_vip(VIRTUAL_ADDRESS)),
        "tailscale" => Ok(three().by_tailscale(TAILNET_ADDRESS, "hs1")),
        other => bail!("there is no scenario {other}: see examples/scenarios"),
    }
}

fn follow(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let status = workspace.command(arguments).stdin(Stdio::null()).status()?;
    if !status.success() {
        bail!("{}: {status}", arguments.join(" "));
    }
    Ok(())
}

fn follow_program(lab: &Lab, program: &str, arguments: &[&str]) -> Result<()> {
    let status = lab.inside(program).args(arguments).status()?;
    if !status.success() {
        bail!("{program}: {status}");
    }
    Ok(())
}

/// The demo alone writes administrator credentials to a file; the provider never does.
fn write_kubeconfig(lab: &Lab, topology: &Topology, directory: &Path) -> Result<String> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = directory.join("kubeconfig");
    let mut text = lab.ssh("cp1", "cat /etc/kubernetes/admin.conf")?;
    if topology.is_in_tailnet() {
        // Whoever tries the demo is not in the tailnet.
        let own = &lab.host("cp1")?.address;
        let server = format!("server: https://{own}:6443\n    tls-server-name: kubernetes");
        text = text.replace(&format!("server: https://{TAILNET_ADDRESS}:6443"), &server);
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path.display().to_string())
}

fn require_clean(lab: &Lab, name: &str) -> Result<()> {
    let left = lab.ssh(
        name,
        "ls -d /etc/kubernetes/* /var/lib/etcd/* /var/lib/kubelet/config.yaml \
         /var/lib/terraform-provider-kubeadm/* /etc/cni/net.d/* 2>/dev/null; \
         ip -brief link | grep -E 'cni0|flannel'; true",
    )?;
    if !left.trim().is_empty() {
        bail!("{name} is not clean:\n{left}");
    }
    Ok(())
}

fn next_steps(scenario: &str, directory: &Path, kubeconfig: &str) -> String {
    let lab = "acceptance/lab/lab";
    let place = directory.display();
    format!(
        "
kubeconfig   {kubeconfig}
try          {lab} run -- kubectl --kubeconfig {kubeconfig} get pods -A
             {lab} run -- tofu -chdir={place} plan        # nothing to do
             {lab} ssh w1 sysctl -w net.ipv4.ip_forward=0  # then plan again: drift
             make demo-down SCENARIO={scenario}
"
    )
}

#[expect(clippy::print_stdout, reason = "a build tool talks to the person who runs it")]
fn say(text: &str) {
    print!("{text}");
}
