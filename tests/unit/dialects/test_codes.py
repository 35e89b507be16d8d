"""The catalogue of codes and the reference sheet, held against the dialects' source."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from reconciler.codes import pages
from reconciler.dialects.huawei import checks

FAMILIES = r"(?:HW|GC|OS|PIN)-[A-Z0-9-]+|NAME-RESERVED|SECRET-HEADER"


def source() -> str:
    room = files("reconciler.dialects")
    texts = []
    for place in (room, room / "huawei", room / "gcore", room / "openstack"):
        texts += [f.read_text("utf-8") for f in place.iterdir() if f.name.endswith(".py")]
    return "\n".join(texts)


USED = set(re.findall(f'"({FAMILIES})"', source()))


def test_every_code_has_a_page_and_every_page_is_named():
    assert {code for code in pages() if re.fullmatch(FAMILIES, code)} == USED


@pytest.mark.parametrize("code", sorted(USED))
def test_a_page_says_why_and_how_to_fix(code):
    page = pages()[code]
    assert page.title
    assert len(page.why) > 20
    assert len(page.fix) > 10
    assert page.source


def facts() -> set[str]:
    """Rows that the docstring of the checks calls facts; a row such as HW-R24 .. HW-R27 is a range."""
    text = checks.__doc__ or ""
    found = set(re.findall(r"HW-[RS]\d\d", text))
    for family, first, last in re.findall(r"HW-([RS])(\d\d) \.\. HW-[RS](\d\d)", text):
        found |= {f"HW-{family}{n:02}" for n in range(int(first), int(last) + 1)}
    return found


SHEET = {
    *(f"HW-R{n:02}" for n in (*range(1, 44), *range(45, 49), *range(50, 56), *range(60, 82))),
    *(f"HW-S{n:02}" for n in range(1, 15)),
}


def test_every_row_of_the_sheet_is_checked_or_named_as_a_fact():
    assert SHEET - {"HW-R44"} <= USED | facts()


def test_every_checked_row_is_named_by_a_test():
    tests = "\n".join(
        f.read_text("utf-8") for f in __import__("pathlib").Path(__file__).parent.iterdir() if f.suffix == ".py"
    )
    unnamed = {code for code in USED if code not in tests and code.lower().replace("-", "_") not in tests}
    assert unnamed == set()
