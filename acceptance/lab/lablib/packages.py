"""Programs as Debian packages: those of Kubernetes in a signed repository laid out like the community's, and
beside it some that hosts get one by one."""

import gzip
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
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
OTHERS = "others/"


@dataclass(frozen=True)
class Programs:
    """The artefacts that packages are made of."""

    kubernetes: Artefact
    plugins: Artefact
    tailscale: Artefact
    headscale: Artefact

    def files(self, package: str) -> dict[Path, str]:
        """The programs of a package, and the directory of each on a host."""
        match package:
            case "kubernetes-cni":
                return {file: "opt/cni/bin" for file in sorted((self.plugins.path / "bin").iterdir())}
            case "tailscale":
                return {self.tailscale.path / "tailscale": "usr/bin", self.tailscale.path / "tailscaled": "usr/sbin"}
            case "headscale":
                return {self.headscale.path / "headscale": "usr/bin"}
            case _:
                return {self.kubernetes.path / package: "usr/bin"}


def version(package: str) -> str:
    """The version of a package, with its revision where the community has one."""
    match package:
        case "kubernetes-cni":
            return f"{CNI_VERSION}-{REVISION}"
        case "tailscale":
            return binaries.TAILSCALE_VERSION[1:]
        case "headscale":
            return binaries.HEADSCALE_VERSION[1:]
        case _:
            return f"{paths.KUBERNETES_VERSION}-{REVISION}"


def file_name(package: str) -> str:
    """The name of a package's file."""
    return f"{package}_{version(package)}_amd64.deb"


def repository(programs: Programs) -> Artefact:
    """The repository as a directory `www` that an HTTP server can offer."""
    templates = sorted(file for file in TEMPLATES.rglob("*") if file.is_file())
    keys = (artefact.key for artefact in vars(programs).values())
    inputs = (*keys, content(*templates), content(Path(__file__)))
    return Artefact("repository", inputs, lambda out: build(out, programs))


def build(out: Path, programs: Programs) -> None:
    """Packs the packages and signs the index of those of Kubernetes."""
    flat, others = out / "www" / LOCATION, out / "www" / OTHERS
    (flat / "amd64").mkdir(parents=True)
    others.mkdir()
    places = {name: flat / "amd64" for name in ("kubernetes-cni", *binaries.NODE_PROGRAMS)}
    places |= {name: others for name in ("tailscale", "headscale")}
    with tempfile.TemporaryDirectory(prefix="kubeadm-lab-deb-") as work:
        for package, place in places.items():
            tree = Path(work) / package
            stage(tree, programs.files(package))
            pack(tree, place)
    write_index(flat)
    sign(flat)


def stage(tree: Path, programs: dict[Path, str]) -> None:
    """Lays out a package: its template (units, control file, scripts) and its programs."""
    shutil.copytree(TEMPLATES / tree.name, tree)
    for program, directory in programs.items():
        (tree / directory).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(program, tree / directory / program.name)
        (tree / directory / program.name).chmod(0o755)


def pack(tree: Path, out: Path) -> None:
    """Makes the .deb of a laid out package."""
    control = tree / "DEBIAN" / "control"
    text = control.read_text(encoding="utf-8").replace("@VERSION@", version(tree.name))
    control.write_text(text, encoding="utf-8")
    for script in ("postinst", "prerm", "postrm"):
        if (tree / "DEBIAN" / script).exists():
            (tree / "DEBIAN" / script).chmod(0o755)
    run("dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", tree, out / file_name(tree.name))


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
