"""One host: its disk, its boot, its end."""

import json
import os
import shutil
import signal
import subprocess
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from . import addresses, cgroups, network, paths, processes
from .shell import run, wait_until

SHUT_DOWN_SECONDS = 8
# Where nspawn leaves an empty directory when it is killed.
NSPAWN_REMAINS = Path("/run/systemd/nspawn/propagate")
KEY_TYPES = ("ed25519", "ecdsa")


@dataclass(frozen=True)
class Host:
    """What is decided about a host when its disk is made."""

    name: str
    address: str
    base: str
    host_key: str

    @property
    def directory(self) -> Path:
        """Where the host's disk and the records of its processes are."""
        return paths.HOSTS / self.name

    def pid(self) -> int | None:
        """The process that keeps the host running, while it does."""
        return processes.recorded(self.directory / "supervisor.pid")

    def container_manager(self) -> int | None:
        """The nspawn process, while it is one of the host's own."""
        try:
            pid = int((self.directory / "nspawn.pid").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid in cgroups.members(cgroups.host_groups(self.name)) else None


def find(name: str) -> Host | None:
    """The host of a name, if its disk exists and is whole."""
    try:
        return Host(**json.loads((paths.HOSTS / name / "host.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def known() -> list[Host]:
    """All hosts that have a disk, running or not, by address."""
    if not paths.HOSTS.is_dir():
        return []
    found = [host for entry in paths.HOSTS.iterdir() if (host := find(entry.name))]
    return sorted(found, key=lambda host: int(host.address.rpartition(".")[2]))


def create(name: str, base: Path) -> Host:
    """Makes a new machine of a name: fresh disk, machine id and SSH host keys."""
    taken = {host.name: host.address for host in known()}
    directory = paths.HOSTS / name
    remove_disk(name)
    for part in ("upper/etc/ssh", "work", "root"):
        (directory / part).mkdir(parents=True)
    run("cp", "-a", base / "var", directory / "var")
    address = addresses.address(name, taken)
    write_identity(directory / "upper/etc", name)
    host = Host(name, address, str(base), make_keys(directory / "upper/etc/ssh", name))
    # Written last: a disk without this file is a half-made one.
    (directory / "host.json").write_text(json.dumps(asdict(host)), encoding="utf-8")
    return host


def write_identity(etc: Path, name: str) -> None:
    """Writes the files that tell one machine from another."""
    # Directories of the upper layer take their modes from here, not from the base.
    for directory in (etc.parent, etc, etc / "ssh"):
        directory.chmod(0o755)
    (etc / "machine-id").write_text(f"{uuid.uuid4().hex}\n", encoding="utf-8")
    (etc / "hostname").write_text(f"{name}\n", encoding="utf-8")
    (etc / "hosts").write_text(f"127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n", encoding="utf-8")


def make_keys(directory: Path, name: str) -> str:
    """Makes the SSH host keys; returns the public half of the first."""
    for kind in KEY_TYPES:
        run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"root@{name}", "-f", directory / f"ssh_host_{kind}_key")
    public = (directory / f"ssh_host_{KEY_TYPES[0]}_key.pub").read_text(encoding="utf-8")
    return " ".join(public.split()[:2])


def boot(host: Host) -> None:
    """Starts a host that is not running and does not wait for it."""
    entrances = cgroups.create(host.name)
    settings = {
        "HOST": host.name, "DIRECTORY": str(host.directory), "BASE": host.base, "ADDRESS": host.address,
        "PREFIX": str(paths.PREFIX_LENGTH), "GATEWAY": paths.GATEWAY, "MAC": addresses.mac(host.address),
        "LAB": paths.LAB_NAME, "BRIDGE": paths.BRIDGE,
    }
    script = paths.LAB_DIRECTORY / "hosts" / "supervise.sh"
    with open(host.directory / "console.log", "ab") as console:
        supervisor = subprocess.Popen(
            ["sh", str(script), *map(str, entrances)], env={"PATH": os.environ["PATH"], **settings},
            cwd="/", stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
        )
    processes.record(host.directory / "supervisor.pid", supervisor.pid)


def shut_down(host: Host) -> None:
    """Shuts a host down; what has not ended in a few seconds is cut off."""
    if (pid := host.container_manager()) is not None:
        processes.send(pid, signal.SIGTERM)
        wait_until(lambda: host.pid() is None, SHUT_DOWN_SECONDS)
    cut_power(host.name)


def cut_power(name: str) -> None:
    """Ends a host, whatever state it is in: off the network first, then every process."""
    network.unplug(name)
    cgroups.remove(name)
    (paths.HOSTS / name / "supervisor.pid").unlink(missing_ok=True)
    shutil.rmtree(NSPAWN_REMAINS / name, ignore_errors=True)


def remove_disk(name: str) -> None:
    """Deletes a host's disk."""
    shutil.rmtree(paths.HOSTS / name, ignore_errors=True)
    if (paths.HOSTS / name).exists():
        shutil.rmtree(paths.HOSTS / name)
