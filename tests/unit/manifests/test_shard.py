"""``--shard I/N``: every document in exactly one part, and none moves when others come or go."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.manifests.mistakes import PROVIDERS, listener

from reconciler.diagnostics import Severity
from reconciler.manifests import load
from reconciler.model.shard import MOST, Shard, parse

GOOD = "- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules: [{type: PATH, compare_type: EQUAL_TO, value: /a}]"


def fleet(folder: Path, names: list[str], *more: str) -> Path:
    (folder / "all.yaml").write_text("\n---\n".join([PROVIDERS, *(listener(GOOD, name=n) for n in names), *more]), "utf-8")
    return folder


def addresses(folder: Path, shard: str | None, **selection: list[str]) -> list[str]:
    found = load(["all.yaml"], directory=str(folder), shard=parse(shard) if shard else None, **selection)
    return [scope.address for scope in found.desired.scopes]


@given(st.text(max_size=60), st.integers(1, 40))
def test_every_address_is_in_exactly_one_shard(address: str, count: int) -> None:
    assert [Shard(i, count).holds(address) for i in range(1, count + 1)].count(True) == 1


def test_where_an_address_belongs_is_fixed_for_all_time() -> None:
    # Worked out with `printf %s ADDRESS | sha256sum`: what one version calls shard 2 must be shard 2 for the next one.
    table = {"listener/shop": (1, 3, 1), "listener/www": (2, 3, 4), "security_group/web": (1, 3, 7)}
    found = {a: tuple(next(i for i in range(1, n + 1) if Shard(i, n).holds(a)) for n in (2, 3, 8)) for a in table}
    assert found == table


def test_documents_that_come_and_go_move_no_other_one(tmp_path: Path) -> None:
    first = [f"shop-{n}" for n in range(40)]
    before = {i: addresses(fleet(tmp_path, first), f"{i}/4") for i in range(1, 5)}
    assert sorted(chain.from_iterable(before.values())) == sorted(f"listener/{n}" for n in first)
    later = [n for n in first if n != "shop-7"] + [f"new-{n}" for n in range(40)]
    after = {i: addresses(fleet(tmp_path, later), f"{i}/4") for i in range(1, 5)}
    for i in range(1, 5):
        assert [a for a in after[i] if "/new-" not in a] == [a for a in before[i] if a != "listener/shop-7"]
        assert 2 <= len(before[i]) <= 20 <= len(after[i]) + 12  # spread, not heaped


def test_a_shard_is_a_part_of_what_target_and_exclude_leave(tmp_path: Path) -> None:
    fleet(tmp_path, [f"{kind}-{n}" for kind in ("shop", "www") for n in range(12)])
    parts = [addresses(tmp_path, f"{i}/3", target=["shop-*"], exclude=["*-7"]) for i in (1, 2, 3)]
    assert sorted(chain.from_iterable(parts)) == sorted(addresses(tmp_path, None, target=["shop-*"], exclude=["*-7"]))
    whole = [addresses(tmp_path, f"{i}/3") for i in (1, 2, 3)]
    assert all(set(part) <= set(of_all) for part, of_all in zip(parts, whole, strict=True))


def test_checks_between_documents_see_those_of_other_shards(tmp_path: Path) -> None:
    same = listener(GOOD, name="second", more="  listener: first\n")
    fleet(tmp_path, ["first"], same)
    home = {a: next(i for i in range(1, 9) if Shard(i, 8).holds(a)) for a in ("listener/first", "listener/second")}
    assert len(set(home.values())) == 2
    second = load(["all.yaml"], directory=str(tmp_path), shard=Shard(home["listener/second"], 8))
    assert [d.code for d in second.diagnostics] == ["REF-SAME-TARGET"]
    assert second.blocked == {"listener/second"}
    first = load(["all.yaml"], directory=str(tmp_path), shard=Shard(home["listener/first"], 8))
    assert (first.diagnostics, first.blocked) == ((), frozenset())


def test_a_provider_of_another_file_is_found_and_a_missing_one_is_told_by_the_shard_that_needs_it(tmp_path: Path) -> None:
    fleet(tmp_path, ["one"], listener(GOOD, name="two", provider="nowhere"))
    count = next(n for n in range(2, 50) if Shard(1, n).holds("listener/one") != Shard(1, n).holds("listener/two"))
    told = [[d.code for d in load(["all.yaml"], directory=str(tmp_path), shard=Shard(i, count)).diagnostics
             if d.severity is Severity.ERROR] for i in range(1, count + 1)]  # fmt: skip
    assert sorted(chain.from_iterable(told)) == ["REF-PROVIDER"]


def test_the_digest_of_a_shard_is_that_of_its_documents_alone(tmp_path: Path) -> None:
    names = [f"shop-{n}" for n in range(9)]
    mine = Shard(1, 2)
    before = load(["all.yaml"], directory=str(fleet(tmp_path, names)), shard=mine).manifest_digest
    other = next(f"x-{n}" for n in range(99) if not mine.holds(f"listener/x-{n}"))
    assert load(["all.yaml"], directory=str(fleet(tmp_path, [*names, other])), shard=mine).manifest_digest == before
    own = next(f"x-{n}" for n in range(99) if mine.holds(f"listener/x-{n}"))
    assert load(["all.yaml"], directory=str(fleet(tmp_path, [*names, own])), shard=mine).manifest_digest != before


def test_a_shard_with_no_document_says_so_and_is_no_error(tmp_path: Path) -> None:
    fleet(tmp_path, ["one"])
    empty = next(i for i in (1, 2) if not Shard(i, 2).holds("listener/one"))
    found = load(["all.yaml"], directory=str(tmp_path), shard=Shard(empty, 2))
    assert [(d.code, d.severity) for d in found.diagnostics] == [("REF-EMPTY-SHARD", Severity.NOTE)]
    assert (found.desired.scopes, found.documents, found.scopes, found.selected) == ((), (), 1, 0)
    full = load(["all.yaml"], directory=str(tmp_path), shard=Shard(3 - empty, 2))
    assert (full.diagnostics, full.scopes, full.selected) == ((), 1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0/3", "count from 1: 1/3 to 3/3"),
        ("4/3", "beyond the last shard: 1/3 to 3/3"),
        ("a/b", "write I/N"),
        ("1/0", "asks for 0 shards"),
        ("0/0", "asks for 0 shards"),
        (f"1/{MOST + 1}", f"1 to {MOST}"),
        ("1/" + "9" * 25, f"1 to {MOST}"),
        ("1/" + "9" * 5000, "write I/N"),
        ("1", "write I/N"),
        ("1/2/3", "write I/N"),
        ("+1/2", "write I/N"),
        ("1 /2", "write I/N"),
        ("1/2\n", "write I/N"),
        ("١/٢", "write I/N"),
        ("", "write I/N"),
    ],
)
def test_what_is_no_shard_is_refused_with_what_would_be_one(text: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse(text)
    assert said in str(refused.value)


def test_the_last_shard_of_the_largest_number_is_one() -> None:
    assert str(parse(f"{MOST}/{MOST}")) == f"{MOST}/{MOST}"
    assert str(parse("01/02")) == "1/2"
