"""The lab's credentials: one SSH key for all hosts, one password for one user. Made once."""

import secrets
from pathlib import Path

from . import paths
from .artefact import locked
from .shell import run


def private_key_file() -> Path:
    """The key that every host's users accept."""
    file = paths.cache() / "ssh" / "id_ed25519"
    with locked(paths.cache() / "locks" / "keys.lock", "another process makes the lab's key, waiting for it"):
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "kubeadm-lab", "-f", file)
    return file


def public_key() -> str:
    """The line for authorized_keys."""
    return private_key_file().with_suffix(".pub").read_text(encoding="utf-8").strip()


def operator_password() -> str:
    """The password of the user whose sudo asks for one; also accepted by sshd for that user."""
    file = private_key_file().with_name("operator-password")
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(f"operator-{secrets.token_hex(8)}", encoding="utf-8")
    return file.read_text(encoding="utf-8")
