//! What any plan must hold, checked without asking the planners: the oracle of their tests, and
//! the last look before a plan is carried out.

use super::debian::{KUBERNETES_KEY_FILE, KUBERNETES_SOURCE_FILE};
use super::record::{Change, Record};
use super::step::{Action, Area, Step};

/// Directories outside which nothing is written, whatever is configured.
const WRITABLE: [&str; 20] = [
    "/etc/apt/apt.conf.d/",
    "/etc/apt/keyrings/",
    "/etc/apt/sources.list.d/",
    "/etc/containerd/",
    "/etc/haproxy/",
    "/etc/keepalived/",
    "/etc/kubernetes/manifests/kube-vip.yaml",
    "/etc/modules-load.d/",
    "/etc/network/if-up.d/kubeadm-endpoint-route",
    "/etc/sysctl.d/",
    "/etc/systemd/network/",
    "/etc/systemd/system/containerd.service.d/",
    "/etc/systemd/system/keepalived.service.d/",
    "/etc/systemd/system/kubeadm-endpoint-forward.service",
    "/etc/systemd/system/kubeadm-endpoint-tailscale.service",
    "/etc/systemd/system/kubeadm-endpoint-route.service",
    "/etc/systemd/system/kubelet.service.d/",
    "/opt/containerd/",
    "/var/lib/terraform-provider-kubeadm/endpoint-forward.sh",
    "/var/lib/terraform-provider-kubeadm/endpoint-tailscale.sh",
];

/// Everything a plan breaks; none for a plan that may be carried out.
#[must_use]
pub fn check_plan(plan: &[Step], record: &Record) -> Vec<String> {
    let mut problems = order(plan);
    let mut known = record.clone();
    for step in plan {
        for change in &step.changes {
            known.add(super::Scope::Node, change.clone());
        }
        problems
            .extend(step.actions.iter().filter_map(|action| unrecorded(step.area, action, &known)));
        problems.extend(step.actions.iter().filter_map(stray_path));
    }
    problems.extend(late_reload(plan));
    problems
}

fn order(plan: &[Step]) -> Vec<String> {
    let pairs = plan.iter().zip(plan.iter().skip(1));
    let wrong = pairs.filter(|(first, second)| first.area > second.area);
    let mut problems: Vec<String> = wrong
        .map(|(first, second)| format!("{} comes after {}", second.area.name(), first.area.name()))
        .collect();
    problems.extend(
        plan.iter()
            .filter(|step| step.actions.is_empty() && step.forgets.is_empty())
            .map(|step| format!("{} does nothing", step.area.name())),
    );
    problems
}

/// What is changed must be in the record first, so that it can be put back. Steps that put back
/// may do only what the record tells of.
fn unrecorded(area: Area, action: &Action, record: &Record) -> Option<String> {
    let keys = keys(action);
    let missing = |key: &String| record.change(key).is_none();
    let problem = match area {
        Area::Retired | Area::Release => keys.iter().all(missing) && !keys.is_empty(),
        _ => keys.iter().any(missing),
    };
    problem.then(|| format!("{action:?} is not in the record"))
}

/// Keys of the changes an action makes; none for what changes nothing that lasts.
fn keys(action: &Action) -> Vec<String> {
    match action {
        Action::SwapOff(device) | Action::SwapOn(device) => vec![format!("swap-device:{device}")],
        Action::DisableFstabSwap | Action::EnableFstabSwap => vec!["fstab-swap".to_owned()],
        Action::MaskUnit(unit) | Action::UnmaskUnit(unit) => vec![format!("unit-mask:{unit}")],
        Action::WriteFile { path, .. }
        | Action::WriteChecked { path, .. }
        | Action::RemoveFile(path)
        | Action::PutInForce { path, .. } => vec![format!("file:{path}")],
        Action::MakeDirectory(path)
        | Action::RemoveDirectory(path)
        | Action::ClearDirectory(path) => vec![format!("directory:{path}")],
        Action::EditHosts(Some(_)) => vec!["hosts-block".to_owned()],
        Action::PurgePackages(names) => {
            names.iter().map(|name| format!("package:{name}")).collect()
        }
        Action::HoldPackage(name) | Action::UnholdPackage(name) => vec![format!("hold:{name}")],
        Action::AddKubernetesRepository(_) => {
            [KUBERNETES_KEY_FILE, KUBERNETES_SOURCE_FILE].map(|path| format!("file:{path}")).into()
        }
        Action::ReplaceRoute(route) | Action::DeleteRoute(route) => {
            vec![format!("route:{}", route.entry())]
        }
        Action::AddProfileRoute { profile, route }
        | Action::RemoveProfileRoute { profile, route } => {
            vec![Change::ProfileRoute { profile: profile.clone(), route: route.clone() }.key()]
        }
        Action::WithdrawRoute(route) => vec![format!("advertised-route:{route}")],
        Action::AcceptRoutes(_) => vec![Change::ACCEPT_ROUTES.to_owned()],
        Action::ConfigureRuntime(runtime) => vec![format!("file:{}", runtime.path)],
        // A setting the kernel does not show has no value that could be put back; units and
        // packages are recorded only where they were not as wanted before.
        Action::EditHosts(None)
        | Action::SetSysctl { .. }
        | Action::LoadModule(_)
        | Action::ReloadUnits
        | Action::ReloadNetwork
        | Action::EnableUnit(_)
        | Action::DisableUnit(_)
        | Action::StartUnit(_)
        | Action::StopUnit(_)
        | Action::RestartUnit(_)
        | Action::ReloadOrStart(_)
        | Action::RefreshPackages
        | Action::InstallPackages(_)
        | Action::AwaitRuntime => Vec::new(),
    }
}

fn stray_path(action: &Action) -> Option<String> {
    let (Action::WriteFile { path, .. }
    | Action::WriteChecked { path, .. }
    | Action::RemoveFile(path)) = action
    else {
        return None;
    };
    let inside =
        WRITABLE.iter().any(|directory| path.starts_with(directory)) && !path.contains("/../");
    (!inside).then(|| format!("{path} is not ours to write"))
}

/// A unit is restarted only after systemd has read its new drop-ins.
fn late_reload(plan: &[Step]) -> Option<String> {
    let mut stale = false;
    for action in plan.iter().flat_map(|step| &step.actions) {
        match action {
            Action::WriteFile { path, .. } | Action::RemoveFile(path) => {
                stale |= path.starts_with("/etc/systemd/system/");
            }
            Action::ReloadUnits => stale = false,
            Action::RestartUnit(unit) | Action::StartUnit(unit) | Action::ReloadOrStart(unit)
                if stale =>
            {
                return Some(format!("{unit} starts before systemd has read its files"));
            }
            Action::ConfigureRuntime(_) if stale => {
                return Some("the runtime starts before systemd has read its files".to_owned());
            }
            _ => {}
        }
    }
    None
}

/// Whether a change may be in a record that a node's preparation made.
#[cfg(test)]
pub(super) fn is_ours(change: &super::Change) -> bool {
    use crate::observed::Directories;
    match change {
        Change::File { path, .. } => WRITABLE.iter().any(|directory| path.starts_with(directory)),
        Change::Directory { path } => {
            Directories::WATCHED.contains(&path.as_str()) || path.starts_with(Directories::MIRRORS)
        }
        _ => true,
    }
}
