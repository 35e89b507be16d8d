"""Shards: a fleet of scopes split among runs that know nothing of each other.

A scope's shard follows from its own address and the number of shards alone, so that runs on different machines agree
without talking, and a document that is added, changed or removed moves no other one.
"""

from __future__ import annotations

from reconciler.records import dataclass

MOST = 100_000
"""The largest number of shards: as many completions as a Kubernetes Indexed Job may have."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``index`` (from 1) of ``count``."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def holds(self, address: str) -> bool:
        """Does the scope with this address belong here? SHA-256 of the address as UTF-8, modulo ``count``."""
        if self.count == 1:
            return True
        from hashlib import sha256

        number = int.from_bytes(sha256(address.encode("utf-8", "surrogatepass")).digest(), "big")
        return number % self.count + 1 == self.index


def parse(text: str) -> Shard:
    """The shard that ``I/N`` names: ``1/3`` to ``3/3``.

    Raises:
        ValueError: with a message that says what would be right.
    """
    import re

    found = re.fullmatch(r"([0-9]{1,30})/([0-9]{1,30})", text)
    if not found:
        raise ValueError(f"{text!r} is no shard: write I/N, such as 1/3, 2/3 and 3/3 for three shards")
    index, count = int(found[1]), int(found[2])
    if not 1 <= count <= MOST:
        raise ValueError(f"{text!r} asks for {count} shards: 1 to {MOST} are possible")
    if index == 0:
        raise ValueError(f"{text!r} counts from 0, shards count from 1: 1/{count} to {count}/{count}")
    if index > count:
        raise ValueError(f"{text!r} is beyond the last shard: 1/{count} to {count}/{count}")
    return Shard(index, count)
