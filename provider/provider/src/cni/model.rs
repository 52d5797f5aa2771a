//! The resource `kubeadm_cni`: its attributes.

use std::collections::BTreeMap;

use cluster::intent::{FlannelBackend, FlannelIntent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Tf, Timeouts};

use crate::model::{ControlPlane, atoms, whole};

/// The pod network. Nodes become Ready once it is there.
///
/// Its objects are sent by server-side apply and compared at each look; what is missing or was
/// changed by hand is shown in the plan and repaired by apply.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct CniModel {
    /// Members through which the cluster is reached: `values(kubeadm_control_plane_member.this)`.
    /// Workers take it from here: `control_plane = kubeadm_cni.this.control_plane`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) control_plane: ControlPlane,
    /// flannel, with the pod subnet of the cluster; `{}` for its defaults. It must be given, since
    /// this release knows no other network.
    pub(crate) flannel: Tf<Flannel>,
    /// How long the operations may take. Defaults: create and update `10m`, read `1m`, delete `5m`.
    pub(crate) timeouts: Tf<Timeouts>,
    /// Identity of the cluster whose pod network this is.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) id: Tf<String>,
    /// Every object of the network, as `Kind/namespace/name`, and how it was found: `in sync`,
    /// `changed` or `missing`.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) objects: Tf<BTreeMap<String, Tf<String>>>,
}

/// Settings of flannel.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Flannel {
    /// Image of flannel; default is the version that this provider is tested with.
    pub(crate) image: Tf<String>,
    /// Image that brings flannel's CNI plugin to the hosts; default as for `image`.
    pub(crate) plugin_image: Tf<String>,
    /// How packets travel between hosts: `vxlan` (default), an overlay that works wherever hosts
    /// reach each other, or `host-gw`, plain routes on one layer 2 network.
    pub(crate) backend: Tf<Backend>,
    /// Interface whose address other hosts send to: a name or an address. Default is the one of
    /// the default route.
    pub(crate) interface: Tf<String>,
    /// Regular expression of that interface's name or address, where hosts differ.
    pub(crate) interface_regex: Tf<String>,
    /// MTU of the pod network in bytes; default is the interface's less the overlay's header.
    pub(crate) mtu: Tf<u16>,
    /// UDP port of the overlay. Default `8472`.
    pub(crate) port: Tf<u16>,
    /// Identifier of the overlay. Default `1`.
    pub(crate) vni: Tf<u32>,
}

/// How flannel carries packets between hosts.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Backend {
    /// An overlay over UDP.
    Vxlan,
    /// Plain routes.
    HostGw,
}

atoms!(Backend, u32);
whole! {
    Flannel { image, plugin_image, backend, interface, interface_regex, mtu, port, vni }
}

impl Flannel {
    /// The settings that were found.
    pub(super) fn found(found: FlannelIntent) -> Self {
        Self {
            image: found.image.into(),
            plugin_image: found.plugin_image.into(),
            backend: match found.backend {
                FlannelBackend::Vxlan => Tf::Null,
                FlannelBackend::HostGw => Tf::Known(Backend::HostGw),
            },
            interface: found.interface.into(),
            interface_regex: found.interface_regex.into(),
            mtu: found.mtu.into(),
            port: found.port.into(),
            vni: found.vni.into(),
        }
    }

    /// The intent, as far as it is known.
    pub(super) fn intent(&self) -> FlannelIntent {
        FlannelIntent {
            image: self.image.known().cloned(),
            plugin_image: self.plugin_image.known().cloned(),
            backend: match self.backend {
                Tf::Known(Backend::HostGw) => FlannelBackend::HostGw,
                _ => FlannelBackend::Vxlan,
            },
            interface: self.interface.known().cloned(),
            interface_regex: self.interface_regex.known().cloned(),
            mtu: self.mtu.known().copied(),
            port: self.port.known().copied(),
            vni: self.vni.known().copied(),
        }
    }
}
