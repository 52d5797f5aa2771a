//! The data source `kubeadm_reachability`.

use cluster::Finding;
use cluster::checks::node_reference;
use cluster::intent::NodeReference;
use cluster::reach::Protocol;
use operate::{Reached, Trial};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tfplugin::attribute::{computed, required};
use tfplugin::{Context, DataSource, Diagnostics, Tf};

use crate::clients::Ports;
use crate::explain::{diagnostics, explain};
use crate::model::{NodeObject, list};
use crate::provider::Kubeadm;
use crate::within::within;

/// How long it may take: a port that does not answer takes seconds, and another try for its cause.
const LIMIT: Duration = Duration::from_mins(5);

/// The data source `kubeadm_reachability`.
pub(crate) struct ReachabilityDataSource;

/// Whether hosts reach ports of others, tried from the hosts themselves, and what is in the way.
///
/// A port on which nobody listens is `refused` by the host itself: the way there is open. What a firewall
/// rejects looks alike to most programs, and is told apart here. For what fails it is tried once more,
/// while the rules and counters of the hosts at both ends, and of those `between` them, are looked at: `cause`
/// names the rule that rejected or dropped it, or the host whose `rp_filter` did. Nothing is changed on any
/// host. What fails is no error: use `reached` in a check or a precondition. Hosts need bash.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ReachabilityModel {
    /// Hosts that try: `values(kubeadm_node.control_plane)`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) from: Tf<Vec<NodeObject>>,
    /// Hosts that are tried, each at its `node_ip`, or else at its address.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) to: Tf<Vec<NodeObject>>,
    /// Ports, as `10250/tcp` or `8472/udp`; without a protocol it is TCP.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) ports: Tf<Vec<Tf<String>>>,
    /// Whether the hosts in `to` try those in `from` as well. Default `true`.
    pub(crate) both_ways: Tf<bool>,
    /// Hosts between them, such as hypervisors, on which the cause is looked for, too.
    pub(crate) between: Tf<Vec<NodeObject>>,
    /// Whether every port was reached; null where none was missed, and some are not known.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) reached: Tf<bool>,
    /// What became of each port between each two hosts.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) results: Tf<Vec<ReachabilityResult>>,
}

/// What became of one port.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ReachabilityResult {
    /// Name of the host that tried.
    pub(crate) from: Tf<String>,
    /// Name of the host that was tried.
    pub(crate) to: Tf<String>,
    /// Address that was tried.
    pub(crate) address: Tf<String>,
    /// Port that was tried, with its protocol.
    pub(crate) port: Tf<String>,
    /// `open`; `refused`, where the host is reached and nobody listens; `rejected` by a firewall; `no route`;
    /// `timeout`; or `unknown`, as for UDP where somebody listens, who need not answer.
    pub(crate) outcome: Tf<String>,
    /// Whether the host was reached; null where that cannot be told.
    pub(crate) reached: Tf<bool>,
    /// What is in the way, where that was found.
    pub(crate) cause: Tf<String>,
}

impl DataSource for ReachabilityDataSource {
    type Provider = Kubeadm;
    type State = ReachabilityModel;
    const TYPE_NAME: &'static str = "kubeadm_reachability";

    fn validate(&self, config: &ReachabilityModel) -> Diagnostics {
        let ports = list(&config.ports).into_iter().map(|text| port(&text));
        diagnostics(&ports.filter_map(Result::err).collect::<Vec<_>>())
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        config: ReachabilityModel,
    ) -> Result<ReachabilityModel, Diagnostics> {
        let clients = context.require_data()?;
        let one = |finding: Finding| diagnostics(&[finding]);
        let trials = trials(&config, clients.ports()).map_err(one)?;
        let between = hosts(&config.between, "between", clients.ports()).map_err(one)?;
        let work = |stop| async move { clients.operations().reach(&trials, &between, &stop).await };
        let found = within(context, LIMIT, work).await.map_err(|error| explain(&error))?;
        let reached = all_reached(&found).into();
        let results = Tf::Known(found.into_iter().map(ReachabilityResult::from).collect());
        Ok(ReachabilityModel { reached, results, ..config })
    }
}

/// None where nothing is known against it, and something is not known.
fn all_reached(found: &[Reached]) -> Option<bool> {
    let told: Vec<Option<bool>> = found.iter().map(|it| it.outcome.is_reached()).collect();
    if told.contains(&Some(false)) {
        return Some(false);
    }
    (!told.contains(&None)).then_some(true)
}

