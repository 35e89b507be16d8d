"""A law of sticky comments: whatever came before and whatever is lost, one comment a unit, and a newer one stays."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.publishing.client import Unknown
from reconciler.publishing.marker import Marker, read
from reconciler.publishing.runs import Run
from reconciler.publishing.sticky import Board, Comment, Wish

HEADS = ("a" * 40, "b" * 40)


class Memory:
    """A forge in memory. ``losses``: what becomes of the next creations: "ok", "lost" (made, no answer), "never"."""

    limit = 65536

    def __init__(self):
        self.comments: dict[int, str] = {}
        self.next_id, self.losses, self.now_head = 0, [], HEADS[1]

    async def head(self):
        return self.now_head

    async def own_comments(self):
        return [Comment(number, body) for number, body in sorted(self.comments.items())]

    async def create(self, body):
        loss = self.losses.pop(0) if self.losses else "ok"
        if loss != "never":
            self.next_id += 1
            self.comments[self.next_id] = body
        if loss != "ok":
            raise Unknown("lost")
        return Comment(self.next_id, body)

    async def update(self, comment, body):
        assert comment.id in self.comments
        self.comments[comment.id] = body
        return Comment(comment.id, body)

    async def delete(self, comment):
        self.comments.pop(comment.id, None)


runs = st.builds(Run, st.sampled_from((None, *HEADS)), st.sampled_from((None, "s", "t")), st.integers(1, 4), st.integers(1, 2))
acts = st.tuples(
    runs, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(("u", "v")),
    st.lists(st.sampled_from(("ok", "lost", "never")), max_size=2),
)  # fmt: skip


@settings(max_examples=50)
@given(before=st.lists(st.tuples(runs, st.sampled_from(("u", "v"))), max_size=4), then=st.lists(acts, min_size=1, max_size=6))
def test_one_comment_a_unit_and_a_newer_one_stays(before, then):
    forge = Memory()
    for run, unit in before:  # copies that earlier runs have left
        asyncio.run(forge.create(Marker(unit, run).line() + "\nbefore"))
    for number, (run, empty, always, delete, unit, losses) in enumerate(then):
        forge.losses = list(losses)
        marker = Marker(unit, run)
        was = {i: b for i, b in forge.comments.items() if read(b).unit == unit}
        others = {i: b for i, b in forge.comments.items() if read(b).unit != unit}
        known_newer = any(run.is_older_than(read(body).run, forge.now_head) for body in was.values())
        body = f"{marker.line()}\n{number}"
        wish = Wish(marker, lambda body=body: body, empty, always, delete)
        try:
            done = asyncio.run(Board(forge).put(wish))
        except Unknown:
            assert losses == ["never", "never"]
            assert not was
            continue
        now = {i: b for i, b in forge.comments.items() if read(b).unit == unit}
        assert {i: b for i, b in forge.comments.items() if read(b).unit != unit} == others
        if known_newer:
            assert done.action == "left"
            assert now == was
        elif empty and delete:
            assert not now
        elif was or not empty or always:
            assert list(now.values()) == [body]
            assert not was or min(was) in now
        else:
            assert done.action == "nothing"
            assert not now
