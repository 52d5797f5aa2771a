//! From the cluster's model to its draft, which `cluster` checks and reads.

use cluster::checks::{
    ClusterDraft, EndpointDraft, EndpointKindDraft, EtcdDraft, ExternalEtcdDraft, KeepalivedDraft,
    KubeVipDraft, NetworkingDraft, NodeDraft, Planned, TailscaleDraft, VirtualAddressDraft,
    cluster_settings,
};
use cluster::intent::{self, Addon, ClusterIntent, LocalEtcd as IntendedEtcd, PackageSource};
use tfplugin::Tf;

use super::cluster::{
    ClusterObject, Dns, Endpoint, Etcd, ExternalEtcd, Keepalived, KubeVip, LocalEtcd, Networking,
    Packages, Proxy, Tailscale,
};
use super::read::{gates, lists, map, planned, set};
use super::{ApiServer, Component, NodeObject, Whole as _};
use crate::clients::Ports;

impl ClusterObject {
    /// The settings, whichever hosts the cluster has, once all of them are known.
    pub(crate) fn settings(&self) -> Option<ClusterIntent> {
        let bare = Self { control_plane_nodes: Tf::Null, ..self.clone() };
        let settings = cluster_settings(&self.draft(&Ports::default()));
        settings.ok().filter(|_| bare.is_whole())
    }

    /// The draft: what is known of the cluster.
    pub(crate) fn draft(&self, ports: &Ports) -> ClusterDraft {
        let component = |given: &Tf<Component>| given.known().map(Component::intent);
        ClusterDraft {
            name: planned(&self.name),
            kubernetes_version: planned(&self.kubernetes_version),
            endpoint: self.endpoint.known().map_or_else(unknown_endpoint, Endpoint::draft),
            networking: self.networking.known().map_or_else(unknown_networking, Networking::draft),
            control_plane_nodes: node_drafts(&self.control_plane_nodes, ports),
            etcd: etcd_draft(&self.etcd),
            api_server: self.api_server.known().map(ApiServer::intent).unwrap_or_default(),
            controller_manager: component(&self.controller_manager).unwrap_or_default(),
            scheduler: component(&self.scheduler).unwrap_or_default(),
            dns: self.dns.known().map(Dns::intent).unwrap_or_default(),
            proxy: self.proxy.known().map(Proxy::intent).unwrap_or_default(),
            certificates_dir: self.certificates_dir.known().cloned(),
            image_repository: self.image_repository.known().cloned(),
            feature_gates: gates(&self.feature_gates),
            patches: map(&self.patches),
            encryption_algorithm: self.encryption_algorithm.known().cloned(),
            certificate_validity_period: self.certificate_validity_period.known().cloned(),
            ca_certificate_validity_period: self.ca_certificate_validity_period.known().cloned(),
            renew_before: self.renew_before.known().cloned(),
            kubelet_configuration: self.kubelet_configuration.known().cloned(),
            kube_proxy_configuration: self.kube_proxy_configuration.known().cloned(),
            packages: self.packages.known().map(Packages::intent).unwrap_or_default(),
            ignore_preflight_errors: set(&self.ignore_preflight_errors),
        }
    }
}

/// The drafts of a list of hosts.
fn node_drafts(nodes: &Tf<Vec<NodeObject>>, ports: &Ports) -> Planned<Vec<NodeDraft>> {
    let draft = |nodes: &Vec<NodeObject>| nodes.iter().map(|node| node.draft(ports)).collect();
    planned(&nodes.as_ref().map(draft))
}

fn unknown_endpoint() -> EndpointDraft {
    EndpointDraft {
        host: Planned::Unknown,
        port: Planned::Unknown,
        kind: EndpointKindDraft::Unknown,
    }
}

fn etcd_draft(etcd: &Tf<Etcd>) -> EtcdDraft {
    match etcd {
        Tf::Null => EtcdDraft::default(),
        Tf::Unknown => EtcdDraft { local: None, external: Planned::Unknown },
        Tf::Known(etcd) => etcd.draft(),
    }
}

fn unknown_networking() -> NetworkingDraft {
    NetworkingDraft {
        pod_subnet: Planned::Unknown,
        service_subnet: Planned::Unknown,
        dns_domain: Planned::Unknown,
        node_mask: Planned::Unknown,
    }
}

impl Endpoint {
    fn draft(&self) -> EndpointDraft {
        EndpointDraft {
            host: planned(&self.host),
            port: planned(&self.port),
            kind: self.kind_draft(),
        }
    }

