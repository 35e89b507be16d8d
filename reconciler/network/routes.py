"""The bottom of the network: TLS trust, proxies, and transports of one connection each."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from functools import cache
from pathlib import Path as FilePath
from urllib.parse import urlsplit

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.network.addresses import is_loopback
from reconciler.network.lean import httpx

Origin = tuple[str, str, int | None]
"""Scheme, host, port (None: the scheme's own)."""

_KEEPALIVE = 20.0  # seconds that an idle connection is trusted


class Routes:
    """How to reach an origin: which proxy, which certificate authorities."""

    def __init__(self, environ: Mapping[str, str], directory: str, ca_file: str | None, address: str | None) -> None:
        self._environ = environ
        self._address = address
        self._ca_file = _existing(directory, ca_file, "spec.ca_file", address)
        self._env_ca = _existing("", environ.get("SSL_CERT_FILE") or None, "SSL_CERT_FILE", address)

    def connection(self, origin: Origin) -> httpx.AsyncBaseTransport:
        """A transport with at most one connection to ``origin``."""
        proxy = self.proxy(origin)
        context: ssl.SSLContext | bool = False
        if origin[0] == "https":
            context = self._context()
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_KEEPALIVE)
        proxied: httpx.Proxy | None = None
        if proxy is not None:
            secure = urlsplit(proxy).scheme == "https"
            proxied = httpx.Proxy(proxy, ssl_context=self._context() if secure else None)
        return httpx.AsyncHTTPTransport(
            verify=context if isinstance(context, ssl.SSLContext) else _no_tls(),
            trust_env=False, limits=limits, proxy=proxied,
        )  # fmt: skip

    def proxy(self, origin: Origin) -> str | None:
        """The proxy's URL for an origin, from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (either case).

        http:// to loopback goes through a proxy on loopback only: elsewhere the name means another machine.

        Raises:
            DiagnosticError: CONN-PROXY, for a proxy that is no http(s) URL.
        """
        scheme, host, port = origin
        found = self._variable(f"{scheme}_proxy") or self._variable("all_proxy")
        if not found or no_proxy(self._variable("no_proxy"), host, port or (443 if scheme == "https" else 80)):
            return None
        url = found if "://" in found else f"http://{found}"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            problem = f"the proxy for {scheme}:// is not an http(s) URL"
            hint = "set HTTPS_PROXY to http://host:port"
            raise DiagnosticError(Diagnostic("CONN-PROXY", problem, hint=hint, address=self._address))
        if scheme == "http" and is_loopback(host) and not is_loopback(parts.hostname):
            return None
        return url

    def _variable(self, name: str) -> str:
        return self._environ.get(name, "") or self._environ.get(name.upper(), "")

    def _context(self) -> ssl.SSLContext:
        return tls_context(self._ca_file or self._env_ca, self._environ.get("SSL_CERT_DIR") or None, self._address)


@cache
def tls_context(ca_file: str | None, ca_dir: str | None, address: str | None) -> ssl.SSLContext:
    """One TLS context a set of authorities: making one costs 25 ms. Default: certifi's authorities.

    Raises:
        DiagnosticError: CONN-CA-FILE, when the file holds no certificates.
    """
    try:
        if ca_file or ca_dir:
            return ssl.create_default_context(cafile=ca_file, capath=ca_dir)
        import certifi

        return ssl.create_default_context(cafile=certifi.where())
    except (ssl.SSLError, OSError):
        raise _bad_ca(ca_file or ca_dir or "certifi", "holds no usable certificates (PEM)", address) from None


def no_proxy(rules: str, host: str, port: int) -> bool:
    """Does NO_PROXY name this host? ``*``, a host, a domain (with or without a dot), ``host:port``, an IP network."""
    for rule in (entry.strip().lower() for entry in rules.split(",")):
        if not rule:
            continue
        if rule == "*" or rule == host:
            return True
        name, colon, number = rule.rpartition(":")
        if colon and number.isdigit() and ":" not in name:
            if int(number) != port:
                continue
            rule = name
        if host == rule.lstrip("*.") or host.endswith("." + rule.lstrip("*.")) or _in_network(host, rule):
            return True
    return False


def _in_network(host: str, rule: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False


@cache
def _no_tls() -> ssl.SSLContext:
    """A context for plain http to loopback, where none is used: an empty one costs nothing."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _existing(directory: str, name: str | None, what: str, address: str | None) -> str | None:
    if name is None:
        return None
    path = FilePath(directory, name) if directory else FilePath(name)
    if not path.is_file():
        raise _bad_ca(name, f"({what}) is not a file", address)
    return str(path)


def _bad_ca(name: str, why: str, address: str | None) -> DiagnosticError:
    hint = "give a PEM file with the authority's certificates"
    problem = Diagnostic("CONN-CA-FILE", f"CA file {name} {why}", hint=hint, path=("spec", "ca_file"), address=address)
    return DiagnosticError(problem)
