//! kube-vip on a control plane host: a static pod that holds the endpoint's address while it has a
//! Lease of the cluster.

use super::place::Place;
use crate::intent::KubeVip;
use crate::membership::Serving;
use crate::node::HEADER;
use crate::observed::ManagedFile;

pub(super) const FILE: &str = "/etc/kubernetes/manifests/kube-vip.yaml";

/// Until `kubeadm init` has bound the administrators' group to its role, only this one may do anything
/// (kubeadm 1.29 and newer).
const BEFORE_CLUSTER: &str = "/etc/kubernetes/super-admin.conf";
const ADMIN: &str = "/etc/kubernetes/admin.conf";

/// It asks the API server beside it, under a name that the certificate carries: one that does not
/// answer loses the Lease to another host within its duration. Times are kube-vip's own for control
/// planes.
const MANIFEST: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: kube-vip
  namespace: kube-system
spec:
  hostNetwork: true
  priorityClassName: system-node-critical
  hostAliases:
  - hostnames: [kubernetes]
    ip: LOOPBACK
  containers:
  - name: kube-vip
    image: IMAGE
    imagePullPolicy: IfNotPresent
    args: [manager]
    env:
    - {name: address, value: \"ADDRESS\"}
    - {name: port, value: \"PORT\"}
    - {name: vip_interface, value: \"INTERFACE\"}
    - {name: vip_subnet, value: \"PREFIX\"}
    - {name: vip_arp, value: \"true\"}
    - {name: cp_enable, value: \"true\"}
    - {name: cp_namespace, value: kube-system}
    - {name: vip_leaderelection, value: \"true\"}
    - {name: vip_leasename, value: plndr-cp-lock}
    - {name: vip_leaseduration, value: \"5\"}
    - {name: vip_renewdeadline, value: \"3\"}
    - {name: vip_retryperiod, value: \"1\"}
    - {name: prometheus_server, value: \"LOCAL:2112\"}
    - name: vip_nodename
      valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
    securityContext:
      capabilities:
        add: [NET_ADMIN, NET_RAW]
        drop: [ALL]
    volumeMounts:
    - {name: kubeconfig, mountPath: /etc/kubernetes/admin.conf, readOnly: true}
  volumes:
  - name: kubeconfig
    hostPath: {path: KUBECONFIG, type: File}
";

/// The static pod of one host.
pub(super) fn manifest(kind: &KubeVip, port: u16, place: &Place, serving: Serving) -> ManagedFile {
    let is_ipv4 = kind.address.is_ipv4();
    let kubeconfig = match serving {
        Serving::BeforeCluster => BEFORE_CLUSTER,
        Serving::Cluster => ADMIN,
    };
    let values = [
        ("IMAGE", kind.image().to_owned()),
        ("ADDRESS", kind.address.to_string()),
        ("PORT", port.to_string()),
        ("INTERFACE", place.interface.clone()),
        ("PREFIX", if is_ipv4 { "32" } else { "128" }.to_owned()),
        ("LOOPBACK", if is_ipv4 { "127.0.0.1" } else { "::1" }.to_owned()),
        ("LOCAL", if is_ipv4 { "127.0.0.1" } else { "[::1]" }.to_owned()),
        ("KUBECONFIG", kubeconfig.to_owned()),
    ];
    let text =
        values.iter().fold(MANIFEST.to_owned(), |text, (key, value)| text.replace(key, value));
    // As kubeadm's own: the kubelet alone reads it.
    ManagedFile { content: format!("{HEADER}{text}"), mode: 0o600 }
}
