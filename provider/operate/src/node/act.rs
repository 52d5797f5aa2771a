//! Does one action of a plan.

use super::edit::rewrite;
use super::route::route;
use crate::error::OperateError;
use crate::packages::{Apt, PackageManager, add_repository};
use crate::record_file::write_record;
use crate::runtime::{ContainerEngine, Containerd};
use crate::site::Site;
use cluster::node::{
    Action, Change, HOSTS_FILE, Record, Scope, with_block, with_swap, without_swap,
};
use cluster::observed::{ManagedFile, SysctlKey, other_routes};
use host::{Command, FileWrite};

const FSTAB: &str = "/etc/fstab";

/// Does one action. Whether it reached its aim is not judged here but by the look after the step.
pub(crate) async fn act(
    site: &Site<'_>,
    record: &mut Record,
    scope: Scope,
    action: &Action,
) -> Result<(), OperateError> {
    match action {
        Action::SwapOff(device) => {
            command(site, &format!("turn swap off on {device}"), &["swapoff", "--", device]).await
        }
        Action::SwapOn(device) => {
            command(site, &format!("turn swap on on {device}"), &["swapon", "--", device]).await
        }
        Action::DisableFstabSwap => rewrite(site, FSTAB, without_swap).await,
        Action::EnableFstabSwap => rewrite(site, FSTAB, with_swap).await,
        Action::EditHosts(block) => {
            rewrite(site, HOSTS_FILE, |hosts| with_block(hosts, block.as_deref())).await
        }
        Action::WriteFile { path, file } => write(site, path, file).await,
        Action::WriteChecked { path, file, check } => write_checked(site, path, file, check).await,
        Action::RemoveFile(path) => site.remove(&format!("remove {path}"), path).await,
        Action::MakeDirectory(path) => {
            command(site, &format!("make {path}"), &["mkdir", "-p", "-m", "755", "--", path]).await
        }
        Action::RemoveDirectory(path) => remove_directory(site, path).await,
        Action::ClearDirectory(path) => clear_directory(site, path).await,
        Action::LoadModule(name) => load_module(site, name).await,
        Action::SetSysctl { key, value } => set_sysctl(site, key, value).await,
        Action::MaskUnit(_)
        | Action::UnmaskUnit(_)
        | Action::ReloadUnits
        | Action::EnableUnit(_)
        | Action::DisableUnit(_)
        | Action::StartUnit(_)
        | Action::StopUnit(_)
        | Action::RestartUnit(_)
        | Action::ReloadOrStart(_) => systemctl(site, action).await,
        Action::AddKubernetesRepository(packages) => {
            add_repository(site, record, scope, packages, |_| None).await
        }
        Action::RefreshPackages => Apt.refresh(site).await,
        Action::InstallPackages(requests) => Apt.install(site, record, scope, requests).await,
        Action::PurgePackages(names) => Apt.purge(site, names).await,
        Action::HoldPackage(name) => Apt.hold(site, std::slice::from_ref(name)).await,
        Action::UnholdPackage(name) => Apt.unhold(site, std::slice::from_ref(name)).await,
        Action::ConfigureRuntime(configuration) => {
            Containerd.configure(site, record, configuration).await
        }
        Action::AwaitRuntime => Containerd.await_ready(site).await,
        Action::WithdrawRoute(route) => {
            withdraw_route(site, &route.to_string(), |printed| other_routes(route, printed)).await
        }
        Action::AcceptRoutes(accepted) => {
            let preference = format!("--accept-routes={accepted}");
            let intent = "let Tailscale's client take the routes of others, or not";
            command(site, intent, &["tailscale", "set", &preference]).await
        }
        Action::ReplaceRoute(_)
        | Action::DeleteRoute(_)
        | Action::ReloadNetwork
        | Action::AddProfileRoute { .. }
        | Action::RemoveProfileRoute { .. } => route(site, action).await,
        Action::PutInForce { path, sha256 } => {
            let (path, after) = (path.clone(), Some(sha256.clone()));
            record.add(scope, Change::File { path, before: None, after, made_from: None });
            write_record(site, record).await
        }
    }
}

async fn command(site: &Site<'_>, intent: &str, words: &[&str]) -> Result<(), OperateError> {
    let (program, arguments) = words.split_first().unwrap_or((&"true", &[]));
    let command = Command::new(*program).args(arguments.iter().copied());
    site.require(intent, &command).await.map(drop)
}

async fn write(site: &Site<'_>, path: &str, file: &ManagedFile) -> Result<(), OperateError> {
    let write = FileWrite::new(path, file.content.as_str()).mode(file.mode);
    site.write(&format!("write {path}"), &write).await
}

/// What its program refuses never takes the place of what was there.
async fn write_checked(
    site: &Site<'_>,
    path: &str,
    file: &ManagedFile,
    check: &[&str],
) -> Result<(), OperateError> {
    let candidate = format!("{path}.candidate");
    write(site, &candidate, file).await?;
    let checked = command(site, &format!("check {path}"), &[check, &[&candidate]].concat()).await;
    if checked.is_err() {
        site.remove(&format!("remove {candidate}"), &candidate).await?;
    }
    checked?;
    command(site, &format!("write {path}"), &["mv", "-f", "--", &candidate, path]).await
}

/// One that is gone or in use by others is no failure.
async fn remove_directory(site: &Site<'_>, path: &str) -> Result<(), OperateError> {
    let command = Command::new("rmdir").args(["--ignore-fail-on-non-empty", "--", path]);
    site.run(&format!("remove {path}"), &command).await.map(drop)
}

