"""The lab's name server: knows the hosts of the lab and says at once that nothing else exists.

Hosts have no way to the outside, and a name server that does not answer costs every look-up
seconds. Started as `python3 -m lablib.dns CONFIG`.
"""

import json
import socketserver
import struct
import sys
import threading
from pathlib import Path

from . import host, netns

TYPE_A = 1
CLASS_INTERNET = 1
NO_ERROR, FORMAT_ERROR, NO_SUCH_NAME = 0, 1, 3
# An answer, authoritative, recursion available.
FLAGS = 0x8480
RECURSION_DESIRED = 0x0100
TTL_SECONDS = 5
HEADER = struct.Struct("!HHHHHH")


def answer(query: bytes, addresses: dict[str, str]) -> bytes | None:
    """The reply to a query, given the addresses of names; None for what is no query."""
    if len(query) < HEADER.size:
        return None
    identifier, flags, questions, _, _, _ = HEADER.unpack_from(query)
    if flags & 0x8000:
        return None
    try:
        name, end = read_name(query, HEADER.size)
        kind, class_ = struct.unpack_from("!HH", query, end)
    except (IndexError, struct.error, UnicodeDecodeError):
        return HEADER.pack(identifier, FLAGS | FORMAT_ERROR, 0, 0, 0, 0)
    question = query[HEADER.size:end + 4]
    address = addresses.get(name.lower())
    code = NO_ERROR if address else NO_SUCH_NAME
    wanted = address is not None and (kind, class_) == (TYPE_A, CLASS_INTERNET) and questions == 1
    record = address_record(address) if wanted else b""
    header = HEADER.pack(identifier, FLAGS | flags & RECURSION_DESIRED | code, 1, int(wanted), 0, 0)
    return header + question + record


def read_name(message: bytes, offset: int) -> tuple[str, int]:
    """Reads an uncompressed name; returns it and the offset after it."""
    labels = []
    while (length := message[offset]) != 0:
        label = message[offset + 1:offset + 1 + length]
        if len(label) != length or length > 63:
            raise IndexError(offset)
        labels.append(label.decode("ascii"))
        offset += 1 + length
    return ".".join(labels), offset + 1


def address_record(address: str) -> bytes:
    """An address record that points back at the question's name."""
    packed = bytes(map(int, address.split(".")))
    return struct.pack("!HHHIH", 0xC000 | HEADER.size, TYPE_A, CLASS_INTERNET, TTL_SECONDS, len(packed)) + packed


def lab_addresses() -> dict[str, str]:
    """The hosts as they are now."""
    return {known.name: known.address for known in host.known()}


class Datagram(socketserver.BaseRequestHandler):
    """One query over UDP."""

    def handle(self) -> None:
        """Answers what is a query."""
        query, socket = self.request
        reply = answer(query, lab_addresses())
        if reply is not None:
            socket.sendto(reply, self.client_address)


class Stream(socketserver.StreamRequestHandler):
    """Queries over TCP, each with its length before it."""

    timeout = 5

    def handle(self) -> None:
        """Answers one query: no client of the lab sends more on one connection."""
        length = self.rfile.read(2)
        if len(length) == 2:
            reply = answer(self.rfile.read(int.from_bytes(length, "big")), lab_addresses())
            if reply is not None:
                self.wfile.write(len(reply).to_bytes(2, "big") + reply)


class StreamServer(socketserver.ThreadingTCPServer):
    """The TCP side."""

    allow_reuse_address = True
    daemon_threads = True


def serve(address: str) -> None:
    """Opens both sockets inside the lab's network and answers for ever."""
    with netns.inside():
        datagrams = socketserver.UDPServer((address, 53), Datagram)
        streams = StreamServer((address, 53), Stream)
    threading.Thread(target=streams.serve_forever, daemon=True).start()
    datagrams.serve_forever()


if __name__ == "__main__":
    serve(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["address"])
