"""Parts that come from Debian packages: CNI plugins, and the small root that images use."""

import shutil
from pathlib import Path

from . import baseroot, machine
from .artefact import Artefact, content
from .shell import run

IMAGE_PACKAGES = (
    "busybox-static", "iptables", "nftables", "conntrack", "ethtool", "kmod", "libc6", "ca-certificates",
    "containernetworking-plugins",
)
IPTABLES = tuple(f"{program}{suffix}" for program in ("iptables", "ip6tables") for suffix in ("", "-save", "-restore"))
SHELL_COMMANDS = ("sh", "cp", "ls", "cat", "mkdir", "rm", "sleep")


def debian_files() -> Artefact:
    """Unpacked, not configured packages: enough for programs, and no scripts run."""
    inputs = (repr(machine.sources()), repr(IMAGE_PACKAGES), content(Path(__file__)))
    return Artefact("debian-files", inputs, unpack)


def unpack(out: Path) -> None:
    """Unpacks the packages and gives the programs the names that images call them by."""
    root = out / "root"
    run("mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(IMAGE_PACKAGES)}",
        *baseroot.mirror_options(), machine.RELEASE, root, *baseroot.mirror_lines())
    for name in IPTABLES:
        link = root / "usr/sbin" / name
        link.unlink(missing_ok=True)
        link.symlink_to("xtables-nft-multi")
    for name in SHELL_COMMANDS:
        if not (root / "bin" / name).is_symlink():
            (root / "bin" / name).unlink(missing_ok=True)
            (root / "bin" / name).symlink_to("busybox")
    # Pods have no use for the plugins, which are the host's.
    (root / "usr/lib/cni").rename(out / "cni")
    for directory in ("usr/share", "var", "dev", "etc/apt"):
        shutil.rmtree(root / directory, ignore_errors=True)


def cni_plugins(debian: Artefact, flannel: Artefact) -> Artefact:
    """The directory `bin` with all plugins of the package kubernetes-cni, and flannel's."""
    inputs = (debian.key, flannel.key, content(Path(__file__)))
    return Artefact("cni-plugins", inputs, lambda out: collect(out / "bin", debian.path, flannel.path))


def collect(out: Path, debian: Path, flannel: Path) -> None:
    """Copies the plugins themselves where Debian has links."""
    out.mkdir()
    for plugin in [*sorted((debian / "cni").iterdir()), flannel / "flannel"]:
        shutil.copyfile(plugin, out / plugin.name)
        (out / plugin.name).chmod(0o755)
