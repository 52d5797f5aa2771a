//! Credentials have no place in a node's arguments: they would rest in the state and in the host's
//! record, in clear text.

use super::intent::NodeIntent;
use crate::finding::Finding;
use toml::{Table, Value};

/// Keys of containerd's configuration that hold credentials of a registry.
const KEYS: [&str; 5] = ["auth", "authorization", "identitytoken", "password", "username"];

const PROXY: &str = "give the address without them: let the proxy admit the host by its address, \
     or put the credentials into a file of your own on the host, such as a systemd drop-in or \
     /etc/apt/apt.conf.d";
pub(crate) const PACKAGES: &str = "give the address without them: use a mirror that asks for none, or put the \
     credentials into a file of your own on the host, in /etc/apt/auth.conf.d";
const REGISTRY: &str = "give a mirror that asks for none, or put the credentials into a file of \
     your own on the host, or into an imagePullSecret of the pods";

/// Every argument with credentials in it; none of the texts repeats them.
pub(super) fn credentials(intent: &NodeIntent) -> Vec<Finding> {
    let proxy = intent.proxy.as_ref();
    let given = [
        (["proxy", "http"], proxy.and_then(|proxy| proxy.http.as_ref()), PROXY),
        (["proxy", "https"], proxy.and_then(|proxy| proxy.https.as_ref()), PROXY),
        (["packages", "proxy"], intent.packages.proxy.as_ref(), PROXY),
        (["packages", "mirror"], intent.packages.mirror.as_ref(), PACKAGES),
    ];
    let addresses = given
        .into_iter()
        .filter(|(_, url, _)| url.is_some_and(|url| has_credentials(url)))
        .map(|(path, _, advice)| credentials_in_address().at(path).advise(advice));
    let mirrors = &intent.container_runtime.registry_mirrors;
    let mirrors = mirrors
        .iter()
        .filter(|(_, mirror)| mirror.endpoints.iter().any(|endpoint| has_credentials(endpoint)))
        .map(|(name, _)| {
            let path = ["container_runtime", "registry_mirrors", name, "endpoints"];
            credentials_in_address().at(path).advise(REGISTRY)
        });
    addresses.chain(mirrors).chain(settings(intent)).collect()
}

pub(crate) fn credentials_in_address() -> Finding {
    refusal("the address holds a user name or a password")
}

fn refusal(summary: impl Into<String>) -> Finding {
    Finding::error("PLAN-CREDENTIALS", summary)
        .because("It would rest in clear text in the state and in the host's record.")
}

/// Whether something stands before an `@` in the address's host part.
pub(crate) fn has_credentials(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('@')
}

fn settings(intent: &NodeIntent) -> Option<Finding> {
    let text = intent.container_runtime.settings.as_deref()?;
    let place = text.parse::<Table>().ok().as_ref().and_then(in_table)?;
    let finding = refusal(format!("the settings hold credentials at {place}"));
    Some(finding.at(["container_runtime", "settings"]).advise(REGISTRY))
}

/// The dotted key of the first credentials in a table.
fn in_table(table: &Table) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        if KEYS.contains(&key.to_lowercase().as_str()) {
            return Some(key.clone());
        }
        in_value(value)
            .map(|rest| if rest.is_empty() { key.clone() } else { format!("{key}.{rest}") })
    })
}

/// Where below a value the first credentials are; empty for the value itself.
fn in_value(value: &Value) -> Option<String> {
    match value {
        Value::Table(table) => in_table(table),
        Value::Array(values) => values.iter().find_map(in_value),
        Value::String(text) => (text.contains("://") && has_credentials(text)).then(String::new),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::node;
    use super::super::{Proxy, RegistryMirror, validate};
    use super::*;

    const SECRET: &str = "http://user:hunter2@h:1";

    #[track_caller]
    fn check(change: impl FnOnce(&mut NodeIntent), path: &[&str]) {
        let mut intent = node();
        change(&mut intent);
        let found = validate(&intent);
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((one.code, one.path.join("/")), ("PLAN-CREDENTIALS", path.join("/")));
        assert!(!format!("{one:?}").contains("hunter2"), "{one:?}");
    }

    #[test]
    fn credentials_in_addresses_are_refused() {
        let secret = || Some(SECRET.to_owned());
        let http = Proxy { http: secret(), ..Proxy::default() };
        check(|intent| intent.proxy = Some(http), &["proxy", "http"]);
        let https = Proxy { https: Some("user:hunter2@h:1".to_owned()), ..Proxy::default() };
        check(|intent| intent.proxy = Some(https), &["proxy", "https"]);
        check(|intent| intent.packages.proxy = secret(), &["packages", "proxy"]);
        check(|intent| intent.packages.mirror = secret(), &["packages", "mirror"]);
        let mirror =
            RegistryMirror { endpoints: vec![SECRET.to_owned()], ..RegistryMirror::default() };
        check(
            |intent| drop(intent.container_runtime.registry_mirrors.insert("a".to_owned(), mirror)),
            &["container_runtime", "registry_mirrors", "a", "endpoints"],
        );
    }

    #[test]
    fn credentials_in_settings_are_refused() {
        for text in [
            "[plugins.x.registry.configs.h.auth]\nidentitytoken = 'hunter2'",
            "[plugins.x]\nPassword = 'hunter2'",
            "[[a]]\nusername = 'hunter2'",
            "[plugins.x.registry.mirrors.h]\nendpoint = ['https://u:hunter2@h']",
        ] {
            let path = ["container_runtime", "settings"];
            check(|intent| intent.container_runtime.settings = Some(text.to_owned()), &path);
        }
    }

    #[test]
    fn other_addresses_are_not() {
        for url in ["http://h:1", "https://h/a@b", "http://h?x=a@b"] {
            assert!(!has_credentials(url), "{url}");
        }
        let mut intent = node();
        let text = "a = 'docker.io/pause@sha256:00'\nauthority = 'x'";
        intent.container_runtime.settings = Some(text.to_owned());
        assert_eq!(credentials(&intent), Vec::new());
    }
}