/// Stays on its file system: what is mounted below belongs to somebody.
async fn clear_directory(site: &Site<'_>, path: &str) -> Result<(), OperateError> {
    let command = Command::new("find").args([path, "-xdev", "-mindepth", "1", "-delete"]);
    site.run(&format!("empty {path}"), &command).await.map(drop)
}

async fn load_module(site: &Site<'_>, name: &str) -> Result<(), OperateError> {
    let loaded =
        command(site, &format!("load kernel module {name}"), &["modprobe", "--", name]).await;
    loaded.map_err(|error| error.advise(format!("the host's kernel must have the module {name}; a host whose kernel was upgraded needs a reboot first")))
}

/// Through the kernel's own file: the program sysctl is not on every host.
async fn set_sysctl(site: &Site<'_>, key: &SysctlKey, value: &str) -> Result<(), OperateError> {
    let command = Command::new("tee").arg(format!("/proc/sys/{}", key.path())).stdin(value);
    let set = site.require(&format!("set sysctl {key} to {value}"), &command).await;
    set.map(drop).map_err(|error| {
        error.advise(format!("check that the kernel knows {key} and accepts {value}"))
    })
}

/// Others may have been advertised since the host was looked at.
async fn withdraw_route<T: ToString>(
    site: &Site<'_>,
    route: &str,
    others: impl FnOnce(&str) -> Option<Vec<T>>,
) -> Result<(), OperateError> {
    let intent = format!("let Tailscale's client advertise {route} no longer");
    let ask = Command::new("tailscale").args(["debug", "prefs"]);
    let printed = site.require(&intent, &ask).await?;
    let others = others(&printed.stdout_text()).unwrap_or_default();
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    let preference = format!("--advertise-routes={}", others.join(","));
    command(site, &intent, &["tailscale", "set", &preference]).await
}

async fn systemctl(site: &Site<'_>, action: &Action) -> Result<(), OperateError> {
    let (verb, unit) = match action {
        Action::MaskUnit(unit) => ("mask", Some(unit)),
        Action::UnmaskUnit(unit) => ("unmask", Some(unit)),
        Action::EnableUnit(unit) => ("enable", Some(unit)),
        Action::DisableUnit(unit) => ("disable", Some(unit)),
        Action::StartUnit(unit) => ("start", Some(unit)),
        Action::StopUnit(unit) => ("stop", Some(unit)),
        Action::RestartUnit(unit) => ("try-restart", Some(unit)),
        Action::ReloadOrStart(unit) => ("reload-or-restart", Some(unit)),
        _ => ("daemon-reload", None),
    };
    let command = Command::new("systemctl").arg(verb).args(unit.cloned());
    let intent = format!("{verb} {}", unit.map_or("systemd", String::as_str));
    let done = site.require(&intent, &command).await;
    match (done, unit) {
        (Err(error), Some(unit)) if verb.contains("start") => {
            Err(error.with_journal(&site.journal(unit).await))
        }
        (done, _) => done.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operator;
    use crate::Profiles;
    use crate::error::ErrorKind;
    use cluster::intent::NodeReference;
    use host::fake::{Answer, FakeHost};
    use std::collections::BTreeMap;
    use tokio_util::sync::CancellationToken;

    const PATH: &str = "/etc/haproxy/haproxy.cfg";

    async fn written(fake: &FakeHost) -> Result<(), OperateError> {
        let profiles = Profiles { default: fake.profile(), named: BTreeMap::new() };
        let (operator, cancel) = (Operator::new(profiles), CancellationToken::new());
        let (address, host_key) = (fake.address(), fake.host_key());
        let node: NodeReference = serde_json::from_value(serde_json::json!({
            "name": "cp1", "address": address.ip().to_string(), "port": address.port(), "host_key": host_key,
        }))
        .unwrap();
        let site = Site::new(&operator, &node, &cancel).unwrap();
        let action = Action::WriteChecked {
            path: PATH.to_owned(),
            file: ManagedFile::public("bind *:port"),
            check: &["haproxy", "-c", "-f"],
        };
        act(&site, &mut Record::default(), Scope::Endpoint, &action).await
    }

    #[tokio::test]
    async fn what_a_program_refuses_never_takes_the_place_of_what_was_there() {
        let fake = FakeHost::start().await;
        fake.put(PATH, "bind *:8443");
        let refused = Answer::failure(1, "parsing [haproxy.cfg:1]: unknown port\n");
        fake.on(&["haproxy", "-c"], refused);
        let error = written(&fake).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Command);
        let shown = format!("{error:?}");
        assert!(shown.contains("unknown port") && shown.contains(PATH), "{shown}");
        assert_eq!(fake.file(PATH).unwrap().text(), "bind *:8443");
        assert_eq!(fake.file(&format!("{PATH}.candidate")), None);
    }

    #[tokio::test]
    async fn what_a_program_accepts_is_put_in_place_as_a_whole() {
        let fake = FakeHost::start().await;
        fake.on(&["haproxy", "-c"], Answer::stdout(""));
        fake.on(&["mv"], Answer::stdout(""));
        written(&fake).await.unwrap();
        let last = fake.calls().pop().unwrap().argv.join(" ");
        assert!(last.ends_with(&format!("mv -f -- {PATH}.candidate {PATH}")), "{last}");
    }
}
