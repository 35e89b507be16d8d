"""Validate: manifests alone, nothing is looked up anywhere."""

from __future__ import annotations

from reconciler.workflow.results import INVALID, OK, ValidateResult
from reconciler.workflow.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.manifests import Loaded


def load(settings: Settings) -> Loaded:
    """The manifests of a run, as the options select them."""
    from reconciler import manifests

    loaded = manifests.load(
        settings.paths,
        directory=settings.directory,
        stdin=settings.stdin,
        target=settings.target,
        exclude=settings.exclude,
        shard=settings.shard,
    )
    if settings.shard is not None:
        settings.tell("shard", shard=str(settings.shard), scopes=loaded.selected, of=loaded.scopes)
    return loaded


def validate(settings: Settings) -> ValidateResult:
    """All problems of all files at once."""
    loaded = load(settings)
    return ValidateResult(
        diagnostics=tuple(loaded.diagnostics),
        exit_code=INVALID if any(d.is_error for d in loaded.diagnostics) else OK,
        files=loaded.files,
        documents=len(loaded.documents) + loaded.unused,
        skipped=loaded.skipped,
    )
