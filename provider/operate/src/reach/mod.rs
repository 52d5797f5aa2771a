//! Tries whether hosts reach each other.

use crate::error::OperateError;
use crate::operator::Operator;
use cluster::intent::NodeReference;
use cluster::reach::{
    Attempt, Evidence, Outcome, Protocol, Way, attempts, cause, outcome, outcome_of_datagrams,
};
use futures::future::join_all;
use host::Command;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const TRY: &str = include_str!("try.sh");
const COUNT: &str = include_str!("count.sh");

/// For how many connections the cause is looked for: each takes seconds, and the first tell of the rest.
const CAUSES: usize = 8;

/// Whether a port of a host is to be tried, and from where.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Host that tries.
    pub from: NodeReference,
    /// Host that is tried.
    pub to: NodeReference,
    /// Its address, as it is to be tried.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// By what.
    pub protocol: Protocol,
}

/// What became of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// What was tried.
    pub way: Way,
    /// What became of it.
    pub outcome: Outcome,
    /// What is in the way, where that was found, or why it cannot be told.
    pub cause: Option<String>,
}

impl Operator {
    /// Tries ports of hosts, and looks on the hosts at both ends, and on those between them, at what is in
    /// the way. A host that does not answer is no failure: nothing is known of what it reaches.
    ///
    /// # Errors
    /// When core asks to stop.
    pub async fn reach(
        &self,
        trials: &[Trial],
        between: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<Vec<Reached>, OperateError> {
        let mut by_host: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let connections = trials.iter().enumerate().filter(|(_, it)| it.protocol == Protocol::Tcp);
        for (index, trial) in connections {
            by_host.entry(trial.from.name.as_str()).or_default().push(index);
        }
        let tries = by_host.into_values().map(|indexes| self.try_from(trials, indexes, cancel));
        let mut reached: BTreeMap<usize, Reached> =
            join_all(tries).await.into_iter().flatten().collect();
        let missed = |index: &usize| {
            let found = reached.get(index);
            found.is_some_and(|it| it.outcome.is_reached() == Some(false))
        };
        let is_datagram = |index: &usize| !reached.contains_key(index);
        let all = 0..trials.len();
        let causes = all.clone().filter(missed).take(CAUSES);
        // Who gets datagrams tells whether they came.
        let to_look_into: Vec<usize> = causes.chain(all.filter(is_datagram)).collect();
        for index in to_look_into {
            let Some(trial) = trials.get(index).filter(|_| !cancel.is_cancelled()) else {
                continue;
            };
            let silent = reached.values().find(|it| it.tells_of_silence(trial)).cloned();
            let found = match silent {
                Some(silent) => Reached { way: trial.way(), ..silent },
                None => self.look_into(trial, between, cancel).await,
            };
            reached.insert(index, found);
        }
        if cancel.is_cancelled() {
            return Err(OperateError::cancelled("try whether hosts reach each other"));
        }
        Ok(reached.into_values().collect())
    }

    async fn try_from(
        &self,
        trials: &[Trial],
        indexes: Vec<usize>,
        cancel: &CancellationToken,
    ) -> Vec<(usize, Reached)> {
        let chosen: Vec<&Trial> = indexes.iter().filter_map(|index| trials.get(*index)).collect();
        let tried = self.attempt(&chosen, cancel).await;
        let result = |(place, trial): (usize, &Trial)| match &tried {
            Ok(tried) => trial.judged(tried.iter().find(|(number, _)| *number == place), outcome),
            Err(error) => trial.unknown(error),
        };
        let results = chosen.into_iter().enumerate().map(result);
        indexes.iter().copied().zip(results).collect()
    }

    async fn attempt(
        &self,
        trials: &[&Trial],
        cancel: &CancellationToken,
    ) -> Result<Vec<(usize, Attempt)>, OperateError> {
        let Some(first) = trials.first() else { return Ok(Vec::new()) };
        let words: Vec<String> = trials
            .iter()
            .map(|trial| format!("{}/{}/{}", trial.address, trial.port, trial.protocol))
            .collect();
        let limit = Duration::from_secs(10 + 4 * u64::try_from(trials.len()).unwrap_or_default());
        let command = Command::script(TRY).env("WAYS", words.join(" ")).timeout(limit);
        let printed =
            self.print(&first.from, "try whether others are reached", &command, cancel).await?;
        Ok(attempts(&printed))
    }

    /// Tries once more, with an eye on what the hosts count meanwhile.
    async fn look_into(
        &self,
        trial: &Trial,
        between: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Reached {
        let mut hosts = vec![&trial.to];
        hosts.extend(between);
        hosts.push(&trial.from);
        let before = self.counted(&hosts, cancel).await;
        let tried = self.attempt(&[trial], cancel).await;
        let after = self.counted(&hosts, cancel).await;
        let grown: Vec<(String, Evidence)> = after
            .iter()
            .filter_map(|(name, now)| Some((name.clone(), now.since(before.get(name)?))))
            .collect();
        let at_target = grown.iter().find(|(name, _)| *name == trial.to.name);
        let tried = match &tried {
            Ok(tried) => tried.first(),
            Err(error) => return trial.unknown(error),
        };
        let mut reached = match (trial.protocol, at_target) {
            (Protocol::Tcp, _) => trial.judged(tried, outcome),
            (Protocol::Udp, Some((_, evidence))) => {
                trial.judged(tried, |attempt| outcome_of_datagrams(attempt, trial.port, evidence))
            }
            (Protocol::Udp, None) => trial.judged(tried, |_| Outcome::Unknown),
        };
        let known: Vec<(String, Evidence)> = in_order(&hosts, grown);
        reached.cause = cause(&reached.way, reached.outcome, &known).or(reached.cause);
        reached
    }

    /// What hosts count; one that does not answer is left out.
    async fn counted(
        &self,
        hosts: &[&NodeReference],
        cancel: &CancellationToken,
    ) -> BTreeMap<String, Evidence> {
        let command = Command::script(COUNT).timeout(Duration::from_secs(20));
        let command = &command;
        let looks = hosts.iter().map(|host| async move {
            let printed =
                self.print(host, "look at what is dropped", command, cancel).await.ok()?;
            Some((host.name.clone(), Evidence::parse(&printed)))
        });
        join_all(looks).await.into_iter().flatten().collect()
    }

    async fn print(
        &self,
        node: &NodeReference,
        intent: &str,
        command: &Command,
        cancel: &CancellationToken,
    ) -> Result<String, OperateError> {
        let host = self.host(node)?;
        let output = self.guarded(node, intent, cancel, host.run(command)).await?;
        Ok(output.stdout_text().into_owned())
    }
}

/// As they were given: whoever is nearest to the target comes first.
fn in_order(
    hosts: &[&NodeReference],
    mut grown: Vec<(String, Evidence)>,
) -> Vec<(String, Evidence)> {
    grown.sort_by_key(|(name, _)| hosts.iter().position(|host| host.name == *name));
    grown
}

impl Reached {
    /// Whether the host that is to try does not answer, or cannot try.
    fn tells_of_silence(&self, trial: &Trial) -> bool {
        self.way.from == trial.from.name
            && self.outcome == Outcome::Unknown
            && self.way.protocol == Protocol::Tcp
    }
}

impl Trial {
    fn way(&self) -> Way {
        Way {
            from: self.from.name.clone(),
            to: self.to.name.clone(),
            address: self.address.clone(),
            port: self.port,
            protocol: self.protocol,
        }
    }

    fn judged(
        &self,
        tried: Option<&(usize, Attempt)>,
        judge: impl FnOnce(&Attempt) -> Outcome,
    ) -> Reached {
        let outcome = tried.map_or(Outcome::Unknown, |(_, attempt)| judge(attempt));
        let said = tried.map(|(_, attempt)| attempt.text.clone());
        let cause = said.filter(|text| outcome == Outcome::Unknown && !text.is_empty());
        Reached { way: self.way(), outcome, cause }
    }

    fn unknown(&self, error: &OperateError) -> Reached {
        Reached { way: self.way(), outcome: Outcome::Unknown, cause: Some(error.to_string()) }
    }
}
