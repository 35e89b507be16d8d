"""Why something is not as the manifests say: told by what the last apply had put in place (``--since``), or not at all.

As small as a field or a rule: equal to what was placed = edited outside, different = not applied yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.execution.placed import PlacedPolicy, PlacedScope, read_placed
from reconciler.model.canonical import Json
from reconciler.model.desired import ListenerDocument, SecurityGroupDocument
from reconciler.model.objects import SecurityRule
from reconciler.planning.findings import BARE, CHANGED, ERROR, MISSING, ORDER, UNLISTED, Difference, Finding
from reconciler.planning.inputs import ScopeInput
from reconciler.planning.standing import token, traffic_token
from reconciler.records import dataclass, field

OUTSIDE, NOT_APPLIED, UNFINISHED, UNKNOWN = "outside", "not_applied", "unfinished_run", "unknown"
Cause = tuple[str, str]
"""One of the four, and the reason in words."""


@dataclass(frozen=True, slots=True)
class Run:
    """One outcome document: its run's id, when it ended, and what it had placed (None: it does not tell)."""

    run: str
    plan_digest: str
    finished_at: str
    placed: Mapping[str, PlacedScope] | None = field(hash=False)

    def to_json(self) -> dict[str, Json]:
        """As in ``since``."""
        return {"run": self.run, "plan_digest": self.plan_digest, "finished_at": self.finished_at}


def runs_of(outcomes: Sequence[Mapping[str, Json]]) -> list[Run]:
    """The runs of outcome documents (schema-checked), oldest first; one that is given twice is one."""
    found = {
        o["run"]: Run(str(o["run"]), str(o["plan_digest"]), str(o["finished_at"]), read_placed(o)) for o in outcomes
    }
    return sorted(found.values(), key=lambda r: (r.finished_at, r.run))


def silent(runs: Sequence[Run]) -> list[Diagnostic]:
    """A warning for every outcome that was made before outcomes told what they had placed."""
    return [
        Diagnostic(
            "DRIFT-SINCE-OLD",
            f"the outcome of run {run.run} does not tell what it had put in place",
            "it was made by an older version of reconcile, so no cause can be told by it",
            "give the outcome of a newer run: `reconcile apply --json-into FILE`",
            Severity.WARNING,
        )
        for run in runs
        if run.placed is None
    ]


@dataclass(slots=True)
class Evidence:
    """What is known about one scope: the newest run that placed it, or why there is none."""

    scope: ScopeInput
    run: Run | None
    placed: PlacedScope | None
    why: str
    warning: Diagnostic | None = None
    _policies: dict[str, PlacedPolicy] | None = None
    _inverted: frozenset[str] | None = None
    _wanted: frozenset[str] | None = None

    def cause(self, finding: Finding) -> Cause:
        """The cause of one finding in this scope."""
        if finding.what == ERROR:
            return UNKNOWN, "the cloud calls it broken; apply heals it"
        if finding.temporary and finding.temporary != BARE:
            return UNFINISHED, "a temporary of an apply that did not finish; apply goes on from here"
        if finding.temporary == BARE and not self._armed(finding.policy):
            return UNFINISHED, "an apply that did not finish left this policy without rules; apply goes on from here"
        if self.placed is None or self.run is None:
            return UNKNOWN, self.why
        if self.placed.policies is not None:
            return _Listener(self, self.placed, self.run.run).cause(finding)
        return _Group(self, self.placed, self.run.run).cause(finding)

    def _armed(self, name: str) -> bool:
        """Had the last apply put all of the policy in place, but for what was ignored?"""
        policy = self.policy(name)
        if policy is None:
            return False
        return policy.rules is not None or policy.fields.get(self.scope.dialect.number_field, "") is not None

    def policy(self, name: str) -> PlacedPolicy | None:
        """The policy of that name as it was placed."""
        if self._policies is None:
            self._policies = {p.name: p for p in self.placed.policies or ()} if self.placed is not None else {}
        return self._policies.get(name)

    def inverted(self) -> frozenset[str]:
        """Policies whose place among the others is not the one that was applied."""
        if self._inverted is None:
            document = self.scope.document
            assert isinstance(document, ListenerDocument)
            now = {p.name: n for n, p in enumerate(document.policies)}
            before = [p.name for p in (self.placed.policies or () if self.placed else ()) if p.name in now]
            self._inverted = frozenset(_inverted(before, now))
        return self._inverted

    def wanted(self) -> frozenset[str]:
        """Tokens of the rules that the group's document lists now."""
        if self._wanted is None:
            rules = (r for r in self.scope.wanted if isinstance(r, SecurityRule))
            self._wanted = frozenset(traffic_token(r, self.scope.dialect) for r in rules)
        return self._wanted


def evidence(scope: ScopeInput, runs: Sequence[Run]) -> Evidence:
    """The newest run that names the scope, in the same account and of the same live object."""
    address = scope.document.address
    if not runs:
        return Evidence(scope, None, None, "no outcome document was given (--since)")
    naming = [(r, r.placed[address]) for r in reversed(runs) if r.placed is not None and address in r.placed]
    for run, placed in naming:
        if (_account(placed.lane), placed.id) == (_account(scope.lane), scope.live.scope.id):
            return Evidence(scope, run, placed, "")
    if not naming:
        return Evidence(scope, None, None, "no outcome document of --since names this scope")
    run, placed = naming[0]
    other = Diagnostic(
        "DRIFT-SINCE-OTHER",
        f"the outcome of run {run.run} is about another {address} than this one",
        f"there it was {placed.id} in {_account(placed.lane)}; here it is {scope.live.scope.id} in "
        f"{_account(scope.lane)}: it tells nothing about what happened here",
        "give the outcome of an apply to this account",
        Severity.WARNING,
        address,
        ("metadata", "name"),
    )
    return Evidence(scope, None, None, "the outcome document is about another account or object", other)


