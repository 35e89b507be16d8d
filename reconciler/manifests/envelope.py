"""Is a document ours, and what is it? Everything that is decided before a schema can be chosen."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic, Path, Span, did_you_mean
from reconciler.manifests.marks import Marks
from reconciler.manifests.parsed import Parsed
from reconciler.model import address
from reconciler.records import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

API_VERSION = "reconciler/v1"
KINDS = ("Provider", "Listener", "SecurityGroup")
_ENVELOPE = ("apiVersion", "kind", "metadata", "spec")


@dataclass(slots=True)
class Document:
    """One of our documents on its way; ``address`` is None while it has no usable kind and name."""

    data: Mapping[str, Any]
    marks: Marks
    kind: str
    name: str | None
    address: str | None
    problems: list[Diagnostic] = field(default_factory=list)
    poisoned: frozenset[Path] = frozenset()
    readable: bool = True

    def span(self, path: Path, on_key: bool = False) -> Span | None:
        """Where a part of this document stands."""
        return self.marks.span(self.data, path, on_key)

    def locate(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with its span."""
        from reconciler.records import replace

        return replace(diagnostic, span=self.span(diagnostic.path, diagnostic.on_key))


def is_ours(data: Any) -> bool:
    """Is this one of our documents, perhaps with a mistake in its apiVersion?

    A document without apiVersion is ours when its kind is; so is one whose apiVersion is a near miss.
    """
    if not isinstance(data, Mapping):
        return False
    version, kind = data.get("apiVersion"), data.get("kind")
    if isinstance(version, str):
        group = version.partition("/")[0]
        if group == "reconciler" and "/" in version:
            return True
        return _known_kind(kind) and group != "reconciler.emulator" and _near(group)
    return _known_kind(kind) and ("spec" in data or "metadata" in data)


def _known_kind(kind: Any) -> bool:
    return kind in KINDS if isinstance(kind, str) else False


def _near(group: str) -> bool:
    from difflib import SequenceMatcher

    return len(group) < 24 and SequenceMatcher(None, group.casefold(), "reconciler").ratio() >= 0.85


def document(parsed: Parsed) -> Document:
    """The document with its name and address, and the diagnostics of its envelope.

    ``kind`` is "" when it is none of ours: then nothing more can be checked.
    """
    data: Mapping[str, Any] = parsed.data
    kind = data.get("kind")
    known = kind if isinstance(kind, str) and kind in KINDS else ""
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    usable = name if isinstance(name, str) and name else None
    found = Document(
        data,
        parsed.marks,
        known,
        usable,
        _address(known, usable),
        list(parsed.problems),
        parsed.poisoned,
        parsed.readable,
    )
    if not known and parsed.readable and ("kind",) not in parsed.poisoned:
        found.problems.append(found.locate(_no_kind(data)))
    return found


def _no_kind(data: Mapping[str, Any]) -> Diagnostic:
    if "kind" not in data:
        near = next((k for k in data if k not in _ENVELOPE and did_you_mean("kind", [k])), None)
        if near is not None:
            summary, known = f"unknown field {near!r}", f"Known here: {', '.join(_ENVELOPE)}."
            hint = "did you mean 'kind'?"
            return Diagnostic("SCHEMA-UNKNOWN-FIELD", summary, known, hint, path=(near,), on_key=True)
        return Diagnostic("SCHEMA-REQUIRED", "kind is missing", "", f"add kind: {' | '.join(KINDS)}")
    kind = data["kind"]
    hint = did_you_mean(kind, KINDS) if isinstance(kind, str) else ""
    return Diagnostic(
        "SCHEMA-ENUM",
        f"kind cannot be {kind!r}" if isinstance(kind, str) else "kind must be a string",
        "",
        hint or f"one of: {', '.join(KINDS)}",
        path=("kind",),
    )


def _address(kind: str, name: str | None) -> str | None:
    if name is None or not kind:
        return None
    if kind == "Listener":
        return address.listener(name)
    return address.security_group(name) if kind == "SecurityGroup" else f"provider/{address.encode(name)}"
