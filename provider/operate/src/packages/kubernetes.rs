//! kubeadm, kubelet and kubectl, from a repository of their own.

use super::PackageManager;
use super::apt::{Apt, source_alone, update};
use crate::error::{ErrorKind, OperateError};
use crate::node::release_changes;
use crate::observe::Interests;
use crate::record_file::{read_record, write_record};
use crate::site::Site;
use cluster::KubernetesVersion;
use cluster::intent::PackageSource;
use cluster::node::{
    Change, KUBERNETES_KEY_FILE, KUBERNETES_PACKAGES as PACKAGES, KUBERNETES_SOURCE_FILE,
    KubernetesPackages, Record, Releases, Scope, kubernetes_requests, kubernetes_source,
};
use cluster::observed::{ManagedFile, Observed};
use host::{Command, FileWrite};
use std::sync::Arc;

/// Installs and holds kubeadm, kubelet and kubectl at one version, and gives what the host then
/// is. Does nothing where they are there. All of it is recorded as the membership's.
pub(crate) async fn ensure_kubernetes(
    site: &Site<'_>,
    source: &PackageSource,
    version: &KubernetesVersion,
) -> Result<Arc<Observed>, OperateError> {
    let interests = Interests::default();
    let observed = site.operator.observe_fresh(site.node, &interests, site.cancel).await?;
    if missing(&observed, source, version).is_empty() {
        return Ok(observed);
    }
    site.operator.forget(site.node);
    let mut record = read_record(site).await?;
    if !all_installed(&observed, version) {
        let wanted = KubernetesPackages { version: version.clone(), source: source.clone() };
        let before = |path: &str| observed.files.file(path).known().cloned();
        add_repository(site, &mut record, Scope::Membership, &wanted, before).await?;
        update(site, &source_alone(KUBERNETES_SOURCE_FILE)).await?;
        let requests = kubernetes_requests(version);
        Apt.install(site, &mut record, Scope::Membership, &requests).await?;
    }
    hold(site, &mut record, source, &observed).await?;
    let observed = site.operator.observe_fresh(site.node, &interests, site.cancel).await?;
    let missing = missing(&observed, source, version);
    if missing.is_empty() {
        return Ok(observed);
    }
    let error = OperateError::new(format!("install Kubernetes {version}"), ErrorKind::Goal)
        .on(site.operator.label(site.node));
    Err(missing.into_iter().fold(error, OperateError::note))
}

/// Puts back all that the membership changed: holds, packages, repository; forgets the membership.
pub(crate) async fn remove_kubernetes(site: &Site<'_>) -> Result<(), OperateError> {
    release_changes(site, Releases::Membership).await
}

/// What is not as wanted, in words.
fn missing(
    observed: &Observed,
    source: &PackageSource,
    version: &KubernetesVersion,
) -> Vec<String> {
    let complaint = |name: &str| match observed.packages.package(name).known() {
        None => Some(format!("{name} is not installed")),
        Some(package) if !package.is_version(&version.to_string()) => {
            Some(format!("{name} is {}", package.version))
        }
        Some(package) if source.hold && !package.held => Some(format!("{name} is not held")),
        Some(_) => None,
    };
    PACKAGES.into_iter().filter_map(complaint).collect()
}

fn all_installed(observed: &Observed, version: &KubernetesVersion) -> bool {
    let version = version.to_string();
    let installed = |name: &str| {
        observed.packages.package(name).known().is_some_and(|package| package.is_version(&version))
    };
    PACKAGES.into_iter().all(installed)
}

/// Writes the repository's key and its source. What was there before counts only where the record
/// does not know it yet.
pub(crate) async fn add_repository(
    site: &Site<'_>,
    record: &mut Record,
    scope: Scope,
    KubernetesPackages { version, source }: &KubernetesPackages,
    before: impl Fn(&str) -> Option<ManagedFile>,
) -> Result<(), OperateError> {
    let key = ManagedFile::public(signing_key(site, source, version).await?);
    let list = kubernetes_source(source, version);
    let files = [(KUBERNETES_KEY_FILE, key), (KUBERNETES_SOURCE_FILE, list)];
    for (path, file) in &files {
        let (before, after) = (before(path), Some(file.sha256()));
        let path = (*path).to_owned();
        record.add(scope, Change::File { path, before, after, made_from: None });
    }
    write_record(site, record).await?;
    for (path, file) in files {
        site.write(&format!("write {path}"), &FileWrite::new(path, file.content)).await?;
    }
    Ok(())
}

/// The given key, or what the host fetches: apt's own helper honours apt's proxies.
async fn signing_key(
    site: &Site<'_>,
    source: &PackageSource,
    version: &KubernetesVersion,
) -> Result<String, OperateError> {
    if let Some(key) = &source.repository_key {
        return Ok(key.clone());
    }
    let url = source.debian_key_url(version);
    let intent = format!("fetch the repository's signing key from {url}");
    let advice = "check the host's way to the repository, or give packages.repository_key";
    let command = Command::script(FETCH).arg(&url);
    let output = site.require(&intent, &command).await.map_err(|error| error.advise(advice))?;
    let key = output.stdout_text().into_owned();
    if key.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----") {
        return Ok(key);
    }
    Err(OperateError::new(intent, ErrorKind::Malformed)
        .on(site.operator.label(site.node))
        .note("what was fetched is no ASCII-armoured key")
        .advise(advice))
}

/// Prints what is at the address `$1`.
const FETCH: &str = r#"
set -e
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
/usr/lib/apt/apt-helper download-file "$1" "$directory/key" >&2
cat "$directory/key"
"#;

async fn hold(
    site: &Site<'_>,
    record: &mut Record,
    source: &PackageSource,
    observed: &Observed,
) -> Result<(), OperateError> {
    if !source.hold {
        return Ok(());
    }
    let free =
        |name: &str| observed.packages.package(name).known().is_none_or(|package| !package.held);
    let names: Vec<String> =
        PACKAGES.into_iter().filter(|name| free(name)).map(str::to_owned).collect();
    for name in &names {
        record.add(Scope::Membership, Change::Hold { name: name.clone() });
    }
    write_record(site, record).await?;
    Apt.hold(site, &names).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::observed::{Fact, Package};

    fn host(version: &str, held: bool) -> Observed {
        let package = Package { version: version.to_owned(), held };
        let packages = PACKAGES.into_iter().map(|name| (name.to_owned(), package.clone()));
        let mut observed = Observed::default();
        observed.packages.0 = Fact::Known(packages.collect());
        observed
    }

    #[test]
    fn versions_and_holds_are_judged() {
        let (source, version) = (PackageSource::default(), KubernetesVersion::new(1, 35, 4));
        let judged = |host: &Observed| missing(host, &source, &version);
        assert_eq!(judged(&host("1.35.4-1.1", true)), Vec::<String>::new());
        assert_eq!(judged(&host("1.35.4-1.1", false)).len(), 3);
        assert_eq!(judged(&host("1.35.40-1.1", true)).first().unwrap(), "kubeadm is 1.35.40-1.1");
        assert!(judged(&Observed::default()).first().unwrap().contains("not installed"));
        let free = PackageSource { hold: false, ..PackageSource::default() };
        assert_eq!(missing(&host("1.35.4-1.1", false), &free, &version), Vec::<String>::new());
    }
}
