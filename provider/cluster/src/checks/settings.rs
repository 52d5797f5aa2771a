use super::draft::ClusterDraft;
use super::names::{is_certificate_name, is_dns_subdomain};
use crate::duration::parse_duration;
use crate::finding::Finding;
use crate::intent::{EncryptionAlgorithm, PackageSource, Patches};
use crate::node::{PACKAGES, credentials_in_address, has_credentials};
use crate::version::KubernetesVersion;
use crate::yaml;
use std::collections::BTreeSet;
use std::time::Duration;

/// Remarks on the remaining settings of a cluster, each by itself.
pub(super) fn check_settings(
    draft: &ClusterDraft,
    version: Option<&KubernetesVersion>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = draft.name.text().and_then(bad_name).into_iter().collect();
    findings.extend(check_validity(draft));
    findings.extend(renew_before(draft).err());
    findings.extend(encryption_algorithm(draft, version).err());
    findings.extend(check_image_repositories(draft));
    findings.extend(check_certificate_names(draft));
    findings.extend(check_packages(&draft.packages).into_iter().map(|it| it.below(["packages"])));
    findings.extend(check_ignored(&draft.ignore_preflight_errors));
    findings.extend(draft.patches.iter().filter_map(|(name, text)| bad_patch(name, text)));
    findings
}

fn bad_name(name: &str) -> Option<Finding> {
    if is_dns_subdomain(name) && name.len() <= 63 {
        return None;
    }
    let finding = Finding::error("PLAN-NAME", format!("{name:?} cannot be the name of a cluster"))
        .at(["name"])
        .because("The name becomes part of names of Kubernetes objects and kubeconfigs.");
    Some(finding.advise("Use at most 63 lower-case letters, digits, dashes and dots."))
}

fn check_validity(draft: &ClusterDraft) -> Vec<Finding> {
    let mut findings = Vec::new();
    let leaf = draft.certificate_validity_period.as_deref();
    let authority = draft.ca_certificate_validity_period.as_deref();
    let leaf = validity("certificate_validity_period", leaf, 8_760, &mut findings);
    let authority = validity("ca_certificate_validity_period", authority, 87_600, &mut findings);
    if leaf.zip(authority).is_some_and(|(leaf, authority)| leaf > authority) {
        findings.push(outlives_authority());
    }
    findings
}

fn validity(
    attribute: &str,
    text: Option<&str>,
    default_hours: u64,
    findings: &mut Vec<Finding>,
) -> Option<Duration> {
    let Some(text) = text else {
        return Some(Duration::from_secs(default_hours * 3600));
    };
    match parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Some(duration),
        _ => {
            findings.push(no_validity(attribute, text));
            None
        }
    }
}

fn no_validity(attribute: &str, text: &str) -> Finding {
    Finding::error("PLAN-VALIDITY", format!("{text:?} is not a duration above zero"))
        .at([attribute])
        .because("Certificates are valid for a span of time from when they are made.")
        .advise("Write it in hours, like 8760h for a year; days and years have no unit here.")
}

/// How long before their end certificates are renewed, when they are.
pub(super) fn renew_before(draft: &ClusterDraft) -> Result<Option<Duration>, Finding> {
    let Some(text) = draft.renew_before.as_deref() else { return Ok(None) };
    let before = parse_duration(text).ok().filter(|before| !before.is_zero());
    let before = before.ok_or_else(|| no_validity("renew_before", text))?;
    let life = draft.certificate_validity_period.as_deref();
    let life = life.map_or(Ok(DEFAULT_LIFE), parse_duration);
    if life.is_ok_and(|life| before >= life) {
        return Err(never_valid());
    }
    Ok(Some(before))
}

/// Life of the certificates that kubeadm makes.
const DEFAULT_LIFE: Duration = Duration::from_hours(8_760);

