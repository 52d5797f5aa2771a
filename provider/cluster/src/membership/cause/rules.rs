//! The sentences of the classifier.

use super::{Rank, Rule};

/// In the order in which they are tried. Marks are lower case; ` & ` joins parts of one line.
pub(super) const RULES: &[Rule] = &[
    Rule {
        rank: Rank::Root,
        code: "RT-KUBELET-SWAP",
        marks: &["running with swap on is not supported"],
        advice: "turn swap off on the host (kubeadm_node does it with swap = \"off\"; look for a swap unit or zram that turns it on again), then apply again",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-CGROUP-MISMATCH",
        marks: &[
            "expected cgroupspath to be of format",
            "is different from docker cgroup driver",
            "kubelet cgroup driver & is different from",
            "misconfiguration: kubelet cgroup driver",
        ],
        advice: "kubelet and container runtime must use the same cgroup driver: set SystemdCgroup = true in containerd's configuration and leave cgroupDriver at systemd",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-CGROUP-V1",
        marks: &[
            "configured to not run on a host using cgroup v1",
            "cgroup v1 support is unsupported",
        ],
        advice: "boot the host with cgroups v2 (systemd.unified_cgroup_hierarchy=1), or set failCgroupV1: false in kubeadm_cluster.kubelet_configuration",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-COMPONENT-FLAG",
        marks: &["stderr f error: unknown flag: --", "stderr f error: invalid argument"],
        advice: "correct extra_args of the component in kubeadm_cluster: this version of it does not accept the argument",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-KUBELET-CONFIG",
        marks: &[
            "failed to parse kubelet flag",
            "unknown flag: --",
            "failed to load kubelet config file & decod",
            "failed to validate kubelet configuration",
            "error unmarshaling & kubeletconfiguration",
        ],
        advice: "correct kubelet_extra_args or kubeadm_cluster.kubelet_configuration: this version of the kubelet does not accept it",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-CRI-UNAVAILABLE",
        marks: &[
            "unknown service runtime.v1.runtimeservice",
            "validate cri v1 runtime api for endpoint",
            "validate service connection: & runtime",
            "containerd.sock: connect: no such file or directory",
            "containerd.sock: connect: connection refused",
            "container runtime is not running",
        ],
        advice: "the container runtime does not answer on its CRI socket: see `systemctl status containerd` and `journalctl -u containerd` on the host; its CRI plugin must not be in disabled_plugins",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-DISK-FULL",
        marks: &["no space left on device"],
        advice: "free space on the host's disk, then apply again",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-NODE-EXISTS",
        marks: &["a node with name & already exists in the cluster"],
        advice: "another machine of that name is a Ready member of the cluster: remove it first, or give this host another name",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-CA-MISMATCH",
        marks: &["are pinned", "pinned root ca"],
        advice: "the endpoint is answered by a cluster with another CA: check that kubeadm_cluster.endpoint leads to this cluster's control plane hosts",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-TOKEN-EXPIRED",
        marks: &[
            "could not find a jws signature in the cluster-info configmap",
            "is invalid for this cluster or it has expired",
            "failed to verify jws signature",
        ],
        advice: "apply again: each join gets a new token; if it happens again compare the clocks of the hosts and look at kube-controller-manager (its bootstrap signer)",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-CLOCK-SKEW",
        marks: &["certificate has expired or is not yet valid"],
        advice: "compare the clocks of this host and the control plane hosts (`date -u`), or renew the expired certificate with `kubeadm certs renew`",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-FLANNEL-SUBNETENV",
        marks: &["/run/flannel/subnet.env: no such file"],
        advice: "flannel has not written its subnet on this host: look at the kube-flannel pod there; never write the file by hand",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-PODCIDR-UNASSIGNED",
        marks: &["pod cidr not assigned", "podcidr not assigned", "cidr allocation failed"],
        advice: "the controller manager gave the node no pod range: set kubeadm_cluster.networking.pod_subnet, wide enough for every node",
    },
    Rule {
        rank: Rank::Root,
        code: "RT-WEBHOOK-TIMEOUT",
        marks: &[
            "failed calling webhook & context deadline exceeded",
            "failed calling webhook & timeout",
        ],
        advice: "the API server cannot reach a webhook's pod: check that the pod network's port (flannel: UDP 8472) is open between all hosts",
    },
    Rule {
        rank: Rank::Symptom,
        code: "RT-IMAGE-PULL",
        marks: &[
            "failed to pull image",
            "failed to pull and unpack image",
            "errimagepull",
            "imagepullbackoff",
        ],
        advice: "check that the host reaches the image registry, or give a mirror in kubeadm_node.container_runtime.registry_mirrors or kubeadm_cluster.image_repository",
    },
    Rule {
        rank: Rank::Symptom,
        code: "RT-ENDPOINT-UNRESOLVED",
        marks: &["no such host"],
        advice: "the name is not resolvable on the host: add it to the DNS or to kubeadm_node.hosts_entries",
    },
    Rule {
        rank: Rank::Symptom,
        code: "RT-PATH-REJECT",
        marks: &[
            "connect: no route to host",
            "connect: network is unreachable",
            ":6443: connect: connection refused",
        ],
        advice: "something on the way refuses the connection (a firewall's reject, or nobody listens): allow TCP 6443 from this host to the endpoint; `nc -vz ENDPOINT 6443` on the host shows it",
    },
    Rule {
        rank: Rank::Symptom,
        code: "RT-PATH-TIMEOUT",
        marks: &[
            ":6443: i/o timeout",
            "net/http: request canceled while waiting for connection",
            "tls handshake timeout",
        ],
        advice: "packets get lost on the way to the endpoint (a firewall's drop, a missing route or a too large MTU): allow TCP 6443 from this host to the endpoint",
    },
    Rule {
        rank: Rank::Symptom,
        code: "RT-ETCD-POD",
        marks: &[
            "etcdserver: ",
            "etcd cluster is not healthy",
            "failed to check the healthz status of etcd",
        ],
        advice: "etcd does not work: see the log of its container on the host with `crictl ps -a --name etcd` and `crictl logs`",
    },
    Rule {
        rank: Rank::Symptom,
        code: "RT-KUBELET-UNHEALTHY",
        marks: &[
            "the kubelet is not running",
            "the kubelet is not healthy",
            "http://127.0.0.1:10248/healthz",
        ],
        advice: "the kubelet did not come up: its journal on the host (`journalctl -u kubelet`) says why",
    },
    Rule {
        rank: Rank::Symptom,
        code: "RT-NOT-READY-CNI",
        marks: &["cni plugin not initialized", "networkpluginnotready"],
        advice: "the node waits for a pod network: that is expected until kubeadm_cni has been applied; after that, look at the network's pod on this host (`kubectl -n kube-flannel get pods -o wide`)",
    },
];
