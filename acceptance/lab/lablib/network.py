"""The network namespace with the bridge that all hosts and the lab's mirrors sit on."""

import json

from . import addresses, netns, paths
from .shell import run, succeeds


def up() -> None:
    """Makes the namespace, its loopback and the bridge, as far as they are missing."""
    if not netns.NAMESPACE.exists():
        run("ip", "netns", "add", paths.LAB_NAME)
    ip("link", "set", "lo", "up")
    if not succeeds("ip", "-n", paths.LAB_NAME, "link", "show", paths.BRIDGE):
        # A bridge without a fixed hardware address changes it as hosts come and go.
        ip("link", "add", paths.BRIDGE, "address", addresses.mac(paths.GATEWAY), "type", "bridge")
        ip("addr", "add", f"{paths.GATEWAY}/{paths.PREFIX_LENGTH}", "dev", paths.BRIDGE)
    ip("link", "set", paths.BRIDGE, "up")


def down() -> None:
    """Removes the namespace; its bridge and the hosts' links go with it."""
    if netns.NAMESPACE.exists():
        run("ip", "netns", "delete", paths.LAB_NAME)
    # ip makes this directory a mount of its own for the first namespace, and leaves it.
    directory = netns.NAMESPACE.parent
    if directory.is_dir() and not any(directory.iterdir()):
        succeeds("umount", directory)


def unplug(host: str) -> None:
    """Removes a host's link, which may be gone already."""
    succeeds("ip", "-n", paths.LAB_NAME, "link", "delete", f"v-{host}")


def plugged() -> list[str]:
    """The hosts that have a link to the bridge."""
    if not netns.NAMESPACE.exists():
        return []
    links = json.loads(ip("-json", "link", "show", "type", "veth") or "[]")
    return [link["ifname"].removeprefix("v-") for link in links]


def ip(*arguments: str) -> str:
    """Runs ip inside the namespace."""
    return run("ip", "-n", paths.LAB_NAME, *arguments)
