"""Kubernetes as Debian packages, in a signed repository laid out like the community's."""

import gzip
import hashlib
import os
import shutil
import tempfile
from email.utils import formatdate
from pathlib import Path

from . import binaries, paths
from .artefact import Artefact, content
from .shell import run

TEMPLATES = paths.LAB_DIRECTORY / "packages"
CNI_VERSION = "1.8.0"
REVISION = "1.1"
MINOR = ".".join(paths.KUBERNETES_VERSION.split(".")[:2])
LOCATION = f"core:/stable:/v{MINOR}/deb/"


def repository(kubernetes: Artefact, plugins: Artefact) -> Artefact:
    """The repository as a directory `www` that an HTTP server can offer."""
    templates = sorted(file for file in TEMPLATES.rglob("*") if file.is_file())
    inputs = (kubernetes.key, plugins.key, content(*templates), content(Path(__file__)))
    return Artefact("repository", inputs, lambda out: build(out, kubernetes.path, plugins.path))


def build(out: Path, kubernetes: Path, plugins: Path) -> None:
    """Packs the packages and signs their index."""
    flat = out / "www" / LOCATION
    (flat / "amd64").mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="kubeadm-lab-deb-") as work:
        for package in ("kubernetes-cni", *binaries.NODE_PROGRAMS):
            tree = Path(work) / package
            stage(tree, package, kubernetes, plugins)
            pack(tree, flat / "amd64")
    write_index(flat)
    sign(flat)


def stage(tree: Path, package: str, kubernetes: Path, plugins: Path) -> None:
    """Lays out a package: its template (units, control file, scripts) and its programs."""
    shutil.copytree(TEMPLATES / package, tree)
    if package == "kubernetes-cni":
        programs = [(file, "opt/cni/bin") for file in sorted((plugins / "bin").iterdir())]
    else:
        programs = [(kubernetes / package, "usr/bin")]
    for program, directory in programs:
        (tree / directory).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(program, tree / directory / program.name)
        (tree / directory / program.name).chmod(0o755)


def pack(tree: Path, out: Path) -> None:
    """Makes the .deb of a laid out package."""
    package = tree.name
    version = f"{CNI_VERSION if package == 'kubernetes-cni' else paths.KUBERNETES_VERSION}-{REVISION}"
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text(encoding="utf-8").replace("@VERSION@", version), encoding="utf-8")
    for script in ("postinst", "prerm", "postrm"):
        if (tree / "DEBIAN" / script).exists():
            (tree / "DEBIAN" / script).chmod(0o755)
    run("dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", tree, out / f"{package}_{version}_amd64.deb")


def write_index(flat: Path) -> None:
    """Writes Packages and the Release file that vouches for it."""
    packages = run("dpkg-scanpackages", "--multiversion", "amd64", cwd=flat).encode()
    (flat / "Packages").write_bytes(packages)
    (flat / "Packages.gz").write_bytes(gzip.compress(packages, mtime=0))
    lines = [f"Origin: lab build of isv:kubernetes:core:stable:v{MINOR}", "Architectures: amd64",
             f"Date: {formatdate(usegmt=True).replace('GMT', '+0000')}", "SHA256:"]
    for name in ("Packages", "Packages.gz"):
        data = (flat / name).read_bytes()
        lines.append(f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}")
    (flat / "Release").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sign(flat: Path) -> None:
    """Signs the Release file with a key made for this repository and then thrown away."""
    with tempfile.TemporaryDirectory(prefix="kubeadm-lab-gpg-") as home:
        environment = dict(os.environ, GNUPGHOME=home)

        def gpg(*arguments: str) -> str:
            return run("gpg", "--batch", "--quiet", *arguments, cwd=flat, env=environment)

        gpg("--passphrase", "", "--quick-generate-key", "Kubernetes packages of the lab", "rsa3072", "sign", "never")
        gpg("--clearsign", "--output", "InRelease", "Release")
        gpg("--armor", "--detach-sign", "--output", "Release.gpg", "Release")
        (flat / "Release.key").write_text(gpg("--armor", "--export"), encoding="utf-8")
        run("gpgconf", "--kill", "all", env=environment)
