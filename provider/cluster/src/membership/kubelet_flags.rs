//! The file in which kubeadm keeps a kubelet's arguments, `/var/lib/kubelet/kubeadm-flags.env`.

use crate::intent::ExtraArguments;
use std::collections::BTreeSet;

/// Where the file is.
pub const PATH: &str = "/var/lib/kubelet/kubeadm-flags.env";

const VARIABLE: &str = "KUBELET_KUBEADM_ARGS=";

/// Arguments of the file that have one of `names`, with the values found.
#[must_use]
pub fn found(file: &str, names: &BTreeSet<String>) -> ExtraArguments {
    arguments(file)
        .filter_map(split)
        .filter(|(name, _)| names.contains(*name))
        .fold(ExtraArguments::default(), |all, (name, value)| all.with(name, value))
}

/// The file with `wanted` in place of all arguments that have one of `former` names or of its own;
/// `None` when it says just that already.
#[must_use]
pub fn rewritten(file: &str, former: &BTreeSet<String>, wanted: &ExtraArguments) -> Option<String> {
    let mut names = former.clone();
    names.extend(wanted.names().map(str::to_owned));
    if found(file, &names) == present(wanted) {
        return None;
    }
    let kept = arguments(file)
        .filter(|argument| split(argument).is_none_or(|(name, _)| !names.contains(name)));
    let added = wanted.pairs().map(|(name, value)| format!("--{name}={value}"));
    let all: Vec<String> = kept.map(str::to_owned).chain(added).collect();
    Some(with_arguments(file, &all.join(" ")))
}

/// `wanted` without names that have no values, which no command line can show.
fn present(wanted: &ExtraArguments) -> ExtraArguments {
    wanted.pairs().fold(ExtraArguments::default(), |all, (name, value)| all.with(name, value))
}

/// kubeadm writes the arguments in double quotes, separated by blanks and without escapes.
fn arguments(file: &str) -> impl Iterator<Item = &str> {
    let line = file.lines().find_map(|line| line.trim().strip_prefix(VARIABLE)).unwrap_or_default();
    line.trim_matches('"').split_ascii_whitespace()
}

fn split(argument: &str) -> Option<(&str, &str)> {
    argument.strip_prefix("--").map(|rest| rest.split_once('=').unwrap_or((rest, "true")))
}

fn with_arguments(file: &str, arguments: &str) -> String {
    let others = file.lines().filter(|line| !line.trim().starts_with(VARIABLE));
    let mut lines: Vec<String> = others.map(str::to_owned).collect();
    lines.push(format!("{VARIABLE}\"{arguments}\""));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/containerd/containerd.sock --node-ip=10.0.0.1 --v=2 --v=4\"\n";

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn arguments_are_found_with_all_values() {
        let found = found(FILE, &names(&["v", "absent"]));
        assert_eq!(found.pairs().collect::<Vec<_>>(), [("v", "2"), ("v", "4")]);
    }

    #[test]
    fn ours_are_replaced_and_others_kept() {
        let wanted = ExtraArguments::default().with("v", "6").with("max-pods", "50");
        let file = rewritten(FILE, &names(&["node-ip"]), &wanted).unwrap();
        assert_eq!(
            file,
            "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/containerd/containerd.sock --max-pods=50 --v=6\"\n"
        );
        assert_eq!(rewritten(&file, &names(&["node-ip"]), &wanted), None);
    }

    #[test]
    fn a_former_argument_goes() {
        let file = rewritten(FILE, &names(&["v"]), &ExtraArguments::default()).unwrap();
        assert!(!file.contains("--v="), "{file}");
    }

    #[test]
    fn a_missing_variable_is_added_and_other_lines_stay() {
        let file =
            rewritten("OTHER=1\n", &names(&[]), &ExtraArguments::default().with("v", "1")).unwrap();
        assert_eq!(file, "OTHER=1\nKUBELET_KUBEADM_ARGS=\"--v=1\"\n");
    }
}
