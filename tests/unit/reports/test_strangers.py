"""Documents of strangers: whatever a schema accepts, every report can be made of it."""

from __future__ import annotations

import copy
import random

import pytest

from reconciler.diagnostics import DiagnosticError
from reconciler.manifests.documents import check
from reconciler.reports import FORMATS, render

from .test_reports import example

JUNK = (
    None, 5, -1, 0.5, True, "x", "", [], {}, [1], [None], ["x"], [[]], [{}], {"a": 1}, {"$from": 5}, {"$from": {}},
    {"$from": {"step": 1}}, {"$position": []}, {"$position": {"after": 5}}, {"$position": {}}, {"$from": None, "x": 1},
    [{"$from": 5}], "listener/x/policy/%ff", "a" * 300,
)  # fmt: skip
KEYS = (
    "x",
    "conditions",
    "value",
    "rules",
    "multiport",
    "port_range_min",
    "protocol",
    "action",
    "$from",
    "redirect_pool_id",
)


def places(value, path=()):
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key))


def changed(document, known, chance):
    """The document with junk in one to four places."""
    document = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 2, 4))):
        *way, last = chance.choice(known)
        inner = document
        try:
            for key in way:
                inner = inner[key]
            if isinstance(inner, dict) and chance.random() < 0.3:
                last = chance.choice(KEYS)
            inner[last] = copy.deepcopy(chance.choice(JUNK))
        except (KeyError, IndexError, TypeError):  # an earlier change took the place away
            continue
    return document


@pytest.mark.parametrize("kind", ["plan", "outcome", "drift"])
def test_what_the_schema_accepts_can_be_shown_in_every_format(kind):
    chance, base, accepted = random.Random(7), example(kind), 0
    known = list(places(base))
    while accepted < 60:
        document = changed(base, known, chance)
        try:
            check(document, "x.json", (kind.capitalize(),))
        except DiagnosticError:
            continue
        accepted += 1
        for form in FORMATS:
            assert render(document, form, full=bool(accepted % 2))
