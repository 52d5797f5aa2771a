use super::configuration::POD_MTU_OVERHEAD;
use super::{DEFAULT_IMAGE, DEFAULT_PLUGIN_IMAGE};
use crate::intent::{FlannelBackend, FlannelIntent};
use crate::membership::Refusal;
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{ConfigMap, Container, PodSpec};
use serde::Deserialize;

/// flannel's `net-conf.json`, in what of it is a setting of ours.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Network {
    backend: Backend,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Backend {
    r#type: String,
    #[serde(rename = "VNI")]
    vni: Option<u32>,
    port: Option<u16>,
    #[serde(rename = "MTU")]
    mtu: Option<u16>,
}

/// The settings of a flannel that somebody else installed from its manifest.
///
/// # Errors
/// When its configuration cannot be read, or its backend is one that no intent can say.
pub fn flannel_found(
    configuration: &ConfigMap,
    daemon_set: &DaemonSet,
) -> Result<FlannelIntent, Refusal> {
    let text = configuration.data.as_ref().and_then(|data| data.get("net-conf.json"));
    let text = text.map(String::as_str).unwrap_or_default();
    let network: Network = serde_json::from_str(text)
        .map_err(|error| refusal(&format!("its net-conf.json cannot be read: {error}")))?;
    let pod = daemon_set.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    let default = PodSpec::default();
    let pod = pod.unwrap_or(&default);
    let image = image(&pod.containers, "kube-flannel", DEFAULT_IMAGE);
    let init = pod.init_containers.as_deref().unwrap_or_default();
    let backend = match network.backend.r#type.as_str() {
        "vxlan" => FlannelBackend::Vxlan,
        "host-gw" => FlannelBackend::HostGw,
        other => return Err(refusal(&format!("its backend is {other}"))),
    };
    let is_vxlan = backend == FlannelBackend::Vxlan;
    let mtu = network.backend.mtu.filter(|mtu| is_vxlan && *mtu > 0);
    Ok(FlannelIntent {
        image,
        plugin_image: self::image(init, "install-cni-plugin", DEFAULT_PLUGIN_IMAGE),
        backend,
        interface: argument(pod, "--iface="),
        interface_regex: argument(pod, "--iface-regex="),
        mtu: mtu.map(|mtu| mtu.saturating_sub(POD_MTU_OVERHEAD)),
        port: network.backend.port.filter(|_| is_vxlan),
        vni: network.backend.vni.filter(|_| is_vxlan),
    })
}

fn image(containers: &[Container], name: &str, default: &str) -> Option<String> {
    let container = containers.iter().find(|container| container.name == name)?;
    container.image.clone().filter(|image| image != default)
}

fn argument(pod: &PodSpec, prefix: &str) -> Option<String> {
    let container = pod.containers.iter().find(|container| container.name == "kube-flannel")?;
    let given = container.args.as_ref()?.iter().find_map(|it| it.strip_prefix(prefix))?;
    Some(given.to_owned())
}

fn refusal(reason: &str) -> Refusal {
    Refusal::new(
        "PF-NOT-IMPORTABLE",
        format!("the cluster's flannel cannot be imported: {reason}"),
        "leave the pod network to what installed it, and give workers the members as their control_plane",
    )
}
