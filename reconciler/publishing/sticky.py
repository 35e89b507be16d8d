"""One comment a unit: created once, edited in place, folded or deleted when there is nothing to do.

Only comments of the token's own identity count: anybody can write a comment that begins with our marker. Of several
own comments of one unit (two runs created them at once) the oldest stays. A run that is known to have seen an older
state leaves a newer one's comment alone; between reading and writing another run may still come in, which the forges
give no means to exclude: let CI run one review of a pull request at a time (GitHub: ``concurrency``; GitLab:
``resource_group``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from reconciler.publishing import marker as markers
from reconciler.publishing.client import Unknown
from reconciler.publishing.marker import Marker
from reconciler.publishing.runs import Run
from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the token's own identity. ``url`` is where people read it, if the forge tells."""

    id: int
    body: str
    url: str | None = None


class Forge(Protocol):
    """GitHub or GitLab: the comments of one pull or merge request."""

    limit: int

    async def head(self) -> str | None:
        """The newest commit of the pull request."""
        ...

    async def own_comments(self) -> list[Comment]:
        """The comments of the token's own identity, in the order of their ids."""
        ...

    async def create(self, body: str) -> Comment:
        """A new comment. Raises Unknown where nobody knows whether it was made."""
        ...

    async def update(self, comment: Comment, body: str) -> Comment:
        """Another body for a comment."""
        ...

    async def delete(self, comment: Comment) -> None:
        """No comment any more; it is no mistake if it is gone already."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """What was done for a unit: created, updated, unchanged, deleted, nothing (there is none, and none is needed) or
    left (a newer run's comment)."""

    action: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What should stand there. ``empty``: there is nothing to do; ``always``: say so even where no comment is."""

    marker: Marker
    body: Callable[[], str]
    empty: bool = False
    always: bool = False
    delete_empty: bool = False


class Board:
    """The comments of one pull request, listed once and kept up to date."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        self._own: list[Comment] | None = None
        self._head: str | None = None

    async def put(self, wish: Wish) -> Done:
        """Bring a unit's comment to what the wish says.

        Raises:
            Failed, DiagnosticError: as the forge's client does.
        """
        await self._look()
        found = self._of(wish.marker.unit)
        newer = self._newer(found, wish.marker.run)
        if newer is not None:
            return Done("left", newer.url)
        if wish.empty and wish.delete_empty:
            for comment in found:
                await self._remove(comment)
            return Done("deleted" if found else "nothing")
        if found:
            return await self._edit(found, wish)
        if wish.empty and not wish.always:
            return Done("nothing")
        return await self._create(wish)

    async def _look(self) -> None:
        if self._own is None:
            self._head = await self._forge.head()
            await self._list()

    async def _list(self) -> None:
        self._own = await self._forge.own_comments()

    def _of(self, unit: str) -> list[Comment]:
        found = []
        for comment in self._own or ():
            marker = markers.read(comment.body)
            if marker is not None and marker.unit == unit:
                found.append(comment)
        return found

    def _newer(self, found: Sequence[Comment], run: Run) -> Comment | None:
        for comment in found:
            marker = markers.read(comment.body)
            if marker is not None and run.is_older_than(marker.run, self._head):
                return comment
        return None

    async def _edit(self, found: Sequence[Comment], wish: Wish) -> Done:
        """The oldest is the one that stays; the others are copies."""
        first, *copies = sorted(found, key=lambda comment: comment.id)
        body = wish.body()
        if _same(first.body, body):
            done = Done("unchanged", first.url)
        else:
            updated = await self._forge.update(first, body)
            self._own = [updated if c.id == first.id else c for c in self._own or ()]
            done = Done("updated", updated.url or first.url)
        for copy in copies:
            await self._remove(copy)
        return done

    async def _create(self, wish: Wish) -> Done:
        """A new comment, then a second look: an answer may have been lost, another run may have created one too."""
        body = wish.body()
        created: Comment | None = None
        for attempt in (1, 2):
            try:
                created = await self._forge.create(body)
            except Unknown:
                await self._list()
                if not self._of(wish.marker.unit):
                    if attempt == 2:
                        raise
                    continue
                done = await self._merge(self._of(wish.marker.unit), None, wish)
                return Done("created", done.url) if done.action == "unchanged" else done
            break
        assert created is not None
        await self._list()
        found = self._of(wish.marker.unit)
        if all(comment.id != created.id for comment in found):
            found = [*found, created]  # the list is behind
        return Done("created", created.url) if len(found) < 2 else await self._merge(found, created, wish)

    async def _merge(self, found: Sequence[Comment], created: Comment | None, wish: Wish) -> Done:
        """Another run was faster: its comment stays, with the newer content."""
        newer = self._newer([c for c in found if created is None or c.id != created.id], wish.marker.run)
        if newer is None:
            return await self._edit(found, wish)
        if created is not None:
            await self._remove(created)
        return Done("left", newer.url)

    async def _remove(self, comment: Comment) -> None:
        await self._forge.delete(comment)
        self._own = [c for c in self._own or () if c.id != comment.id]


def _same(one: str, other: str) -> bool:
    """Equal but for line ends and the blank space around: forges rewrite both."""
    return [line.rstrip() for line in one.strip().splitlines()] == [
        line.rstrip() for line in other.strip().splitlines()
    ]
