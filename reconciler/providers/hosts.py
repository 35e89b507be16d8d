"""Which host credentials belong to (P10), and endpoints as checked data.

An endpoint is checked when a provider is opened, before any connection exists, and again for each request by
:mod:`reconciler.providers.guard`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from reconciler.diagnostics import Diagnostic, DiagnosticError, Path
from reconciler.model.calls import UntrustedEndpoint
from reconciler.network.addresses import is_host, is_loopback
from reconciler.records import dataclass

TRUSTED_HOSTS = "RECONCILE_TRUSTED_HOSTS"
"""Environment variable: further hosts, separated by commas or blanks; ``host``, ``host:port`` or ``*.domain``."""

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service answers: scheme, host (lower case; IPv6 without brackets), port or None, path prefix."""

    scheme: str
    host: str
    port: int | None = None
    prefix: str = ""

    @property
    def netloc(self) -> str:
        """Host with the port where it is not the scheme's own, as the ``Host`` header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The endpoint in words: no user, no query, no slash at the end."""
        return f"{self.scheme}://{self.netloc}{self.prefix}"


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """The hosts that one provider's credentials belong to."""

    own: tuple[str, ...]
    further: tuple[str, ...] = ()

    @classmethod
    def of(cls, own: Iterable[str], environ: Mapping[str, str]) -> TrustedHosts:
        """A provider's own hosts and those of ``RECONCILE_TRUSTED_HOSTS``."""
        return cls(tuple(own), tuple(re.split(r"[,\s]+", environ.get(TRUSTED_HOSTS, "").strip().lower())))

    def trusts(self, endpoint: Endpoint) -> bool:
        """True when credentials may be sent to that host."""
        if any(_matches(glob, endpoint.host) for glob in self.own):
            return True
        default = 443 if endpoint.scheme == "https" else 80
        for entry in self.further:
            host, port = _entry(entry)
            if host and _matches(host, endpoint.host) and port in (None, endpoint.port or default):
                return True
        return False

    def check(self, endpoint: Endpoint) -> None:
        """Nothing, or the refusal.

        Raises:
            UntrustedEndpoint: the host is none of the provider's, or http:// to another machine.
        """
        if endpoint.scheme == "http" and not is_loopback(endpoint.host):
            raise UntrustedEndpoint(
                f"{endpoint.url} is not encrypted: credentials go over https:// only (http:// to loopback only)",
                code="CONN-UNTRUSTED-ENDPOINT",
            )
        if not self.trusts(endpoint):
            raise UntrustedEndpoint(
                f"credentials of this provider do not belong to {endpoint.netloc} (they belong to "
                f"{', '.join(self.own)}); nothing was sent. If the host is right, name it in {TRUSTED_HOSTS}",
                code="CONN-UNTRUSTED-ENDPOINT",
            )


def parse_endpoint(text: str, path: Path = (), address: str | None = None) -> Endpoint:
    """An endpoint from a manifest or the environment.

    Raises:
        DiagnosticError: CONN-ENDPOINT, for anything but ``http(s)://host[:port][/path]`` (a user and a password
            in it, a query, a blank ...). The message never repeats a user or password.
    """
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        raise _malformed("is not a URL", path, address) from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise _malformed("holds a user or password: credentials stand in `credentials` only", path, address)
    plain = text.isprintable() and "\\" not in text and " " not in text
    if parts.scheme not in ("http", "https") or parts.query or parts.fragment or not plain:
        raise _malformed("must be https://host[:port][/path]", path, address)
    if not is_host(host):
        raise _malformed("has no usable host name", path, address)
    if not _PREFIX.fullmatch(parts.path) or {".", ".."} & set(parts.path.split("/")):
        raise _malformed("has a path with other characters than letters, digits and ._~-", path, address)
    if port == {"http": 80, "https": 443}[parts.scheme]:
        port = None
    return Endpoint(parts.scheme, host, port, parts.path.rstrip("/"))


def _entry(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, _, tail = entry[1:].partition("]")
        return host, int(tail[1:]) if tail[1:].isdigit() else None
    host, colon, port = entry.rpartition(":")
    if colon and port.isdigit() and ":" not in host:
        return host, int(port)
    return entry, None


def _matches(glob: str, host: str) -> bool:
    """``*.domain`` stands for any host below the domain, never for the domain itself; else equality."""
    if glob.startswith("*."):
        return host.endswith(glob[1:]) and len(host) > len(glob) - 1
    return glob == host


def _malformed(why: str, path: Path, address: str | None) -> DiagnosticError:
    return DiagnosticError(
        Diagnostic(
            "CONN-ENDPOINT", f"this endpoint {why}", hint="write https://host[:port]", path=path, address=address
        )
    )
