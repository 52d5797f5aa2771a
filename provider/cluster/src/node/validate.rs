//! What can be said about an intent without looking at the host.

use super::credentials::{credentials, has_credentials};
use super::intent::{NodeIntent, RegistryMirror};
use crate::checks::check_packages;
use crate::finding::Finding;
use crate::observed::SysctlKey;
use std::net::IpAddr;

/// Everything that is wrong with an intent in itself.
#[must_use]
pub fn validate(intent: &NodeIntent) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        intent.kernel_modules.iter().filter_map(|name| module(name)).collect();
    findings.extend(intent.sysctls.iter().filter_map(|(key, value)| sysctl(key, value)));
    findings.extend(
        intent.hosts_entries.iter().flat_map(|(address, names)| hosts_entry(address, names)),
    );
    findings.extend(settings(intent));
    findings.extend(
        intent
            .container_runtime
            .registry_mirrors
            .iter()
            .flat_map(|(name, mirror)| registry(name, mirror)),
    );
    findings.extend(proxies(intent));
    findings.extend(credentials(intent));
    findings.extend(kubernetes(intent));
    findings
}

fn module(name: &str) -> Option<Finding> {
    let valid = !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
    (!valid).then(|| {
        Finding::error("PLAN-MODULE-NAME", format!("{name:?} is no name of a kernel module"))
            .at(["kernel_modules"])
            .because("Names have letters, digits, - and _ alone.")
            .advise("give the name as modprobe takes it, without options")
    })
}

fn sysctl(key: &str, value: &str) -> Option<Finding> {
    let name = SysctlKey::new(key);
    let path = name.path();
    let valid = path.split('/').count() > 1
        && path.split('/').all(|part| !part.is_empty() && !matches!(part, "." | ".."));
    let letters = key.chars().all(|letter| letter.is_ascii_graphic() && !"=#;*".contains(letter));
    if !valid || !letters {
        return Some(
            Finding::error("PLAN-SYSCTL-KEY", format!("{key:?} is no kernel setting"))
                .at(["sysctls", key])
                .because("Keys are paths below /proc/sys with dots, such as net.ipv4.ip_forward.")
                .advise("give the key as `sysctl -a` prints it"),
        );
    }
    if value.trim().is_empty() || value.contains('\n') {
        return Some(
            Finding::error(
                "PLAN-SYSCTL-VALUE",
                format!("the value of {key} is empty or has several lines"),
            )
            .at(["sysctls", key]),
        );
    }
    (name.as_str() == "net.ipv4.ip_forward" && value.trim() == "0").then(|| {
        Finding::error("PLAN-SYSCTL-FORWARD", "net.ipv4.ip_forward must be 1")
            .at(["sysctls", key])
            .because("kubeadm refuses hosts that do not forward, and pods could not be reached.")
            .advise("leave it out: it is set to 1")
    })
}

fn hosts_entry(address: &str, names: &[String]) -> Vec<Finding> {
    let at = |finding: Finding| finding.at(["hosts_entries", address]);
    let mut findings = Vec::new();
    if address.parse::<IpAddr>().is_err() {
        findings.push(at(Finding::error(
            "PLAN-HOSTS-ADDRESS",
            format!("{address:?} is no IP address"),
        )
        .because("Keys of hosts_entries are addresses, their values lists of names.")));
    }
    if names.is_empty() {
        findings.push(at(Finding::error("PLAN-HOSTS-NAME", format!("{address} has no name"))));
    }
    let valid = |name: &&String| {
        !name.is_empty()
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter))
    };
    let invalid = names.iter().filter(|name| !valid(name));
    findings
        .extend(invalid.map(|name| {
            at(Finding::error("PLAN-HOSTS-NAME", format!("{name:?} is no host name")))
        }));
    findings
}

fn settings(intent: &NodeIntent) -> Option<Finding> {
    let text = intent.container_runtime.settings.as_deref()?;
    let error = text.parse::<toml::Table>().err()?;
    Some(
        Finding::error("PLAN-RUNTIME-SETTINGS", "the settings are not TOML")
            .at(["container_runtime", "settings"])
            .because(error.message().to_owned())
            .advise("give TOML as in containerd's config.toml"),
    )
}

fn registry(name: &str, mirror: &RegistryMirror) -> Vec<Finding> {
    let at = |finding: Finding| finding.at(["container_runtime", "registry_mirrors", name]);
    let mut findings = Vec::new();
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        findings.push(at(Finding::error("PLAN-REGISTRY-NAME", format!("{name:?} is no registry"))
            .because("Keys of registry_mirrors are host names of registries, with a port if need be, such as ghcr.io.")));
    }
    if mirror.endpoints.is_empty() {
        findings.push(at(Finding::error(
            "PLAN-REGISTRY-ENDPOINT",
            format!("the mirror of {name} has no endpoint"),
        )));
    }
    let invalid = mirror.endpoints.iter().filter(|endpoint| !is_web_address(endpoint));
    findings.extend(invalid.map(|endpoint| {
        web_address("PLAN-REGISTRY-ENDPOINT", endpoint).at([
            "container_runtime",
            "registry_mirrors",
            name,
            "endpoints",
        ])
    }));
    let known = ["pull", "resolve", "push"];
    let odd = mirror.capabilities.iter().filter(|capability| !known.contains(&capability.as_str()));
    findings.extend(odd.map(|capability| {
        at(Finding::error("PLAN-REGISTRY-CAPABILITY", format!("{capability:?} is no capability"))
            .because("Capabilities are pull, resolve and push."))
    }));
    findings
}

