"""Container images of one layer, written as the layouts that image tools push."""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

OCI = "application/vnd.oci.image"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """What is in an image: (source, place inside) for files and whole trees; and what it runs."""

    names: tuple[str, ...]
    contents: tuple[tuple[Path, str], ...]
    entrypoint: tuple[str, ...]
    # (name, what it points to) of links added to the contents.
    links: tuple[tuple[str, str], ...] = ()


def write(image: Image, directory: Path) -> None:
    """Writes the image as an OCI layout; equal contents give equal bytes, and so equal digests.

    The layer is not compressed: each host of a run unpacks it anew, which costs more than to send it.
    """
    layer = pack_layer(image)
    config = json.dumps({
        "architecture": "amd64", "os": "linux",
        "config": {"Entrypoint": list(image.entrypoint), "Env": [f"PATH={PATH}"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }).encode()
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    manifest = {
        "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json",
        "config": add_blob(blobs, f"{OCI}.config.v1+json", config),
        "layers": [add_blob(blobs, f"{OCI}.layer.v1.tar", layer)],
    }
    entry = add_blob(blobs, manifest["mediaType"], json.dumps(manifest).encode())
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [entry]}
    (directory / "index.json").write_text(json.dumps(index), encoding="utf-8")
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="utf-8")


def add_blob(blobs: Path, media_type: str, data: bytes) -> dict[str, str | int]:
    """Writes a blob under its digest; returns what describes it."""
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def pack_layer(image: Image) -> bytes:
    """Packs the contents, each path once and every directory before what is in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        seen: set[str] = set()
        for source, place in image.contents:
            for path in [source, *sorted(source.rglob("*"))] if source.is_dir() else [source]:
                inside = PurePosixPath(place.lstrip("/")) / path.relative_to(source)
                add_path(archive, path, inside, seen)
        for name, target in image.links:
            add_link(archive, name.lstrip("/"), target, seen)
    return buffer.getvalue()


def add_path(archive: tarfile.TarFile, source: Path, inside: PurePosixPath, seen: set[str]) -> None:
    """Adds one file, link or directory as root's, without its time."""
    if str(inside) in seen or str(inside) == ".":
        return
    add_parents(archive, inside, seen)
    seen.add(str(inside))
    entry = archive.gettarinfo(source, str(inside))
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    if entry.isreg():
        with open(source, "rb") as data:
            archive.addfile(entry, data)
    else:
        archive.addfile(entry)


def add_link(archive: tarfile.TarFile, name: str, target: str, seen: set[str]) -> None:
    """Adds a link, unless the contents brought the name already."""
    if name in seen:
        return
    add_parents(archive, PurePosixPath(name), seen)
    seen.add(name)
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, target
    archive.addfile(link)


def add_parents(archive: tarfile.TarFile, inside: PurePosixPath, seen: set[str]) -> None:
    """Adds the directories above a path that are not in the layer yet."""
    for parent in reversed(inside.parents[:-1]):
        if str(parent) not in seen:
            seen.add(str(parent))
            directory = tarfile.TarInfo(str(parent))
            directory.type, directory.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(directory)
