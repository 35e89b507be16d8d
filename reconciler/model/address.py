"""Addresses: one stable name for every object, the same in code, plans, reports and options.

``listener/<document>/policy/<name>/rule/<TYPE>[:<key>][#n]`` and
``security_group/<document>/rule/<direction>:<ethertype>:<protocol>:<ports>:<remote>[#n]``.
Segments percent-encode ``/ % : #`` and blanks, so an address splits at its slashes without doubt.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[/%:#\s]")


def encode(segment: str) -> str:
    """Percent-encode what would end a segment: ``/ % : #`` and white space (as UTF-8 bytes)."""
    return _UNSAFE.sub(lambda m: "".join(f"%{b:02X}" for b in m.group().encode()), segment)


def decode(segment: str) -> str:
    """The inverse of :func:`encode`."""
    from urllib.parse import unquote

    return unquote(segment)


def listener(document: str) -> str:
    """Address of a Listener document's scope."""
    return f"listener/{encode(document)}"


def security_group(document: str) -> str:
    """Address of a SecurityGroup document's scope."""
    return f"security_group/{encode(document)}"


def policy(scope: str, name: str) -> str:
    """Address of a policy by its name (a desired one, or a live one whose name is unique and not empty)."""
    return f"{scope}/policy/{encode(name)}"


def policy_by_id(scope: str, object_id: str) -> str:
    """Address of a live policy without a usable name: ``.../policy/@<id>``."""
    return f"{scope}/policy/@{encode(object_id)}"


def rule(policy_address: str, type_: str, key: str | None = None, n: int | None = None) -> str:
    """Address of a rule in its policy; ``n`` (from 1) only where several would have the same address."""
    tail = encode(type_) + (f":{encode(key)}" if key else "") + (f"#{n}" if n else "")
    return f"{policy_address}/rule/{tail}"


def security_rule(scope: str, tail: str, n: int | None = None) -> str:
    """Address of a security group rule; ``tail`` comes from :func:`security_rule_tail`."""
    return f"{scope}/rule/{tail}" + (f"#{n}" if n else "")


def security_rule_tail(direction: str, ethertype: str, protocol: str | None, ports: str, remote: str) -> str:
    """``<direction>:<ethertype>:<protocol>:<ports>:<remote>``, each part encoded; an absent part is ``any``."""
    return ":".join(encode(part or "any") for part in (direction, ethertype, protocol, ports, remote))


def scope_of(address: str) -> str:
    """The scope (``listener/<document>`` or ``security_group/<document>``) that an address belongs to."""
    kind, _, rest = address.partition("/")
    return f"{kind}/{rest.partition('/')[0]}"


def matches(pattern: str, address: str) -> bool:
    """Does a scope's address match a ``--target``/``--exclude`` glob?

    The glob is held against the whole scope address and against the bare document name.
    """
    from fnmatch import fnmatchcase

    return fnmatchcase(address, pattern) or fnmatchcase(decode(address.partition("/")[2]), pattern)
