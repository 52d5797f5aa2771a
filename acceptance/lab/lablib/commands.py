"""The lab's commands, as the entry script names them."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from . import addresses, cgroups, host, listing, machine, netns, network, packages, paths, services, ssh, status
from .artefact import locked
from .build import Artefacts, build
from .host import Host
from .shell import LabError

BOOT_SECONDS = 120
TOOLS = paths.STATE / "bin"
OWNER = paths.STATE / "owner"


def changing():
    """Commands that change the lab take turns."""
    machine.require_root()
    return locked(paths.STATE / "lock", "another lab command is at work, waiting for it")


def up(names: list[str]) -> None:
    """Boots hosts and all they need; leaves running ones alone."""
    for name in names:
        addresses.require_valid(name)
    artefacts = build()
    with changing():
        own_the_lab()
        machine.prepare_kernel()
        network.up()
        services.up(artefacts)
        shutil.copyfile(artefacts.repository / "www" / packages.LOCATION / "Release.key", status.key_copy())
        link_tools(artefacts)
        hosts = [host.find(name) or host.create(name, artefacts.base) for name in names]
        start_hosts(hosts)


def link_tools(artefacts: Artefacts) -> None:
    """Puts the programs for `lab run` into one directory."""
    TOOLS.mkdir(exist_ok=True)
    programs = {
        "tofu": artefacts.tofu / "tofu", "kubectl": artefacts.kubernetes / "kubectl",
        "etcdctl": artefacts.etcdctl / "etcdctl", "etcd": artefacts.etcd / "server",
    }
    for name, program in programs.items():
        link = TOOLS / name
        link.unlink(missing_ok=True)
        link.symlink_to(program)


def start_hosts(hosts: list[Host]) -> None:
    """Boots those that are not running, side by side, and waits for all."""
    for each in hosts:
        if each.pid() is None or each.container_manager() is None:
            host.cut_power(each.name)
            host.boot(each)
    ssh.write_known_hosts(host.known())
    status.write()
    ssh.wait_until_booted(hosts, BOOT_SECONDS)


def own_the_lab() -> None:
    """A machine has one lab; another checkout's is not taken over while it has hosts."""
    owner = OWNER.read_text(encoding="utf-8") if OWNER.exists() else None
    running = [known.name for known in host.known() if known.pid()]
    if owner not in (None, str(paths.CHECKOUT)) and running:
        raise LabError(f"the lab of this machine runs {', '.join(running)} for the checkout {owner}; "
                       "`lab down`, there or here, ends it")
    if owner != str(paths.CHECKOUT):
        take_down()
    OWNER.write_text(str(paths.CHECKOUT), encoding="utf-8")


def down(names: list[str]) -> None:
    """Removes hosts, or the whole lab when none is named; also what a crash left of them."""
    with changing():
        if not names:
            take_down()
            return
        for name in names:
            host.cut_power(name)
            host.remove_disk(name)
        ssh.write_known_hosts(host.known())
        status.write()


def take_down() -> None:
    """Removes every host, service, namespace and group that carries the lab's name."""
    for name in {each.name for each in host.known()} | cgroups.hosts() | set(network.plugged()):
        host.cut_power(name)
    cgroups.remove_all()
    services.down()
    network.down()
    for entry in paths.STATE.iterdir():
        if entry.name != "lock":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def existing(name: str) -> Host:
    """The host of a name that the user gave."""
    found = host.find(name)
    if found is None:
        known = ", ".join(each.name for each in host.known()) or "none"
        raise LabError(f"the lab has no host {name}; it has: {known}")
    return found


def stop(name: str) -> None:
    """Cuts a host's power; its disk stays."""
    with changing():
        host.cut_power(existing(name).name)
        status.write()


def start(name: str) -> None:
    """Boots a stopped host from its disk."""
    with changing():
        start_hosts([existing(name)])


def reboot(name: str) -> None:
    """Shuts a host down and boots it from its disk."""
    with changing():
        found = existing(name)
        host.shut_down(found)
        start_hosts([found])


def rebuild(name: str) -> None:
    """Replaces a host by a new machine of the same name and address."""
    with changing():
        found = existing(name)
        host.cut_power(name)
        start_hosts([host.create(name, Path(found.base))])


def show_status(as_json: bool) -> None:
    """Prints the status, and refreshes the file of it."""
    machine.require_root()
    if as_json:
        print(json.dumps(status.document(), indent=2))
    else:
        print(status.table())


def shell(name: str, user: str, command: list[str]) -> None:
    """Logs in to a host, or runs a command there."""
    machine.require_root()
    ssh.execute(existing(name), user, command)


def files(name: str) -> None:
    """Lists the files of a running host."""
    machine.require_root()
    manager = existing(name).container_manager()
    if manager is None:
        raise LabError(f"host {name} is not running, so its disk is not mounted")
    for line in listing.lines(Path(f"/proc/{manager}/root{existing(name).directory}/root")):
        print(line)


def run(command: list[str]) -> None:
    """Becomes a command inside the lab's network that finds tofu, kubectl and the built provider."""
    machine.require_root()
    if not command:
        raise LabError("run what? give a command")
    if not netns.NAMESPACE.exists():
        raise LabError("the lab is down: `lab up` first")
    status.write()
    os.environ.update(environment())
    netns.enter()
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


def environment() -> dict[str, str]:
    """What a command of `lab run` sees beside its own environment."""
    return {
        "PATH": os.pathsep.join([str(TOOLS), os.environ["PATH"]]),
        "TF_CLI_CONFIG_FILE": str(write_cli_config()),
        "CHECKPOINT_DISABLE": "1",
        "LAB_STATUS": str(paths.STATUS_FILE),
    }


def write_cli_config() -> Path:
    """Points OpenTofu and Terraform at the built provider instead of at a registry."""
    provider = os.environ.get("KUBEADM_PROVIDER_DIR") or str(paths.CHECKOUT / "target/debug")
    text = (f'provider_installation {{\n  dev_overrides {{\n    "kubeadm/kubeadm" = {json.dumps(provider)}\n  }}\n'
            "  direct {}\n}\n")
    file = paths.STATE / f"cli-{hashlib.sha256(provider.encode()).hexdigest()[:8]}.tfrc"
    file.write_text(text, encoding="utf-8")
    return file