fn proxies(intent: &NodeIntent) -> Vec<Finding> {
    let proxy = intent.proxy.clone().unwrap_or_default();
    let given = [
        (vec!["proxy", "http"], proxy.http),
        (vec!["proxy", "https"], proxy.https),
        (vec!["packages", "proxy"], intent.packages.proxy.clone()),
        (vec!["packages", "mirror"], intent.packages.mirror.clone()),
    ];
    let invalid = given
        .into_iter()
        .filter_map(|(path, url)| Some((path, url?)))
        .filter(|(_, url)| !is_web_address(url));
    invalid.map(|(path, url)| web_address("PLAN-PROXY-URL", &url).at(path)).collect()
}

fn kubernetes(intent: &NodeIntent) -> Vec<Finding> {
    let source = intent.packages.kubernetes.as_ref().map(|packages| &packages.source);
    let findings = source.map(check_packages).unwrap_or_default();
    findings.into_iter().map(|finding| finding.below(["packages", "kubernetes"])).collect()
}

/// Quotes and line ends would leave the files these are written into. Of an address with
/// credentials something else is said, that does not repeat them.
fn is_web_address(url: &str) -> bool {
    if has_credentials(url) {
        return true;
    }
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && url.chars().all(|letter| letter.is_ascii_graphic() && !"\"\\'".contains(letter))
}

fn web_address(code: &'static str, url: &str) -> Finding {
    Finding::error(code, format!("{url:?} is no web address"))
        .advise("give http://HOST:PORT or https://HOST:PORT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::tests::{kubernetes_packages, node};
    use crate::node::{ContainerRuntime, Proxy};

    #[track_caller]
    fn check(change: impl FnOnce(&mut NodeIntent), codes: &[&str]) {
        let mut intent = node();
        change(&mut intent);
        let found: Vec<_> = validate(&intent).into_iter().map(|finding| finding.code).collect();
        assert_eq!(found, codes);
    }

    #[test]
    fn defaults_are_valid() {
        check(|_| {}, &[]);
    }

    #[test]
    fn names_that_would_leave_their_file_are_refused() {
        check(|intent| intent.kernel_modules.extend(["a\nb".to_owned()]), &["PLAN-MODULE-NAME"]);
        for key in ["../x", "ip_forward", "net..x", "a.b=c", "net.*.x"] {
            check(
                |intent| drop(intent.sysctls.insert(key.to_owned(), "1".to_owned())),
                &["PLAN-SYSCTL-KEY"],
            );
        }
        check(
            |intent| drop(intent.sysctls.insert("vm.x".to_owned(), "1\n2".to_owned())),
            &["PLAN-SYSCTL-VALUE"],
        );
        check(
            |intent| drop(intent.sysctls.insert("net/ipv4/ip_forward".to_owned(), "0".to_owned())),
            &["PLAN-SYSCTL-FORWARD"],
        );
        check(
            |intent| drop(intent.hosts_entries.insert("10.0.0".to_owned(), vec!["a b".to_owned()])),
            &["PLAN-HOSTS-ADDRESS", "PLAN-HOSTS-NAME"],
        );
    }

    #[test]
    fn the_repository_of_kubernetes() {
        for url in ["ftp://mirror", "https://user:s3cret@mirror"] {
            let mut intent = node();
            let mut packages = kubernetes_packages(35);
            packages.source.repository_url = Some(url.to_owned());
            intent.packages.kubernetes = Some(packages);
            let findings = validate(&intent);
            let [finding] = findings.as_slice() else { panic!("{findings:?}") };
            assert_eq!(finding.path, ["packages", "kubernetes", "repository_url"]);
            assert!(!format!("{finding:?}").contains("s3cret"), "{finding:?}");
        }
    }

    #[test]
    fn runtime_and_proxies() {
        check(
            |intent| {
                intent.container_runtime = ContainerRuntime {
                    settings: Some("a=".to_owned()),
                    ..ContainerRuntime::default()
                };
            },
            &["PLAN-RUNTIME-SETTINGS"],
        );
        let mirror = RegistryMirror {
            endpoints: vec!["registry:5000".to_owned()],
            capabilities: ["fetch".to_owned()].into(),
            ..RegistryMirror::default()
        };
        check(
            |intent| {
                drop(intent.container_runtime.registry_mirrors.insert("a/b".to_owned(), mirror));
            },
            &["PLAN-REGISTRY-NAME", "PLAN-REGISTRY-ENDPOINT", "PLAN-REGISTRY-CAPABILITY"],
        );
        check(
            |intent| {
                intent.proxy =
                    Some(Proxy { http: Some("http://a\";".to_owned()), ..Proxy::default() });
            },
            &["PLAN-PROXY-URL"],
        );
    }
}
