"""Documents that come back from a file (plans, outcomes, drift, snapshots): read as if a stranger had written them.

Size and depth are bounded, the JSON is strict, and the published schema of the document's kind decides. What does not
fit is one diagnostic with a code and, where the schema refuses, the JSON paths.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, DiagnosticError, Severity
from reconciler.manifests.schemas import schema, verdict
from reconciler.model.canonical import Json, digest
from reconciler.records import dataclass

MAX_BYTES = 512 * 1024 * 1024
"""The largest document of one's own runs: a plan of 100,000 steps takes about half of it."""
PUBLISHED_BYTES = 64 * 1024 * 1024
"""The largest document that is read to be published: another job's artifact, perhaps of an untrusted run. A plan of
10,000 steps takes about a third of it."""
MAX_DEPTH = 64
"""Levels of nesting; the deepest document that reconcile writes has about fifteen."""
KINDS = {"Plan": "plan", "Outcome": "outcome", "Drift": "drift", "Snapshot": "snapshot"}
"""Kinds of documents and the names of their schemas."""

_WRITTEN_BY = {
    "Plan": "reconcile plan --json-into FILE",
    "Outcome": "reconcile apply --json-into FILE",
    "Drift": "reconcile drift --json-into FILE",
    "Snapshot": "reconcile snapshot --out FILE",
}
_TOLD = 5
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Foreign:
    """A document that its schema accepts. ``shown`` is the file's name as it was given.

    ``altered``: it carries a digest that does not fit its content (``warnings`` says so). A document without a digest
    is never ``altered``: nothing is known about it.
    """

    kind: str
    document: dict[str, Json]
    shown: str
    altered: bool = False
    warnings: tuple[Diagnostic, ...] = ()


def read(
    path: str,
    *,
    shown: str | None = None,
    kinds: Sequence[str] = ("Plan", "Outcome", "Drift"),
    limit: int = MAX_BYTES,
    refuse_altered: bool = False,
) -> Foreign:
    """A document of one of ``kinds`` from a file of at most ``limit`` bytes, held against its schema.

    ``shown`` names the file in messages (default: ``path``). ``refuse_altered`` makes a digest that does not fit an
    error instead of a warning.

    Raises:
        DiagnosticError: exactly one diagnostic: CLI-FILE (cannot be read), DOC-SIZE, DOC-JSON (not UTF-8, no JSON,
            cut off, a key twice, NaN, too deep, no object), DOC-KIND, DOC-VERSION, DOC-SCHEMA or DOC-ALTERED.
    """
    shown = path if shown is None else shown
    return check(read_object(path, shown=shown, kinds=kinds, limit=limit), shown, kinds, refuse_altered)


def read_object(path: str, *, shown: str, kinds: Sequence[str], limit: int = MAX_BYTES) -> dict[str, Json]:
    """The JSON object of a file, not yet held against anything.

    Raises:
        DiagnosticError: CLI-FILE, DOC-SIZE or DOC-JSON.
    """
    try:
        with open(path, "rb") as stream:
            raw = stream.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        why = getattr(error, "strerror", None) or str(error)
        hint = "for standard input give /dev/stdin" if shown == "-" else "give a file that exists and may be read"
        raise DiagnosticError(Diagnostic("CLI-FILE", f"{shown!r} cannot be read", why, hint)) from None
    return parse(raw, shown=shown, kinds=kinds, limit=limit)


def parse(raw: bytes, *, shown: str, kinds: Sequence[str], limit: int = MAX_BYTES) -> dict[str, Json]:
    """The JSON object that ``raw`` holds.

    Raises:
        DiagnosticError: DOC-SIZE or DOC-JSON.
    """
    if len(raw) > limit:
        raise _refused("DOC-SIZE", f"{shown!r} is larger than {_mebibytes(limit)}",
                       "nothing of it was looked at", kinds)  # fmt: skip
    try:
        document = json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float
        )
        _check_depth(document)
        if b"\\ud" in raw or b"\\uD" in raw:
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        why = "a text in it holds half of a character (a lone surrogate)"
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8: byte {error.start + 1:,} does not belong there"
    except json.JSONDecodeError as error:
        why = f"{_what_is_wrong(raw, error)}: line {error.lineno:,}, column {error.colno:,}: {error.msg}"
    except RecursionError:
        why = f"it is nested deeper than {MAX_DEPTH} levels"
    except ValueError as error:
        why = str(error)
    else:
        if isinstance(document, dict):
            return document
        why = "it is no JSON object"
    raise _refused("DOC-JSON", f"{shown!r} is no document of reconcile", why, kinds)


