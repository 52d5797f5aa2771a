use super::Planned;
use super::draft::{ClusterDraft, EtcdDraft, ExternalEtcdDraft};
use super::names::is_host;
use super::parse::{required, unknown};
use super::paths::bad_etcd_file;
use crate::finding::Finding;
use crate::intent::{EtcdEndpoint, EtcdIntent, EtcdTransport, ExternalEtcd};
use std::collections::BTreeMap;

/// Remarks on an etcd that runs on servers of its own.
pub(super) fn check_external_etcd(draft: &ClusterDraft) -> Vec<Finding> {
    let Some(external) = draft.etcd.external.known() else {
        return Vec::new();
    };
    let mut findings = check_endpoints(external);
    findings.extend(check_files(external));
    findings.extend(unencrypted(external));
    let below = |finding: Finding| finding.below(["etcd", "external"]);
    let both = draft.etcd.local.is_some().then(both_given);
    both.into_iter().chain(findings.into_iter().map(below)).collect()
}

/// Where the cluster keeps its objects, once that is known.
pub(super) fn etcd(draft: &EtcdDraft) -> Result<EtcdIntent, Finding> {
    match &draft.external {
        Planned::Known(external) => external_etcd(external)
            .map(EtcdIntent::External)
            .map_err(|finding| finding.below(["etcd", "external"])),
        Planned::Absent => Ok(EtcdIntent::Local(draft.local.clone().unwrap_or_default())),
        Planned::Unknown => Err(unknown("etcd")),
    }
}

fn external_etcd(draft: &ExternalEtcdDraft) -> Result<ExternalEtcd, Finding> {
    let endpoints = required(&draft.endpoints, "endpoints")?.iter();
    let endpoints = endpoints.map(|endpoint| required(endpoint, "endpoints").cloned());
    let endpoints = endpoints.collect::<Result<_, _>>()?;
    let [ca_file, cert_file, key_file] = draft.files().map(|(attribute, file)| match file {
        Planned::Known(path) => Ok(Some(path.clone())),
        Planned::Absent => Ok(None),
        Planned::Unknown => Err(unknown(attribute)),
    });
    Ok(ExternalEtcd { endpoints, ca_file: ca_file?, cert_file: cert_file?, key_file: key_file? })
}

fn both_given() -> Finding {
    Finding::error("PLAN-ETCD-BOTH", "etcd is both local and external")
        .at(["etcd", "external"])
        .because(
            "The cluster keeps its objects in one etcd: either kubeadm runs it beside each API \
             server, or it runs on servers of its own.",
        )
        .advise("Remove etcd.local or etcd.external.")
}

fn check_endpoints(draft: &ExternalEtcdDraft) -> Vec<Finding> {
    if draft.endpoints.is_absent() {
        return vec![no_endpoint()];
    }
    let Some(endpoints) = draft.endpoints.known() else {
        return Vec::new();
    };
    let mut findings: Vec<Finding> = endpoints.is_empty().then(no_endpoint).into_iter().collect();
    let mut first_of = BTreeMap::new();
    let texts = endpoints.iter().enumerate().filter_map(|(index, text)| {
        // A null in the list is as little an endpoint as an empty text.
        Some((index, text.text_or("")?))
    });
    for (index, text) in texts {
        match endpoint(text) {
            None => findings.push(bad_endpoint(index, text)),
            Some(endpoint) => {
                let first = *first_of.entry(endpoint.authority()).or_insert(index);
                findings.extend((first != index).then(|| given_twice(first, index, &endpoint)));
                findings.extend(with_files(draft, index, &endpoint));
            }
        }
    }
    findings
}

fn endpoint(text: &str) -> Option<EtcdEndpoint> {
    EtcdEndpoint::parse(text).filter(|endpoint| is_host(&endpoint.host))
}

