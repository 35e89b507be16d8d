"""``ignore``: copy live into desired, so that the diff has nothing to filter (design 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from reconciler.model.canonical import Json
from reconciler.model.desired import Ignore
from reconciler.model.dialect import Dialect
from reconciler.model.objects import Policy
from reconciler.records import replace


def active(entries: Sequence[Ignore], today: str) -> tuple[Ignore, ...]:
    """The entries that hold today (an ISO date); ``until`` is inclusive."""
    return tuple(e for e in entries if e.until is None or e.until >= today)


def whole(entries: Sequence[Ignore], name: str) -> Ignore | None:
    """The entry that ignores the whole object of that name (or address tail), if any."""
    return next((e for e in entries if not e.fields and fnmatchcase(name, e.pattern)), None)


def fields_of(entries: Sequence[Ignore], name: str) -> dict[str, Ignore]:
    """Each ignored field of the object of that name, with the entry that says so."""
    found: dict[str, Ignore] = {}
    for entry in entries:
        if entry.fields and fnmatchcase(name, entry.pattern):
            for name_ in entry.fields:
                found.setdefault(name_, entry)
    return found


def copy_live(wanted: Policy, live: Policy, fields: Sequence[str], dialect: Dialect) -> Policy:
    """The wanted policy with these fields as they are live (also ``rules``, ``action`` and the number).

    An ignored ``action`` brings its targets along, because one without the other is no policy.
    """
    raw = _raw(wanted)
    source = _raw(live)
    names = set(fields)
    if "action" in names and wanted.action != live.action:
        names |= {n for n in {*raw, *source} if n.startswith(("redirect_", "fixed_"))}
    for name in names - {"name", "rules"}:
        if name in source:
            raw[name] = source[name]
        else:
            raw.pop(name, None)
    copied = dialect.policy(raw)
    rules = live.rules if "rules" in names else wanted.rules
    number = live.number if dialect.number_field in names else wanted.number
    return replace(copied, name=wanted.name, rules=rules, number=number)


def _raw(policy: Policy) -> dict[str, Json]:
    found: Mapping[str, Json] = policy.to_json(with_rules=True)
    return dict(found)
