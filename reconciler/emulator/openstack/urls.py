"""Which redirect targets Octavia takes for URLs: scheme http or https in small letters, then an authority.

Of the path only brackets matter: whatever else may not stand in it is percent-encoded by the server before it looks.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")
_AUTHORITY = re.compile(r"https?://([^\\/?#]+)([^?#]*)")
_CHARS = r"(?:[A-Za-z0-9._~\-!$&'()*+,;=]|%[0-9A-Fa-f]{2})"
_PARTS = re.compile(rf"(?:(?:{_CHARS}|:)+@)?({_CHARS}*|\[[^\]]*\]):?(?:[0-9]{{1,5}})?")
_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_ZONE = re.compile(r"(?:[A-Za-z0-9._~\-]|%[0-9A-Fa-f]{2})+")
_FUTURE = re.compile(r"v[0-9A-Fa-f]+\.[A-Za-z0-9._~\-!$&'()*+,;=:]+")


def is_web_url(text: str) -> bool:
    """Whether Octavia accepts ``text`` as ``redirect_url`` or ``redirect_prefix``; an empty host passes."""
    found = _AUTHORITY.match(text)
    if _CONTROL.search(text) or found is None or "[" in found[2] or "]" in found[2]:
        return False
    parts = _PARTS.fullmatch(found[1])
    if parts is None:
        return False
    host = parts[1]
    if host.startswith("["):
        return _is_literal(host[1:-1])
    return _IPV4.fullmatch(host) is None or all(int(part) < 256 for part in host.split("."))


def _is_literal(text: str) -> bool:
    """What may stand in brackets: an IPv6 address with or without a zone, or an address of a later version."""
    if _FUTURE.fullmatch(text):
        return True
    bare, percent, zone = text.partition("%")
    if percent and (not zone.startswith("25") or _ZONE.fullmatch(zone[2:]) is None):
        return False
    try:
        IPv6Address(bare)
    except AddressValueError:
        return False
    return True
