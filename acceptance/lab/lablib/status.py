"""What the lab tells tests and people about itself."""

import json

from . import host, keys, netns, packages, paths

REGISTRIES = ("registry.k8s.io", "ghcr.io")


def document() -> dict:
    """Everything a user of the lab needs to configure the provider with."""
    key_file = str(keys.private_key_file())
    repository = f"http://{paths.GATEWAY}:{paths.REPOSITORY_PORT}/{packages.LOCATION}"
    registry = f"http://{paths.GATEWAY}:{paths.REGISTRY_PORT}"
    return {
        "namespace": paths.LAB_NAME,
        "gateway": paths.GATEWAY,
        "ssh": {
            "user": "root",
            "private_key_file": key_file,
            "known_hosts_file": str(paths.KNOWN_HOSTS),
            "other_users": {
                "debian": {"sudo": "without_password"},
                "operator": {"sudo": "with_password", "password": keys.operator_password()},
                "nosudo": {"sudo": "none"},
            },
        },
        "kubernetes_repository": {
            "url": repository,
            "key_url": f"{repository}Release.key",
            "key_file": str(key_copy()),
        },
        "distribution_mirror": {"apt_proxy": f"http://{paths.GATEWAY}:{paths.APT_PROXY_PORT}"},
        "registry_mirrors": {name: registry for name in REGISTRIES},
        "packages": {
            name: f"http://{paths.GATEWAY}:{paths.REPOSITORY_PORT}/{packages.OTHERS}{packages.file_name(name)}"
            for name in ("tailscale", "headscale")
        },
        "kubernetes_version": paths.KUBERNETES_VERSION,
        "hosts": [entry(known) for known in host.known()],
    }


def entry(known: host.Host) -> dict:
    """One host."""
    return {
        "name": known.name, "address": known.address, "host_key": known.host_key,
        "state": "running" if known.pid() else "stopped",
    }


def key_copy():
    """Where the key of the running repository is kept beside the status."""
    return paths.STATE / "kubernetes-repository.asc"


def write() -> None:
    """Puts the status where LAB_STATUS points; a password is in it, so it is root's alone."""
    paths.replace(paths.STATUS_FILE, json.dumps(document(), indent=2))


def table() -> str:
    """The status for people."""
    if not netns.NAMESPACE.exists():
        return "the lab is down"
    rows = [("NAME", "ADDRESS", "STATE")]
    rows += [(known["name"], known["address"], known["state"]) for known in map(entry, host.known())]
    return "\n".join(f"{name:<14} {address:<14} {state}" for name, address, state in rows)
