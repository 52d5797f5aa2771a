//! Pods reach each other across nodes and resolve service names.

use std::time::Duration;

use acceptance::{Cluster, wait_until};
use anyhow::{Result, ensure};

/// One pod on every node that serves its own node's name, and a service in front of them.
const MANIFEST: &str = r#"
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: echo, namespace: default}
spec:
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      tolerations: [{operator: Exists}]
      terminationGracePeriodSeconds: 0
      containers:
      - name: echo
        image: ghcr.io/kubeadm-lab/toolbox:1
        command: [sh, -c, "mkdir -p /www && echo $NODE > /www/index.html && exec httpd -f -p 8080 -h /www"]
        env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
---
apiVersion: v1
kind: Service
metadata: {name: echo, namespace: default}
spec: {selector: {app: echo}, ports: [{port: 80, targetPort: 8080}]}
"#;

/// Requires that every node's pod answers every other node's pod, and that each resolves a name.
pub(crate) fn require_pod_network(cluster: &Cluster<'_>, nodes: &[&str]) -> Result<()> {
    cluster.apply_manifest(MANIFEST)?;
    cluster.wait_for_pods()?;
    let pods = pods_by_node(cluster, nodes)?;
    for (from, pod, _) in &pods {
        for (to, _, address) in &pods {
            let answer =
                from_pod(cluster, pod, &format!("timeout 5 wget -q -O - http://{address}:8080/"))?;
            ensure!(answer.trim() == to, "{from} asked the pod of {to} and {answer:?} answered");
        }
        let name = "kubernetes.default.svc.cluster.local";
        wait_until(Duration::from_secs(30), || {
            Ok(from_pod(cluster, pod, &format!("nslookup {name}"))?.contains("10.96.0.1"))
        })?;
        from_pod(cluster, pod, "timeout 5 wget -q -O - http://echo.default.svc.cluster.local/")?;
    }
    cluster.kubectl("delete daemonset/echo service/echo --wait")?;
    Ok(())
}

fn from_pod(cluster: &Cluster<'_>, pod: &str, command: &str) -> Result<String> {
    cluster.kubectl(&format!("exec {pod} -- {command}"))
}

fn pods_by_node(cluster: &Cluster<'_>, nodes: &[&str]) -> Result<Vec<(String, String, String)>> {
    let columns = "-o jsonpath='{range .items[*]}{.spec.nodeName} {.metadata.name} {.status.podIP}{\"\\n\"}{end}'";
    let text = cluster.kubectl(&format!("get pods -l app=echo {columns}"))?;
    let pods: Vec<(String, String, String)> = text.lines().filter_map(three_words).collect();
    ensure!(pods.len() == nodes.len(), "a pod on each of {nodes:?} was wanted, got\n{text}");
    Ok(pods)
}

fn three_words(line: &str) -> Option<(String, String, String)> {
    let mut words = line.split_whitespace().map(str::to_owned);
    Some((words.next()?, words.next()?, words.next()?))
}
