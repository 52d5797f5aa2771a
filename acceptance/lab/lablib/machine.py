"""What the machine that carries the lab must have, and what it knows about Debian mirrors."""

import os
import shutil
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from .shell import LabError, run, step, succeeds

RELEASE = "bookworm"
# Program that is missing -> Debian package that brings it.
TOOLS = {
    "mmdebstrap": "mmdebstrap", "systemd-nspawn": "systemd-container", "ip": "iproute2",
    "dpkg-deb": "dpkg", "dpkg-scanpackages": "dpkg-dev", "gpg": "gnupg", "gpgconf": "gnupg", "gcc": "gcc",
    "ssh": "openssh-client", "ssh-keygen": "openssh-client", "unshare": "util-linux",
    "modprobe": "kmod",
}
LIBC_HEADER = Path("/usr/include/stdio.h")
INOTIFY_INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
KERNEL_MODULES = (
    "br_netfilter", "overlay", "vxlan", "nf_tables", "ip_set", "tun", "nf_conntrack",
    "ip_tables", "xt_conntrack", "veth", "bridge",
)


@dataclass(frozen=True)
class Source:
    """One line of the distribution's own package sources."""

    uri: str
    suite: str
    components: tuple[str, ...]

    @property
    def line(self) -> str:
        """The source as apt reads it. Hosts talk plain HTTP to the lab's proxy."""
        location = urllib.parse.urlsplit(self.uri)._replace(scheme="http").geturl()
        return f"deb {location} {self.suite} {' '.join(self.components)}"


def require_root() -> None:
    """Namespaces, mounts and cgroups are root's."""
    if os.geteuid() != 0:
        raise LabError("the lab makes namespaces, mounts and cgroups: run it as root")


def install_tools() -> None:
    """Installs the Debian packages that the lab itself needs, when one is missing."""
    missing = {package for tool, package in TOOLS.items() if not shutil.which(tool)}
    if not LIBC_HEADER.exists():
        missing.add("libc6-dev")
    if not missing:
        return
    with step(f"installing {' '.join(sorted(missing))}"):
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run("apt-get", "update", "-q", env=environment)
        run("apt-get", "install", "-qy", "--no-install-recommends", *sorted(missing), env=environment)


def sources() -> list[Source]:
    """The distribution's own sources as this machine's apt has them, third parties left out."""
    found = parse_targets(index_targets())
    if not found:
        run("apt-get", "update", "-q")
        found = parse_targets(index_targets())
    if not found:
        raise LabError(f"this machine's apt has no source for Debian {RELEASE}, which the hosts are made of")
    return found


def index_targets() -> str:
    """One line for each package index that apt has fetched."""
    layout = "$(IDENTIFIER)|$(ORIGIN)|$(SITE)|$(RELEASE)|$(COMPONENT)"
    return run("apt-get", "indextargets", "--format", layout)


def parse_targets(listing: str) -> list[Source]:
    """Groups apt's index targets into sources of the Debian release that hosts run."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for line in listing.splitlines():
        identifier, origin, site, suite, component = line.split("|")
        if identifier == "Packages" and origin == "Debian" and suite.split("-")[0] == RELEASE:
            components = grouped.setdefault((site, suite), [])
            if component not in components:
                components.append(component)
    return [Source(site, suite, tuple(names)) for (site, suite), names in sorted(grouped.items())]


def apt_settings() -> list[str]:
    """Settings that the machine's frozen or mirrored package indexes need on hosts, too."""
    wanted = ("Acquire::Check-Valid-Until", "Acquire::Check-Date")
    dump = run("apt-config", "dump", "--no-empty", *wanted)
    return [line for line in dump.splitlines() if line.startswith(wanted)]


def upstream_proxy() -> str | None:
    """The HTTP proxy by which this machine reaches its Debian mirror, if it needs one."""
    return run("apt-config", "shell", "PROXY", "Acquire::http::Proxy").partition("'")[2].rstrip("'\n") or None


def prepare_kernel() -> None:
    """Loads the modules hosts use, where there are any, and raises a limit that hosts share."""
    for module in KERNEL_MODULES:
        succeeds("modprobe", "--quiet", module)
    # All hosts' root processes count against one limit: 15 for a worker, 30 for a control plane.
    if int(INOTIFY_INSTANCES.read_text(encoding="utf-8")) < 8192:
        INOTIFY_INSTANCES.write_text("8192", encoding="utf-8")
