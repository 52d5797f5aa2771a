"""Artefacts: directories built once and kept under a key of everything that decided them."""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import paths
from .shell import say, step


KEY_LENGTH = 16
UNUSED_SECONDS = 14 * 24 * 3600


@contextmanager
def locked(file: Path, waiting: str):
    """Holds an exclusive lock on a file; says why when it has to wait for another process."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Artefact:
    """A directory that `make` fills. Equal inputs give an equal key, and so no second build."""

    name: str
    inputs: tuple[str, ...]
    make: Callable[[Path], None]

    @property
    def key(self) -> str:
        """Changes with the name and with any input; the lengths keep neighbours apart."""
        digest = hashlib.sha256()
        for part in (self.name, *self.inputs):
            digest.update(f"{len(part)}:{part}".encode())
        return digest.hexdigest()[:KEY_LENGTH]

    @property
    def path(self) -> Path:
        """Where the finished artefact is, or will be."""
        return paths.cache() / "artefacts" / f"{self.name}-{self.key}"

    def ensure(self) -> Path:
        """Builds the artefact unless it is there; safe to call from several processes."""
        if self.path.is_dir():
            os.utime(self.path)
            return self.path
        lock = paths.cache() / "locks" / f"{self.name}.lock"
        with locked(lock, f"another process builds {self.name}, waiting for it"):
            if not self.path.is_dir():
                self._build()
        return self.path

    def _build(self) -> None:
        """Builds beside the final place and renames, so that a half-made artefact is never used."""
        for remains in self.path.parent.glob(f"{self.name}-*.partial"):
            shutil.rmtree(remains)
        partial = self.path.with_suffix(".partial")
        partial.mkdir(parents=True)
        with step(f"building {self.name}"):
            self.make(partial)
        partial.rename(self.path)
        os.utime(self.path)
        self._prune()

    def _prune(self) -> None:
        """Removes versions of this artefact that no checkout has used for a while."""
        for other in self.path.parent.glob(f"{self.name}-*"):
            suffix = other.name.removeprefix(f"{self.name}-")
            if len(suffix) == KEY_LENGTH and other.stat().st_mtime < time.time() - UNUSED_SECONDS:
                shutil.rmtree(other)


def content(*files: Path) -> str:
    """The text of files as an input of an artefact, so that editing them rebuilds it."""
    return "\0".join(file.read_text(encoding="utf-8") for file in files)
