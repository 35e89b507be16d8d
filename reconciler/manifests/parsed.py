"""What reading a file gives: its documents, and what they share."""

from __future__ import annotations

from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.diagnostics import Diagnostic, Path
    from reconciler.manifests.marks import Marks

MEMO_LIMIT = 8192
MISSING = object()


class Memo:
    """Keys and plain scalars that were seen before, shared by all documents of a run: saves work and memory."""

    __slots__ = ("keys", "plain")

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.plain: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Parsed:
    """One YAML document. ``problems`` carry spans; ``poisoned`` are the paths whose values are not to be trusted.

    ``readable`` is False when the text is not YAML, or holds bytes that are not UTF-8: ``data`` is then None or not
    to be judged. ``lines`` are the first and the last line (1-based).
    """

    data: Any
    marks: Marks
    lines: tuple[int, int]
    problems: tuple[Diagnostic, ...] = ()
    poisoned: frozenset[Path] = frozenset()
    readable: bool = True
