//! A site behind a bastion. Its hosts take SSH from the bastion alone, and get images and packages
//! only through the proxy and the mirror that run there: the lab's own servers are closed to them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use acceptance::{Lab, Story, wait_until};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// Users of the bastion and of the hosts.
pub(crate) const BASTION_USER: &str = "nosudo";
pub(crate) const USER: &str = "debian";

/// Port of sshd that the packet filter guards: the lab itself comes by port 22.
const GUARDED_PORT: u16 = 2222;
const PROXY_PORT: u16 = 3128;
const MIRROR_PORT: u16 = 8081;
const SERVER: &str = include_str!("site.pl");

/// A bastion and the hosts behind it.
pub(crate) struct Site<'a> {
    story: &'a Story,
    bastion: &'a str,
    hosts: &'a [&'a str],
    key_file: PathBuf,
}

/// What the configuration says of the site.
#[derive(Clone)]
pub(crate) struct Access {
    /// Pinned host key of the bastion.
    pub(crate) bastion_key: String,
    /// `proxy` of the control plane's node.
    pub(crate) control_plane_proxy: Value,
    /// `proxy` of the worker's node.
    pub(crate) worker_proxy: Value,
    /// `packages` of both.
    pub(crate) packages: Value,
}

impl<'a> Site<'a> {
    /// Makes the site of fresh lab hosts.
    pub(crate) fn build(story: &'a Story, bastion: &'a str, hosts: &'a [&'a str]) -> Result<Self> {
        let key_file = story.workspace.directory().join("bastion_key");
        make_key(&key_file)?;
        let site = Self { story, bastion, hosts, key_file };
        site.let_in_by_that_key_alone()?;
        site.start_servers()?;
        for host in hosts {
            site.close(host)?;
        }
        Ok(site)
    }

    /// The configuration under which everything works.
    pub(crate) fn access(&self) -> Result<Access> {
        let bastion = self.lab().host(self.bastion)?;
        let proxy = format!("http://{}:{PROXY_PORT}", bastion.address);
        let mut direct = vec!["10.96.0.0/12", "10.50.0.0/16", ".svc", ".cluster.local"];
        for host in self.hosts {
            direct.push(&self.lab().host(host)?.address);
        }
        let proxy = json!({ "http": proxy, "https": proxy, "no_proxy": direct });
        Ok(Access {
            bastion_key: bastion.host_key.clone(),
            control_plane_proxy: proxy.clone(),
            worker_proxy: proxy,
            packages: json!({ "mirror": self.mirror()? }),
        })
    }

    /// Lays a configuration over the scenario's.
    pub(crate) fn configure(&self, access: &Access) -> Result<()> {
        let Access { bastion_key, control_plane_proxy, worker_proxy, packages } = access;
        let jump = json!({
            "host": self.lab().host(self.bastion)?.address, "user": BASTION_USER,
            "private_key_file": self.key_file, "host_key": bastion_key,
        });
        let text = format!(
            "provider \"kubeadm\" {{\n  ssh = {{\n    user = \"{USER}\"\n    \
             port = {GUARDED_PORT}\n    private_key_file = var.ssh_private_key_file\n    \
             host_key_policy = \"accept_new\"\n    \
             jump = {jump}\n  }}\n}}\n\n\
             resource \"kubeadm_node\" \"control_plane\" {{\n  proxy = {control_plane_proxy}\n  \
             packages = {packages}\n}}\n\n\
             resource \"kubeadm_node\" \"worker\" {{\n  proxy = {worker_proxy}\n  \
             packages = {packages}\n}}\n"
        );
        self.story.workspace.write("override.tf", &text)
    }

    /// Address of the mirror of the distribution's packages.
    pub(crate) fn mirror(&self) -> Result<String> {
        let (_, path) = self.origin()?;
        Ok(format!("http://{}:{MIRROR_PORT}{path}", self.lab().host(self.bastion)?.address))
    }

    /// What the proxy was asked for, a line a request: client, method, address.
    pub(crate) fn proxy_log(&self) -> Result<String> {
        self.lab().ssh(self.bastion, "cat /run/site-proxy.log")
    }

    /// What the mirror was asked for.
    pub(crate) fn mirror_log(&self) -> Result<String> {
        self.lab().ssh(self.bastion, "cat /run/site-mirror.log")
    }

    /// Proxies that the main process of a unit was started with.
    pub(crate) fn environment(&self, host: &str, unit: &str) -> Result<String> {
        let process = format!("/proc/$(systemctl show --property=MainPID --value {unit})/environ");
        let lines = format!("tr '\\0' '\\n' < {process} | grep -i '_proxy='; true");
        self.lab().ssh(host, &lines)
    }

    /// From where, and by which key, a user logged in to a host so far.
    pub(crate) fn logins(&self, host: &str, user: &str) -> Result<Vec<String>> {
        let accepted = format!("Accepted publickey for {user} from ");
        let journal = self.lab().ssh(host, "journalctl --identifier=sshd --output=cat")?;
        Ok(journal
            .lines()
            .filter_map(|line| line.strip_prefix(&accepted))
            .map(str::to_owned)
            .collect())
    }

    /// Fingerprint of the key that the bastion takes.
    pub(crate) fn key_fingerprint(&self) -> Result<String> {
        let output = Command::new("ssh-keygen").arg("-lf").arg(&self.key_file).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_whitespace()
            .nth(1)
            .map(str::to_owned)
            .with_context(|| format!("ssh-keygen printed {text:?}"))
    }

    fn lab(&self) -> &Lab {
        &self.story.lab
    }

    /// Where the distribution's packages are by the hosts' own sources: server and path.
    fn origin(&self) -> Result<(String, String)> {
        let source = self.lab().ssh(self.bastion, "grep -m 1 '^deb ' /etc/apt/sources.list")?;
        let url = source.split_whitespace().nth(1).unwrap_or_default();
        let (server, path) = url
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .with_context(|| format!("{source} should name a server and a path"))?;
        Ok((format!("http://{server}"), format!("/{path}")))
    }

    /// The lab's own key no longer opens the bastion for this user.
    fn let_in_by_that_key_alone(&self) -> Result<()> {
        let public = fs::read_to_string(self.key_file.with_extension("pub"))?;
        let file = format!("/home/{BASTION_USER}/.ssh/authorized_keys");
        self.lab().ssh(self.bastion, &format!("echo '{}' > {file}", public.trim()))?;
        Ok(())
    }

    fn start_servers(&self) -> Result<()> {
        let (origin, _) = self.origin()?;
        let upstream = self.lab().status().distribution_mirror.apt_proxy.clone();
        let upstream = upstream.trim_start_matches("http://");
        let unit = |name: &str, port: u16, rest: &str| {
            format!(
                "systemd-run --quiet --unit=site-{name} perl /run/site.pl {port} \
                 /run/site-{name}.log {rest}"
            )
        };
        let proxy = unit("proxy", PROXY_PORT, "");
        let mirror = unit("mirror", MIRROR_PORT, &format!("{upstream} {origin}"));
        let script = format!("cat > /run/site.pl <<'END'\n{SERVER}END\n{proxy} && {mirror}");
        self.lab().ssh(self.bastion, &script)?;
        wait_until(Duration::from_secs(10), || {
            let listening = self.lab().ssh(self.bastion, "ss -Hltn")?;
            Ok([PROXY_PORT, MIRROR_PORT]
                .iter()
                .all(|port| listening.contains(&format!(":{port} "))))
        })
    }

    /// sshd also listens on a port that only the bastion reaches; the lab's servers are closed.
    fn close(&self, host: &str) -> Result<()> {
        let bastion = &self.lab().host(self.bastion)?.address;
        self.lab().ssh(
            host,
            &format!(
                "printf 'Port 22\\nPort {GUARDED_PORT}\\n' > /etc/ssh/sshd_config.d/site.conf && \
                 systemctl restart ssh && \
                 iptables -A INPUT -p tcp --dport {GUARDED_PORT} ! -s {bastion} \
                 -j REJECT --reject-with tcp-reset && \
                 iptables -A OUTPUT -p tcp -d 10.77.0.1 -m multiport --dports 3142,5000,8080 \
                 -j REJECT --reject-with tcp-reset"
            ),
        )?;
        Ok(())
    }
}

fn make_key(file: &Path) -> Result<()> {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(file)
        .stdin(Stdio::null())
        .status()?;
    ensure!(made.success(), "ssh-keygen: {made}");
    Ok(())
}