fn no_endpoint() -> Finding {
    Finding::error("PLAN-ETCD-ENDPOINT", "the external etcd has no endpoint")
        .at(["endpoints"])
        .because("API servers would find no etcd, and none of them would start.")
        .advise("List the client URL of each server of etcd, such as https://10.0.0.5:2379.")
}

fn bad_endpoint(index: usize, text: &str) -> Finding {
    let summary = format!("{text:?} is not an endpoint of etcd");
    Finding::error("PLAN-ETCD-ENDPOINT", summary)
        .at(["endpoints", &index.to_string()])
        .because("API servers take scheme, host and port, and nothing else.")
        .advise(
            "Write https://HOST:PORT, an IPv6 address in brackets: without user, password, path \
             or a slash at the end.",
        )
}

fn given_twice(first: usize, second: usize, endpoint: &EtcdEndpoint) -> Finding {
    let summary = format!("endpoint {} of etcd is given twice", endpoint.authority());
    Finding::error("PLAN-ETCD-ENDPOINT", summary)
        .at(["endpoints", &second.to_string()])
        .because(format!("Elements {first} and {second} of the list lead to the same server."))
        .advise("Name each server of etcd once.")
}

/// kubeadm refuses files beside an endpoint that is not encrypted.
fn with_files(draft: &ExternalEtcdDraft, index: usize, endpoint: &EtcdEndpoint) -> Option<Finding> {
    let is_plain = endpoint.transport == EtcdTransport::Plain;
    let (attribute, _) = draft.files().into_iter().find(|(_, file)| file.known().is_some())?;
    let summary = format!("endpoint {endpoint} of etcd is not encrypted, and {attribute} is given");
    is_plain.then(|| {
        Finding::error("PLAN-ETCD-FILES", summary)
            .at(["endpoints", &index.to_string()])
            .because("No certificate is shown over http; kubeadm refuses files beside it.")
            .advise("Use https for all endpoints, or remove ca_file, cert_file and key_file.")
    })
}

fn check_files(draft: &ExternalEtcdDraft) -> Vec<Finding> {
    let encrypted = known_endpoints(draft).find(|one| one.transport == EtcdTransport::Tls);
    let files = draft.files().into_iter();
    files
        .filter_map(|(attribute, file)| match (file.text(), &encrypted) {
            (Some(path), _) => bad_etcd_file(attribute, path),
            (None, Some(endpoint)) if file.is_absent() => Some(no_file(attribute, endpoint)),
            (None, _) => None,
        })
        .collect()
}

fn no_file(attribute: &str, endpoint: &EtcdEndpoint) -> Finding {
    Finding::error("PLAN-ETCD-FILES", format!("{attribute} is missing for {endpoint}"))
        .at([attribute])
        .because(
            "Over https API servers check etcd's certificate against ca_file and show it \
             cert_file, whose key is key_file.",
        )
        .advise("Give the paths of all three files, as they are on every control plane host.")
}

/// Said only when it is sure that no file follows, which would be an error of its own.
fn unencrypted(draft: &ExternalEtcdDraft) -> Option<Finding> {
    let plain = known_endpoints(draft).find(|one| one.transport == EtcdTransport::Plain)?;
    let no_files = draft.files().into_iter().all(|(_, file)| file.is_absent());
    let no_files =
        no_files && known_endpoints(draft).all(|one| one.transport == EtcdTransport::Plain);
    no_files.then(|| {
        Finding::warning("PLAN-ETCD-PLAIN", format!("API servers reach etcd unencrypted: {plain}"))
            .at(["endpoints"])
            .because(
                "Over http nobody shows a certificate: whoever reaches the port reads and writes \
                 all of the cluster, its secrets included.",
            )
            .advise("Use https with ca_file, cert_file and key_file.")
    })
}

fn known_endpoints(draft: &ExternalEtcdDraft) -> impl Iterator<Item = EtcdEndpoint> {
    let endpoints = draft.endpoints.known().into_iter().flatten();
    endpoints.filter_map(|text| endpoint(text.text()?))
}
