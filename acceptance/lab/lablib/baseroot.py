"""The root file system that all hosts share as the lower layer of their overlays."""

import os
import shutil
from pathlib import Path

from . import keys, machine, paths
from .artefact import Artefact, content
from .shell import run

FILES = paths.LAB_DIRECTORY / "base"
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "iproute2", "iputils-ping", "iptables", "nftables",
    "kmod", "procps", "ca-certificates", "sudo", "gnupg", "curl",
)


def base_root() -> Artefact:
    """A minimal Debian with sshd and users. No container runtime, no Kubernetes, no Python."""
    files = sorted(file for file in FILES.rglob("*") if file.is_file())
    inputs = (
        repr(machine.sources()), repr(machine.apt_settings()), repr(PACKAGES), repr(machine.KERNEL_MODULES),
        os.uname().release, keys.public_key(), keys.operator_password(), content(*files), content(Path(__file__)),
    )
    return Artefact("base", inputs, build)


def build(out: Path) -> None:
    """Installs the packages and makes the result a host of this lab."""
    root = out / "root"
    install(root)
    copy_files(root)
    configure_apt(root)
    name_modules(root)
    customise(root)
    clean(root)


def install(root: Path) -> None:
    """Unpacks and configures Debian packages into an empty directory."""
    run("mmdebstrap", "--quiet", "--variant=minbase", "--skip=cleanup/apt/lists", f"--include={','.join(PACKAGES)}",
        *mirror_options(), machine.RELEASE, root, *mirror_lines())
    root.chmod(0o755)


def mirror_options() -> list[str]:
    """How this machine reaches its mirror, and how strict it can be about dates."""
    proxy = machine.upstream_proxy()
    options = [f'--aptopt=Acquire::http::Proxy "{proxy}"'] if proxy else []
    return options + [f"--aptopt={setting}" for setting in machine.apt_settings()]


def mirror_lines() -> list[str]:
    """The machine's own sources, scheme and all, for installing while building."""
    return [f"deb {source.uri} {source.suite} {' '.join(source.components)}" for source in machine.sources()]


def copy_files(root: Path) -> None:
    """Puts the lab's own files in place; directories keep Debian's modes."""
    for file in (file for file in (FILES / "root").rglob("*") if file.is_file()):
        target = root / file.relative_to(FILES / "root")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o755 if file.read_bytes().startswith(b"#!") else 0o644)


def configure_apt(root: Path) -> None:
    """Gives hosts the distribution's sources, as any Debian host has them."""
    lines = [source.line for source in machine.sources()]
    (root / "etc/apt/sources.list").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # Translated descriptions take as long to fetch and to read as all else.
    settings = [*machine.apt_settings(), 'Acquire::Languages "none";']
    (root / "etc/apt/apt.conf.d/90mirror").write_text("\n".join(settings) + "\n", encoding="utf-8")
    for leftover in ("etc/apt/apt.conf.d/99mmdebstrap", "etc/apt/sources.list.d/0000sources.list"):
        (root / leftover).unlink(missing_ok=True)


def name_modules(root: Path) -> None:
    """Lists the kernel's modules as built in: a host shares a kernel and can load nothing."""
    release = os.uname().release
    directory = root / "lib/modules" / release
    directory.mkdir(parents=True)
    names = "".join(f"kernel/lab/{module}.ko\n" for module in machine.KERNEL_MODULES)
    for file in ("modules.builtin", "modules.order"):
        (directory / file).write_text(names, encoding="utf-8")
    run("chroot", root, "depmod", release)


def customise(root: Path) -> None:
    """Runs the parts that need the root's own programs: users, services, diversions."""
    script = (FILES / "customise.sh").read_text(encoding="utf-8")
    run("chroot", root, "sh", "-eu", text_input=f"password='{keys.operator_password()}'\n{script}")
    for home, user in (("root", 0), ("home/debian", 1000), ("home/operator", 1001), ("home/nosudo", 1002)):
        authorize(root / home / ".ssh", user)


def authorize(directory: Path, user: int) -> None:
    """Lets the lab's key in."""
    directory.mkdir(mode=0o700, exist_ok=True)
    file = directory / "authorized_keys"
    file.write_text(keys.public_key() + "\n", encoding="utf-8")
    file.chmod(0o600)
    for path in (directory, file):
        os.chown(path, user, user)


def clean(root: Path) -> None:
    """Removes what must be each host's own, and what only takes space."""
    for file in root.glob("etc/ssh/ssh_host_*"):
        file.unlink()
    shutil.rmtree(root / "var/cache/apt", ignore_errors=True)
    # The lists stay, as on a machine that was installed a while ago: a host asks whether they are the newest.
    (root / "var/lib/apt/lists/partial").mkdir(parents=True, exist_ok=True)
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    (root / "etc/machine-id").write_text("", encoding="utf-8")
    (root / "var/lib/dbus/machine-id").unlink(missing_ok=True)
