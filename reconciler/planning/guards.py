"""Guards: what a plan must not do unless the command line names it. There is no ``--force``."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.planning.document import GUARD, REFUSE, Blocked, Gap
from reconciler.planning.drafts import ScopeDraft
from reconciler.planning.inputs import Options


def scope_guards(draft: ScopeDraft, gaps: Sequence[Gap], options: Options) -> list[Blocked]:
    """What blocks one scope: gaps, emptied scopes, protected objects, ``unlisted: refuse``."""
    scope = draft.scope.document.address
    found: list[Blocked] = []
    for gap in gaps:
        allow = f"gap={gap.object}"
        if allow not in options.allow:
            to = ", ".join(gap.falls_to)
            reason = f"{gap.object} is absent between {gap.opened_by} and {gap.closed_by}: its requests go to {to}"
            found.append(Blocked(scope, GUARD, "GUARD-GAP", reason, allow))
    for what in draft.emptied:
        allow = f"empty={scope}"
        if allow not in options.allow:
            found.append(Blocked(scope, GUARD, "GUARD-EMPTY", f"the plan deletes {what} of {scope}", allow))
    for address in draft.protected:
        allow = f"protected={address}"
        if allow not in options.allow:
            reason = f"{address} is protected, and the plan deletes or replaces it"
            found.append(Blocked(scope, GUARD, "GUARD-PROTECTED", reason, allow))
    if draft.refused:
        shown = ", ".join(draft.refused[:10]) + (
            f" and {len(draft.refused) - 10} more" if len(draft.refused) > 10 else ""
        )
        reason = f"{len(draft.refused)} live objects are not listed (unlisted: refuse): {shown}"
        found.append(Blocked(scope, REFUSE, "GUARD-UNLISTED", reason))
    return found


def run_guards(drafts: Sequence[ScopeDraft], options: Options) -> list[Blocked]:
    """What blocks the whole run: more deletions than ``--max-deletes`` allows."""
    count = sum(len(d.deleted) for d in drafts)
    if options.max_deletes is None or count <= options.max_deletes:
        return []
    reason = f"the plan deletes {count} objects; --max-deletes allows {options.max_deletes}"
    return [Blocked(None, GUARD, "GUARD-DELETES", reason, str(count))]
