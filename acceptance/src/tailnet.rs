//! A tailnet: Headscale on a lab host of its own, and hosts that are enrolled there.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::{Lab, wait_until};

/// Nothing outside of the lab is asked; hosts that do not reach each other yet go through the control server itself,
/// which they take for a relay by TLS alone.
const CONFIGURATION: &str = "\
server_url: https://ADDRESS
listen_addr: ADDRESS:443
metrics_listen_addr: 127.0.0.1:9090
grpc_listen_addr: 127.0.0.1:50443
tls_cert_path: /var/lib/headscale/tls.crt
tls_key_path: /var/lib/headscale/tls.key
noise: {private_key_path: /var/lib/headscale/noise.key}
prefixes: {v4: 100.64.0.0/10, v6: \"fd7a:115c:a1e0::/48\", allocation: sequential}
derp:
  server:
    enabled: true
    region_id: 999
    region_code: lab
    region_name: Lab
    stun_listen_addr: ADDRESS:3478
    private_key_path: /var/lib/headscale/derp.key
    automatically_add_embedded_derp_region: true
    ipv4: ADDRESS
  urls: []
  paths: []
  auto_update_enabled: false
disable_check_updates: true
database: {type: sqlite, sqlite: {path: /var/lib/headscale/db.sqlite, write_ahead_log: true}}
policy: {mode: file, path: /etc/headscale/policy.hujson}
dns: {magic_dns: false, base_domain: lab.test, override_local_dns: false, nameservers: {global: []}}
unix_socket: /var/lib/headscale/headscale.sock
unix_socket_permission: \"0770\"
logtail: {enabled: false}
";

/// Every host may talk to every other, and no route is approved by itself.
const POLICY: &str = r#"{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}]}"#;

/// Where the keys are kept on the control server's host: that of its API, and that of hosts to be enrolled.
const API_KEY: &str = "/var/lib/headscale/api.key";
const AUTH_KEY: &str = "/var/lib/headscale/auth.key";

/// A tailnet by its control server.
#[derive(Debug, Clone)]
pub struct Tailnet<'a> {
    lab: &'a Lab,
    host: &'a str,
}

impl<'a> Tailnet<'a> {
    /// The tailnet whose control server was set up on `host`.
    #[must_use]
    pub fn of(lab: &'a Lab, host: &'a str) -> Self {
        Self { lab, host }
    }

    /// Starts a control server on a host, unless one runs there.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn set_up(lab: &'a Lab, host: &'a str) -> Result<Self> {
        let address = &lab.host(host)?.address;
        let configuration = CONFIGURATION.replace("ADDRESS", address);
        let package = &lab.status().packages.headscale;
        let script = format!(
            "set -e
systemctl is-active --quiet headscale && exit
curl -sSo /root/headscale.deb {package}
dpkg -i /root/headscale.deb
mkdir -p /etc/headscale /var/lib/headscale
cat > /etc/headscale/config.yaml <<'END'
{configuration}END
echo '{POLICY}' > /etc/headscale/policy.hujson
umask 077
cd /var/lib/headscale
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=tailnet \
    -addext subjectAltName=IP:{address} -keyout tls.key -out tls.crt 2> /dev/null
systemd-run --quiet --unit=headscale headscale serve
until headscale users list > /dev/null 2>&1; do sleep 0.2; done
headscale users create lab > /dev/null
headscale apikeys create > {API_KEY}
headscale preauthkeys create --user 1 --reusable > {AUTH_KEY}"
        );
        lab.ssh(host, &format!("timeout 60 sh -c {}", quoted(&script)))
            .context("starting Headscale")?;
        Ok(Self::of(lab, host))
    }

    /// Installs the client on hosts and enrols them, one after the other: a host that was the first to be enrolled
    /// has the first address. The hosts keep their name server: the tailnet has none.
    ///
    /// # Errors
    /// When one of them does not get an address.
    pub fn enrol(&self, hosts: &[&str]) -> Result<()> {
        let key = self.lab.ssh(self.host, &format!("cat {AUTH_KEY}"))?;
        let certificate = self.lab.ssh(self.host, "cat /var/lib/headscale/tls.crt")?;
        let (package, url) = (&self.lab.status().packages.tailscale, self.url()?);
        for host in hosts {
            let script = format!(
                "set -e
cat > /usr/local/share/ca-certificates/tailnet.crt <<'END'
{certificate}END
update-ca-certificates > /dev/null 2>&1
command -v tailscale > /dev/null || {{ curl -sSo /root/tailscale.deb {package}; dpkg -i /root/tailscale.deb; }}
systemctl enable --quiet --now tailscaled
tailscale ip -4 > /dev/null 2>&1 || tailscale up --timeout 30s --accept-dns=false --login-server {url} --auth-key {}",
                key.trim()
            );
            self.lab.ssh(host, &script).with_context(|| format!("enrolling {host}"))?;
            wait_until(Duration::from_secs(20), || Ok(self.address(host).is_ok()))
                .with_context(|| format!("{host} should get an address"))?;
        }
        Ok(())
    }

    /// A host's address in the tailnet.
    ///
    /// # Errors
    /// When it has none.
    pub fn address(&self, host: &str) -> Result<String> {
        let address = self.lab.ssh(host, "tailscale ip -4")?.trim().to_owned();
        ensure!(!address.is_empty(), "{host} has no address in the tailnet");
        Ok(address)
    }

    /// Where the control server answers.
    ///
    /// # Errors
    /// When the lab lacks its host.
    pub fn url(&self) -> Result<String> {
        Ok(format!("https://{}", self.lab.host(self.host)?.address))
    }

    /// The key of its API.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn api_key(&self) -> Result<String> {
        Ok(self.lab.ssh(self.host, &format!("cat {API_KEY}"))?.trim().to_owned())
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
