"""Running commands, and telling the person who waits what is going on."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

HEARTBEAT_SECONDS = 15
_started = time.monotonic()


class LabError(Exception):
    """Something the person at the terminal can act on; shown without a traceback."""


def say(text: str) -> None:
    """Writes a progress line to stderr: stdout belongs to answers such as the status."""
    print(f"[lab {time.monotonic() - _started:6.1f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def step(text: str):
    """Announces slow work, repeats that it still runs, and says how long it took."""
    begin = time.monotonic()
    done = threading.Event()

    def heartbeat():
        while not done.wait(HEARTBEAT_SECONDS):
            say(f"{text}: {time.monotonic() - begin:.0f} s so far")

    say(text)
    thread = threading.Thread(target=heartbeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    say(f"{text}: done in {time.monotonic() - begin:.1f} s")


def run(*command, cwd: Path | None = None, env: dict | None = None, text_input: str | None = None) -> str:
    """Runs a command to its end and returns its output; a failure shows what it said."""
    words = [str(word) for word in command]
    result = subprocess.run(
        words, cwd=cwd, env=env, input=text_input, stdin=None if text_input else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", check=False,
    )
    if result.returncode != 0:
        said = "\n  ".join((result.stdout + result.stderr).strip().splitlines()[-25:])
        raise LabError(f"{' '.join(words)[:300]} ended with status {result.returncode}:\n  {said}")
    return result.stdout


def succeeds(*command) -> bool:
    """Runs a command for its exit status alone."""
    return subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    ).returncode == 0


def wait_until(condition, seconds: float, interval: float = 0.05) -> bool:
    """Polls a condition until it holds or the time is over; says whether it held."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True