fn never_valid() -> Finding {
    Finding::error("PLAN-VALIDITY", "certificates would be renewed as soon as they are made")
        .at(["renew_before"])
        .because("It is as long as the certificates live, or longer.")
        .advise("Shorten renew_before or lengthen certificate_validity_period.")
}

fn outlives_authority() -> Finding {
    Finding::error("PLAN-VALIDITY", "certificates would outlive their CA")
        .at(["certificate_validity_period"])
        .because("A certificate is of no use once its CA has expired.")
        .advise("Shorten certificate_validity_period or lengthen ca_certificate_validity_period.")
}

/// The algorithm of keys, when one is given.
pub(super) fn encryption_algorithm(
    draft: &ClusterDraft,
    version: Option<&KubernetesVersion>,
) -> Result<Option<EncryptionAlgorithm>, Finding> {
    let Some(text) = draft.encryption_algorithm.as_deref() else {
        return Ok(None);
    };
    let finding = |why: &str| {
        let code = "PLAN-ENCRYPTION-ALGORITHM";
        Finding::error(code, format!("encryption_algorithm {text:?} cannot be used"))
            .at(["encryption_algorithm"])
            .because(why)
            .advise("Use RSA-2048, RSA-3072, RSA-4096, ECDSA-P256 or, since 1.34, ECDSA-P384.")
    };
    let value = serde_json::Value::String(text.to_owned());
    let algorithm =
        serde_json::from_value(value).map_err(|_| finding("kubeadm has no such algorithm."))?;
    let is_old = version.is_some_and(|version| !version.is_at_least_minor(34));
    if algorithm == EncryptionAlgorithm::EcdsaP384 && is_old {
        return Err(finding("kubeadm knows it from 1.34 on."));
    }
    Ok(Some(algorithm))
}

fn check_image_repositories(draft: &ClusterDraft) -> Vec<Finding> {
    let repositories = [
        (vec!["image_repository"], &draft.image_repository),
        (vec!["dns", "image_repository"], &draft.dns.image_repository),
    ];
    let etcd = draft.etcd.local.as_ref();
    let etcd =
        etcd.map(|local| (vec!["etcd", "local", "image_repository"], &local.image_repository));
    let repositories = repositories.into_iter().chain(etcd);
    repositories
        .filter_map(|(path, text)| bad_repository(text.as_deref()?).map(|finding| finding.at(path)))
        .collect()
}

fn bad_repository(text: &str) -> Option<Finding> {
    let (host, path) = text.split_once('/').unwrap_or((text, "lower"));
    let in_host = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let in_path = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._/".contains(c);
    let has_gaps = text.split('/').any(str::is_empty);
    if !has_gaps && host.chars().all(in_host) && path.chars().all(in_path) {
        return None;
    }
    let finding = Finding::error("PLAN-IMAGE", format!("{text:?} is not an image repository"))
        .because("kubeadm puts /NAME:TAG behind it to get an image's name.");
    Some(finding.advise(
        "Write host and path in lower case and without a scheme, such as registry.example.org/k8s.",
    ))
}

fn check_certificate_names(draft: &ClusterDraft) -> Vec<Finding> {
    let lists = [(vec!["api_server", "cert_sans"], &draft.api_server.cert_sans)];
    let etcd = draft.etcd.local.iter().flat_map(|local| {
        [
            (vec!["etcd", "local", "server_cert_sans"], &local.server_cert_sans),
            (vec!["etcd", "local", "peer_cert_sans"], &local.peer_cert_sans),
        ]
    });
    let lists = lists.into_iter().chain(etcd);
    lists
        .flat_map(|(path, names)| {
            let bad = names.iter().filter(|name| !is_certificate_name(name));
            bad.map(move |name| bad_certificate_name(name).at(path.clone()))
        })
        .collect()
}

fn bad_certificate_name(name: &str) -> Finding {
    Finding::error("PLAN-CERT-SAN", format!("{name:?} cannot be in a certificate"))
        .because("A certificate names addresses and DNS names, these in lower case.")
        .advise("Give it without scheme and port; *.example.org is allowed.")
}

