"""File names of the pages: safe for every scope name and every file system, the same in every run."""

from __future__ import annotations

import hashlib
import re

INDEX = "index.html"
FOLDER = "scopes"
_OURS = re.compile(r"index\.html|scopes/[a-z0-9-]{1,90}-[0-9a-f]{16}\.html")
_BESIDE = re.compile(r"\.(index\.html|[a-z0-9-]{1,90}-[0-9a-f]{16}\.html)\.tmp")
_READABLE = 60


def page_of(provider: str, address: str) -> str:
    """``scopes/listener-shop-https-<16 hex>.html``: readable where the name is plain, different wherever a name is.

    Lower case, digits and dashes only, so that nothing climbs out of the directory, acts in a URL or collides on a
    file system that takes A for a; the digest of provider and address tells apart what looks alike.
    """
    digest = hashlib.sha256(f"{provider}\0{address}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    readable = re.sub(r"[^a-z0-9]+", "-", address.lower()).strip("-")[:_READABLE].strip("-") or "scope"
    return f"{FOLDER}/{readable}-{digest}.html"


def is_page(name: str) -> bool:
    """Can this be the name of a page of a site, relative to its directory? Anything else is never removed."""
    return _OURS.fullmatch(name) is not None


def beside(name: str) -> str:
    """Where a page is written before it takes its place, in the same folder."""
    folder, _, file = name.rpartition("/")
    return f"{folder}/.{file}.tmp" if folder else f".{file}.tmp"


def is_beside(file: str) -> bool:
    """Is this the file name (without folder) of a page that a run which was killed had begun to write?"""
    return _BESIDE.fullmatch(file) is not None
