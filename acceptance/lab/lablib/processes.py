"""Processes that outlive the command that started them: recorded, recognised, ended."""

import os
import signal
from pathlib import Path

from .shell import wait_until


def identity(pid: int) -> str | None:
    """A text that no later process can have: boot, process id and start time; None if it ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    state, start_time = fields[0], fields[19]
    return None if state in "ZX" else f"{pid} {start_time} {boot}"


def record(file: Path, pid: int) -> None:
    """Remembers a process in a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(identity(pid) or "", encoding="utf-8")


def recorded(file: Path) -> int | None:
    """The id of the recorded process while that very process is alive."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    pid = int(text.split()[0]) if text else 0
    return pid if pid and identity(pid) == text else None


def end(file: Path, grace_seconds: float) -> None:
    """Ends the recorded process, kindly at first, and forgets it."""
    for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5)):
        pid = recorded(file)
        if pid is None:
            break
        send(pid, number)
        wait_until(lambda: recorded(file) is None, seconds)
    file.unlink(missing_ok=True)


def send(pid: int, number: int) -> None:
    """Signals a process that may just have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
