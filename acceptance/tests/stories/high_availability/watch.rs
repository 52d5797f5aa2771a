//! Somebody outside of a cluster who looks at it all the time: at the API through the load balancer,
//! at etcd member by member; and who writes.

use acceptance::{Lab, LoadBalancer};
use anyhow::{Result, ensure};

use crate::high_availability::record::Record;
use crate::high_availability::stream::Stream;

/// Where the load balancer's host keeps the credentials for watching.
const DIRECTORY: &str = "/run/watch";

/// Asks for the status of the API, `000` when nothing answers. curl alone is cheap enough to be
/// asked all the time beside a cluster on two cores.
const API: &str = r#"
while :; do
    curl --silent --insecure --max-time 2 --output /dev/null --write-out '%{http_code}\n' "$api/readyz"
    sleep 0.25
done
"#;

/// Asks for the members, then each host whether its etcd serves, then for the members again, so
/// that what changed meanwhile can be told. A member list comes from a member with a majority
/// behind it.
const ETCD: &str = r#"
etcd() { curl --silent --fail --cacert etcd-ca --cert etcd-cert --key etcd-key "$@"; }
members() {
    for host in $hosts; do
        etcd --max-time 3 --data '{"linearizable":true}' "https://$host:2379/v3/cluster/member/list" && return
    done
}
serving() {
    for host in $hosts; do
        { etcd --max-time 5 "https://$host:2379/health?serializable=true" >/dev/null && echo "$host"; } &
    done
    wait
}
while :; do
    before=$(members); serving=$(serving | tr '\n' ' '); after=$(members)
    printf '%s\t%s\t%s\n' "$before" "$serving" "$after"
    sleep 0.25
done
"#;

/// Writes one `ConfigMap` after the other, and tells the number and the API's status of each.
const WRITER: &str = r#"
number=0
while :; do
    number=$((number + 1))
    body="{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"written-$number\"}}"
    status=$(curl --silent --max-time 3 --output /dev/null --write-out '%{http_code}' \
        --cacert api-ca --cert api-cert --key api-key --header 'Content-Type: application/json' \
        --data "$body" "$api/api/v1/namespaces/default/configmaps")
    echo "$number $status"
    sleep 0.25
done
"#;

/// Files on a member, by the name that the scripts give them.
const FILES: [(&str, &str); 3] = [
    ("etcd-ca", "cat /etc/kubernetes/pki/etcd/ca.crt"),
    ("etcd-cert", "cat /etc/kubernetes/pki/etcd/healthcheck-client.crt"),
    ("etcd-key", "cat /etc/kubernetes/pki/etcd/healthcheck-client.key"),
];

/// Entries of the administrator's kubeconfig, likewise.
const ENTRIES: [(&str, &str); 3] = [
    ("api-ca", "certificate-authority-data"),
    ("api-cert", "client-certificate-data"),
    ("api-key", "client-key-data"),
];

/// The three who look and write.
pub(crate) struct Watch {
    api: Stream,
    etcd: Stream,
    writer: Stream,
}

impl Watch {
    /// Watches from the load balancer's host: a cluster that `member` is in, and may be replaced on
    /// any of the hosts.
    pub(crate) fn start(lab: &Lab, balancer: &str, member: &str, hosts: &[&str]) -> Result<Self> {
        bring_credentials(lab, member, balancer)?;
        let mut addresses = Vec::new();
        for host in hosts {
            addresses.push(lab.host(host)?.address.as_str());
        }
        let api = LoadBalancer::of(lab, balancer).url()?;
        let hosts = addresses.join(" ");
        let start = |script: &str| {
            let settings = format!("cd {DIRECTORY}; api={api}; hosts='{hosts}'");
            Stream::start(lab, balancer, &format!("{settings}\n{script}"))
        };
        Ok(Self { api: start(API)?, etcd: start(ETCD)?, writer: start(WRITER)? })
    }

    /// Ends watching.
    pub(crate) fn end(self) -> Result<Record> {
        let (api, etcd) = (self.api.end()?, self.etcd.end()?);
        Ok(Record { api, etcd, writer: self.writer.end()? })
    }
}

/// Brings what a client needs from a member to the watching host.
fn bring_credentials(lab: &Lab, member: &str, watcher: &str) -> Result<()> {
    lab.ssh(watcher, &format!("mkdir -p -m 700 {DIRECTORY}"))?;
    for (name, print) in FILES {
        put(lab, watcher, name, &lab.ssh(member, print)?)?;
    }
    for (name, entry) in ENTRIES {
        let print =
            format!("sed -n 's/^ *{entry}: //p' /etc/kubernetes/admin.conf | base64 --decode");
        put(lab, watcher, name, &lab.ssh(member, &print)?)?;
    }
    Ok(())
}

fn put(lab: &Lab, host: &str, name: &str, text: &str) -> Result<()> {
    ensure!(text.starts_with("-----BEGIN"), "{name} should be in PEM form");
    let write = format!("cat > {DIRECTORY}/{name} <<'END'\n{}\nEND", text.trim_end());
    lab.ssh(host, &write).map(drop)
}
