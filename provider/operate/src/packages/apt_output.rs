//! Understands what apt prints; pure.

use crate::error::Cause;

/// What apt would do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Simulation {
    /// Packages that are new on the host.
    pub(super) new: Vec<String>,
    /// Packages that would go.
    pub(super) removed: Vec<String>,
}

/// Reads `apt-get --simulate`: `Inst NAME (...)` is new, `Inst NAME [OLD] (...)` an upgrade,
/// `Remv NAME` and `Purg NAME` go.
pub(super) fn simulation(text: &str) -> Simulation {
    let mut simulation = Simulation::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(verb), Some(name)) = (words.next(), words.next()) else { continue };
        let name = plain(name);
        match verb {
            "Inst" if !words.next().unwrap_or_default().starts_with('[') => {
                simulation.new.push(name);
            }
            "Remv" | "Purg" if !simulation.removed.contains(&name) => simulation.removed.push(name),
            _ => {}
        }
    }
    simulation
}

/// Without the architecture that apt adds on hosts with several.
fn plain(name: &str) -> String {
    name.split(':').next().unwrap_or(name).to_owned()
}

/// Whether another process has the package manager's locks.
pub(super) fn is_locked(text: &str) -> bool {
    text.contains("Could not get lock") || text.contains("Unable to lock directory")
}

/// Whether dpkg was stopped halfway once, and has to be told to go on.
pub(super) fn is_interrupted(text: &str) -> bool {
    text.contains("dpkg was interrupted")
}

/// Complaints of `apt-get update`, which ends well even when it could fetch nothing.
pub(super) fn complaints(text: &str) -> Vec<String> {
    let is_complaint =
        |line: &&str| ["W: ", "E: ", "Err:"].iter().any(|mark| line.starts_with(mark));
    text.lines().filter(is_complaint).map(|line| line.trim().to_owned()).collect()
}

/// Why apt failed, and what to do.
pub(super) fn cause(text: &str) -> Option<(Cause, &'static str)> {
    let (code, line, advice) = RULES.iter().find_map(|(code, marks, advice)| {
        let line = text.lines().find(|line| marks.iter().any(|mark| line.contains(mark)))?;
        Some((*code, line, *advice))
    })?;
    Some((Cause { code, text: line.trim().trim_start_matches("E: ").to_owned() }, advice))
}

type Rule = (&'static str, &'static [&'static str], &'static str);

/// In the order in which they are tried: what cannot be fetched is not found, either.
const RULES: &[Rule] = &[
    (
        "RT-PACKAGE-LOCK",
        &["Could not get lock", "Unable to lock directory"],
        "another program uses the package manager (unattended-upgrades, perhaps): apply again when it is done",
    ),
    (
        "RT-PACKAGE-SIGNATURE",
        &[
            "NO_PUBKEY",
            "EXPKEYSIG",
            "REVKEYSIG",
            "is not signed",
            "signatures couldn't be verified",
            "signatures were invalid",
        ],
        "the repository's signing key is missing, wrong or expired: check packages.repository_key or repository_key_url",
    ),
    (
        "RT-PACKAGE-SOURCE",
        &[
            "Could not resolve",
            "Could not connect",
            "Connection failed",
            "Connection refused",
            "connection timed out",
            "Failed to fetch",
            "Unable to connect",
            "does not have a Release file",
        ],
        "the host cannot fetch packages: check its network, or set packages.proxy, packages.mirror or the cluster's packages.repository_url",
    ),
    (
        "RT-PACKAGE-NOT-FOUND",
        &[
            "Unable to locate package",
            "was not found",
            "has no installation candidate",
            "Couldn't find any package",
        ],
        "no source of the host has this package in this version: check the version, and the sources with `apt-cache policy` on the host",
    ),
    (
        "RT-PACKAGE-CONFLICT",
        &["unmet dependencies", "held broken packages", "held packages were changed"],
        "the host's packages contradict each other: see `apt-get check` and `apt-mark showhold` on the host",
    ),
    (
        "RT-DISK-FULL",
        &["No space left on device", "You don't have enough free space"],
        "make room on the host's disk, then apply again",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_tells_new_from_upgraded() {
        let text = "Inst runc (1.1.4 Debian:12 [amd64])\nInst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])\nInst containerd:amd64 (1.6 Debian [amd64])\nConf runc (1.1.4)\nRemv docker.io [20.10]\nPurg docker.io [20.10]\n";
        let expected = Simulation {
            new: vec!["runc".to_owned(), "containerd".to_owned()],
            removed: vec!["docker.io".to_owned()],
        };
        assert_eq!(simulation(text), expected);
    }

    #[test]
    fn causes_have_codes() {
        for (text, code) in [
            ("E: Unable to locate package kubeadm", "RT-PACKAGE-NOT-FOUND"),
            ("E: Version '1.99.0-*' for 'kubeadm' was not found", "RT-PACKAGE-NOT-FOUND"),
            ("E: Package 'x' has no installation candidate", "RT-PACKAGE-NOT-FOUND"),
            (
                "W: Failed to fetch http://a  Could not connect to a:80\nE: Unable to locate package x",
                "RT-PACKAGE-SOURCE",
            ),
            (
                "W: GPG error: http://a InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 12",
                "RT-PACKAGE-SIGNATURE",
            ),
            (
                "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt-get)",
                "RT-PACKAGE-LOCK",
            ),
            ("dpkg: error: write failed: No space left on device", "RT-DISK-FULL"),
            (
                "E: Unable to correct problems, you have held broken packages.",
                "RT-PACKAGE-CONFLICT",
            ),
        ] {
            assert_eq!(cause(text).map(|(cause, _)| cause.code), Some(code), "{text}");
        }
        assert_eq!(cause("all is well"), None);
    }

    #[test]
    fn an_update_s_complaints_are_kept() {
        let text = "Hit:1 http://a bookworm InRelease\nErr:2 http://b bookworm InRelease\n  Could not resolve 'b'\nW: Some index files failed to download.\n";
        assert_eq!(
            complaints(text),
            ["Err:2 http://b bookworm InRelease", "W: Some index files failed to download."]
        );
    }
}
