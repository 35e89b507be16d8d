"""What adopting one scope takes: edits of its document, what they mean in words, and what stands against it."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.manifests.edits.change import Edit
from reconciler.model.canonical import Json
from reconciler.model.desired import ScopeDocument
from reconciler.model.dialect import Dialect
from reconciler.model.live import Live
from reconciler.model.objects import Policy, SecurityRule
from reconciler.records import dataclass, field
from reconciler.workflow.to_manifest import Names

CHANGED, ADDED, REMOVED, MOVED = "changed", "added", "removed", "moved"


@dataclass(frozen=True, slots=True)
class Adopted:
    """One thing that the manifest says from now on. ``fields`` are the names of those that changed."""

    what: str
    address: str
    fields: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """For ``--format json``."""
        return {"what": self.what, "address": self.address, "fields": list(self.fields)}


@dataclass(frozen=True, slots=True)
class View:
    """One scope: its document as data and as the model has it, what is live, and how names lead to ids.

    ``wanted`` are the resolved policies or rules; ``today`` decides which ``ignore`` entries hold; ``adopt``: also
    what ``unlisted: keep`` leaves alone; ``coarse``: lists inside of policies are written anew.
    """

    document: ScopeDocument
    data: Json
    wanted: tuple[Policy, ...] | tuple[SecurityRule, ...]
    live: Live
    dialect: Dialect
    names: Names
    today: str
    adopt: bool
    with_ids: bool
    coarse: bool = False
    skip: frozenset[str] = frozenset()
    """Live ids of unlisted objects that a manifest cannot hold: they are left out."""


@dataclass(slots=True)
class Proposal:
    """``edit`` None: nothing changes. ``new`` are the live ids that come in, by their index in the new list."""

    edit: Edit | None = None
    changes: list[Adopted] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[Diagnostic] = field(default_factory=list)
    new: dict[int, str] = field(default_factory=dict)
    optional: bool = False

    def refuse(self, address: str, summary: str, detail: str, hint: str, path: Sequence[str | int] = ()) -> None:
        """Live state that a manifest cannot say: the document stays as it is."""
        self.refusals.append(
            Diagnostic("MERGE-INEXPRESSIBLE", summary, detail, hint, address=address, path=tuple(path))
        )
