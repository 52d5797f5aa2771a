"""The HTTP server of the lab: the Kubernetes packages, and a caching proxy for the distribution's.

The process stays outside of the lab's network, where the machine's Debian mirror can be
reached; only its listening sockets are inside. Started as `python3 -m lablib.mirror CONFIG`.
"""

import email.utils
import hashlib
import json
import os
import shutil
import socket
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from . import netns

FRESH_SECONDS = 3600
UPSTREAM_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Config:
    """What the server offers, and to whom it turns."""

    address: str
    ports: list[int]
    www: str
    cache: str
    schemes: dict[str, str]
    proxy: str | None


class Cache:
    """Files fetched from upstream, kept on disk and asked for again when they may be old."""

    def __init__(self, config: Config):
        self._config = config
        self._directory = Path(config.cache)
        self._directory.mkdir(parents=True, exist_ok=True)
        proxies = {"http": config.proxy, "https": config.proxy} if config.proxy else None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
        self._guard = threading.Lock()
        self._locks: dict[Path, threading.Lock] = {}

    def serves(self, host: str | None) -> bool:
        """Only the distribution's own hosts are proxied: this is no way to anywhere else."""
        return host in self._config.schemes

    def fetch(self, host: str, path: str) -> Path:
        """The file for a path, from disk if it is fresh; concurrent requests fetch it once."""
        file = self._directory / hashlib.sha256(f"{host}{path}".encode()).hexdigest()
        with self._guard:
            lock = self._locks.setdefault(file, threading.Lock())
        with lock:
            if not is_fresh(file, path):
                self._download(f"{self._config.schemes[host]}://{host}{urllib.parse.quote(path)}", file)
        return file

    def _download(self, url: str, file: Path) -> None:
        """Fetches a file if it changed; an old copy is good enough while upstream is silent."""
        request = urllib.request.Request(url)
        if file.exists():
            request.add_header("If-Modified-Since", email.utils.formatdate(file.stat().st_mtime, usegmt=True))
        try:
            with self._opener.open(request, timeout=UPSTREAM_TIMEOUT_SECONDS) as answer:
                store(answer, file)
        except urllib.error.HTTPError as error:
            if error.code != 304:
                raise
            os.utime(file, (time.time(), file.stat().st_mtime))
        except OSError:
            if not file.exists():
                raise


def is_fresh(file: Path, path: str) -> bool:
    """Packages and files named by their hash never change; the rest may after an hour."""
    if not file.exists():
        return False
    if path.endswith(".deb") or "/by-hash/" in path:
        return True
    # Setting the times of a file, as each validation does, sets its change time to now.
    return time.time() - file.stat().st_ctime < FRESH_SECONDS


def store(answer, file: Path) -> None:
    """Writes an answer to disk, modified when upstream says."""
    partial = file.with_suffix(f".{os.getpid()}")
    with open(partial, "wb") as target:
        shutil.copyfileobj(answer, target, 1 << 20)
    length = answer.headers.get("Content-Length")
    if length is not None and int(length) != partial.stat().st_size:
        raise OSError(f"upstream closed after {partial.stat().st_size} of {length} bytes")
    stated = answer.headers.get("Last-Modified")
    modified = email.utils.parsedate_to_datetime(stated).timestamp() if stated else time.time()
    os.utime(partial, (time.time(), modified))
    partial.rename(file)


class Handler(BaseHTTPRequestHandler):
    """Static files for the lab's own address, proxied files for the distribution's hosts."""

    protocol_version = "HTTP/1.1"
    www: Path
    cache: Cache

    def do_GET(self) -> None:
        """Answers a request in origin form (own files) or in absolute form (as a proxy)."""
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        if ".." in path.split("/"):
            self.send_empty(400)
        elif self.cache.serves(url.hostname):
            self.send_proxied(url.hostname, path)
        else:
            self.send_static(path)

    do_HEAD = do_GET

    def send_proxied(self, host: str, path: str) -> None:
        """Answers with a file of the distribution, or with what upstream said instead."""
        try:
            file = self.cache.fetch(host, path)
        except urllib.error.HTTPError as error:
            self.send_empty(error.code)
        except OSError as error:
            self.log_message("%s%s: %s", host, path, error)
            self.send_empty(502)
        else:
            self.send_file(file)

    def send_static(self, path: str) -> None:
        """Answers with a file of the lab's own repository."""
        file = self.www / path.lstrip("/")
        if file.is_file():
            self.send_file(file)
        else:
            self.send_empty(404)

    def send_file(self, file: Path) -> None:
        """Sends a file, unless the client has this very one."""
        modified = self.date_time_string(int(file.stat().st_mtime))
        if self.headers.get("If-Modified-Since") == modified:
            self.send_empty(304)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(file.stat().st_size))
        self.send_header("Last-Modified", modified)
        self.end_headers()
        if self.command == "GET":
            with open(file, "rb") as source:
                shutil.copyfileobj(source, self.wfile, 1 << 20)

    def send_empty(self, code: int) -> None:
        """Sends an answer that is a status alone."""
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def serve(config: Config) -> None:
    """Opens the sockets inside the lab's network and answers for ever."""
    Handler.www, Handler.cache = Path(config.www), Cache(config)
    with netns.inside():
        servers = [Server((config.address, port), Handler) for port in config.ports]
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()


class Server(ThreadingHTTPServer):
    """Many hosts ask at once."""

    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        """Binds without the look-up of a name, which would wait for a name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.server_address[:2]


if __name__ == "__main__":
    serve(Config(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
