"""Everything the lab is made of, built in an order that gives the useful parts first."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import baseroot, binaries, images, machine, packages, paths, plugins
from .artefact import Artefact


@dataclass(frozen=True)
class Artefacts:
    """Where the finished artefacts are."""

    base: Path
    repository: Path
    images: Path
    registry: Path
    tofu: Path
    kubernetes: Path
    etcdctl: Path
    etcd: Path


def build() -> Artefacts:
    """Builds what is missing. The base root waits for the network, so it goes beside the compiler."""
    machine.require_root()
    machine.install_tools()
    paths.cache().mkdir(parents=True, exist_ok=True)
    plan = planned()
    with ThreadPoolExecutor() as pool:
        base = pool.submit(plan["base"].ensure)
        debian = pool.submit(plan["debian-files"].ensure)
        # One after the other: the Go compiler uses all processors by itself.
        for artefact in plan.values():
            if artefact.name in NEED_DEBIAN_FILES:
                debian.result()
            if artefact.name not in ("base", "debian-files"):
                artefact.ensure()
        base.result()
    return located(plan)


NEED_DEBIAN_FILES = ("cni-plugins", "images")


def planned() -> dict[str, Artefact]:
    """All artefacts by name, in building order."""
    programs = {command.name: command.artefact() for command in (
        binaries.TOFU, binaries.kubernetes(), binaries.ETCD, binaries.ETCDCTL, binaries.COREDNS,
        binaries.flannel(), binaries.CNI_FLANNEL, binaries.KUBE_VIP, binaries.TAILSCALE, binaries.HEADSCALE,
        binaries.CRANE, binaries.REGISTRY,
    )}
    debian = plugins.debian_files()
    cni = plugins.cni_plugins(debian, programs["cni-flannel"])
    parts = images.Parts(
        kubernetes=programs["kubernetes"], etcd=programs["etcd"], etcdctl=programs["etcdctl"],
        coredns=programs["coredns"], flannel=programs["flannel"], plugins=cni, debian=debian,
        kube_vip=programs["kube-vip"], crane=programs["crane"], registry=programs["registry"],
    )
    packed = packages.Programs(
        kubernetes=programs["kubernetes"], plugins=cni, tailscale=programs["tailscale"], headscale=programs["headscale"],
    )
    composed = (cni, packages.repository(packed), images.store(parts))
    return {artefact.name: artefact for artefact in (baseroot.base_root(), debian, *programs.values(), *composed)}


def located(plan: dict[str, Artefact]) -> Artefacts:
    """The paths that the rest of the lab asks for."""
    return Artefacts(
        base=plan["base"].path / "root",
        **{name: plan[name].path for name in ("repository", "images", "registry", "tofu", "kubernetes", "etcdctl", "etcd")},
    )
