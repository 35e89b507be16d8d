"""Drift of one security group: what is missing, what is extra, and what that opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from reconciler.model.desired import SecurityGroupDocument
from reconciler.model.live import LiveSecurityRule
from reconciler.model.objects import SecurityRule
from reconciler.planning.changes import changed
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.findings import (
    CHANGED,
    MISSING,
    UNLISTED,
    UNLISTED_PATH,
    Difference,
    Finding,
    ScopeDrift,
    with_expired,
)
from reconciler.planning.groups import KIND, Group, compared, names_of
from reconciler.planning.inputs import Options, ScopeInput
from reconciler.planning.overlap import covers, overlaps, ports_of
from reconciler.planning.standing import traffic_token
from reconciler.records import dataclass

PAIRS = 1_000_000
"""Pairs of rules that are held against each other in one group: a second or two. Behind it, ``opens`` means: may."""

NAMED = 50
"""Listed rules that one finding names."""


def group_drift(scope: ScopeInput, options: Options) -> ScopeDrift:
    """Everything in a security group that is not as its document says.

    Nothing is found exactly where a plan of the same inputs has no steps (and nothing is kept or refused).
    """
    draft = ScopeDraft(scope, options)
    found = ScopeDrift(scope, draft)
    group = compared(draft)
    if not draft.blocked:
        findings = _Findings(group, _Listed.of(group), {id(r): n for n, r in enumerate(scope.wanted)})
        found.findings = findings.all()
        found.unweighed = findings.listed.unweighed
    return found


@dataclass(slots=True)
class _Listed:
    """The listed rules with their addresses, by direction and ethertype; ``budget`` pairs may still be looked at."""

    rules: dict[tuple[str, str], list[tuple[str, SecurityRule]]]
    budget: int = PAIRS
    unweighed: int = 0

    @classmethod
    def of(cls, group: Group) -> _Listed:
        wanted = [r for r in group.draft.scope.wanted if isinstance(r, SecurityRule)]
        found: dict[tuple[str, str], list[tuple[str, SecurityRule]]] = {}
        for name, rule in zip(names_of(group.document.address, wanted), wanted, strict=True):
            found.setdefault((rule.direction, rule.ethertype), []).append((name, rule))
        return cls(found)

    def weigh(self, rule: SecurityRule) -> tuple[bool, tuple[str, ...]]:
        """For a live rule that is not listed: does it open something, and which listed rules does it touch?

        It opens nothing if it has no effect, denies, or if a listed rule that is evaluated no later lets through all
        that it does. Certain is only "no".
        """
        near = self.rules.get((rule.direction, rule.ethertype), [])
        admits = rule.enabled and rule.action != "deny"
        if self.budget < len(near):
            self.unweighed += 1
            return admits, ()
        self.budget -= len(near)
        # What lets everything of it through, or is covered by it, meets it: only those are looked at more closely.
        met = [(name, other) for name, other in near if overlaps(rule, other)]
        opens = admits and not any(_lets_through(other, rule) for _, other in met)
        touched = [name for name, other in met if covers(rule, other)] or [name for name, _ in met]
        return opens, tuple(touched[:NAMED])


def _lets_through(listed: SecurityRule, rule: SecurityRule) -> bool:
    first = (listed.priority or 0) <= (rule.priority or 0)
    return first and listed.action != "deny" and covers(listed, rule)


def _width(rule: SecurityRule) -> tuple[int, int, str]:
    """How much a rule may let in, roughly: addresses first, then ports."""
    length = (rule.remote_ip_prefix or "/0").partition("/")[2]
    bits = int(length) if length.isascii() and length.isdigit() else 128  # an address, or a range in other words
    ports = ports_of(rule)
    count = 65536 if ports is None else sum(high - low + 1 for low, high in ports)
    return -bits, count, rule.remote


@dataclass(slots=True)
class _Findings:
    group: Group
    listed: _Listed
    places: dict[int, int]

    def all(self) -> list[Finding]:
        """By the order of the manifest, then unlisted ones by id."""
        document, draft = self.group.document, self.group.draft
        listed = [*self._missing(), *self._switched()]
        listed.sort(key=lambda f: f.path)
        reported = {n.object_id for n in draft.unlisted}
        extra = [*self.group.deletes, *((where, r) for where, r in self.group.kept if r.id in reported)]
        extra.sort(key=lambda pair: _width(pair[1].rule), reverse=True)  # where not all can be weighed: the widest
        others = sorted((self._unlisted(where, live) for where, live in extra), key=lambda f: f.object_id or "")
        return _expired(document, draft.options.today, [*listed, *others])

    def _missing(self) -> Iterator[Finding]:
        dialect = self.group.draft.scope.dialect
        for where, want in self.group.creates:
            stops = want.enabled and want.action == "deny"
            yield Finding(
                MISSING, KIND, where, self.group.document.address, None, self._path(want), wanted=want.to_json(),
                opens=stops, token=traffic_token(want, dialect),
            )  # fmt: skip

    def _switched(self) -> Iterator[Finding]:
        """Rules that are on and should be off, or the other way round."""
        dialect = self.group.draft.scope.dialect
        for where, live, want in self.group.switches:
            fields = tuple(
                Difference(c.field, c.after, c.before)
                for c in changed(live.rule.to_json(), want.to_json()) if c.field == "enabled"
            )  # fmt: skip
            yield Finding(
                CHANGED, KIND, where, self.group.document.address, live.id, self._path(want), wanted=want.to_json(),
                live=live.rule.to_json(), fields=fields, updated_at=live.updated_at,
                opens=live.rule.enabled == (live.rule.action != "deny"), token=traffic_token(want, dialect),
            )  # fmt: skip

    def _unlisted(self, where: str, live: LiveSecurityRule) -> Finding:
        opens, touched = self.listed.weigh(live.rule)
        return Finding(
            UNLISTED, KIND, where, self.group.document.address, live.id, UNLISTED_PATH, live=live.rule.to_json(),
            updated_at=live.updated_at, opens=opens, covers=touched, kept=self.group.document.unlisted == "keep",
            token=traffic_token(live.rule, self.group.draft.scope.dialect),
        )  # fmt: skip

    def _path(self, want: SecurityRule) -> tuple[str | int, ...]:
        return self.group.document.rules[self.places[id(want)]].path


def _expired(document: SecurityGroupDocument, today: str, findings: Sequence[Finding]) -> list[Finding]:
    """Name the ``ignore`` entries that would still hide a finding, had they not ended."""
    over = [e for e in document.ignore if e.until is not None and e.until < today]
    if not over:
        return list(findings)
    found = []
    for one in findings:
        tail = one.address.removeprefix(f"{document.address}/rule/").partition("#")[0]
        mine = [e for e in over if fnmatchcase(tail, e.pattern)]
        found.append(with_expired(one, mine) if mine else one)
    return found
