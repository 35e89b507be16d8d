import sqlite3

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reconciler.emulator.store import StateError, Store

SHELF = ("cloud", "account", "kind")


def test_objects_keep_the_order_of_their_creation_through_updates():
    store = Store()
    with store.transaction():
        for id in "cab":
            store.put(*SHELF, id, {"id": id})
        store.put(*SHELF, "c", {"id": "c", "new": True})
    assert [item["id"] for item in store.list(*SHELF)] == ["c", "a", "b"]


def test_a_failed_transaction_leaves_nothing_behind(tmp_path):
    store = Store(tmp_path / "s.db")
    with store.transaction():
        store.put(*SHELF, "a", {"id": "a", "group": 1})
        store.meta_set("count", 1)
    assert store.find(*SHELF, "group", 1)
    with pytest.raises(KeyError), store.transaction():
        store.put(*SHELF, "a", {"id": "a", "group": 2})
        store.put(*SHELF, "b", {"id": "b", "group": 1})
        store.meta_set("count", 2)
        store.meta_set("other", 2)
        raise KeyError
    for check in (store, Store(tmp_path / "s.db")):
        assert check.list(*SHELF) == check.find(*SHELF, "group", 1) == [{"id": "a", "group": 1}]
        assert (check.meta_get("count"), check.meta_get("other")) == (1, None)


def test_nothing_is_written_outside_a_transaction():
    store = Store()
    for write in (lambda: store.put(*SHELF, "a", {"id": "a"}), lambda: store.meta_set("a", 1)):
        with pytest.raises(RuntimeError, match="outside a transaction"):
            write()
    with store.transaction(), pytest.raises(RuntimeError, match="already open"), store.transaction():
        pass


def test_deleting_what_is_not_there_says_so():
    store = Store()
    with store.transaction():
        assert store.delete(*SHELF, "a") is False


def test_accounts_are_listed_while_they_hold_something():
    store = Store()
    with store.transaction():
        store.put("cloud", "two", "kind", "x", {"id": "x"})
        store.put("cloud", "one", "kind", "y", {"id": "y"})
        store.put("other", "three", "kind", "z", {"id": "z"})
    assert store.accounts("cloud") == ["two", "one"]
    with store.transaction():
        store.delete("cloud", "two", "kind", "x")
    assert store.accounts("cloud") == ["one"]


class StoreMachine(RuleBasedStateMachine):
    """The store against a plain dict, with rollbacks and an index in use."""

    def __init__(self):
        super().__init__()
        self.store, self.model = Store(), {}

    @rule(id=st.sampled_from("abcd"), group=st.integers(0, 2), fails=st.booleans())
    def put(self, id, group, fails):
        body = {"id": id, "group": group}
        try:
            with self.store.transaction():
                self.store.put(*SHELF, id, body)
                if fails:
                    raise KeyError
        except KeyError:
            return
        self.model[id] = body

    @precondition(lambda self: self.model)
    @rule(data=st.data(), fails=st.booleans())
    def delete(self, data, fails):
        id = data.draw(st.sampled_from(sorted(self.model)))
        try:
            with self.store.transaction():
                assert self.store.delete(*SHELF, id)
                if fails:
                    raise KeyError
        except KeyError:
            return
        del self.model[id]

    @invariant()
    def equal(self):
        assert self.store.list(*SHELF) == list(self.model.values())
        assert self.store.count(*SHELF) == len(self.model)
        for group in range(3):
            expected = [item for item in self.model.values() if item["group"] == group]
            assert self.store.find(*SHELF, "group", group) == expected


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


def test_a_state_file_is_made_with_its_directory(tmp_path):
    Store(tmp_path / "a" / "b.db").close()
    assert (tmp_path / "a" / "b.db").exists()


def test_a_file_that_is_no_state_is_refused(tmp_path):
    path = tmp_path / "s.db"
    path.write_text("this is a text, long enough to be no database " * 40)
    with pytest.raises(StateError, match="cannot be used"):
        Store(path)
    with pytest.raises(StateError, match="cannot be opened"):
        Store(path / "below" / "a" / "file")


def test_a_state_of_another_version_is_refused(tmp_path):
    path = tmp_path / "s.db"
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(StateError, match="version 99"):
        Store(path)
