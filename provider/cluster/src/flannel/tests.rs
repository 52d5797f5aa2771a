use super::*;
use crate::intent::samples::{node, small_cluster};
use crate::intent::{FlannelBackend, FlannelIntent};
use crate::yaml::{self, Json};
use serde_json::{Value, json};

fn intent(flannel: FlannelIntent) -> CniIntent {
    CniIntent { cluster: small_cluster(), control_plane: vec![node("cp1", "10.77.0.11")], flannel }
}

fn objects(flannel: FlannelIntent) -> Vec<Object> {
    flannel_objects(&intent(flannel)).unwrap()
}

fn as_yaml(objects: &[Object]) -> String {
    let texts = objects.iter().map(|object| yaml::write(&Json(&object.body)).unwrap());
    texts.collect::<Vec<_>>().join("---\n")
}

fn network(objects: &[Object]) -> Value {
    let text = objects[4].body["data"]["net-conf.json"].as_str().unwrap();
    serde_json::from_str(text).unwrap()
}

fn pod_hash(objects: &[Object]) -> Value {
    objects[5].body["spec"]["template"]["metadata"]["annotations"][CONFIGURATION_ANNOTATION].clone()
}

#[test]
fn all_defaults() {
    insta::assert_snapshot!(as_yaml(&objects(FlannelIntent::default())));
}

#[test]
fn all_settings() {
    let flannel = FlannelIntent {
        image: Some("registry.example.org/flannel:1".to_owned()),
        plugin_image: Some("registry.example.org/plugin:1".to_owned()),
        backend: FlannelBackend::Vxlan,
        interface: Some("eth1".to_owned()),
        interface_regex: Some("10\\.77\\..*".to_owned()),
        mtu: Some(1230),
        port: Some(4789),
        vni: Some(7),
    };
    insta::assert_snapshot!(as_yaml(&objects(flannel)));
}

#[test]
fn names_of_objects() {
    let keys: Vec<String> = objects(FlannelIntent::default()).iter().map(Object::key).collect();
    let expected = [
        "Namespace/kube-flannel",
        "ServiceAccount/kube-flannel/flannel",
        "ClusterRole/flannel",
        "ClusterRoleBinding/flannel",
        "ConfigMap/kube-flannel/kube-flannel-cfg",
        "DaemonSet/kube-flannel/kube-flannel-ds",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn host_gw_has_no_settings_of_an_overlay() {
    let flannel = FlannelIntent {
        backend: FlannelBackend::HostGw,
        mtu: Some(1400),
        ..FlannelIntent::default()
    };
    assert_eq!(network(&objects(flannel))["Backend"], json!({ "Type": "host-gw" }));
}

#[test]
fn ipv6_is_a_network_of_its_own() {
    let mut intent = intent(FlannelIntent::default());
    intent.cluster.networking.pod_subnet = Some("fd00:50::/56".parse().unwrap());
    let network = network(&flannel_objects(&intent).unwrap());
    assert_eq!(network["IPv6Network"], json!("fd00:50::/56"));
    assert_eq!((&network["EnableIPv4"], &network["EnableIPv6"]), (&json!(false), &json!(true)));
    assert_eq!(network.get("Network"), None);
}

#[test]
fn pods_are_rolled_when_their_configuration_changes_and_only_then() {
    let default = objects(FlannelIntent::default());
    let image = FlannelIntent { image: Some("other".to_owned()), ..FlannelIntent::default() };
    let port = FlannelIntent { port: Some(4789), ..FlannelIntent::default() };
    assert_eq!(pod_hash(&default), pod_hash(&objects(image)));
    assert_ne!(pod_hash(&default), pod_hash(&objects(port)));
}

#[test]
fn without_a_pod_subnet_there_is_nothing_to_serve() {
    let mut intent = intent(FlannelIntent::default());
    intent.cluster.networking.pod_subnet = None;
    assert!(matches!(flannel_objects(&intent), Err(FlannelError::NoPodSubnet)));
}

/// A setting and whether it is fine in IPv4 and IPv6.
type Case = (fn(&mut FlannelIntent), bool, bool);

#[test]
fn ranges_of_settings() {
    let cases: [Case; 13] = [
        (|_| (), true, true),
        (|flannel| flannel.mtu = Some(575), false, false),
        (|flannel| flannel.mtu = Some(1230), true, false),
        (|flannel| flannel.mtu = Some(1280), true, true),
        (|flannel| flannel.mtu = Some(65_485), true, true),
        (|flannel| flannel.mtu = Some(65_486), false, false),
        (|flannel| flannel.port = Some(0), false, false),
        (|flannel| flannel.vni = Some(0), false, false),
        (|flannel| flannel.vni = Some(9_999), true, true),
        (|flannel| flannel.vni = Some(10_000), true, false),
        (|flannel| flannel.vni = Some(10_000_000), false, false),
        (|flannel| flannel.image = Some(" ".to_owned()), false, false),
        (|flannel| flannel.backend = FlannelBackend::HostGw, true, true),
    ];
    let subnets = ["10.50.0.0/16", "fd00:50::/56"].map(|text| text.parse().unwrap());
    for (index, (change, in_ipv4, in_ipv6)) in cases.into_iter().enumerate() {
        let mut flannel = FlannelIntent::default();
        change(&mut flannel);
        let is_fine = subnets.map(|subnet| check_flannel(&flannel, Some(&subnet)).is_empty());
        assert_eq!(is_fine, [in_ipv4, in_ipv6], "case {index}");
    }
}

#[test]
fn an_overlay_s_settings_are_refused_for_host_gw() {
    let flannel = FlannelIntent {
        backend: FlannelBackend::HostGw,
        mtu: Some(1400),
        port: Some(1),
        vni: Some(1),
        ..FlannelIntent::default()
    };
    let findings = check_flannel(&flannel, None);
    let paths: Vec<String> = findings.iter().map(|finding| finding.path.join(".")).collect();
    assert_eq!(paths, ["flannel.mtu", "flannel.port", "flannel.vni"]);
    assert!(findings.iter().all(crate::Finding::is_error));
}

/// What is read back of its objects is what they were made of; a flannel of another kind is refused.
#[test]
fn settings_are_found_again() {
    let read = |objects: &[Object]| {
        let map = serde_json::from_value(objects[4].body.clone()).unwrap();
        let set = serde_json::from_value(objects[5].body.clone()).unwrap();
        flannel_found(&map, &set)
    };
    let host_gw = FlannelIntent { backend: FlannelBackend::HostGw, ..FlannelIntent::default() };
    let full = FlannelIntent {
        image: Some("registry.example.org/flannel:1".to_owned()),
        plugin_image: Some("registry.example.org/plugin:1".to_owned()),
        backend: FlannelBackend::Vxlan,
        interface: Some("eth1".to_owned()),
        interface_regex: Some("^10".to_owned()),
        mtu: Some(1400),
        port: Some(4789),
        vni: Some(7),
    };
    for flannel in [FlannelIntent::default(), host_gw, full] {
        assert_eq!(read(&objects(flannel.clone())), Ok(flannel));
    }
    for (found, replaced, expected) in
        [("vxlan", "wireguard", "its backend is wireguard"), ("{", "", "cannot be read")]
    {
        let mut objects = objects(FlannelIntent::default());
        let text = &mut objects[4].body["data"]["net-conf.json"];
        *text = json!(text.as_str().unwrap().replacen(found, replaced, 1));
        let refusal = read(&objects).unwrap_err();
        assert_eq!(refusal.code, "PF-NOT-IMPORTABLE");
        assert!(refusal.text.contains(expected), "{}", refusal.text);
    }
}
