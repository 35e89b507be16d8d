"""Several units' comments on one pull or merge request, and the summary page of a CI step."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from reconciler.diagnostics import Diagnostic, DiagnosticError, Severity
from reconciler.model.calls import Clock
from reconciler.publishing import refusals
from reconciler.publishing.bodies import Body, compose
from reconciler.publishing.client import Failed, Listener
from reconciler.publishing.marker import Marker
from reconciler.publishing.refusals import missing
from reconciler.publishing.runs import Run, SystemClock, run_url
from reconciler.publishing.sticky import Board, Done, Forge, Wish
from reconciler.publishing.units import Unit
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of the summary of one step: GitHub takes no more."""
_GO_ON = ("PUB-REFUSED", "PUB-UNKNOWN")
"""Failures that concern one comment only; after any other the next one would fail alike."""


@dataclass(frozen=True, slots=True)
class Item:
    """A unit and its report: ``render(budget)`` gives markdown of at most so many bytes, where that is possible."""

    unit: Unit
    render: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Options:
    """``always``: say that there is nothing to do even where no comment is; ``delete_empty``: delete it then."""

    always: bool = False
    delete_empty: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """What became of each item, in order; ``failed`` and ``not tried`` are actions too."""

    done: tuple[Done, ...]
    diagnostics: tuple[Diagnostic, ...]


class Pull(Forge, Protocol):
    """A forge that can say what it talks of, and look for it."""

    @property
    def words(self) -> refusals.Words:
        """For diagnostics."""
        ...

    @property
    def note(self) -> str:
        """What readers of a comment must know of where the documents come from; may be empty."""
        ...

    async def find(self) -> None:
        """Which pull request it is."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


def github(
    environ: Mapping[str, str], number: int | None, *, clock: Clock | None = None, timeout: float = 30.0,
    wire: httpx.AsyncBaseTransport | None = None, listen: Listener | None = None,
) -> tuple[Pull, Run]:  # fmt: skip
    """The pull request of this run of GitHub Actions, or number ``number`` of GITHUB_REPOSITORY.

    Raises:
        DiagnosticError: PUB-ENV, PUB-NUMBER, PUB-URL, CONN-CA-FILE.
    """
    from reconciler.publishing.github import GitHub
    from reconciler.publishing.github_place import place_of

    token = _token(environ, "GITHUB_TOKEN", "give the step `env: GITHUB_TOKEN: ${{ github.token }}`")
    place = place_of(environ, number)
    return GitHub(place, token, environ, clock or SystemClock(), timeout=timeout, wire=wire,
                  listen=listen), place.run  # fmt: skip


def gitlab(
    environ: Mapping[str, str], number: int | None, *, clock: Clock | None = None, timeout: float = 30.0,
    wire: httpx.AsyncBaseTransport | None = None, listen: Listener | None = None,
) -> tuple[Pull, Run]:  # fmt: skip
    """The merge request of this GitLab job, or number ``number`` of CI_PROJECT_ID.

    Raises:
        DiagnosticError: PUB-ENV, PUB-NUMBER, PUB-URL, CONN-CA-FILE.
    """
    from reconciler.publishing.gitlab import GitLab, place_of

    token = _token(environ, "GITLAB_TOKEN", "give an access token with the scope `api` as a masked CI/CD variable")
    place = place_of(environ, number)
    return GitLab(place, token, environ, clock or SystemClock(), timeout=timeout, wire=wire,
                  listen=listen), place.run  # fmt: skip


async def publish(
    pull: Pull, run: Run, items: Sequence[Item], options: Options, environ: Mapping[str, str],
    listen: Listener | None = None,
) -> Published:  # fmt: skip
    """Bring the comment of each item's unit up to date; closes ``pull``. ``listen`` is told of each, as it is done."""
    done: list[Done] = []
    found: list[Diagnostic] = []
    board = Board(pull)
    link = run_url(environ)
    try:
        for item in items:
            try:
                if not done:
                    await pull.find()
                done.append(await _put(board, pull, run, item, options, link, found))
            except DiagnosticError as error:
                found.append(error.diagnostics[0])
                done.append(Done("failed"))
            except Failed as error:
                found.append(refusals.failed(pull.words, error))
                done.append(Done("failed"))
            if listen is not None:
                listen("comment", {"unit": item.unit.name, "action": done[-1].action, "url": done[-1].url})
            if done[-1].action == "failed" and found[-1].code not in _GO_ON:
                break
    finally:
        await pull.aclose()
    return Published((*done, *[Done("not tried")] * (len(items) - len(done))), tuple(found))


async def _put(
    board: Board, pull: Pull, run: Run, item: Item, options: Options, link: str | None, found: list[Diagnostic]
) -> Done:
    unit = item.unit
    marker = Marker(unit.name, run, unit.digest)
    made: list[Body] = []

    def body() -> str:
        made.append(compose(unit, marker, item.render, pull.limit, link, note=pull.note))
        return made[-1].text

    done = await board.put(Wish(marker, body, unit.empty, options.always, options.delete_empty))
    if made and not made[-1].whole:
        found.append(_too_long(unit, made[-1], pull.limit))
    if done.action == "left":
        found.append(
            Diagnostic("PUB-OLDER", f"the comment of {unit.name!r} is of a newer run and was left as it is",
                       "this run saw an older commit, or is an earlier run of the same series",
                       "nothing is to be done: the newer run counts", Severity.NOTE)
        )  # fmt: skip
    return done


def summary(items: Sequence[Item], environ: Mapping[str, str], note: str = "") -> tuple[Diagnostic, ...]:
    """Add the items' reports to the summary page of this GitHub Actions step (GITHUB_STEP_SUMMARY).

    ``note`` stands at the end of each, as in a comment.

    Returns:
        Nothing, or what went wrong: PUB-ENV, PUB-SUMMARY, and as a warning PUB-TOO-LONG.
    """
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return missing("GITHUB_STEP_SUMMARY", "is not set", "use --summary in a step of GitHub Actions").diagnostics
    found: list[Diagnostic] = []
    link = run_url(environ)
    try:
        room = SUMMARY_LIMIT - (os.path.getsize(path) if os.path.exists(path) else 0)
        with open(path, "a", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            for item in items:
                body = compose(item.unit, None, item.render, room, link, lambda text: len(text.encode()), note)
                size = len(body.text.encode()) + 1
                if size > room:
                    found.append(_no_summary(f"it holds {SUMMARY_LIMIT:,} bytes and is full"))
                    break
                stream.write(body.text + "\n")
                room -= size
                if not body.whole:
                    found.append(_too_long(item.unit, body, room))
    except (OSError, ValueError) as error:
        found.append(_no_summary(getattr(error, "strerror", None) or type(error).__name__))
    return tuple(found)


def _token(environ: Mapping[str, str], name: str, hint: str) -> str:
    token = environ.get(name, "")
    if not token:
        raise missing(name, "is not set", hint)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise missing(name, "is no token: it holds a blank, a line end or a character outside ASCII", hint)
    return token


def _no_summary(why: str) -> Diagnostic:
    return Diagnostic("PUB-SUMMARY", "the step's summary could not be written", why,
                      "the documents are whole: `reconcile show FILE` renders them")  # fmt: skip


def _too_long(unit: Unit, body: Body, limit: int) -> Diagnostic:
    return Diagnostic(
        "PUB-TOO-LONG",
        f"the report of {unit.name!r} does not fit: a notice stands in its place",
        f"what must not be left out of it takes {body.needed:,} characters; there is room for {limit:,}",
        "split the run into units (--target, --shard), or read it in the step's summary (--summary)",
        Severity.WARNING,
    )
