"""The configuration objects of a policy's action (huawei.md 3.3 to 3.5) in full reply shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.huawei import checks
from reconciler.emulator.huawei.errors import invalid

REDIRECT_CODES = ("301", "302", "303", "307", "308")
CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")

_HOST = re.compile(r"\$\{host\}|[A-Za-z0-9][A-Za-z0-9.-]*")
_PORT = re.compile(r"\$\{port\}|[0-9]{1,5}")
_URL_PATH = re.compile(r"\$\{path\}|/[A-Za-z0-9_~';@^%#&$.*+?,=!:|\\/()\[\]{}-]*")
_URL_QUERY = re.compile(r"(?:\$\{query\}|[A-Za-z0-9!$&'()*+,./:;=?@^_`-])*")
_REWRITE_PATH = re.compile(r"\$\{path\}|/[A-Za-z0-9_~';@^%#&$.+?,=!:|/()-]*")
_REWRITE_QUERY = re.compile(r"(?:\$\{query\}|[A-Za-z0-9!$&'()+,./:;=?@^_`-])*")
_STATUS = re.compile(r"[245][0-9][0-9]")
_HEADER_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_HEADER_VALUE = re.compile(r"(?! )[\x20-\x7e]{1,128}(?<! )")
_RESERVED_HEADERS = frozenset(
    {
        "connection", "upgrade", "content-length", "transfer-encoding", "keep-alive", "te", "host", "cookie",
        "remoteip", "authority", "x-forwarded-host", "x-forwarded-for", "x-forwarded-for-port",
        "x-forwarded-tls-certificate-id",
        "x-forwarded-tls-protocol", "x-forwarded-tls-cipher", "x-forwarded-elb-ip", "x-forwarded-port",
        "x-forwarded-elb-id", "x-forwarded-elb-vip", "x-real-ip", "x-forwarded-proto", "x-nuwa-trace-ne-in",
        "x-nuwa-trace-ne-out",
    }
)  # fmt: skip
_SYSTEM_VALUES = frozenset({"CLIENT-PORT", "CLIENT-IP", "ELB-PROTOCOL", "ELB-ID", "ELB-PORT", "ELB-EIP", "ELB-VIP"})
_TLS_SYSTEM_VALUE = re.compile(r"TLS-PROTOCOL|TLS-CIPHER|CLIENTCERT-[A-Z-]+|TLS-ALPN-PROTOCOL|TLS-SNI|TLS-JA3|TLS-JA4")


def url_config(raw: Mapping[str, Any], listener: Mapping[str, Any]) -> dict[str, Any]:
    """``redirect_url_config`` (HW-R31 to R39)."""
    checks.known(
        raw,
        (
            "protocol", "host", "port", "path", "query", "status_code", "insert_headers_config",
            "remove_headers_config",
        ),
    )  # fmt: skip
    result: dict[str, Any] = {
        "protocol": checks.choice(raw, "protocol", ("HTTP", "HTTPS", "${protocol}")) or "${protocol}",
        "host": checks.text(raw, "host", low=1, high=128, pattern=_HOST) or "${host}",
        "port": checks.text(raw, "port", low=1, high=16, pattern=_PORT) or "${port}",
        "path": checks.text(raw, "path", low=1, high=128, pattern=_URL_PATH) or "${path}",
        "status_code": checks.choice(raw, "status_code", REDIRECT_CODES, required=True),
    }
    query = checks.text(raw, "query", high=128, pattern=_URL_QUERY)
    result["query"] = "${query}" if query is None else query
    if result["port"] != "${port}" and not 1 <= int(result["port"]) <= 65535:
        raise invalid("Invalid input for 'port': it is not in the range 1 to 65535.")
    given = [name for name in ("protocol", "host", "port", "path") if result[name] != f"${{{name}}}"]
    if not given:
        raise invalid("At least one of protocol, host, port and path must differ from the request's own.")
    same_protocol = result["protocol"] in ("${protocol}", _scheme(listener))
    same_port = result["port"] in ("${port}", str(listener["protocol_port"]))
    if same_protocol and same_port and "host" not in given and "path" not in given:
        raise invalid("protocol and port are those of the listener: give another host or path.")
    result.update(_header_edits(raw, listener))
    return result


def _scheme(listener: Mapping[str, Any]) -> str:
    return "HTTPS" if listener["protocol"] == "TERMINATED_HTTPS" else str(listener["protocol"])


def fixed_response(raw: Mapping[str, Any], listener: Mapping[str, Any]) -> dict[str, Any]:
    """``fixed_response_config`` (HW-R41 to R43)."""
    checks.known(
        raw,
        (
            "status_code", "content_type", "message_body", "insert_headers_config", "remove_headers_config",
            "traffic_limit_config",
        ),
    )  # fmt: skip
    code = checks.text(raw, "status_code", pattern=_STATUS)
    if code is None:
        raise invalid("Invalid input for 'status_code': it is required.")
    return {
        "status_code": code,
        "content_type": checks.choice(raw, "content_type", CONTENT_TYPES) or "text/plain",
        "message_body": checks.text(raw, "message_body", high=1024) or "",
        **_header_edits(raw, listener),
        "traffic_limit_config": _traffic_limit(raw),
    }


def sticky_session(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    """``redirect_pools_sticky_session_config`` (HW-R14)."""
    raw = raw or {}
    checks.known(raw, ("enable", "timeout"))
    timeout = checks.integer(raw, "timeout", 1, 1440)
    return {"enable": checks.boolean(raw, "enable") or False, "timeout": 1440 if timeout is None else timeout}


def extend_config(raw: Mapping[str, Any] | None, listener: Mapping[str, Any]) -> dict[str, Any]:
    """``redirect_pools_extend_config`` (HW-R15, R45 to R55)."""
    raw = raw or {}
    checks.known(
        raw,
        (
            "rewrite_url_enable", "rewrite_url_config", "insert_headers_config", "remove_headers_config",
            "traffic_limit_config", "cors_config", "traffic_mirror_config",
        ),
    )  # fmt: skip
    rewrite = checks.inner(raw, "rewrite_url_config")
    if rewrite is not None:
        checks.known(rewrite, ("host", "path", "query"))
        query = checks.text(rewrite, "query", high=128, pattern=_REWRITE_QUERY)
        rewrite = {
            "host": checks.text(rewrite, "host", low=1, high=128, pattern=_HOST) or "${host}",
            "path": checks.text(rewrite, "path", low=1, high=128, pattern=_REWRITE_PATH) or "${path}",
            "query": "${query}" if query is None else query,
        }
    result = {
        "rewrite_url_enable": checks.boolean(raw, "rewrite_url_enable") or False,
        "rewrite_url_config": rewrite,
        **_header_edits(raw, listener),
        "traffic_limit_config": _traffic_limit(raw),
    }
    for key in ("cors_config", "traffic_mirror_config"):
        value = checks.inner(raw, key)
        if value is not None:
            result[key] = value
    if "cors_config" in result:
        checks.integer(result["cors_config"], "max_age", -1, 172800)
    return result


def _header_edits(raw: Mapping[str, Any], listener: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "insert_headers_config": _headers(raw, "insert_headers_config", listener, values=True),
        "remove_headers_config": _headers(raw, "remove_headers_config", listener, values=False),
    }


def _headers(
    raw: Mapping[str, Any], key: str, listener: Mapping[str, Any], *, values: bool
) -> dict[str, list[dict[str, str]]] | None:
    """HW-R50 to R54."""
    config = checks.inner(raw, key)
    if config is None:
        return None
    checks.known(config, ("configs",))
    entries = checks.array(config, "configs")
    if entries is None:
        raise invalid(f"Invalid input for '{key}': configs is required.")
    result: list[dict[str, str]] = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise invalid(f"Invalid input for '{key}': every config is an object.")
        checks.known(entry, ("key", "value_type", "value") if values else ("key",))
        name = checks.text(entry, "key", low=1, high=40, pattern=_HEADER_KEY)
        if name is None or name.lower() in _RESERVED_HEADERS:
            raise invalid(f"Invalid input for '{key}': {name!r} is not a header that can be edited.")
        result.append({"key": name, **(_header_value(entry, key, listener) if values else {})})
    return {"configs": result}


def _header_value(entry: Mapping[str, Any], key: str, listener: Mapping[str, Any]) -> dict[str, str]:
    kinds = ("USER_DEFINED", "REFERENCE_HEADER", "SYSTEM_DEFINED")
    kind = checks.choice(entry, "value_type", kinds, required=True)
    value = checks.text(entry, "value", low=1, high=128, pattern=_HEADER_VALUE)
    if value is None:
        raise invalid(f"Invalid input for '{key}': value is required.")
    if kind == "SYSTEM_DEFINED" and value not in _SYSTEM_VALUES:
        tls = listener["protocol"] in ("HTTPS", "TERMINATED_HTTPS", "QUIC") and _TLS_SYSTEM_VALUE.fullmatch(value)
        if not tls:
            raise invalid(f"Invalid input for '{key}': {value!r} is not a value that the system defines.")
    return {"value_type": str(kind), "value": value}


def _traffic_limit(raw: Mapping[str, Any]) -> dict[str, int | None] | None:
    """HW-R55."""
    config = checks.inner(raw, "traffic_limit_config")
    if config is None:
        return None
    checks.known(config, ("qps", "per_source_ip_qps", "burst"))
    limit = {key: checks.integer(config, key, 0, 100000) for key in ("qps", "per_source_ip_qps", "burst")}
    if limit["qps"] and limit["per_source_ip_qps"] and limit["per_source_ip_qps"] >= limit["qps"]:
        raise invalid("Invalid input for 'per_source_ip_qps': it must be smaller than qps.")
    return limit
