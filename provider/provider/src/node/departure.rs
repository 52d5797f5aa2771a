//! What becomes of a node whose host cannot be put back as it was.

use operate::{ErrorKind, OperateError};

use super::model::NodeModel;

/// Where the record of all changes lies on the host.
const RECORD: &str = "/var/lib/terraform-provider-kubeadm/record.json";

/// What the user has to know of a node that leaves the state though its host was not put back;
/// none where the failure must keep it there. A host that is silent is gone, and one that shows
/// another key is taken for a rebuilt one; a host that merely took too long, or whose connection
/// ended in between, is there.
pub(super) fn consequence(error: &OperateError, state: &NodeModel) -> Option<String> {
    match error.kind {
        ErrorKind::Unreachable => Some(format!(
            "The host was left as it is, and the node is removed from the state: what is not \
             there needs no cleaning. If the machine comes back, it still carries the changes that \
             its record, {RECORD}, tells of."
        )),
        ErrorKind::HostKey => Some(format!(
            "Nothing was changed on the host, and the node is removed from the state: a machine \
             that was rebuilt needs no cleaning. If it is the same machine with another key, \
             these are still as the provider made them: {}. Its record, {RECORD}, tells how they \
             were before; with the new key in host_key or in known_hosts, an import and a destroy \
             put them back.",
            left_behind(state)
        )),
        _ => None,
    }
}

/// What the provider keeps on the host, as it was found last.
fn left_behind(state: &NodeModel) -> String {
    let Some(settings) = state.settings.known() else { return "all changes".to_owned() };
    let swap = settings.swap.known().is_some_and(|swap| swap == "off");
    let names = |names: Vec<&String>, what: &str| {
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let keys = |map: Option<Vec<&String>>, what: &str| names(map.unwrap_or_default(), what);
    let packages = settings.packages.known();
    let packages = packages.map(|set| set.iter().filter_map(|one| one.known()).collect());
    let runtime = settings.container_runtime.known();
    let runtime = runtime.and_then(|runtime| runtime.package.known());
    let all = [
        swap.then(|| "swap, which is off".to_owned()),
        keys(settings.files.known().map(|map| map.keys().collect()), "the files"),
        keys(settings.sysctls.known().map(|map| map.keys().collect()), "the kernel settings"),
        keys(settings.hosts_entries.known().map(|map| map.keys().collect()), "/etc/hosts for"),
        keys(packages, "the packages"),
        runtime.map(|runtime| format!("the container runtime {runtime} with its configuration")),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    if all.is_empty() { "all changes".to_owned() } else { all.join("; ") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tfplugin::Tf;

    use super::super::Settings;
    use super::*;

    #[test]
    fn only_a_silent_or_rebuilt_host_is_left_behind() {
        let settings = Settings {
            swap: Tf::from("off"),
            files: Tf::Known(BTreeMap::from([("/etc/a".to_owned(), Tf::from("00"))])),
            ..Settings::default()
        };
        let state = NodeModel { settings: Tf::Known(settings), ..NodeModel::default() };
        let said = |kind| consequence(&OperateError::new("release host w1", kind), &state);
        assert!(said(ErrorKind::Unreachable).unwrap().contains(RECORD));
        let rebuilt = said(ErrorKind::HostKey).unwrap();
        assert!(rebuilt.contains("swap, which is off; the files /etc/a"), "{rebuilt}");
        for kind in [
            ErrorKind::Disconnected,
            ErrorKind::Timeout,
            ErrorKind::Host,
            ErrorKind::Cancelled,
            ErrorKind::Refused,
        ] {
            assert_eq!(said(kind), None);
        }
    }
}
