"""Our data classes behave like those of the standard library, in everything that the product asks of them."""

import copy
import dataclasses
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import records

SHARED: dict[str, int] = {}


def _pair(make):
    """The same class, made by both."""

    @make.dataclass(frozen=True, slots=True, order=True)
    class Place:
        """A place."""

        file: str
        line: int
        width: int = 1
        notes: tuple[str, ...] = make.field(default_factory=tuple)
        seen: int = make.field(default=0, compare=False)
        key: str = make.field(default="canary", repr=False)

        @property
        def double(self) -> int:
            return self.line * 2

        def __str__(self) -> str:
            return f"{self.file}:{self.line}"

    return Place


Ours, Standard = _pair(records), _pair(dataclasses)
VALUES = st.tuples(
    st.sampled_from("ab"), st.integers(0, 2), st.integers(0, 2), st.sampled_from([(), ("x",)]), st.integers(0, 1)
)


@records.dataclass(frozen=True, slots=True)
class Kept:
    name: str
    raw: dict = records.field(hash=False)
    more: dict = records.field(default_factory=dict, hash=False)


@records.dataclass(slots=True)
class Loose:
    items: list = records.field(default_factory=list)
    count: int = 0


@given(VALUES, VALUES)
def test_equality_order_hash_and_words_are_those_of_the_standard_library(one, other):
    a, b, c, d = Ours(*one), Ours(*other), Standard(*one), Standard(*other)
    assert ((a == b), (a != b), (a < b), (a <= b), (a > b), (a >= b)) == (c == d, c != d, c < d, c <= d, c > d, c >= d)
    assert a != b or hash(a) == hash(b)
    assert repr(a) == repr(c)
    assert (str(a), a.double) == (str(c), c.double)
    assert dataclasses.asdict(a) == dataclasses.asdict(c)
    assert dataclasses.astuple(a) == dataclasses.astuple(c)


def test_what_is_not_to_be_shown_is_not_shown():
    assert "canary" not in repr(Ours("a", 1)) + str(Ours("a", 1))


def test_a_word_that_the_standard_library_does_not_know_is_refused():
    with pytest.raises(TypeError):

        @records.dataclass(frozen=True, slots=True)
        class Wrong:
            name: str = records.field(default="", reprr=False)


def test_another_class_with_the_same_values_is_not_equal():
    assert Ours("a", 1) != Standard("a", 1)
    with pytest.raises(TypeError):
        Ours("a", 1) < Standard("a", 1)  # noqa: B015


@pytest.mark.parametrize("change", [lambda p: setattr(p, "line", 2), lambda p: setattr(p, "new", 2), lambda p: delattr(p, "line")])
def test_a_frozen_one_cannot_be_changed(change):
    with pytest.raises(dataclasses.FrozenInstanceError):
        change(Ours("a", 1))


@pytest.mark.parametrize("make", [lambda: Ours(), lambda: Ours("a"), lambda: Ours("a", 1, other=2), lambda: Ours(*range(9))])
def test_a_missing_or_unknown_field_is_a_type_error(make):
    with pytest.raises(TypeError):
        make()


def test_a_field_left_out_of_the_hash_still_counts_for_equality():
    assert hash(Kept("a", {"b": 1})) == hash(Kept("a", {}))
    assert Kept("a", {"b": 1}) != Kept("a", {})
    assert Kept("a", {}).more is not Kept("a", {}).more


def test_one_that_is_not_frozen_changes_and_has_no_hash():
    loose = Loose()
    loose.items.append(1)
    loose.count = 2
    assert loose == Loose([1], 2)
    assert Loose().items == []
    with pytest.raises(TypeError):
        hash(loose)
    with pytest.raises(AttributeError):
        loose.other = 1


def test_both_ways_to_replace_give_the_same():
    place = Ours("a", 1, 2, ("x",), 3)
    for replace in (records.replace, dataclasses.replace):
        assert replace(place, line=5) == Ours("a", 5, 2, ("x",), 3)
        assert replace(place, line=5).seen == 3
        with pytest.raises(TypeError):
            replace(place, other=1)


def test_the_standard_library_knows_the_fields():
    ours, standard = dataclasses.fields(Ours), dataclasses.fields(Standard)
    assert dataclasses.is_dataclass(Ours)
    assert dataclasses.is_dataclass(Ours("a", 1))
    assert [(f.name, f.type, f.compare) for f in ours] == [(f.name, f.type, f.compare) for f in standard]
    assert dataclasses.fields(Loose)[0].default_factory is list


def test_copies_and_pickles_are_equal():
    kept = Kept("a", {"b": [1]})
    deep = copy.deepcopy(kept)
    assert (copy.copy(kept), deep, pickle.loads(pickle.dumps(kept))) == (kept, kept, kept)
    assert deep.raw is not kept.raw


def test_positions_match():
    match Ours("a", 7):
        case Ours("a", line):
            assert line == 7
        case _:
            pytest.fail("no match")


def test_the_class_keeps_its_name_its_words_and_its_methods():
    assert (Ours.__name__, Ours.__qualname__, Ours.__doc__, Ours.__module__) == (
        Standard.__name__, Standard.__qualname__, Standard.__doc__, Standard.__module__)  # fmt: skip
    assert not hasattr(Ours("a", 1), "__dict__")


def test_a_class_without_slots_is_refused():
    with pytest.raises(TypeError):
        records.dataclass(frozen=True)(type("Plain", (), {}))


def test_nothing_of_the_standard_module_is_loaded_until_it_is_asked_for():
    script = (
        "import sys\nfrom reconciler.records import dataclass\n"
        "@dataclass(frozen=True, slots=True)\nclass A:\n    a: int = 1\n"
        "A(2) == A(); hash(A()); repr(A())\nprint('inspect' in sys.modules, 'dataclasses' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
