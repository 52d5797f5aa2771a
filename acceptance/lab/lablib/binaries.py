"""Which Go programs the lab builds, and at which versions."""

from . import paths
from .gomodule import Commands

ETCD_VERSION = "v3.6.6"
COREDNS_VERSION = "v1.13.1"
FLANNEL_VERSION = "v0.28.4"
KUBE_VIP_VERSION = "v1.0.0"
TAILSCALE_VERSION = "v1.102.5"
HEADSCALE_VERSION = "v0.29.2"

NODE_PROGRAMS = ("kubeadm", "kubelet", "kubectl")
IMAGE_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")


def kubernetes() -> Commands:
    """All programs of Kubernetes that a cluster runs."""
    version = paths.KUBERNETES_VERSION
    major, minor, patch = version.split(".")
    facts = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return Commands(
        name="kubernetes", module="k8s.io/kubernetes", version=f"v{version}",
        packages=tuple(f"/cmd/{program}" for program in NODE_PROGRAMS + IMAGE_PROGRAMS),
        definitions={f"{package}.{name}": value
                     for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
                     for name, value in facts.items()},
        staging_version=f"v0.{minor}.{patch}",
    )


def flannel() -> Commands:
    """flanneld without two backends: one needs a module that is not to be had, one needs cgo."""
    module = "github.com/flannel-io/flannel"
    vendor = "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud"
    return Commands(
        name="flannel", module=module, version=FLANNEL_VERSION, packages=("",),
        definitions={f"{module}/pkg/version.Version": FLANNEL_VERSION},
        dropped_imports=("/pkg/backend/tencentvpc", "/pkg/backend/udp"),
        dropped_requirements=(f"{vendor}/common", f"{vendor}/vpc"),
    )


TOFU = Commands(
    name="tofu", module="github.com/opentofu/opentofu", version="v1.12.6", packages=("/cmd/tofu",),
    definitions={"github.com/opentofu/opentofu/version.dev": "no"},
)
ETCD = Commands(name="etcd", module="go.etcd.io/etcd/server/v3", version=ETCD_VERSION, packages=("",))
ETCDCTL = Commands(name="etcdctl", module="go.etcd.io/etcd/etcdctl/v3", version=ETCD_VERSION, packages=("",))
COREDNS = Commands(name="coredns", module="github.com/coredns/coredns", version=COREDNS_VERSION, packages=("",))
CRANE = Commands(
    name="crane", module="github.com/google/go-containerregistry", version="v0.22.1", packages=("/cmd/crane",),
)
KUBE_VIP = Commands(
    name="kube-vip", module="github.com/kube-vip/kube-vip", version=KUBE_VIP_VERSION, packages=("",),
    definitions={"main.Version": KUBE_VIP_VERSION},
)
# Tailscale's own features (feature/featuretags) that no host of the lab uses, and that take two thirds of the time.
NOT_OF_TAILSCALE = (
    "ace", "acme", "appconnectors", "aws", "bird", "capture", "clientupdate", "cloud", "completion", "doctor", "drive",
    "flashappliance", "identityfederation", "kube", "oauthkey", "posture", "qrcodes", "relayserver", "serve", "ssh",
    "synology", "syspolicy", "systray", "taildrop", "tailnetlock", "tap", "tpm", "wakeonlan", "webbrowser", "webclient",
)
TAILSCALE = Commands(
    name="tailscale", module="tailscale.com", version=TAILSCALE_VERSION,
    packages=("/cmd/tailscale", "/cmd/tailscaled"),
    definitions={f"tailscale.com/version.{stamp}Stamp": TAILSCALE_VERSION[1:] for stamp in ("short", "long")},
    tags=tuple(f"ts_omit_{feature}" for feature in NOT_OF_TAILSCALE),
)
HEADSCALE = Commands(
    name="headscale", module="github.com/juanfont/headscale", version=HEADSCALE_VERSION,
    packages=("/cmd/headscale",),
    definitions={"github.com/juanfont/headscale/hscontrol/types.Version": HEADSCALE_VERSION},
)
REGISTRY = Commands(
    name="registry", module="github.com/distribution/distribution/v3", version="v3.0.0", packages=("/cmd/registry",),
)
CNI_FLANNEL = Commands(
    name="cni-flannel", module="github.com/containernetworking/plugins", version="v0.9.1",
    packages=("/plugins/meta/flannel",),
)
