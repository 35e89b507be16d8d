"""Which fields of a changed object differ. deepdiff is imported here, late: equal objects never reach it."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.canonical import Json
from reconciler.planning.document import Change


def changed(before: Mapping[str, Json] | None, after: Mapping[str, Json] | None) -> tuple[Change, ...]:
    """The fields that differ between two objects in normal form, by name; None stands for absent.

    A created object has all its fields changed from None, a deleted one all to None.
    """
    if before is None or after is None:
        old, new = before or {}, after or {}
        return tuple(Change(name, old.get(name), new.get(name)) for name in sorted({*old, *new}))
    if before == after:
        return ()
    from deepdiff import DeepDiff

    # Without this threshold, two objects that have less than a third of their fields in common are one difference as a
    # whole, and no field of it is named.
    roots = DeepDiff(
        dict(before), dict(after), ignore_numeric_type_changes=False, threshold_to_diff_deeper=0
    ).affected_root_keys
    names = sorted(str(name) for name in roots)
    return tuple(Change(name, before.get(name), after.get(name)) for name in names)
