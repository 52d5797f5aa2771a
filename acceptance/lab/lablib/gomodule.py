"""Commands built from published Go modules, the ones with `replace` directives too.

`go install MODULE@VERSION` refuses such modules. A module of our own that requires the
module and repeats its replacements builds exactly the same code.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .artefact import Artefact
from .shell import LabError, run, succeeds


# The checksum database lacks these.
UNLISTED = "github.com/kube-vip/kube-vip"


@dataclass(frozen=True)
class Commands:
    """Commands of one module: package paths inside it, and how they are linked."""

    name: str
    module: str
    version: str
    packages: tuple[str, ...]
    definitions: dict[str, str] = field(default_factory=dict)
    # The version that stands in for modules replaced by a directory of the same repository.
    staging_version: str | None = None
    # Packages whose imports are dropped from the main package: code nobody needs here, with
    # dependencies that cannot be had.
    dropped_imports: tuple[str, ...] = ()
    dropped_requirements: tuple[str, ...] = ()
    # Build tags. Commands without any are what they were before there were some.
    tags: tuple[str, ...] = field(default=(), repr=False)

    def artefact(self) -> Artefact:
        """The directory with the built commands."""
        return Artefact(self.name, (repr(self), go_version(), *self.tags), self.build)

    def build(self, out: Path) -> None:
        """Builds all commands into a directory."""
        source = download(self.module, self.version)
        work = Path(tempfile.mkdtemp(prefix="kubeadm-lab-go-"))
        try:
            prepare = self._copy_source if self.dropped_imports else self._write_module
            prepare(source, work)
            self._compile(work, out)
        finally:
            shutil.rmtree(work)

    def _compile(self, work: Path, out: Path) -> None:
        defined = " ".join(f"-X {name}={value}" for name, value in self.definitions.items())
        go(work, "build", "-trimpath", "-tags", ",".join(self.tags), "-ldflags", f"-s -w {defined}", "-o", f"{out}/",
           *(self.module + package for package in self.packages))

    def _write_module(self, source: Path, work: Path) -> None:
        """Writes a module that requires the real one with its replacements repeated."""
        described = json.loads(go(work, "mod", "edit", "-json", str(source / "go.mod")))
        lines = ["module lab", f"go {described['Go']}", f"require {self.module} {self.version}"]
        lines += filter(None, map(self._replacement, described.get("Replace") or []))
        (work / "go.mod").write_text("\n".join(lines) + "\n", encoding="utf-8")
        go(work, "get", *(f"{self.module}{package}@{self.version}" for package in self.packages))

    def _replacement(self, replace: dict) -> str | None:
        old, new = replace["Old"], replace["New"]
        if "Version" in new:
            return f"replace {old['Path']} {old.get('Version', '')} => {new['Path']} {new['Version']}"
        if self.staging_version:
            return f"replace {old['Path']} => {old['Path']} {self.staging_version}"
        return None

    def _copy_source(self, source: Path, work: Path) -> None:
        """Copies the module and takes out what is not wanted."""
        shutil.copytree(source, work, dirs_exist_ok=True, copy_function=shutil.copyfile)
        run("chmod", "-R", "u+w", work)
        main = work / "main.go"
        kept = [line for line in main.read_text(encoding="utf-8").splitlines()
                if not any(f'"{self.module}{package}"' in line for package in self.dropped_imports)]
        main.write_text("\n".join(kept) + "\n", encoding="utf-8")
        go(work, "mod", "edit", *(f"-droprequire={name}" for name in self.dropped_requirements))
        for package in self.dropped_imports:
            shutil.rmtree(work / package.lstrip("/"))


def go(directory: Path, *arguments: str) -> str:
    """Runs the Go tool without cgo, a little out of the way of interactive work."""
    environment = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-mod=mod -buildvcs=false", GONOSUMDB=UNLISTED)
    return run("nice", "-n", "5", go_tool(), *arguments, cwd=directory, env=environment)


def go_tool() -> str:
    """The Go tool of this machine, also when it is not on PATH."""
    found = shutil.which("go") or "/usr/local/go/bin/go"
    if not succeeds(found, "version"):
        raise LabError("the lab builds Kubernetes from its Go modules: install Go 1.26 or newer")
    return found


def go_version() -> str:
    """The compiler's version, an input of everything built by it."""
    return run(go_tool(), "env", "GOVERSION").strip()


def download(module: str, version: str) -> Path:
    """Fetches a module's source through the machine's Go proxy."""
    environment = dict(os.environ, GONOSUMDB=UNLISTED)
    answer = run(go_tool(), "mod", "download", "-json", f"{module}@{version}", env=environment)
    return Path(json.loads(answer)["Dir"])
