"""Which images the lab has, and the registry store that holds them all."""

import json
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import binaries, imagetar, paths
from .artefact import Artefact, content
from .imagetar import Image
from .shell import LabError, run, say, wait_until

PAUSE_SOURCE = paths.LAB_DIRECTORY / "images" / "pause.c"
# containerd 1.6 has a default of its own, whatever kubeadm asks for.
PAUSE_NAMES = ("pause:3.6",)
FLANNEL_PLUGIN_VERSION = "v1.9.1-flannel1"
TOOLBOX = "kubeadm-lab/toolbox:1"


@dataclass(frozen=True)
class Parts:
    """The artefacts that images are made of."""

    kubernetes: Artefact
    etcd: Artefact
    etcdctl: Artefact
    coredns: Artefact
    flannel: Artefact
    kube_vip: Artefact
    plugins: Artefact
    debian: Artefact
    crane: Artefact
    registry: Artefact

    def keys(self) -> tuple[str, ...]:
        """All that decides the images, beside the code here."""
        return tuple(part.key for part in vars(self).values())


def store(parts: Parts) -> Artefact:
    """The directory `store` for a registry to serve."""
    code = content(Path(__file__), Path(imagetar.__file__), PAUSE_SOURCE)
    return Artefact("images", (*parts.keys(), code), lambda out: build(out, parts))


def build(out: Path, parts: Parts) -> None:
    """Writes every image and pushes it into a registry that runs on the store for the while."""
    with tempfile.TemporaryDirectory(prefix="kubeadm-lab-images-") as work, registry(parts, out, Path(work)) as address:
        pause = Path(work) / "pause"
        run("gcc", "-static", "-Os", "-s", "-o", pause, PAUSE_SOURCE)
        for image in all_images(parts, pause):
            with tempfile.TemporaryDirectory(dir=work) as layout:
                imagetar.write(image, Path(layout))
                for name in image.names:
                    say(f"image {name}")
                    run(parts.crane.path / "crane", "push", "--insecure", layout, f"{address}/{name}")


def all_images(parts: Parts, pause: Path) -> list[Image]:
    """The images that kubeadm wants, flannel's, and a toolbox for tests."""
    debian, busybox = parts.debian.path / "root", parts.debian.path / "root/bin/busybox"
    applets = tuple((f"/bin/{name}", "busybox") for name in run(busybox, "--list").split() if name != "busybox")
    return [
        *(kubeadm_image(name, parts, pause) for name in kubeadm_names(parts)),
        Image((f"flannel-io/flannel:{binaries.FLANNEL_VERSION}",),
              ((parts.flannel.path / "flannel", "/opt/bin/flanneld"), (debian, "/")), ("/opt/bin/flanneld",)),
        Image((f"flannel-io/flannel-cni-plugin:{FLANNEL_PLUGIN_VERSION}",),
              ((parts.plugins.path / "bin/flannel", "/flannel"), (busybox, "/bin/busybox")),
              ("/bin/sh",), (("/bin/cp", "busybox"), ("/bin/sh", "busybox"))),
        Image((f"kube-vip/kube-vip:{binaries.KUBE_VIP_VERSION}",),
              ((parts.kube_vip.path / "kube-vip", "/kube-vip"),), ("/kube-vip",)),
        # Tests beware: `wget -T` of this busybox crashes; `timeout 3 wget` does not.
        Image((TOOLBOX,), ((busybox, "/bin/busybox"),), ("/bin/sh",), applets),
    ]


def kubeadm_names(parts: Parts) -> list[str]:
    """The image names, with tags, that this very kubeadm pulls."""
    kubeadm = parts.kubernetes.path / "kubeadm"
    listed = run(kubeadm, "config", "images", "list", "--kubernetes-version", f"v{paths.KUBERNETES_VERSION}")
    return [line.partition("/")[2] for line in listed.split()]


def kubeadm_image(name: str, parts: Parts, pause: Path) -> Image:
    """One of kubeadm's images under the name it asks for."""
    program = name.rpartition(":")[0].rpartition("/")[2]
    if program in binaries.IMAGE_PROGRAMS:
        base = ((parts.debian.path / "root", "/"),) if program == "kube-proxy" else ()
        return Image((name,), ((parts.kubernetes.path / program, f"/usr/local/bin/{program}"), *base), (program,))
    if program == "etcd":
        files = {"etcd": parts.etcd.path / "server", "etcdctl": parts.etcdctl.path / "etcdctl"}
        return Image((name,), tuple((file, f"/usr/local/bin/{called}") for called, file in files.items()), ("etcd",))
    if program == "coredns":
        # With an image repository of the user's own, kubeadm leaves the first part out.
        return Image((name, name.rpartition("/")[2]), ((parts.coredns.path / "coredns", "/coredns"),), ("/coredns",))
    if program == "pause":
        return Image((name, *PAUSE_NAMES), ((pause, "/pause"),), ("/pause",))
    raise LabError(f"kubeadm wants an image that the lab does not know how to make: {name}")


@contextmanager
def registry(parts: Parts, out: Path, work: Path):
    """A registry on loopback that stores into the artefact."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = {
        "version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(out / "store")}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "one process, one push at a time"},
    }
    (work / "registry.json").write_text(json.dumps(config), encoding="utf-8")
    with open(work / "registry.log", "wb") as log:
        process = subprocess.Popen([parts.registry.path / "registry", "serve", work / "registry.json"],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        if not wait_until(lambda: answers(port), 20):
            raise LabError(f"the registry does not start:\n{(work / 'registry.log').read_text()[-2000:]}")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Whether something listens on a port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
