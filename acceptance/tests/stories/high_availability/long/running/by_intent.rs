//! Settings that change by intent.

use acceptance::{Cluster, Story, one_line, signal_group, wait_until};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::time::Duration;

use super::{BALANCER, MEMBERS, WORKER, configure, topology};
use crate::high_availability::watch::Watch;

/// Merged over what the scenario gives; the lab's own settings of kubelets stay.
const SETTINGS: &str = r#"
  api_server = { extra_args = { profiling = ["false"] }, cert_sans = ["api.example.org"] }
  scheduler  = { extra_args = { v = ["2"] } }
  etcd       = { local = { server_cert_sans = ["etcd.example.org"] } }

  renew_before = "720h"
  patches = {
    "kube-scheduler0+merge.yaml"  = yamlencode({ metadata = { annotations = { "example.org/patched" = "yes" } } })
    "kubeletconfiguration0+merge.json" = jsonencode({ podPidsLimit = 4096 })
  }

  kubelet_configuration    = jsonencode(merge(var.kubelet_configuration, { maxPods = 60 }))
  kube_proxy_configuration = jsonencode(merge(var.kube_proxy_configuration, { metricsBindAddress = "127.0.0.1:10249", mode = "iptables" }))
"#;

/// Laid over these by a second change: images from another registry, and a feature gate of kubeadm's.
const MORE: &str = r#"
  etcd = { local = { server_cert_sans = ["etcd.example.org"], image_repository = "registry.example.org" } }
  dns  = { image_repository = "registry.example.org/coredns" }

  feature_gates = { NodeLocalCRISocket = true }
"#;

/// A scheduler does not know this one.
const IMPOSSIBLE: (&str, &str) = (r#"v = ["2"]"#, r#"v = ["2"], no-such-flag = ["1"]"#);

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-no-color", "-input=false"];

/// When etcd was started, and the manifests of what no setting of the story is about were written. Not
/// more: a controller manager that leads starts anew when it misses its API server.
const UNTOUCHED: &str = "stat -c '%n %Y' /proc/$(pgrep -o etcd) \
    /etc/kubernetes/manifests/etcd.yaml /etc/kubernetes/manifests/kube-controller-manager.yaml";

/// Every component runs with its new settings, nothing else was restarted, and the API was there.
pub(super) fn settings_change_while_the_cluster_serves(story: &Story) -> Result<()> {
    let untouched = |host: &str| story.lab.ssh(host, UNTOUCHED);
    let (before, proxies) = (MEMBERS.map(untouched), proxies(story)?);
    let watch = Watch::start(&story.lab, BALANCER, MEMBERS[0], &MEMBERS)?;
    configure(story, SETTINGS)?;
    story.workspace.apply()?;
    let record = watch.end()?;
    record.require_quorum()?;
    record.require_api()?;
    story.require_no_changes()?;

    for (host, before) in MEMBERS.into_iter().zip(before) {
        runs_with(story, host, "kube-apiserver", "--profiling=false")?;
        runs_with(story, host, "kube-scheduler", "--v=2")?;
        shows_name(story, host, 6443, "api.example.org")?;
        shows_name(story, host, 2379, "etcd.example.org")?;
        let manifest = story.lab.ssh(host, "cat /etc/kubernetes/manifests/kube-scheduler.yaml")?;
        ensure!(
            manifest.contains("example.org/patched"),
            "{host} should have the patch\n{manifest}"
        );
        let (before, after) = (before?, untouched(host)?);
        ensure!(before == after, "nothing else should restart on {host}:\n{before}\n{after}");
    }
    let same: Vec<String> = self::proxies(story)?.intersection(&proxies).cloned().collect();
    ensure!(same.is_empty(), "kube-proxy should have read its new configuration: {same:?}");
    let cluster = Cluster::of(&story.lab, MEMBERS[0]);
    for host in MEMBERS.into_iter().chain([WORKER]) {
        let text = cluster.kubectl(&format!("get --raw /api/v1/nodes/{host}/proxy/configz"))?;
        let found: serde_json::Value = serde_json::from_str(&text)?;
        for (setting, wanted) in [("maxPods", 60), ("podPidsLimit", 4096)] {
            let pointer = format!("/kubeletconfig/{setting}");
            let set = found.pointer(&pointer).and_then(serde_json::Value::as_u64);
            ensure!(set == Some(wanted), "{setting} of the kubelet of {host}: {set:?}");
        }
    }
    cluster.require_voters(&MEMBERS)
}

/// A component may be starting.
fn runs_with(story: &Story, host: &str, component: &str, argument: &str) -> Result<()> {
    let command = format!("tr '\\0' '\\n' < /proc/$(pgrep -o {component})/cmdline");
    wait_until(Duration::from_mins(2), || {
        let found = story.lab.try_ssh(host, &command)?;
        Ok(String::from_utf8_lossy(&found.stdout).lines().any(|line| line == argument))
    })
    .with_context(|| format!("{component} on {host} should run with {argument}"))
}

/// API servers and etcd take a new certificate up by themselves.
fn shows_name(story: &Story, host: &str, port: u16, name: &str) -> Result<()> {
    let address = &story.lab.host(host)?.address;
    let shown = format!(
        "openssl s_client -connect {address}:{port} </dev/null 2>/dev/null \
         | openssl x509 -noout -ext subjectAltName"
    );
    wait_until(Duration::from_mins(2), || {
        let output = story.lab.inside("sh").args(["-c", &shown]).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).contains(name))
    })
    .with_context(|| format!("port {port} of {host} should show a certificate for {name}"))
}