def _account(lane: str) -> str:
    return lane.rsplit(":", 2)[0]


def _inverted(before: Sequence[str], now: Mapping[str, int]) -> set[str]:
    """Names that stand on the other side of some other name than before; linear."""
    places = [now[name] for name in before]
    lowest: list[int] = [0] * len(places)
    least = len(now)
    for n in range(len(places) - 1, -1, -1):
        lowest[n] = least
        least = min(least, places[n])
    found, greatest = set(), -1
    for n, (name, place) in enumerate(zip(before, places, strict=True)):
        if greatest > place or lowest[n] < place:
            found.add(name)
        greatest = max(greatest, place)
    return found


def _outside(run: str) -> Cause:
    return OUTSIDE, f"the last apply (run {run}) had put it in place as the manifests still want it: edited outside"


def _deleted(run: str) -> Cause:
    return OUTSIDE, f"the last apply (run {run}) had put it in place: deleted outside"


def _gone_or_changed(finding: Finding, run: str) -> Cause:
    return _deleted(run) if finding.what == MISSING else _outside(run)


def _not_applied(run: str, what: str) -> Cause:
    return NOT_APPLIED, f"{what} since the last apply (run {run}): not applied yet"


def _extra(finding: Finding, placed: PlacedScope, run: str) -> Cause:
    """An object that is not listed and was not listed at the last apply either."""
    if placed.kept is None:
        return UNKNOWN, f"what the last apply (run {run}) left beside the listed ones is not known"
    if finding.object_id not in placed.kept:
        return OUTSIDE, f"the last apply (run {run}) had left no such object: made outside"
    if finding.kept:
        return UNKNOWN, f"it was there at the last apply (run {run}), which left it"
    return NOT_APPLIED, f"it was there at the last apply (run {run}), which did not delete it: not applied yet"


@dataclass(frozen=True, slots=True)
class _Listener:
    evidence: Evidence
    placed: PlacedScope
    run: str

    def cause(self, finding: Finding) -> Cause:
        policy = self.evidence.policy(finding.policy)
        if finding.kind == "l7rule":
            return self._rule(finding, policy)
        if finding.what == UNLISTED:
            return self._unlisted(finding, policy)
        if policy is None:
            return _not_applied(self.run, "listed, or not put in place,")
        return _deleted(self.run) if finding.what == MISSING else self._changed(finding, policy)

    def _unlisted(self, finding: Finding, policy: PlacedPolicy | None) -> Cause:
        document = self.evidence.scope.document
        assert isinstance(document, ListenerDocument)
        if policy is not None and all(p.name != finding.policy for p in document.policies):
            return _not_applied(self.run, "taken off the list")
        return _extra(finding, self.placed, self.run)

    def _changed(self, finding: Finding, policy: PlacedPolicy) -> Cause:
        outside = [d.field for d in finding.fields if self._was_placed(d, policy)]
        pending = [d.field for d in finding.fields if d.field not in outside]
        if not outside:
            return _not_applied(self.run, "changed in the manifest, or left then,")
        cause, why = _outside(self.run)
        return cause, f"{why} ({', '.join(outside)}); not applied yet: {', '.join(pending)}" if pending else why

    def _was_placed(self, difference: Difference, policy: PlacedPolicy) -> bool:
        if difference.field == ORDER:
            number = self.evidence.scope.dialect.number_field
            return policy.fields.get(number, "") is not None and policy.name not in self.evidence.inverted()
        if difference.field not in policy.fields:
            return difference.wanted is None
        return difference.wanted is not None and policy.fields[difference.field] == token(difference.wanted)

    def _rule(self, finding: Finding, policy: PlacedPolicy | None) -> Cause:
        if policy is None or policy.rules is None:
            return _not_applied(self.run, "its policy was listed, or left as it was then,")
        was = finding.token in policy.rules
        if finding.what in (MISSING, CHANGED):
            return _gone_or_changed(finding, self.run) if was else _not_applied(self.run, "listed")
        return _not_applied(self.run, "taken off the list") if was else _outside_made(self.run)


def _outside_made(run: str) -> Cause:
    return OUTSIDE, f"the last apply (run {run}) had left no such rule in this policy: made outside"


@dataclass(frozen=True, slots=True)
class _Group:
    evidence: Evidence
    placed: PlacedScope
    run: str

    def cause(self, finding: Finding) -> Cause:
        was = finding.token in (self.placed.rules or ())
        if finding.what != UNLISTED:
            return _gone_or_changed(finding, self.run) if was else _not_applied(self.run, "listed")
        document = self.evidence.scope.document
        assert isinstance(document, SecurityGroupDocument)
        if was and finding.token not in self.evidence.wanted():
            return _not_applied(self.run, "taken off the list")
        if finding.live is not None and finding.live.get("direction") not in self.placed.directions:
            what = "its direction was not compared at the last apply"
            return (UNKNOWN, what) if finding.kept else (NOT_APPLIED, f"{what}: not applied yet")
        return _extra(finding, self.placed, self.run)
