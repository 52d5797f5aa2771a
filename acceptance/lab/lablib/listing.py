"""A listing of a host's files, to compare before and after."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

EXCLUDED = {"proc", "sys", "dev", "run"}
KINDS = (
    (stat.S_ISDIR, "directory"), (stat.S_ISREG, "file"), (stat.S_ISLNK, "link"), (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "fifo"), (stat.S_ISCHR, "character"), (stat.S_ISBLK, "block"),
)


def lines(root: Path) -> Iterator[str]:
    """One line a path, sorted: path, type, mode, owner, group, then SHA-256 or link target."""
    return map(describe(root), sorted(walk(root)))


def walk(root: Path) -> Iterator[str]:
    """All paths below a root, except what the kernel or the running system makes up."""
    for directory, directories, files in os.walk(root):
        if Path(directory) == root:
            directories[:] = [name for name in directories if name not in EXCLUDED]
        relative = os.path.relpath(directory, root)
        for name in directories + files:
            yield os.path.normpath(os.path.join("/", relative, name))


def describe(root: Path):
    """A function that describes a path of this root; files that vanish meanwhile are named so."""
    def line(path: str) -> str:
        file = root / path.lstrip("/")
        try:
            status = file.lstat()
            kind = next(name for test, name in KINDS if test(status.st_mode))
            detail = {"file": digest, "link": os.readlink}.get(kind, lambda _: "-")(file)
        except FileNotFoundError:
            return f"{path}\tvanished"
        mode = stat.S_IMODE(status.st_mode)
        return f"{path}\t{kind}\t{mode:04o}\t{status.st_uid}\t{status.st_gid}\t{detail}"

    return line


def digest(file: Path) -> str:
    """The SHA-256 of a file's content."""
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