/// Settings that work follow those that did not, and core and provider die while a member gets its new
/// manifest: the next apply goes on from there. kube-proxy, whose settings stay, is left alone.
pub(super) fn a_killed_apply_is_made_up_for(story: &Story) -> Result<()> {
    let proxies = proxies(story)?;
    let settings: Vec<&str> = SETTINGS.lines().filter(|line| !line.starts_with("  etcd")).collect();
    let settings = settings.join("\n").replace(r#"v = ["2"]"#, r#"v = ["3"]"#);
    configure(story, &format!("{settings}{MORE}"))?;
    serve_as(story, "registry.example.org")?;
    let mut apply = story.workspace.start(&APPLY)?;
    wait_until(Duration::from_mins(3), || {
        ensure!(apply.try_wait()?.is_none(), "apply ended before a manifest was written");
        let written = "grep -e --v=3 /etc/kubernetes/manifests/kube-scheduler.yaml";
        let written = |host| Ok(story.lab.try_ssh(host, written)?.status.success());
        let hosts: Result<Vec<bool>> = MEMBERS.into_iter().map(written).collect();
        Ok(hosts?.contains(&true))
    })?;
    signal_group(&apply, "KILL")?;
    ensure!(!apply.wait()?.success(), "a killed apply should not end well");
    story.workspace.apply()?;
    story.require_no_changes()?;
    let after = self::proxies(story)?;
    ensure!(proxies == after, "kube-proxy should run on: {proxies:?} {after:?}");
    let cluster = Cluster::of(&story.lab, MEMBERS[0]);
    let images = "-n kube-system get pods -l component=etcd -o jsonpath={.items[*].spec.containers[0].image}";
    let images = cluster.kubectl(images)?;
    ensure!(images.matches("registry.example.org/etcd").count() == 3, "etcd runs as {images}");
    let dns = "-n kube-system get deployment coredns -o jsonpath={.spec.template.spec.containers[0].image}";
    let dns = cluster.kubectl(dns)?;
    ensure!(dns.starts_with("registry.example.org/coredns/coredns:"), "CoreDNS runs as {dns}");
    cluster.require_voters(&MEMBERS)?;
    MEMBERS.iter().try_for_each(|host| runs_with(story, host, "kube-scheduler", "--v=3"))
}

/// Every host fetches images of `registry` where it fetches those of Kubernetes.
fn serve_as(story: &Story, registry: &str) -> Result<()> {
    let mut mirrors = story.lab.status().registry_mirrors.clone();
    let url = mirrors.get("registry.k8s.io").context("the lab should have a mirror")?.clone();
    mirrors.insert(registry.to_owned(), url);
    story.rearrange_with(&topology(), &[("registry_mirrors", serde_json::json!(mirrors))])
}

/// The pods of kube-proxy.
fn proxies(story: &Story) -> Result<BTreeSet<String>> {
    let pods = Cluster::of(&story.lab, MEMBERS[0])
        .kubectl("-n kube-system get pods -l k8s-app=kube-proxy -o name")?;
    Ok(pods.lines().map(str::to_owned).collect())
}

/// A scheduler that cannot start: the first member has its former settings again, the others never had
/// the new ones, and the error says what the component said.
pub(super) fn what_does_not_run_gets_its_settings_back(story: &Story) -> Result<()> {
    configure(story, &SETTINGS.replace(IMPOSSIBLE.0, IMPOSSIBLE.1))?;
    let text = one_line(&story.workspace.run(&APPLY)?.require_failure()?);
    for words in ["kube-scheduler", "no-such-flag", "put back", "renew-control-plane"] {
        ensure!(text.contains(words), "it should say {words:?}\n{text}");
    }
    for host in MEMBERS {
        let manifest = story.lab.ssh(host, "cat /etc/kubernetes/manifests/kube-scheduler.yaml")?;
        ensure!(!manifest.contains("no-such-flag"), "{host} should have the former manifest");
    }
    MEMBERS.iter().try_for_each(|host| runs_with(story, host, "kube-scheduler", "--v=2"))
}
