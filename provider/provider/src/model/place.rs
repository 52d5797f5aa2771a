//! Hosts in the ids of imports.

use tfplugin::Diagnostic;

use super::NodeObject;

/// How a host is written in an id.
const FORM: &str = "NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]";

impl NodeObject {
    /// Reads `NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]`.
    pub(crate) fn from_id(id: &str) -> Result<Self, Diagnostic> {
        parse(id).ok_or_else(|| {
            Diagnostic::error(format!("{id:?} does not name a host")).detail(format!(
                "A host is written {FORM}, such as \"cp1@192.0.2.11\" or \
                 \"w1@[2001:db8::21]:2222?ssh_profile=rocky\"; several with commas between them.",
            ))
        })
    }

    /// Reads several hosts with commas between them.
    pub(crate) fn list_from_id(id: &str) -> Result<Vec<Self>, Diagnostic> {
        id.split(',').map(|one| Self::from_id(one.trim())).collect()
    }
}

fn parse(id: &str) -> Option<NodeObject> {
    let (place, profile) = match id.split_once('?') {
        Some((place, query)) => (place, Some(query.strip_prefix("ssh_profile=")?)),
        None => (id, None),
    };
    let (name, endpoint) = place.split_once('@')?;
    let (address, port) = endpoint_parts(endpoint)?;
    let whole = !(name.is_empty() || address.is_empty() || profile == Some(""));
    whole.then(|| NodeObject {
        name: name.into(),
        address: address.into(),
        port: port.into(),
        ssh_profile: profile.map(str::to_owned).into(),
        ..NodeObject::default()
    })
}

/// An IPv6 address stands in brackets where a port follows.
fn endpoint_parts(endpoint: &str) -> Option<(&str, Option<i64>)> {
    if let Some(rest) = endpoint.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((address, Some(port.parse().ok()?))),
            None => rest.is_empty().then_some((address, None)),
        };
    }
    match endpoint.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Some((endpoint, None)),
        Some((address, port)) => Some((address, Some(port.parse().ok()?))),
        None => Some((endpoint, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tfplugin::Tf;

    #[test]
    fn ids_are_taken_apart() {
        let parts = |id: &str| {
            let node = parse(id)?;
            let text = |text: Tf<String>| text.into_known().unwrap_or_default();
            let port = node.port.into_known().unwrap_or_default();
            Some((text(node.name), text(node.address), port, text(node.ssh_profile)))
        };
        let whole = |name: &str, address: &str, port: i64, profile: &str| {
            Some((name.to_owned(), address.to_owned(), port, profile.to_owned()))
        };
        assert_eq!(parts("cp1@192.0.2.11"), whole("cp1", "192.0.2.11", 0, ""));
        assert_eq!(parts("cp1@h:2222?ssh_profile=r"), whole("cp1", "h", 2222, "r"));
        assert_eq!(parts("w@2001:db8::1"), whole("w", "2001:db8::1", 0, ""));
        assert_eq!(parts("w@[2001:db8::1]:23"), whole("w", "2001:db8::1", 23, ""));
        for id in ["", "cp1", "@a", "n@", "n@a:x", "n@[::1", "n@a?profile=x", "n@a?ssh_profile="] {
            assert_eq!(parts(id), None, "{id}");
        }
    }

    #[test]
    fn several_hosts_have_commas_between_them() {
        let names = |id: &str| {
            let hosts = NodeObject::list_from_id(id).ok()?;
            hosts.into_iter().map(|host| host.name.into_known()).collect::<Option<Vec<_>>>()
        };
        assert_eq!(names("cp1@a"), Some(vec!["cp1".to_owned()]));
        assert_eq!(names("cp1@a, cp2@b"), Some(vec!["cp1".to_owned(), "cp2".to_owned()]));
        assert_eq!(names("cp1@a,"), None);
    }
}
