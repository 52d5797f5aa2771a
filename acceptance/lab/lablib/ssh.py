"""SSH to the hosts, from inside the lab's network."""

import os
import subprocess
import time

from . import keys, netns, paths
from .host import Host
from .shell import LabError, say

# A host with failed units has booted, too: which ones failed is for tests to see.
BOOTED = ("running", "degraded")
POLL_SECONDS = 0.15


def write_known_hosts(hosts: list[Host]) -> None:
    """Writes the hosts' keys, so that the lab's own SSH checks them, too."""
    lines = [f"{host.address},{host.name} {host.host_key}\n" for host in hosts]
    paths.replace(paths.KNOWN_HOSTS, "".join(lines))


def command_line(host: Host, user: str, command: list[str]) -> list[str]:
    """The ssh command for a host. The user's own SSH configuration has no say."""
    options = {
        "IdentityFile": keys.private_key_file(), "IdentitiesOnly": "yes", "PreferredAuthentications": "publickey",
        "UserKnownHostsFile": paths.KNOWN_HOSTS, "StrictHostKeyChecking": "yes", "ConnectTimeout": "5",
        "LogLevel": "ERROR",
    }
    flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return ["ssh", "-F", "none", *flags, f"{user}@{host.address}", *command]


def execute(host: Host, user: str, command: list[str]) -> None:
    """Becomes ssh: standard streams, signals and exit status are its own."""
    netns.enter()
    words = command_line(host, user, command)
    os.execvp(words[0], words)


def wait_until_booted(hosts: list[Host], seconds: float) -> None:
    """Waits until every host let the lab's key in and has finished booting."""
    deadline = time.monotonic() + seconds
    waiting = {host: ask(host) for host in hosts}
    while waiting:
        for host, process in list(waiting.items()):
            if process.poll() is None:
                continue
            if process.communicate()[0].strip() in BOOTED:
                del waiting[host]
                say(f"{host.name} is up at {host.address}")
            elif time.monotonic() < deadline:
                waiting[host] = ask(host)
            else:
                raise LabError(explain(host, seconds))
        time.sleep(POLL_SECONDS)


def ask(host: Host) -> subprocess.Popen:
    """Asks a host over SSH to say, when it has booted, how that went."""
    words = command_line(host, "root", ["timeout", "30", "systemctl", "is-system-running", "--wait"])
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True, preexec_fn=netns.enter)


def explain(host: Host, seconds: float) -> str:
    """Why a host is not reached, as far as its console tells."""
    console = (host.directory / "console.log").read_text(encoding="utf-8", errors="replace")
    last = "\n  ".join(console.splitlines()[-15:])
    state = "is running" if host.pid() else "has ended"
    return f"host {host.name} {state} and was not reached by SSH within {seconds:.0f} s; its console:\n  {last}"


