"""Values in canonical form: strings, integers, addresses and prefixes. Shared by all dialects."""

from __future__ import annotations

from functools import lru_cache
from sys import intern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def words(listed: str) -> frozenset[str]:
    """A set of words, written as a text with blanks."""
    return frozenset(listed.split())


def text(value: Any) -> str | None:
    """A string of the API, interned; null and ``""`` are absent; a number is its text (some replies have numbers)."""
    if value.__class__ is str:
        return intern(value) if value else None
    if value is None or value is False or value is True:
        return None
    return str(value) or None


def integer(value: Any) -> int | None:
    """An integer of the API; digits in a string count (some fields are strings in requests); anything else: None."""
    if value.__class__ is int:
        return int(value)
    if value.__class__ is str and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return None


def _interface(value: str) -> Any:
    """Raises ValueError for anything but an address or prefix."""
    from ipaddress import ip_interface

    return ip_interface(value)


@lru_cache(maxsize=65536)
def prefix(value: str) -> str:
    """A prefix as servers echo it: a bare address gets its length, IPv6 is lower-case and compressed.

    Host bits stay (Neutron and Huawei keep them). What is no address or prefix is returned as it is, in lower case.
    """
    try:
        return intern(_interface(value).with_prefixlen)
    except ValueError:
        return value.lower()


@lru_cache(maxsize=65536)
def network(value: str) -> str:
    """The set of addresses that a prefix stands for: like :func:`prefix`, with the host bits cleared."""
    try:
        return intern(str(_interface(value).network))
    except ValueError:
        return value.lower()


@lru_cache(maxsize=65536)
def family(value: str) -> int | None:
    """4 or 6 for an address or prefix; None for anything else (an IPv6 zone such as ``%eth0`` has no place here)."""
    if "%" in value:
        return None
    try:
        found: int = _interface(value).version
        return found
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def addresses(value: str) -> str | None:
    """Like :func:`network`; ``0.0.0.0/0`` and ``::/0`` are None: any address."""
    found = network(value)
    return None if found in ("0.0.0.0/0", "::/0") else found


_ETHERTYPES = {"ipv4": "IPv4", "ipv6": "IPv6"}


def ethertype(value: Any) -> str:
    """``IPv4`` or ``IPv6`` whatever the case; absent is IPv4 (the default of Neutron, Gcore and Huawei)."""
    word = text(value)
    return "IPv4" if word is None else _ETHERTYPES.get(word.lower(), word)
