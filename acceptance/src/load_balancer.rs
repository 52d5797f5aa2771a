//! A load balancer in front of a control plane: haproxy on a lab host of its own.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{Lab, wait_until};

/// Port of the API, at the load balancer and behind it.
const PORT: u16 = 6443;

/// The configuration but for its servers. The lab may not raise limits, hence few connections;
/// watches are silent for long, hence timeouts of hours. `hard-stop-after` ends what is left of a
/// former configuration, which no longer checks its servers.
const CONFIGURATION: &str = "\
global
    maxconn 500
    hard-stop-after 5s

defaults
    mode tcp
    timeout connect 2s
    timeout client 4h
    timeout server 4h

frontend api
    bind :6443
    default_backend control_plane

backend control_plane
    balance roundrobin
    option redispatch
    option httpchk GET /readyz
    http-check expect status 200
    default-server check check-ssl verify none inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
";

/// A load balancer that runs.
#[derive(Debug, Clone)]
pub struct LoadBalancer<'a> {
    lab: &'a Lab,
    host: &'a str,
}

impl<'a> LoadBalancer<'a> {
    /// The load balancer that was set up on `host`.
    #[must_use]
    pub fn of(lab: &'a Lab, host: &'a str) -> Self {
        Self { lab, host }
    }

    /// Installs and configures haproxy on a host. One that is there already gets the backends.
    ///
    /// # Errors
    /// When it cannot be installed, or does not listen.
    pub fn set_up(lab: &'a Lab, host: &'a str, backends: &[&str]) -> Result<Self> {
        let balancer = Self::of(lab, host);
        balancer.configure(backends)?;
        balancer.install()?;
        balancer.reload()?;
        Ok(balancer)
    }

    /// Sends connections to these hosts from now on, members or not: what does not answer its
    /// check is left out.
    ///
    /// # Errors
    /// When the lab lacks one of them, or haproxy refuses its configuration.
    pub fn set_backends(&self, backends: &[&str]) -> Result<()> {
        self.configure(backends)?;
        self.reload()
    }

    /// Where it listens, as `https://ADDRESS:PORT`.
    ///
    /// # Errors
    /// When the lab lacks its host.
    pub fn url(&self) -> Result<String> {
        Ok(format!("https://{}:{PORT}", self.lab.host(self.host)?.address))
    }

    /// Whether an API server behind it says that it is ready.
    ///
    /// # Errors
    /// When its host cannot be asked.
    pub fn answers(&self) -> Result<bool> {
        let url = self.url()?;
        let ask = format!("curl --silent --insecure --fail --max-time 3 {url}/readyz");
        Ok(self.lab.try_ssh(self.host, &ask)?.status.success())
    }

    /// The file is there before the package, which then starts with it.
    fn configure(&self, backends: &[&str]) -> Result<()> {
        let mut text = CONFIGURATION.to_owned();
        for name in backends {
            let address = &self.lab.host(name)?.address;
            writeln!(text, "    server {name} {address}:{PORT}")?;
        }
        let file = "/etc/haproxy/haproxy.cfg";
        let write = format!("mkdir -p /etc/haproxy && cat > {file} <<'END'\n{text}END");
        self.lab.ssh(self.host, &write)?;
        Ok(())
    }

    fn install(&self) -> Result<()> {
        let proxy = &self.lab.status().distribution_mirror.apt_proxy;
        let apt = format!(
            "DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::http::Proxy={proxy} \
             -o Dpkg::Options::=--force-confold"
        );
        let script = format!(
            "test -x /usr/sbin/haproxy || \
             {{ {apt} update && {apt} install -y --no-install-recommends haproxy; }}"
        );
        self.lab.ssh(self.host, &script).context("installing haproxy")?;
        Ok(())
    }

    fn reload(&self) -> Result<()> {
        // The package may have started haproxy and failed so often that systemd gave it up.
        let script = "haproxy -c -f /etc/haproxy/haproxy.cfg && \
                      { systemctl reset-failed haproxy; systemctl reload-or-restart haproxy; }";
        self.lab.ssh(self.host, script)?;
        let listening = format!(":{PORT} ");
        wait_until(Duration::from_secs(10), || {
            Ok(self.lab.ssh(self.host, "ss -Hltn")?.contains(&listening))
        })
        .context("haproxy should listen")
    }
}
