//! An etcd that somebody else runs: three servers in the lab's network, beside its hosts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use acceptance::{Lab, wait_until};
use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use tempfile::TempDir;

/// The lab's own address in its network.
const ADDRESS: &str = "10.77.0.1";
const NAMES: [&str; 3] = ["e1", "e2", "e3"];
const START: Duration = Duration::from_mins(1);

/// Servers that run until they are dropped.
pub(crate) struct EtcdServers {
    directory: TempDir,
    servers: Vec<Child>,
}

impl EtcdServers {
    /// Starts them and waits until they serve.
    pub(crate) fn start(lab: &Lab) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        write_certificates(directory.path())?;
        let mut all = Self { directory, servers: Vec::new() };
        for (index, name) in NAMES.into_iter().enumerate() {
            let server = all.server(lab, index, name)?;
            all.servers.push(server);
        }
        wait_until(START, || Ok(all.etcdctl(lab, &["endpoint", "health", "--cluster"]).is_ok()))
            .context("the external etcd should serve")?;
        Ok(all)
    }

    /// Where clients reach them.
    pub(crate) fn endpoints() -> Vec<String> {
        (0..NAMES.len()).map(client_url).collect()
    }

    /// What a client shows and trusts: the CA, its certificate and its key.
    pub(crate) fn client_files(&self) -> Result<[(&'static str, String); 3]> {
        let read = |name: &str| fs::read_to_string(self.file(name));
        Ok([
            ("ca.crt", read("ca.crt")?),
            ("client.crt", read("own.crt")?),
            ("client.key", read("own.key")?),
        ])
    }

    /// What etcdctl prints.
    pub(crate) fn etcdctl(&self, lab: &Lab, arguments: &[&str]) -> Result<String> {
        let output = lab
            .inside("etcdctl")
            .args(["--endpoints", &Self::endpoints().join(",")])
            .arg("--cacert")
            .arg(self.file("ca.crt"))
            .arg("--cert")
            .arg(self.file("own.crt"))
            .arg("--key")
            .arg(self.file("own.key"))
            .args(arguments)
            .output()?;
        ensure!(output.status.success(), "etcdctl {arguments:?}: {output:?}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn server(&self, lab: &Lab, index: usize, name: &str) -> Result<Child> {
        let log = File::create(self.file(&format!("{name}.log")))?;
        let cluster: Vec<String> =
            NAMES.iter().enumerate().map(|(at, name)| format!("{name}={}", peer_url(at))).collect();
        let mut command = lab.inside("etcd");
        command.args(["--name", name]).arg("--data-dir").arg(self.file(name));
        for (flag, url) in [("client", client_url(index)), ("peer", peer_url(index))] {
            command.args([format!("--listen-{flag}-urls"), url.clone()]);
            let advertise =
                if flag == "peer" { "initial-advertise-peer" } else { "advertise-client" };
            command.args([format!("--{advertise}-urls"), url]);
        }
        command.args(["--initial-cluster", &cluster.join(",")]);
        for prefix in ["", "peer-"] {
            command.arg(format!("--{prefix}client-cert-auth"));
            for (flag, file) in
                [("trusted-ca-file", "ca.crt"), ("cert-file", "own.crt"), ("key-file", "own.key")]
            {
                command.arg(format!("--{prefix}{flag}")).arg(self.file(file));
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().context("starting etcd")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Drop for EtcdServers {
    fn drop(&mut self) {
        for server in &mut self.servers {
            // One that has ended by itself needs no end.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn client_url(index: usize) -> String {
    format!("https://{ADDRESS}:{}", 23790 + index)
}

fn peer_url(index: usize) -> String {
    format!("https://{ADDRESS}:{}", 23800 + index)
}

/// A CA, and one certificate of it, for servers, peers and clients alike.
fn write_certificates(directory: &Path) -> Result<()> {
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, "external etcd");
    let ca_key = KeyPair::generate()?;
    fs::write(directory.join("ca.crt"), ca.self_signed(&ca_key)?.pem())?;
    let mut own = CertificateParams::new(vec![ADDRESS.to_owned()])?;
    own.distinguished_name.push(DnType::CommonName, "etcd");
    own.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let own_key = KeyPair::generate()?;
    let signed = own.signed_by(&own_key, &Issuer::new(ca, ca_key))?;
    fs::write(directory.join("own.crt"), signed.pem())?;
    fs::write(directory.join("own.key"), own_key.serialize_pem())?;
    Ok(())
}
