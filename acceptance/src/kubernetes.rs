//! Questions to a lab cluster, asked by kubectl on its first host.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::Lab;

/// A cluster seen through the administrator's credentials of one of its control plane hosts.
#[derive(Debug, Clone)]
pub struct Cluster<'a> {
    lab: &'a Lab,
    host: &'a str,
}

impl<'a> Cluster<'a> {
    /// The cluster that `host` is a control plane member of.
    #[must_use]
    pub fn of(lab: &'a Lab, host: &'a str) -> Self {
        Self { lab, host }
    }

    /// The host whose credentials are used.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host
    }

    /// What kubectl prints.
    ///
    /// # Errors
    /// When it fails.
    pub fn kubectl(&self, arguments: &str) -> Result<String> {
        self.lab
            .ssh(self.host, &format!("kubectl --kubeconfig /etc/kubernetes/admin.conf {arguments}"))
    }

    /// Sends a manifest to the cluster.
    ///
    /// # Errors
    /// When it is refused.
    pub fn apply_manifest(&self, manifest: &str) -> Result<String> {
        self.kubectl(&format!("apply -f - <<'END'\n{manifest}\nEND"))
    }

    /// An object or a list as JSON.
    ///
    /// # Errors
    /// When kubectl fails or prints something else.
    pub fn json(&self, arguments: &str) -> Result<Value> {
        Ok(serde_json::from_str(&self.kubectl(&format!("{arguments} -o json"))?)?)
    }

    /// Names of the nodes that are Ready.
    ///
    /// # Errors
    /// When the API does not answer.
    pub fn ready_nodes(&self) -> Result<Vec<String>> {
        let nodes = self.json("get nodes")?;
        let ready = |node: &&Value| condition(node, "Ready") == Some("True");
        Ok(items(&nodes).iter().filter(ready).map(name).collect())
    }

    /// Names of pods of every namespace that are not Ready (finished ones left out).
    ///
    /// # Errors
    /// When the API does not answer.
    pub fn pods_not_ready(&self) -> Result<Vec<String>> {
        let pods = self.json("get pods -A")?;
        let waiting = |pod: &&Value| condition(pod, "Ready") != Some("True");
        Ok(items(&pods).iter().filter(waiting).map(name).collect())
    }

    /// Waits until every pod is Ready.
    ///
    /// # Errors
    /// When one is not within two minutes.
    pub fn wait_for_pods(&self) -> Result<()> {
        let deadline = Duration::from_mins(2);
        let settled = || Ok(self.pods_not_ready()?.is_empty());
        if let Err(error) = wait_until(deadline, settled) {
            bail!("{error}: {}", self.kubectl("get pods -A -o wide")?);
        }
        Ok(())
    }
}

/// Polls a condition until it holds.
///
/// # Errors
/// When it does not hold before the time is over, with the last failure.
pub fn wait_until(limit: Duration, mut condition: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    loop {
        let last = condition();
        if matches!(last, Ok(true)) {
            return Ok(());
        }
        if started.elapsed() > limit {
            bail!("not within {limit:?}; at the end: {last:?}");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn items(list: &Value) -> &[Value] {
    list.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn name(object: &Value) -> String {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn condition<'v>(object: &'v Value, kind: &str) -> Option<&'v str> {
    object
        .pointer("/status/conditions")?
        .as_array()?
        .iter()
        .find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))?
        .get("status")?
        .as_str()
}
