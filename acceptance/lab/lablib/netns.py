"""Entering the lab's network namespace from Python."""

import ctypes
import os
from contextlib import contextmanager
from pathlib import Path

from . import paths

CLONE_NEWNET = 0x40000000
NAMESPACE = Path("/run/netns") / paths.LAB_NAME
_libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace: Path = NAMESPACE) -> None:
    """Moves the calling thread, and what it starts or executes, into a namespace."""
    descriptor = os.open(namespace, os.O_RDONLY)
    try:
        if _libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(namespace))
    finally:
        os.close(descriptor)


def is_inside() -> bool:
    """Whether this process is in the lab's namespace already, as a command of `lab run` is."""
    return NAMESPACE.exists() and NAMESPACE.stat().st_ino == Path("/proc/self/ns/net").stat().st_ino


@contextmanager
def inside():
    """Runs a block in the lab's namespace: sockets opened there stay there afterwards."""
    own = Path(f"/proc/self/fd/{os.open('/proc/thread-self/ns/net', os.O_RDONLY)}")
    enter()
    try:
        yield
    finally:
        enter(own)
        os.close(int(own.name))
