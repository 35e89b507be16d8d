"""What drift finds: one object that is not as the manifests say, in frozen data, before its cause is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.diagnostics import Path
from reconciler.model.canonical import Json, digest
from reconciler.model.desired import Ignore
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.inputs import ScopeInput
from reconciler.records import dataclass, field, replace
from reconciler.records import field as attribute

CHANGED, MISSING, UNLISTED, ERROR = "changed", "missing", "unlisted", "error"
ORDER = "order"
"""The field that stands for a place in the order of evaluation."""

CLONE, GUARD, BARE = "clone", "guard", "bare"
"""What an unfinished run leaves: a policy with a clone's name; the rule that never matches; a policy without rules."""

UNLISTED_PATH: Path = ("spec", "unlisted")
"""Where a document says what becomes of objects that it does not list."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs; None stands for absent (the default)."""

    field: str
    wanted: Json = attribute(hash=False)
    live: Json = attribute(hash=False)

    def to_json(self) -> dict[str, Json]:
        """As in ``fields`` of a finding."""
        return {"field": self.field, "wanted": self.wanted, "live": self.live}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one object.

    ``path`` is where the document speaks of it. ``wanted`` and ``live`` are whole objects in normal form. ``opens``,
    ``covers`` and ``kept`` are as in the drift document. ``policy`` is the name of the policy that it is about or
    inside of: the listed name where it is listed. ``token`` stands for the content of a rule (the wanted one, or the
    live one that is not listed), as an outcome document names it. ``temporary`` is CLONE, GUARD, BARE or ``""``.
    ``expired`` are the paths of ``ignore`` entries that hid it until they ended.
    """

    what: str
    kind: str
    address: str
    scope: str
    object_id: str | None
    path: Path
    wanted: Mapping[str, Json] | None = field(default=None, hash=False)
    live: Mapping[str, Json] | None = field(default=None, hash=False)
    fields: tuple[Difference, ...] = ()
    updated_at: str | None = None
    status: str | None = None
    opens: bool = False
    covers: tuple[str, ...] = ()
    kept: bool = False
    policy: str = ""
    token: str = ""
    temporary: str = ""
    expired: tuple[Path, ...] = ()


@dataclass(slots=True)
class ScopeDrift:
    """What was found in one scope. ``draft`` holds what is ignored, cosmetic, and to be said about it.

    ``unweighed`` is the number of unlisted security group rules that were too many to be held against the listed ones.
    """

    scope: ScopeInput
    draft: ScopeDraft
    findings: list[Finding] = field(default_factory=list)
    unweighed: int = 0

    @property
    def blocked(self) -> bool:
        """It could not be told: an error diagnostic."""
        return self.draft.blocked


def with_expired(finding: Finding, over: Sequence[Ignore]) -> Finding:
    """The finding with the ended ``ignore`` entries (of its object) that would have hidden it."""
    parts = {"rules"} if finding.kind == "l7rule" else {d.field for d in finding.fields}
    if finding.what == ERROR:
        parts = set()
    hiding = tuple(e.path for e in over if not e.fields or parts.intersection(e.fields))
    return replace(finding, expired=hiding) if hiding else finding


def fingerprint(finding: Finding, scope: ScopeInput, nth: int) -> str:
    """The same for the same finding in every run: of the account, the live scope, the object and both states.

    No number that neighbours move, no time and no address is part of it (an address counts its equals). ``nth`` tells
    findings apart that are equal in all of this: 0 for the first of them in a document.
    """
    account = scope.lane.rsplit(":", 2)[0]
    named = finding.policy if finding.what == MISSING else None
    fields = [d.to_json() for d in finding.fields]
    states: list[Json] = [fields]
    if finding.what in (MISSING, UNLISTED):
        number = scope.dialect.number_field
        whole = (finding.wanted if finding.what == MISSING else finding.live) or {}
        states = [{k: v for k, v in whole.items() if k != number or finding.kind == "security_group_rule"}]
    what = [account, scope.live.scope.id, finding.kind, finding.what, finding.object_id, named, *states]
    return digest([*what, nth] if nth else what)