def check(document: dict[str, Json], shown: str, kinds: Sequence[str], refuse_altered: bool = False) -> Foreign:
    """A parsed document as one of ``kinds``: kind, format version, schema and digest, in this order.

    Raises:
        DiagnosticError: DOC-KIND, DOC-VERSION, DOC-SCHEMA or DOC-ALTERED.
    """
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        said = f"its kind is {_cut(json.dumps(kind))}" if "kind" in document else "it has no `kind`"
        raise _refused("DOC-KIND", f"{shown!r} is no {_either(kinds)}", said, kinds)
    _check_version(document, kind, shown)
    problems = tuple(refusals(KINDS[kind], document))
    if problems:
        more = "" if len(problems) <= _TOLD else "\nand more"
        raise _refused("DOC-SCHEMA", f"{shown!r} is no {kind.lower()} by the published schema",
                       "\n".join(problems[:_TOLD]) + more, (kind,))  # fmt: skip
    if not _altered(document):
        return Foreign(kind, document, shown)
    told = Diagnostic(
        "DOC-ALTERED",
        f"{shown!r} was altered after it was made",
        "its digest does not fit its content",
        f"make it again with `{_WRITTEN_BY[kind]}`",
        Severity.ERROR if refuse_altered else Severity.WARNING,
    )
    if refuse_altered:
        raise DiagnosticError(told)
    return Foreign(kind, document, shown, True, (told,))


def document_problem(name: str, document: Mapping[str, Json]) -> str:
    """The first thing that the schema ``name`` (``plan``, ``outcome``) has against a document; empty: nothing."""
    return next(refusals(name, document), "")


def refusals(name: str, document: Mapping[str, Json]) -> Iterator[str]:
    """What the schema ``name`` has against a document: JSON path and words, at most one more than are told.

    The words quote the document, and are cut to a length that a line can hold.
    """
    from itertools import islice

    try:
        for error in islice(verdict(name).iter_errors(document), _TOLD + 1):
            yield f"{json_path(error.instance_path)}: {_cut(error.message)}"
    except (ValueError, RecursionError):  # numbers or nesting that the validator cannot hold
        yield "$: it holds what no document holds"


def json_path(parts: Iterable[str | int]) -> str:
    """``$.steps[3].call["a b"]``."""
    text = "$"
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if part.isidentifier() else f"[{_cut(json.dumps(part, ensure_ascii=False))}]"
    return text


def _check_version(document: Mapping[str, Json], kind: str, shown: str) -> None:
    known: int = schema(KINDS[kind])["properties"]["format_version"]["const"]
    given = document.get("format_version")
    if given == known and isinstance(given, int) and not isinstance(given, bool):
        return
    if not isinstance(given, int) or isinstance(given, bool):
        said, hint = f"its `format_version` is {_cut(json.dumps(given))}", f"make it again with `{_WRITTEN_BY[kind]}`"
    elif given > known:
        by = document.get("tool_version")
        made = f" ({_cut(by)})" if isinstance(by, str) else ""
        said = f"it was made by a newer reconcile{made}: format version {given}; this one reads up to {known}"
        hint = "use the version of reconcile that made it, or a newer one"
    else:
        said = f"it has format version {given}; this version of reconcile reads {known}"
        hint = f"make it again with `{_WRITTEN_BY[kind]}`"
    raise DiagnosticError(Diagnostic("DOC-VERSION", f"{shown!r} has a format that is not read here", said, hint))


def _altered(document: Mapping[str, Json]) -> bool:
    """Does a digest of its own content stand in the document, and is it another one?"""
    told = document.get("digest")
    return isinstance(told, str) and told != digest({k: v for k, v in document.items() if k != "digest"})


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object. Raises ``ValueError`` for a key that stands twice: readers disagree on which one counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {_cut(json.dumps(twice, ensure_ascii=False))} stands twice in one object")
    return found


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON value")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{_cut(text)} is too large a number")
    return number


def _check_depth(document: Json) -> None:
    """Raise ``RecursionError`` for what is nested deeper than ``MAX_DEPTH``: level by level, without recursion."""
    level, depth = [document], 0
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        if depth > MAX_DEPTH:
            raise RecursionError
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]


def _what_is_wrong(raw: bytes, error: json.JSONDecodeError) -> str:
    """Nothing in it, cut off (the end came where more was due), or no JSON at that place."""
    if not raw.strip():
        return "it is empty"
    cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
    return "it is cut off" if cut else "it is no JSON"


def _refused(code: str, summary: str, detail: str, kinds: Sequence[str]) -> DiagnosticError:
    written = " or ".join(f"`{_WRITTEN_BY[kind]}`" for kind in kinds)
    return DiagnosticError(Diagnostic(code, summary, detail, f"give a file that {written} has written"))


def _either(kinds: Sequence[str]) -> str:
    return " or ".join(kind.lower() for kind in kinds)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _mebibytes(limit: int) -> str:
    return f"{limit // 2**20:,} MiB" if limit >= 2**20 else f"{limit:,} bytes"
