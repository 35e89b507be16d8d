"""What a comment says of a document besides its report: whose it is, whether there is anything to do, one line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.records import dataclass

MAX_NAME = 200
"""Characters of a unit's name."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One document of one unit. ``empty``: nothing to do; ``line`` says what it is in our own words only."""

    name: str
    kind: str
    empty: bool
    line: str
    digest: str
    commit: str


def unit_of(document: Mapping[str, Any], name: str | None = None) -> Unit:
    """The unit of a schema-checked Plan, Outcome or Drift document.

    ``name`` is what ``--unit`` gave; else the name is made of the document's ``source`` (paths, selection, shard), so
    that every run of the same command line has the same.

    Raises:
        DiagnosticError: PUB-UNIT, for a name that is too long or invisible.
    """
    kind = str(document["kind"])
    name = default_name(document) if name is None else name
    if not name.strip() or len(name) > MAX_NAME:
        said = "is empty" if not name.strip() else f"is longer than {MAX_NAME} characters"
        raise DiagnosticError(
            Diagnostic("PUB-UNIT", f"the unit's name {said}", "it names the comment among those of other units",
                       "give a short one with --unit NAME")
        )  # fmt: skip
    empty, line = {"Plan": _plan, "Outcome": _outcome, "Drift": _drift}[kind](document)
    digest = str(document.get("digest") or document.get("plan_digest") or "")
    commit = str((document.get("source") or {}).get("commit") or "")
    return Unit(name, kind, empty, line, digest, commit if re.fullmatch("[0-9a-f]{7,64}", commit) else "")


def default_name(document: Mapping[str, Any]) -> str:
    """From the source: the paths, then the selection as on the command line. Drift is a unit of its own."""
    source = document.get("source")
    if not isinstance(source, Mapping):
        return "apply" if document["kind"] == "Outcome" else str(document["kind"]).lower()
    words = ["drift"] if document["kind"] == "Drift" else []
    words += [str(path) for path in source["paths"]] or ["."]
    words += [f"--target {glob}" for glob in source["target"]]
    words += [f"--exclude {glob}" for glob in source["exclude"]]
    words += [f"--shard {source['shard']}"] if source.get("shard") else []
    name = " ".join(words)
    if len(name) <= MAX_NAME:
        return name
    from reconciler.model.canonical import digest

    return f"{name[: MAX_NAME - 14]}… {digest(words)[:12]}"


def check_apart(units: Sequence[Unit], shown: Sequence[str]) -> None:
    """Nothing, if every document is for another unit.

    Raises:
        DiagnosticError: PUB-UNIT.
    """
    first: dict[str, str] = {}
    for unit, file in zip(units, shown, strict=True):
        if unit.name in first:
            raise DiagnosticError(
                Diagnostic(
                    "PUB-UNIT", f"{first[unit.name]!r} and {file!r} are both for the unit {unit.name!r}",
                    "a unit has one comment, and the second would overwrite the first",
                    "give each document a name of its own: --unit A --unit B, in the order of the files",
                )
            )  # fmt: skip
        first[unit.name] = file


def _plan(plan: Mapping[str, Any]) -> tuple[bool, str]:
    problems = _problems(plan)
    if plan["steps"] or plan["blocked"] or plan["gaps"] or problems:
        summary = plan["summary"]
        parts = [f"{summary[word]} to {word}" for word in ("create", "update", "delete", "move") if summary[word]]
        parts += [_count(len(plan["blocked"]), "scope") + " blocked"] if plan["blocked"] else []
        parts += [_count(problems, "error")] if problems else []
        return False, "Plan: " + (", ".join(parts) or "nothing to change")
    return True, "Plan: nothing to change" + _besides(
        (len(plan["left_open"]), "left open"), (len(plan["unlisted"]), "unlisted"), (len(plan["ignored"]), "ignored"),
        (len(plan["diagnostics"]), "warned of"),
    )  # fmt: skip


def _outcome(outcome: Mapping[str, Any]) -> tuple[bool, str]:
    summary = outcome["summary"]
    empty = outcome["result"] == "done" and not summary["steps"] and not _problems(outcome)
    if empty:
        return True, "Apply: nothing to do"
    result = str(outcome["result"]).replace("_", " ")
    return False, f"Apply: {result}, {summary['done']} of {_count(summary['steps'], 'step')} done"


def _drift(drift: Mapping[str, Any]) -> tuple[bool, str]:
    summary = drift["summary"]
    if drift["result"] == "clean" and not summary["alarms"] and not _problems(drift):
        return True, f"Drift: none in {_count(summary['scopes'], 'scope')}" + _besides(
            (summary["known"], "known"), (summary["kept"], "kept"), (len(drift["ignored"]), "ignored")
        )
    if drift["result"] == "unknown":
        return False, f"Drift: {_count(summary['unknown'], 'scope')} could not be told, {summary['alarms']} new"
    return False, f"Drift: {summary['alarms']} new in {_count(summary['drifted'], 'scope')}"


def _problems(document: Mapping[str, Any]) -> int:
    return sum(1 for diagnostic in document["diagnostics"] if diagnostic["severity"] == "error")


def _besides(*counts: tuple[int, str]) -> str:
    told = ", ".join(f"{number} {word}" for number, word in counts if number)
    return f" ({told})" if told else ""


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
