//! Our block in `/etc/hosts`.

use super::intent::NodeIntent;
use super::parts::Parts;
use super::record::Change;
use super::step::{Action, Difference};
use crate::observed::Observed;
use std::collections::BTreeMap;

/// The file with names and addresses.
pub const HOSTS_FILE: &str = "/etc/hosts";

const BEGIN: &str = "# BEGIN terraform-provider-kubeadm";
const END: &str = "# END terraform-provider-kubeadm";

/// The lines of our block, without its marks; none when there is nothing to add.
#[must_use]
pub(super) fn wanted_block(entries: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let line =
        |(address, names): (&String, &Vec<String>)| format!("{address} {}\n", names.join(" "));
    (!entries.is_empty()).then(|| entries.iter().map(line).collect())
}

/// The lines of our block as they stand in a file.
#[must_use]
pub(super) fn found_block(hosts: &str) -> Option<String> {
    let mut lines = hosts.lines().skip_while(|line| *line != BEGIN);
    lines.next()?;
    Some(lines.take_while(|line| *line != END).flat_map(|line| [line, "\n"]).collect())
}

/// Names by address, of a block.
#[must_use]
pub(super) fn entries(block: &str) -> BTreeMap<String, Vec<String>> {
    let mut entries: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in block.lines() {
        let mut words =
            line.split('#').next().unwrap_or_default().split_whitespace().map(str::to_owned);
        if let Some(address) = words.next() {
            entries.entry(address).or_default().extend(words);
        }
    }
    entries
}

/// The file with our block replaced; it stands at the end. None takes it away.
#[must_use]
pub fn with_block(hosts: &str, block: Option<&str>) -> String {
    let mut text = without_block(hosts);
    let Some(block) = block else { return text };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    format!("{text}{BEGIN}\n{block}{END}\n")
}

fn without_block(hosts: &str) -> String {
    let mut ours = false;
    let keep = |line: &&str| {
        let mark = line.trim_end_matches('\n');
        let keep = !ours && mark != BEGIN;
        ours = (ours || mark == BEGIN) && mark != END;
        keep
    };
    hosts.split_inclusive('\n').filter(keep).collect()
}

pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    let file = observed.files.file(HOSTS_FILE);
    let found = file.known().and_then(|file| found_block(&file.content));
    let wanted = wanted_block(&intent.hosts_entries);
    if found == wanted {
        return parts;
    }
    let because = "names must be known before there is a DNS that knows them";
    parts.differences.push(Difference::new(
        "/etc/hosts",
        shown(wanted.as_deref()),
        shown(found.as_deref()),
        because,
    ));
    // A block without a record was orphaned: taking it away is nothing to be undone.
    parts.changes.extend(wanted.is_some().then_some(Change::HostsBlock));
    parts.actions.push(Action::EditHosts(wanted));
    parts
}

fn shown(block: Option<&str>) -> String {
    block.map_or_else(
        || "no entries of ours".to_owned(),
        |block| block.trim_end().replace('\n', "; "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_block_stands_at_the_end_once() {
        let hosts = "127.0.0.1 localhost\n";
        let once = with_block(hosts, Some("10.0.0.1 a b\n"));
        assert_eq!(once, format!("127.0.0.1 localhost\n{BEGIN}\n10.0.0.1 a b\n{END}\n"));
        assert_eq!(with_block(&once, Some("10.0.0.2 c\n")).matches(BEGIN).count(), 1);
        assert_eq!(
            entries(&found_block(&once).unwrap()),
            BTreeMap::from([("10.0.0.1".to_owned(), vec!["a".to_owned(), "b".to_owned()])])
        );
    }

    #[test]
    fn what_others_append_after_the_block_stays() {
        let edited = with_block("a\n", Some("1 x\n")) + "2 y\n";
        assert_eq!(with_block(&edited, None), "a\n2 y\n");
    }

    proptest! {
        #[test]
        fn a_block_comes_and_goes(hosts in "([0-9. a-z#]{0,12}\n){0,5}", block in "([0-9.]{1,8} [a-z]{1,5}\n){1,3}") {
            let with = with_block(&hosts, Some(&block));
            prop_assert_eq!(found_block(&with), Some(block));
            prop_assert_eq!(with_block(&with, None), hosts);
        }
    }
}