/// Everything that is wrong with a source of packages; paths begin at the source.
pub(crate) fn check_packages(packages: &PackageSource) -> Vec<Finding> {
    let urls = [
        ("repository_url", &packages.repository_url),
        ("repository_key_url", &packages.repository_key_url),
    ];
    let urls = urls.into_iter().filter_map(|(attribute, url)| {
        let finding = bad_url(url.as_deref()?)?;
        Some(finding.at([attribute]))
    });
    let key = packages.repository_key.as_deref().and_then(bad_key);
    let both = packages.repository_key.is_some() && packages.repository_key_url.is_some();
    urls.chain(key).chain(both.then(two_keys)).collect()
}

fn two_keys() -> Finding {
    Finding::error("PLAN-PACKAGES", "repository_key and repository_key_url are both given")
        .at(["repository_key_url"])
        .because("The key is either given or fetched.")
        .advise("Leave one of them out.")
}

fn bad_url(url: &str) -> Option<Finding> {
    if has_credentials(url) {
        return Some(credentials_in_address().advise(PACKAGES));
    }
    let schemes = ["http://", "https://", "file:/"];
    let is_plain = !url.chars().any(|c| c.is_whitespace() || c.is_control());
    if is_plain && schemes.iter().any(|scheme| url.starts_with(scheme)) {
        return None;
    }
    let finding =
        Finding::error("PLAN-PACKAGES", format!("{url:?} is not the address of a repository"))
            .because("Hosts' package managers fetch from it.");
    Some(finding.advise("Write it with http://, https:// or file:/, and without spaces."))
}

fn bad_key(key: &str) -> Option<Finding> {
    if key.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----") {
        return None;
    }
    let finding =
        Finding::error("PLAN-PACKAGES", "repository_key is not an armoured PGP public key")
            .at(["repository_key"])
            .because("It must begin with -----BEGIN PGP PUBLIC KEY BLOCK-----.");
    Some(finding.advise("Give the text of the repository's Release.key."))
}

/// kubeadm leaves out a file whose name it does not know, and fails with one that is no YAML.
fn bad_patch(name: &str, text: &str) -> Option<Finding> {
    let finding = |summary: String| Finding::error("PLAN-PATCH", summary).at(["patches", name]);
    if Patches::target(name).is_none() {
        let targets = Patches::TARGETS.join(", ");
        let finding = finding(format!("{name:?} is no name of a patch"))
            .because("kubeadm tells by the name what the file is laid over and how.");
        return Some(finding.advise(format!(
            "Write TARGET[SUFFIX][+strategic|merge|json].(yaml|json), such as \
             kube-apiserver0+merge.yaml; targets are {targets}."
        )));
    }
    let error = yaml::read::<serde_json::Value>(text).err()?;
    let finding = finding(format!("the patch {name:?} is neither YAML nor JSON"));
    Some(finding.because(error.to_string()).advise("Write it with yamlencode or jsonencode."))
}

/// Remarks on names of kubeadm's preflight checks; paths begin at the resource.
pub(super) fn check_ignored(names: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let all = names.iter().any(|name| name.eq_ignore_ascii_case("all"));
    if all && names.len() > 1 {
        findings.push(
            Finding::error("PLAN-IGNORE", "\"all\" cannot be combined with other checks")
                .because("kubeadm refuses such a list."),
        );
    } else if all {
        findings.push(
            Finding::warning("PLAN-IGNORE", "all of kubeadm's preflight checks are ignored")
                .because("A cluster may be laid over remains of another one unnoticed."),
        );
    }
    let advise = |finding: Finding| {
        let finding = finding.at(["ignore_preflight_errors"]);
        finding.advise("Name the checks to be ignored, such as NumCPU.")
    };
    findings.into_iter().map(advise).collect()
}
