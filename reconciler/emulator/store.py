"""Where the emulated clouds keep their objects.

Objects live in memory, in creation order; with a file they are written through to SQLite in one transaction a
request, which is committed before the answer leaves. Another process on the same file is noticed through SQLite's
``data_version``, and the memory is read again.

A file that is no such database, or one of a later version, is refused with ``StateError``.

Contract: a dict that ``get``, ``list`` or ``find`` returned is read-only; change an object by putting a new dict.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Object: TypeAlias = dict[str, Any]
Shelf: TypeAlias = tuple[str, str, str]
"""cloud, account, kind"""
Objects: TypeAlias = list[Object]
Names: TypeAlias = list[str]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    cloud TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (cloud, account, kind, id));
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


_VERSION = 1


class StateError(sqlite3.DatabaseError):
    """A state file that cannot be used, and why."""


class Store:
    """Objects by cloud, account, kind and id, and a small key-value table.

    ``path`` None keeps everything in memory; otherwise it names an SQLite file, created when missing (with its
    directory). Raises ``StateError``.
    """

    def __init__(self, path: str | Path | None = None, *, busy_timeout: float = 30.0) -> None:
        self._shelves: dict[Shelf, dict[str, Object]] = {}
        self._order: dict[Shelf, dict[str, int]] = {}
        self._indexes: dict[tuple[Shelf, str], dict[Any, dict[str, None]]] = {}
        self._meta: dict[str, Any] = {}
        self._seq = 0
        self._undo: dict[tuple[Shelf, str], tuple[Object | None, int]] | None = None
        self._undo_meta: dict[str, Any] = {}
        self._db: sqlite3.Connection | None = None
        self._version = -1
        if path is not None:
            self._db = _open(Path(path), busy_timeout)
            self._reload_if_foreign()

    def close(self) -> None:
        """Close the file; the store must not be used afterwards."""
        if self._db is not None:
            self._db.close()
            self._db = None

    # -- reading ---------------------------------------------------------------------------------------------------

    def get(self, cloud: str, account: str, kind: str, id: str) -> Object | None:
        """The object, or None. Read-only."""
        return self._shelves.get((cloud, account, kind), {}).get(id)

    def list(self, cloud: str, account: str, kind: str) -> Objects:
        """All objects of a kind in creation order. Each is read-only."""
        return list(self._shelves.get((cloud, account, kind), {}).values())

    def find(self, cloud: str, account: str, kind: str, field: str, value: Any) -> Objects:
        """Objects whose ``field`` equals ``value``, in creation order. The first question builds an index."""
        shelf = (cloud, account, kind)
        index = self._indexes.get((shelf, field))
        if index is None:
            index = {}
            for id, body in self._shelves.get(shelf, {}).items():
                index.setdefault(body.get(field), {})[id] = None
            self._indexes[(shelf, field)] = index
        objects, order = self._shelves.get(shelf, {}), self._order.get(shelf, {})
        return [objects[id] for id in sorted(index.get(value, ()), key=order.__getitem__)]

    def count(self, cloud: str, account: str, kind: str) -> int:
        """How many objects of a kind there are."""
        return len(self._shelves.get((cloud, account, kind), {}))

    def accounts(self, cloud: str) -> Names:
        """The accounts of a cloud that hold at least one object, in the order of their first object."""
        firsts: dict[str, int] = {}
        for (owner, account, _), order in self._order.items():
            if owner == cloud and order:
                firsts[account] = min(firsts.get(account, self._seq), next(iter(order.values())))
        return sorted(firsts, key=firsts.__getitem__)

    @property
    def empty(self) -> bool:
        """True when no object of any cloud is stored."""
        return not any(self._shelves.values())

    def meta_get(self, key: str, default: Any = None) -> Any:
        """A stored JSON value, or ``default``."""
        return self._meta.get(key, default)

    # -- writing (only inside a transaction) -----------------------------------------------------------------------

    def put(self, cloud: str, account: str, kind: str, id: str, body: Object) -> None:
        """Create or replace an object; a replaced one keeps its place in the creation order."""
        shelf = (cloud, account, kind)
        objects = self._shelves.setdefault(shelf, {})
        order = self._order.setdefault(shelf, {})
        self._remember(shelf, id)
        old = objects.get(id)
        if old is None:
            self._seq += 1
            order[id] = self._seq
        objects[id] = body
        self._reindex(shelf, id, old, body)

    def delete(self, cloud: str, account: str, kind: str, id: str) -> bool:
        """Remove an object; False when there was none."""
        shelf = (cloud, account, kind)
        old = self.get(cloud, account, kind, id)
        if old is None:
            return False
        self._remember(shelf, id)
        del self._shelves[shelf][id]
        del self._order[shelf][id]
        self._reindex(shelf, id, old, None)
        return True

    def meta_set(self, key: str, value: Any) -> None:
        """Store a JSON value under ``key``."""
        if self._undo is None:
            raise RuntimeError("the store is written outside a transaction")
        self._undo_meta.setdefault(key, self._meta.get(key))
        self._meta[key] = value

    @property
    def dirty(self) -> bool:
        """True when the open transaction has written something."""
        return bool(self._undo or self._undo_meta)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside take effect together, on disk too, or (exception) not at all. Not re-entrant."""
        if self._undo is not None:
            raise RuntimeError("a transaction is already open")
        if self._db is not None:
            self._db.execute("BEGIN IMMEDIATE")
        self._undo, self._undo_meta = {}, {}
        try:
            self._reload_if_foreign()
            yield
            self._flush()
        except BaseException:
            self._rollback()
            if self._db is not None and self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._undo, self._undo_meta = None, {}

    # -- inside ----------------------------------------------------------------------------------------------------

    def _remember(self, shelf: Shelf, id: str) -> None:
        if self._undo is None:
            raise RuntimeError("the store is written outside a transaction")
        self._undo.setdefault(
            (shelf, id), (self._shelves.get(shelf, {}).get(id), self._order.get(shelf, {}).get(id, 0))
        )

    def _reindex(self, shelf: Shelf, id: str, old: Object | None, new: Object | None) -> None:
        for (owner, field), index in self._indexes.items():
            if owner != shelf:
                continue
            if old is not None:
                index.get(old.get(field), {}).pop(id, None)
            if new is not None:
                index.setdefault(new.get(field), {})[id] = None

    def _flush(self) -> None:
        if self._db is None:
            return
        assert self._undo is not None
        for shelf, id in self._undo:
            body = self._shelves[shelf].get(id)
            if body is None:
                self._db.execute("DELETE FROM objects WHERE cloud=? AND account=? AND kind=? AND id=?", (*shelf, id))
            else:
                row = (*shelf, id, self._order[shelf][id], json.dumps(body))
                self._db.execute("INSERT OR REPLACE INTO objects VALUES (?,?,?,?,?,?)", row)
        for key in self._undo_meta:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, json.dumps(self._meta[key])))
        self._db.execute("COMMIT")

    def _rollback(self) -> None:
        assert self._undo is not None
        touched = set()
        for (shelf, id), (body, seq) in self._undo.items():
            touched.add(shelf)
            self._shelves.setdefault(shelf, {}).pop(id, None)
            self._order.setdefault(shelf, {}).pop(id, None)
            if body is not None:
                self._shelves[shelf][id] = body
                self._order[shelf][id] = seq
        for shelf in touched:
            ordered = sorted(self._order[shelf].items(), key=lambda item: item[1])
            self._order[shelf] = dict(ordered)
            self._shelves[shelf] = {id: self._shelves[shelf][id] for id, _ in ordered}
        for index in [index for index in self._indexes if index[0] in touched]:
            del self._indexes[index]
        for key, value in self._undo_meta.items():
            if value is None:
                self._meta.pop(key, None)
            else:
                self._meta[key] = value

    def _reload_if_foreign(self) -> None:
        if self._db is None:
            return
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return
        self._shelves, self._order, self._indexes = {}, {}, {}
        for cloud, account, kind, id, seq, body in self._db.execute("SELECT * FROM objects ORDER BY seq"):
            self._shelves.setdefault((cloud, account, kind), {})[id] = json.loads(body)
            self._order.setdefault((cloud, account, kind), {})[id] = seq
            self._seq = max(self._seq, seq)
        self._meta = {key: json.loads(value) for key, value in self._db.execute("SELECT * FROM meta")}
        self._version = version


def _open(path: Path, busy_timeout: float) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise StateError(f"the state file {path} cannot be opened: {error}") from error
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise StateError(f"the state file {path} is of version {version}, this is version {_VERSION}: delete it")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(f"{_SCHEMA} PRAGMA user_version={_VERSION};")
    except BaseException as error:
        db.close()
        if isinstance(error, sqlite3.Error):
            raise StateError(f"the state file {path} cannot be used: {error}") from error
        raise
    return db