fn trials(config: &ReachabilityModel, ports: &Ports) -> Result<Vec<Trial>, Finding> {
    let from = hosts(&config.from, "from", ports)?;
    let to = hosts(&config.to, "to", ports)?;
    let tried = list(&config.ports).iter().map(|text| port(text)).collect::<Result<Vec<_>, _>>()?;
    let mut pairs: Vec<(&NodeReference, &NodeReference)> = Vec::new();
    let back = config.both_ways != Tf::Known(false);
    for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
        let ways = [Some((from, to)), back.then_some((to, from))];
        for pair in ways.into_iter().flatten().filter(|(from, to)| from.name != to.name) {
            if !pairs.iter().any(|one| (&one.0.name, &one.1.name) == (&pair.0.name, &pair.1.name)) {
                pairs.push(pair);
            }
        }
    }
    let trial =
        |((from, to), (port, protocol)): (_, (u16, Protocol))| trial(from, to, port, protocol);
    let all = pairs.into_iter().flat_map(|pair| tried.iter().map(move |port| (pair, *port)));
    Ok(all.map(trial).collect())
}

fn trial(from: &NodeReference, to: &NodeReference, port: u16, protocol: Protocol) -> Trial {
    let address = to.node_ip.map_or_else(|| to.address.clone(), |address| address.to_string());
    Trial { from: from.clone(), to: to.clone(), address, port, protocol }
}

fn hosts(
    given: &Tf<Vec<NodeObject>>,
    attribute: &str,
    ports: &Ports,
) -> Result<Vec<NodeReference>, Finding> {
    let hosts = given.known().into_iter().flatten().enumerate();
    let reference = |(index, host): (usize, &NodeObject)| {
        let reference = node_reference(&host.draft(ports));
        reference.map_err(|finding| finding.below([attribute, &index.to_string()]))
    };
    hosts.map(reference).collect()
}

fn port(text: &str) -> Result<(u16, Protocol), Finding> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = match protocol {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        _ => None,
    };
    let number = number.parse::<u16>().ok().filter(|number| *number > 0);
    number.zip(protocol).ok_or_else(|| {
        Finding::error("PLAN-PORT", format!("{text:?} is no port"))
            .at(["ports"])
            .because("A port is a number from 1 to 65535, and tcp or udp.")
            .advise("Write it as 10250/tcp.")
    })
}

impl From<Reached> for ReachabilityResult {
    fn from(found: Reached) -> Self {
        let Reached { way, outcome, cause } = found;
        Self {
            from: Tf::Known(way.from),
            to: Tf::Known(way.to),
            address: Tf::Known(way.address),
            port: Tf::Known(format!("{}/{}", way.port, way.protocol)),
            outcome: Tf::Known(outcome.to_string()),
            reached: outcome.is_reached().into(),
            cause: cause.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::World;
    use crate::samples::node;
    use serde_json::json;

    #[tokio::test]
    async fn every_port_is_tried_both_ways_and_no_host_by_itself() {
        let harness = World::new().harness(&json!({})).await;
        let mut worker = node("w1", "192.0.2.2");
        worker["node_ip"] = json!("10.10.10.2");
        let mut config = json!({
            "from": [node("cp1", "192.0.2.1"), worker],
            "to": [worker],
            "ports": ["10250", "8472/udp"],
        });
        let found = harness.read_data_source("kubeadm_reachability", &config).await.unwrap();
        let way = |result: &serde_json::Value| {
            format!("{} {} {}", result["from"], result["address"], result["port"]).replace('"', "")
        };
        let ways: Vec<String> = found["results"].as_array().unwrap().iter().map(way).collect();
        assert_eq!(
            ways,
            [
                "cp1 10.10.10.2 10250/tcp",
                "cp1 10.10.10.2 8472/udp",
                "w1 192.0.2.1 10250/tcp",
                "w1 192.0.2.1 8472/udp",
            ]
        );
        assert_eq!(found["reached"], false, "datagrams are lost in this world");
        config["both_ways"] = json!(false);
        config["ports"] = json!(["10250/tcp"]);
        let found = harness.read_data_source("kubeadm_reachability", &config).await.unwrap();
        assert_eq!(
            (found["results"].as_array().unwrap().len(), &found["reached"]),
            (1, &json!(true))
        );
    }

    #[test]
    fn what_is_no_port_is_refused() {
        assert!(port("10250/tcp").is_ok());
        for text in ["0", "70000", "10250/sctp", "kubelet", ""] {
            assert_eq!(port(text).unwrap_err().code, "PLAN-PORT", "{text}");
        }
    }
}
