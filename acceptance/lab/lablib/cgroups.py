"""A control group of its own for every host, in every hierarchy.

Without it all kubelets would share one kubepods group and end each other's pods. The group
also holds every process of the host, so that a host can be ended by looking nowhere else.
"""

import errno
import os
import signal
from pathlib import Path

from . import paths, processes
from .shell import LabError, wait_until

MOUNT = Path("/sys/fs/cgroup")
UNIFIED_CONTROLLERS = "+cpuset +cpu +io +memory +pids"


def create(host: str) -> list[Path]:
    """Makes the host's groups afresh and returns the files by which a process enters them."""
    remove(host)
    return [make(own, host) / "cgroup.procs" for own in own_groups()]


def own_groups() -> list[Path]:
    """The calling process's group in every hierarchy: the lab only ever adds children to these."""
    return [group for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
            if (group := group_of(line, MOUNT)) is not None]


def group_of(line: str, mount: Path) -> Path | None:
    """The directory that a line of /proc/self/cgroup means; None if it is mounted nowhere."""
    _, controllers, path = line.split(":", 2)
    if controllers:
        root = mount / controllers.removeprefix("name=")
    else:
        root = mount / "unified" if (mount / "unified").is_dir() else mount
    group = root / path.lstrip("/")
    return group if (root / "cgroup.procs").exists() and group.is_dir() else None


def make(own: Path, host: str) -> Path:
    """Makes the lab's group and the host's inside it, ready to take processes."""
    unified_only = (MOUNT / "cgroup.controllers").exists()
    # In the one hierarchy of cgroups v2 a group with processes cannot hand controllers to its
    # children, so the lab's group is a child of the root.
    lab = (MOUNT if unified_only else own) / paths.LAB_NAME
    for group in (lab, lab / host):
        group.mkdir(exist_ok=True)
        if unified_only:
            enable_controllers(group.parent)
        else:
            inherit_cpuset(group)
    return lab / host


def inherit_cpuset(group: Path) -> None:
    """A new group of the old cpuset hierarchy is empty and takes no process until filled."""
    for setting in ("cpuset.cpus", "cpuset.mems"):
        if (group / setting).exists():
            inherited = (group.parent / setting).read_text(encoding="utf-8")
            (group / setting).write_text(inherited, encoding="utf-8")


def enable_controllers(group: Path) -> None:
    """Hands the controllers that this group has to its children."""
    available = (group / "cgroup.controllers").read_text(encoding="utf-8").split()
    wanted = " ".join(name for name in UNIFIED_CONTROLLERS.split() if name.lstrip("+") in available)
    (group / "cgroup.subtree_control").write_text(wanted, encoding="utf-8")


def lab_groups() -> list[Path]:
    """The lab's groups wherever they are, found by name: a crashed lab left no other trace."""
    found = []
    for directory, children, _ in os.walk(MOUNT):
        if paths.LAB_NAME in children:
            found.append(Path(directory) / paths.LAB_NAME)
            children.remove(paths.LAB_NAME)
    return found


def hosts() -> set[str]:
    """The names of hosts that have a group."""
    return {child.name for group in lab_groups() for child in group.iterdir() if child.is_dir()}


def host_groups(host: str) -> list[Path]:
    """The groups of one host."""
    return [group / host for group in lab_groups() if (group / host).is_dir()]


def members(groups: list[Path]) -> set[int]:
    """The ids of all processes in groups and below."""
    found: set[int] = set()
    for group in groups:
        for directory, _, _ in os.walk(group):
            found.update(listed(Path(directory) / "cgroup.procs"))
    return found


def listed(file: Path) -> set[int]:
    """The ids in a group's list of processes; none when the group goes meanwhile, as those of a dying host do."""
    try:
        return set(map(int, file.read_text(encoding="utf-8").split()))
    except OSError as error:
        # The file is gone, or was when it was read after it had been opened.
        if error.errno in (errno.ENOENT, errno.ENODEV):
            return set()
        raise


def kill(host: str) -> None:
    """Ends every process of a host at once, as a power cut does."""
    groups = host_groups(host)

    def emptied() -> bool:
        left = members(groups)
        for pid in left:
            processes.send(pid, signal.SIGKILL)
        return not left

    if not wait_until(emptied, 20):
        raise LabError(f"host {host} still has processes {sorted(members(groups))} after SIGKILL")


def remove(host: str) -> None:
    """Ends what is left of a host and removes its groups, depth first."""
    kill(host)
    for group in host_groups(host):
        if not wait_until(lambda group=group: removed(group), 10):
            raise LabError(f"the control group {group} cannot be removed")


def removed(group: Path) -> bool:
    """Tries to remove a group with all below it."""
    for directory, _, _ in os.walk(group, topdown=False):
        try:
            os.rmdir(directory)
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def remove_all() -> None:
    """Removes the lab's own groups once no host is left in them."""
    for group in lab_groups():
        removed(group)
