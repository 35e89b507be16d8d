"""Which documents a run is about: ``--target``, ``--exclude`` and ``--shard``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.diagnostics import Diagnostic, Severity, did_you_mean
from reconciler.model.address import matches
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.shard import Shard


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected: scopes that match a target (if there are any), match no exclusion, and are in the shard."""

    target: Sequence[str] = ()
    exclude: Sequence[str] = ()
    shard: Shard | None = None

    def takes(self, address: str) -> bool:
        """Is the scope with this address selected?"""
        if self.target and not any(matches(glob, address) for glob in self.target):
            return False
        if any(matches(glob, address) for glob in self.exclude):
            return False
        return self.shard is None or self.shard.holds(address)


def unmatched(target: Sequence[str], addresses: Sequence[str]) -> Iterator[Diagnostic]:
    """REF-TARGET for every target that no address matches: misspelt, it would select nothing."""
    for glob in target:
        if not any(matches(glob, a) for a in addresses):
            near = did_you_mean(glob, [*addresses, *(a.partition("/")[2] for a in addresses)])
            yield Diagnostic(
                "REF-TARGET",
                f"--target {glob} matches no document",
                f"Documents: {', '.join(addresses) or 'none'}.",
                near,
            )


def empty_shard(shard: Shard, total: int) -> Diagnostic:
    """REF-EMPTY-SHARD, a note; ``total`` documents were read."""
    return Diagnostic(
        "REF-EMPTY-SHARD",
        f"shard {shard} holds no document",
        f"None of the {total} documents that were read belongs to it and is selected: there is nothing to do here.",
        "nothing needs to be done; fewer shards would leave fewer of them empty",
        Severity.NOTE,
    )
