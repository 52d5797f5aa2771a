"""Where the lab keeps things, and the few names and numbers that several modules share."""

import os
import tempfile
from pathlib import Path

LAB_DIRECTORY = Path(__file__).resolve().parent.parent
CHECKOUT = LAB_DIRECTORY.parent.parent

# The state is the machine's, not the checkout's: there is one lab on a machine at a time,
# and any checkout must be able to see and to end it.
STATE = Path("/var/lib/kubeadm-lab")
HOSTS = STATE / "hosts"
STATUS_FILE = STATE / "status.json"
KNOWN_HOSTS = STATE / "known_hosts"

# One name for the network namespace and for the parent of the hosts' cgroups, so that
# remains of a crashed lab are found by name.
LAB_NAME = "kubeadm-lab"
BRIDGE = "br0"
GATEWAY = "10.77.0.1"
PREFIX_LENGTH = 24

REPOSITORY_PORT = 8080
APT_PROXY_PORT = 3142
REGISTRY_PORT = 5000

KUBERNETES_VERSION = "1.35.4"


def cache() -> Path:
    """The directory of everything that outlives the lab: artefacts, downloads, keys."""
    own = os.environ.get("KUBEADM_LAB_CACHE")
    if own:
        return Path(own).absolute()
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(user) / "terraform-provider-kubeadm-lab"


def replace(path: Path, text: str) -> None:
    """Writes a file of the state that others may read meanwhile: as a whole, and root's alone."""
    STATE.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=STATE, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(name, path)
