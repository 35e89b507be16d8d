"""Where a policy sends requests, checked: targets by action, pools, sessions, redirects, responses, header edits."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Path
from reconciler.dialects._common import credential_key
from reconciler.dialects._report import Report, full_match, in_range, listed, one_of, shown
from reconciler.dialects.huawei import tables, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Raw = Mapping[str, "Any"]

POOL_FIELDS = ("redirect_pool", "redirect_pool_id")
LISTENER_FIELDS = ("redirect_listener", "redirect_listener_id")

_FORBIDDEN: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (POOL_FIELDS, "REDIRECT_TO_POOL", "HW-R10"),
    (("redirect_pools_config",), "REDIRECT_TO_POOL", "HW-R13"),
    (("redirect_pools_extend_config",), "REDIRECT_TO_POOL", "HW-R15"),
    (("redirect_url_config",), "REDIRECT_TO_URL", "HW-R30"),
    (("fixed_response_config",), "FIXED_RESPONSE", "HW-R40"),
)
"""Fields, the one action that they belong to, and the rule that says so."""


def check(report: Report, path: Path, raw: Raw) -> None:
    """Everything about the target of one policy; nothing if its action is not known."""
    action = raw.get("action")
    if not isinstance(action, str) or action not in tables.TARGET_FIELDS:
        return
    _belonging(report, path, raw, action)
    if action == "REDIRECT_TO_POOL":
        _pool_policy(report, path, raw)
    elif action == "REDIRECT_TO_LISTENER":
        _required(report, path, raw, LISTENER_FIELDS, "HW-R07", "redirect_listener (or redirect_listener_id)")
    elif action == "REDIRECT_TO_URL":
        _required(report, path, raw, ("redirect_url_config",), "HW-R30", "redirect_url_config")
        redirect_url(report, (*path, "redirect_url_config"), raw.get("redirect_url_config"))
    else:
        _required(report, path, raw, ("fixed_response_config",), "HW-R40", "fixed_response_config")
        fixed_response(report, (*path, "fixed_response_config"), raw.get("fixed_response_config"))


def _belonging(report: Report, path: Path, raw: Raw, action: str) -> None:
    """Fields that the action does not take."""
    for names, owner, code in _FORBIDDEN:
        if owner != action:
            for name in names:
                if raw.get(name):
                    _not_of(report, code, (*path, name), name, owner, action)
    if action != "REDIRECT_TO_LISTENER":
        for name in LISTENER_FIELDS:
            if raw.get(name):
                code = "HW-R08" if action == "REDIRECT_TO_POOL" else "HW-R07"
                _not_of(report, code, (*path, name), name, "REDIRECT_TO_LISTENER", action)
    if action != "REDIRECT_TO_POOL" and raw.get("redirect_pools_sticky_session_config"):
        report.warning(
            "HW-R14",
            (*path, "redirect_pools_sticky_session_config"),
            f"redirect_pools_sticky_session_config has no effect with action {action}",
            "Sessions stick to the pools that a REDIRECT_TO_POOL policy names.",
            "remove it",
            on_key=True,
        )
    if raw.get("redirect_url"):
        report.error(
            "HW-R16",
            (*path, "redirect_url"),
            f"redirect_url {shown(raw['redirect_url'])} is not supported",
            "The API's pages name the field (as protocol://host:port/path?query) and call it unsupported.",
            "use action REDIRECT_TO_URL with redirect_url_config",
            on_key=True,
        )


def _not_of(report: Report, code: str, path: Path, name: str, owner: str, action: str) -> None:
    report.error(
        code,
        path,
        f"{name} does not belong to action {action}",
        f"{name} works with action {owner} only.",
        f"remove it, or use action {owner}",
        on_key=True,
    )


def _required(report: Report, path: Path, raw: Raw, names: tuple[str, ...], code: str, what: str) -> bool:
    if any(raw.get(name) or isinstance(raw.get(name), Mapping) for name in names):
        return True
    action = raw["action"]
    report.error(code, (*path, "action"), f"action {action} needs {what}", "", f"add {what}, or choose another action")
    return False


# ------------------------------------------------------------------------------------------------ pools
def _pool_policy(report: Report, path: Path, raw: Raw) -> None:
    if _required(report, path, raw, (*POOL_FIELDS, "redirect_pools_config"), "HW-R11", "redirect_pool"):
        config = raw.get("redirect_pools_config")
        for name in POOL_FIELDS:
            if raw.get(name) and config:
                report.warning(
                    "HW-R11",
                    (*path, name),
                    f"{name} has no effect beside redirect_pools_config",
                    "When both are given, the API takes redirect_pools_config.",
                    f"remove {name}",
                    on_key=True,
                )
        if isinstance(config, (list, tuple)):
            _pools(report, (*path, "redirect_pools_config"), config)
    sticky = raw.get("redirect_pools_sticky_session_config")
    if isinstance(sticky, Mapping):
        where = (*path, "redirect_pools_sticky_session_config", "timeout")
        fine = in_range(report, "HW-R14", where, "timeout", sticky.get("timeout"), 1, 1440, "Minutes.")
        if fine and sticky.get("enable") is not True:
            why = "A session that is off has no time-out: it is neither compared nor sent."
            what = "timeout has no effect while enable is false"
            report.warning("HW-R14", where, what, why, "remove it", on_key=True)
    extend = raw.get("redirect_pools_extend_config")
    if isinstance(extend, Mapping):
        _extend(report, (*path, "redirect_pools_extend_config"), extend)


def _pools(report: Report, path: Path, config: list[Any] | tuple[Any, ...]) -> None:
    if len(config) > tables.MAX_POOLS:
        report.error(
            "HW-R13",
            path,
            f"{len(config)} pools; at most {tables.MAX_POOLS} are allowed",
            "",
            "split the policy, or remove pools",
            on_key=True,
        )
    seen: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(config):
        if not isinstance(entry, Mapping):
            continue
        in_range(report, "HW-R13", (*path, index, "weight"), "weight", entry.get("weight"), 0, 100)
        for name in ("pool", "pool_id"):
            pool = entry.get(name)
            if isinstance(pool, str):
                first = seen.setdefault((name, pool), index)
                if first != index:
                    report.error(
                        "HW-R13",
                        (*path, index, name),
                        f"pool {shown(pool)} is listed twice",
                        "The pools of one policy must differ.",
                        "give it one entry with the weight that you mean",
                    )


def _extend(report: Report, path: Path, extend: Raw) -> None:
    rewrite = extend.get("rewrite_url_config")
    if isinstance(rewrite, Mapping):
        where = (*path, "rewrite_url_config")
        for name, rule in (
            ("host", words.REWRITE_HOST),
            ("path", words.REWRITE_PATH),
            ("query", words.REWRITE_QUERY),
        ):
            if rewrite.get(name) is not None:
                rule.check(report, (*where, name), rewrite[name])
    header_edits(report, path, extend)
    traffic_limit(report, (*path, "traffic_limit_config"), extend.get("traffic_limit_config"))


# ------------------------------------------------------------------------------------------------ redirects, responses
REDIRECT_CODES = ("301", "302", "303", "307", "308")
_INHERITED: Mapping[str, tuple[Any, ...]] = {
    name: (None, "", f"${{{name}}}") for name in ("protocol", "host", "port", "path")
}


def inherited(config: Raw, name: str) -> bool:
    """Is this part of the URL taken from the request?"""
    return config.get(name) in _INHERITED[name]


def redirect_url(report: Report, path: Path, config: Any) -> None:
    """``redirect_url_config`` (HW-R31 .. HW-R39)."""
    if not isinstance(config, Mapping):
        return
    if config.get("protocol") is not None:
        one_of(report, "HW-R31", (*path, "protocol"), "protocol", config["protocol"], ("HTTP", "HTTPS", "${protocol}"))
    for name, rule in (
        ("host", words.REDIRECT_HOST),
        ("port", words.REDIRECT_PORT),
        ("path", words.REDIRECT_PATH),
        ("query", words.REDIRECT_QUERY),
    ):
        if config.get(name) is not None:
            rule.check(report, (*path, name), config[name])
    code = config.get("status_code")
    if code is None:
        _missing(report, "HW-R36", path, "redirect_url_config", "status_code", REDIRECT_CODES)
    else:
        one_of(report, "HW-R36", (*path, "status_code"), "status_code", code, REDIRECT_CODES)
    if all(inherited(config, name) for name in _INHERITED):
        report.error(
            "HW-R37",
            path,
            "the redirect leads back to the request's own URL",
            "At least one of protocol, host, port and path must be given and not be taken from the request.",
            "set protocol, host, port or path",
            on_key=True,
        )
    header_edits(report, path, config)


CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")


def fixed_response(report: Report, path: Path, config: Any) -> None:
    """``fixed_response_config`` (HW-R41 .. HW-R43)."""
    if not isinstance(config, Mapping):
        return
    code = config.get("status_code")
    if code is None:
        _missing(
            report, "HW-R41", path, "fixed_response_config", "status_code", ("200 to 299", "400 to 499", "500 to 599")
        )
    elif isinstance(code, str) and not (len(code) == 3 and code[0] in "245" and code.isascii() and code.isdigit()):
        why = "A status code is 200 to 299, 400 to 499 or 500 to 599, as a string."
        report.error("HW-R41", (*path, "status_code"), f"status_code {shown(code)} is not allowed", why, 'e.g. "403"')
    if config.get("content_type") is not None:
        one_of(report, "HW-R42", (*path, "content_type"), "content_type", config["content_type"], CONTENT_TYPES)
    if config.get("message_body") is not None:
        words.MESSAGE_BODY.check(report, (*path, "message_body"), config["message_body"])
    header_edits(report, path, config)
    traffic_limit(report, (*path, "traffic_limit_config"), config.get("traffic_limit_config"))


def _missing(report: Report, code: str, path: Path, owner: str, name: str, values: tuple[str, ...]) -> None:
    report.error(code, path, f"{owner} needs {name}", f"It is one of: {listed(values)}.", f"add {name}", on_key=True)


# ------------------------------------------------------------------------------------------------ header edits, limits
VALUE_TYPES = ("USER_DEFINED", "REFERENCE_HEADER", "SYSTEM_DEFINED")


def header_edits(report: Report, path: Path, owner: Raw) -> None:
    """``insert_headers_config`` and ``remove_headers_config`` (HW-R50 .. HW-R54)."""
    for name in ("insert_headers_config", "remove_headers_config"):
        config = owner.get(name)
        if not isinstance(config, Mapping):
            continue
        where = (*path, name)
        entries = config.get("configs")
        if entries is None:
            report.error("HW-R50", where, f"{name} needs configs", "", "add configs: a list of headers", on_key=True)
            continue
        if not isinstance(entries, (list, tuple)):
            continue
        for index, entry in enumerate(entries):
            if isinstance(entry, Mapping):
                _header_edit(report, (*where, "configs", index), entry, insert=name.startswith("insert"))


def _header_edit(report: Report, path: Path, entry: Raw, *, insert: bool) -> None:
    key = entry.get("key")
    if key is None:
        report.error("HW-R50", path, "a header edit needs key", "", "add key: the header's name")
    elif words.EDIT_KEY.check(report, (*path, "key"), key) and key.lower() in words.FORBIDDEN_HEADERS:
        verb = "written" if insert else "removed"
        why = "The load balancer keeps these headers to itself: " + ", ".join(sorted(words.FORBIDDEN_HEADERS)) + "."
        report.error("HW-R51", (*path, "key"), f"header {shown(key)} cannot be {verb}", why, "use another header")
    if not insert:
        return
    kind = entry.get("value_type")
    value = entry.get("value")
    if kind is None:
        report.error(
            "HW-R52", path, "an inserted header needs value_type", "", f"add value_type: {listed(VALUE_TYPES)}"
        )
    elif one_of(report, "HW-R52", (*path, "value_type"), "value_type", kind, VALUE_TYPES):
        if kind == "SYSTEM_DEFINED" and isinstance(value, str):
            if not full_match(words.NEWER_SYSTEM_VALUES)(value):
                one_of(report, "HW-R53", (*path, "value"), "system-defined value", value, words.SYSTEM_VALUES)
            return
        if kind == "USER_DEFINED":
            credential_key(report, (*path, "key"), "header", key)
    if value is None:
        report.error("HW-R54", path, "an inserted header needs value", "", "add value")
    else:
        words.EDIT_VALUE.check(report, (*path, "value"), value)


def traffic_limit(report: Report, path: Path, config: Any) -> None:
    """``traffic_limit_config`` (HW-R55)."""
    if not isinstance(config, Mapping):
        return
    fine = [
        in_range(report, "HW-R55", (*path, name), name, config.get(name), 0, 100000, "0 is no limit.")
        for name in ("qps", "per_source_ip_qps", "burst")
    ]
    if fine[0] and fine[1] and 0 < config["qps"] <= config["per_source_ip_qps"]:
        report.error(
            "HW-R55",
            (*path, "per_source_ip_qps"),
            f"per_source_ip_qps {config['per_source_ip_qps']} is not smaller than qps {config['qps']}",
            "One source cannot have as much as all together.",
            "lower per_source_ip_qps, or raise qps",
        )
