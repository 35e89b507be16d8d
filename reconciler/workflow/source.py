"""Which manifests a run is about, and which commit they stand on: read from ``.git`` itself, without running git."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.planning.document import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.manifests import Loaded
    from reconciler.workflow.settings import Settings

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def source_of(settings: Settings, loaded: Loaded) -> Source:
    """The ``source`` of a document: which manifests, how they were selected, whose live state."""
    return Source(
        manifest_digest=loaded.manifest_digest,
        commit=commit_of(settings.directory),
        paths=settings.paths,
        target=settings.target,
        exclude=settings.exclude,
        shard=str(settings.shard) if settings.shard is not None else None,
        live=None if settings.live is None else settings.live.reference,
    )


def commit_of(directory: str) -> str | None:
    """The id of the commit that is checked out around ``directory``, or None."""
    try:
        here = Path(directory).resolve()
        for folder in (here, *here.parents):
            marker = folder / ".git"
            if marker.exists():
                return _head(_git_folder(marker))
    except (OSError, UnicodeDecodeError):
        return None
    return None


def _git_folder(marker: Path) -> Path:
    """``.git`` itself, or where the ``.git`` file of a linked work tree points."""
    if marker.is_dir():
        return marker
    pointer = marker.read_text("utf-8").partition("gitdir:")[2].strip()
    return (marker.parent / pointer).resolve()


def _head(git: Path) -> str | None:
    head = (git / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return head if _COMMIT.fullmatch(head) else None
    ref = head.partition("ref:")[2].strip()
    if not re.fullmatch(r"refs/[\w./+@#-]+", ref) or ".." in ref:
        return None
    common = git
    shared = git / "commondir"
    if shared.is_file():
        common = (git / shared.read_text("utf-8").strip()).resolve()
    for folder in (git, common):
        loose = folder / ref
        if loose.is_file():
            found = loose.read_text("utf-8").strip()
            return found if _COMMIT.fullmatch(found) else None
    return _packed(common / "packed-refs", ref)


def _packed(packed: Path, ref: str) -> str | None:
    if not packed.is_file():
        return None
    for line in packed.read_text("utf-8").splitlines():
        commit, _, name = line.partition(" ")
        if name == ref and _COMMIT.fullmatch(commit):
            return commit
    return None
