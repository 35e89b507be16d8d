"""``--baseline``: an earlier drift document. What it knows does not alarm again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.model.canonical import Json
from reconciler.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an earlier run found (``known``: fingerprint -> scope), and the scopes that it could tell."""

    checked_at: str
    known: Mapping[str, str] = field(hash=False)
    told: frozenset[str] = frozenset()

    @classmethod
    def of(cls, document: Mapping[str, Json]) -> Baseline:
        """From a drift document that its schema accepts."""
        return cls(
            str(document["checked_at"]),
            {f["fingerprint"]: f["scope"] for f in document["findings"]},
            frozenset(s["address"] for s in document["scopes"] if s["status"] != "unknown"),
        )

    def alarms(self, fingerprint: str, scope: str, *, kept: bool) -> bool:
        """Is this finding new? One that is kept only where the earlier run could have found it."""
        return fingerprint not in self.known and (not kept or scope in self.told)

    def gone(self, found: Iterable[str], told: Iterable[str]) -> int:
        """How many findings are no more, of scopes that could be told now."""
        still, scopes = set(found), set(told)
        return sum(1 for fingerprint, scope in self.known.items() if scope in scopes and fingerprint not in still)

    def strange(self, scopes: Iterable[str]) -> list[Diagnostic]:
        """A warning where the baseline names none of this run's scopes."""
        mine = set(scopes)
        if not mine or mine & {*self.told, *self.known.values()}:
            return []
        return [
            Diagnostic(
                "DRIFT-BASELINE-OTHER",
                "the baseline could tell none of the scopes of this run",
                f"it was made at {self.checked_at} of other manifests, or nothing could be read then; "
                "every finding counts as new",
                "give a drift document of these manifests",
                Severity.WARNING,
            )
        ]
