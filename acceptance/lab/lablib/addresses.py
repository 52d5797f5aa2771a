"""Which address a host name has. The same name has the same address on every machine."""

import re

from .shell import LabError

NETWORK = "10.77.0"
CONTROL_PLANE_BASE = 10
WORKER_BASE = 30
OTHERS = range(100, 255)
# The name is part of an interface name, v-NAME, which may have 15 characters.
NAME = re.compile(r"[a-z][a-z0-9-]{0,12}")
NUMBERED = re.compile(r"(cp|w)([1-9][0-9]?)")


def address(name: str, taken: dict[str, str]) -> str:
    """The address of a host, given the addresses that other names already have."""
    require_valid(name)
    return taken.get(name) or fixed(name) or first_free(set(taken.values()))


def require_valid(name: str) -> None:
    """Refuses what cannot be a host's name."""
    if not NAME.fullmatch(name):
        raise LabError(f"{name!r} is no host name of the lab: a letter, then at most 12 of a-z, 0-9 and -")


def fixed(name: str) -> str | None:
    """cpN and wN have their addresses by number."""
    match = NUMBERED.fullmatch(name)
    if not match:
        return None
    base, last = (CONTROL_PLANE_BASE, 20) if match[1] == "cp" else (WORKER_BASE, 69)
    number = int(match[2])
    return f"{NETWORK}.{base + number}" if number <= last else None


def first_free(used: set[str]) -> str:
    """All other names share the upper part of the network."""
    for last_byte in OTHERS:
        candidate = f"{NETWORK}.{last_byte}"
        if candidate not in used:
            return candidate
    raise LabError(f"the lab has no free address left: {len(OTHERS)} hosts with names of their own is the limit")


def mac(address_text: str) -> str:
    """A fixed hardware address, so that a host looks the same after every boot."""
    return f"02:77:00:00:00:{int(address_text.rpartition('.')[2]):02x}"