    fn kind_draft(&self) -> EndpointKindDraft {
        let kinds = [
            ("external", self.external.as_ref().map(|_| EndpointKindDraft::External)),
            (
                "keepalived",
                self.keepalived.as_ref().map(|it| EndpointKindDraft::Keepalived(it.draft())),
            ),
            ("kube_vip", self.kube_vip.as_ref().map(|it| EndpointKindDraft::KubeVip(it.draft()))),
            (
                "tailscale",
                self.tailscale.as_ref().map(|it| EndpointKindDraft::Tailscale(it.draft())),
            ),
        ];
        let mut given: Vec<_> = kinds.into_iter().filter(|(_, kind)| !kind.is_null()).collect();
        match (given.pop(), given.is_empty()) {
            (None, _) => EndpointKindDraft::OwnAddress,
            (Some((_, Tf::Known(kind))), true) => kind,
            (Some((last, Tf::Known(_))), false) if given.iter().all(|(_, it)| it.is_known()) => {
                let names = given.into_iter().map(|(name, _)| name);
                EndpointKindDraft::Several(names.chain([last]).collect())
            }
            _ => EndpointKindDraft::Unknown,
        }
    }
}

impl KubeVip {
    fn draft(&self) -> KubeVipDraft {
        KubeVipDraft {
            place: VirtualAddressDraft {
                address: planned(&self.address),
                interface: planned(&self.interface),
            },
            image: planned(&self.image),
        }
    }
}

impl Tailscale {
    fn draft(&self) -> TailscaleDraft {
        TailscaleDraft {
            place: VirtualAddressDraft {
                address: planned(&self.address),
                interface: Planned::Absent,
            },
            health_gate: planned(&self.health_gate),
        }
    }
}

impl Keepalived {
    fn draft(&self) -> KeepalivedDraft {
        KeepalivedDraft {
            place: VirtualAddressDraft {
                address: planned(&self.address),
                interface: planned(&self.interface),
            },
            router_id: planned(&self.router_id),
            health_gate: planned(&self.health_gate),
        }
    }
}

impl Networking {
    fn draft(&self) -> NetworkingDraft {
        NetworkingDraft {
            pod_subnet: planned(&self.pod_subnet),
            service_subnet: planned(&self.service_subnet),
            dns_domain: planned(&self.dns_domain),
            node_mask: planned(&self.node_mask),
        }
    }
}

impl Etcd {
    fn draft(&self) -> EtcdDraft {
        EtcdDraft {
            local: self.local.known().map(LocalEtcd::intent),
            external: planned(&self.external.as_ref().map(ExternalEtcd::draft)),
        }
    }
}

impl ExternalEtcd {
    fn draft(&self) -> ExternalEtcdDraft {
        let texts = |texts: &Vec<Tf<String>>| texts.iter().map(planned).collect();
        ExternalEtcdDraft {
            endpoints: planned(&self.endpoints.as_ref().map(texts)),
            ca_file: planned(&self.ca_file),
            cert_file: planned(&self.cert_file),
            key_file: planned(&self.key_file),
        }
    }
}

impl LocalEtcd {
    fn intent(&self) -> IntendedEtcd {
        IntendedEtcd {
            data_dir: self.data_dir.known().cloned(),
            image_repository: self.image_repository.known().cloned(),
            image_tag: self.image_tag.known().cloned(),
            extra_args: lists(&self.extra_args).into(),
            extra_envs: map(&self.extra_envs),
            server_cert_sans: set(&self.server_cert_sans),
            peer_cert_sans: set(&self.peer_cert_sans),
        }
    }
}

impl Dns {
    fn intent(&self) -> intent::Dns {
        intent::Dns {
            image_repository: self.image_repository.known().cloned(),
            image_tag: self.image_tag.known().cloned(),
            addon: addon(self.disabled),
        }
    }
}

impl Proxy {
    fn intent(&self) -> Addon {
        addon(self.disabled)
    }
}

fn addon(disabled: Tf<bool>) -> Addon {
    if disabled == Tf::Known(true) { Addon::Disabled } else { Addon::Enabled }
}

impl Packages {
    fn intent(&self) -> PackageSource {
        PackageSource {
            repository_url: self.repository_url.known().cloned(),
            repository_key: self.repository_key.known().cloned(),
            repository_key_url: self.repository_key_url.known().cloned(),
            hold: self.hold != Tf::Known(false),
        }
    }
}
