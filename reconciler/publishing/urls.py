"""Addresses to publish to, as checked data. What stands behind the host may be a secret and is never shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.network.addresses import is_host, is_loopback
from reconciler.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. ``str`` and ``repr`` tell scheme and host alone: a webhook's path is its password."""

    scheme: str
    host: str
    port: int | None = None
    path: str = field(default="", repr=False)
    query: str = field(default="", repr=False)

    @property
    def netloc(self) -> str:
        """Host, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


def parse(text: str, what: str) -> Target:
    """The address that ``what`` (a flag or a variable) gives.

    Raises:
        DiagnosticError: PUB-URL, for anything but https:// (http:// to loopback); the message repeats nothing of it.
    """
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        raise _refused(what, "is not a URL") from None
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise _refused(what, "holds a blank, a backslash or a character outside ASCII")
    if parts.scheme not in ("http", "https"):
        raise _refused(what, "does not begin with https://")
    if "@" in parts.netloc:
        raise _refused(what, "holds a user or password before the host")
    if parts.fragment or "#" in text:
        raise _refused(what, "has a fragment (#...), which is never sent")
    if not is_host(host):
        raise _refused(what, "has no usable host name")
    if parts.scheme == "http" and not is_loopback(host):
        raise _refused(what, "is not encrypted: http:// is for loopback only")
    if port == {"http": 80, "https": 443}[parts.scheme]:
        port = None
    return Target(parts.scheme, host, port, parts.path, parts.query)


def shown(text: str | None) -> str | None:
    """A link that may be shown to people: plain https:// without anything that acts in markdown or Slack, or None."""
    if not text or len(text) > 500 or not text.isascii():
        return None
    safe = all(character.isalnum() or character in ":/._~-%#?=&" for character in text)
    return text if safe and text.startswith(("https://", "http://")) else None


def _refused(what: str, why: str) -> DiagnosticError:
    return DiagnosticError(
        Diagnostic(
            "PUB-URL",
            f"the address in {what} {why}",
            "it is not repeated here: an address may be a secret, as a webhook's is",
            "give https://host/path (http:// to loopback only), without user and password",
        )
    )
