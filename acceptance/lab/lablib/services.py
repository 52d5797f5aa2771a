"""The processes beside the hosts: package mirror, name server, image registry."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from . import machine, mirror, netns, paths, processes
from .build import Artefacts
from .shell import LabError, wait_until

DIRECTORY = paths.STATE / "services"
PORTS = {
    "mirror": (paths.REPOSITORY_PORT, paths.APT_PROXY_PORT),
    "dns": (53,),
    "registry": (paths.REGISTRY_PORT,),
}
START_SECONDS = 20


def up(artefacts: Artefacts) -> None:
    """Starts what does not run or would serve something else, and waits until all answers."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    registry = [str(artefacts.registry / "registry"), "serve"]
    ensure("mirror", [sys.executable, "-m", "lablib.mirror"], mirror_config(artefacts))
    ensure("dns", [sys.executable, "-m", "lablib.dns"], {"address": paths.GATEWAY})
    ensure("registry", registry, registry_config(artefacts))
    for name in PORTS:
        wait_for(name)


def ensure(name: str, command: list[str], config: dict) -> None:
    """Starts a service with a configuration file, unless it runs with just that."""
    file, text = DIRECTORY / f"{name}.json", json.dumps(config)
    if processes.recorded(pid_file(name)) is not None and file.exists() and file.read_text(encoding="utf-8") == text:
        return
    processes.end(pid_file(name), grace_seconds=2)
    file.write_text(text, encoding="utf-8")
    start(name, [*command, str(file)])


def start(name: str, command: list[str]) -> None:
    """Starts a service that outlives this command. The registry wholly lives in the lab."""
    environment = dict(os.environ, PYTHONPATH=str(paths.LAB_DIRECTORY), PYTHONDONTWRITEBYTECODE="1")
    with open(DIRECTORY / f"{name}.log", "wb") as log:
        process = subprocess.Popen(
            command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, preexec_fn=netns.enter if name == "registry" else None,
        )
    processes.record(pid_file(name), process.pid)


def wait_for(name: str) -> None:
    """Waits until a service takes connections."""
    def answers() -> bool:
        if processes.recorded(pid_file(name)) is None:
            raise LabError(f"the lab's {name} ended at once:\n{(DIRECTORY / f'{name}.log').read_text()[-2000:]}")
        return all(map(connects, PORTS[name]))

    if not wait_until(answers, START_SECONDS):
        raise LabError(f"the lab's {name} does not answer on {PORTS[name]}")


def connects(port: int) -> bool:
    """Whether something listens on a port of the lab's own address."""
    try:
        with netns.inside():
            socket.create_connection((paths.GATEWAY, port), timeout=1).close()
    except OSError:
        return False
    return True


def leave_lab() -> None:
    """Moves a command started by `lab run` back to the machine's network, where the mirror lives."""
    if netns.is_inside():
        mirror_process = processes.recorded(pid_file("mirror"))
        if mirror_process is None:
            raise LabError("the lab's mirror has ended: use this command outside of `lab run`")
        netns.enter(Path(f"/proc/{mirror_process}/ns/net"))


def down() -> None:
    """Ends all services; a process that only has the id of one is left alone."""
    for name in PORTS:
        processes.end(pid_file(name), grace_seconds=2)


def mirror_config(artefacts: Artefacts) -> dict:
    """Tells the mirror what the distribution's hosts are on this machine."""
    split = [urlsplit(source.uri) for source in machine.sources()]
    return asdict(mirror.Config(
        address=paths.GATEWAY, ports=list(PORTS["mirror"]), www=str(artefacts.repository / "www"),
        cache=str(paths.cache() / "apt"), schemes={url.hostname: url.scheme for url in split},
        proxy=machine.upstream_proxy(),
    ))


def registry_config(artefacts: Artefacts) -> dict:
    """Offers the images of the artefact and takes none: it is shared by later labs."""
    return {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(artefacts.images / "store")},
            "maintenance": {"readonly": {"enabled": True}},
        },
        "http": {"addr": f"{paths.GATEWAY}:{paths.REGISTRY_PORT}", "secret": "none needed without uploads"},
    }


def pid_file(name: str) -> Path:
    """Where the process of a service is recorded."""
    return DIRECTORY / f"{name}.pid"
