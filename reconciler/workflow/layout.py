"""One file a document: where imported documents are written, and which files may be written again.

``PROVIDER/LOAD_BALANCER/LISTENER.yaml`` and ``PROVIDER/security_groups/GROUP.yaml``. A document that is already in a
file below the directory stays in that file, wherever it was moved to. The head of a file holds the digest of the rest:
one whose digest does not fit was edited, and is left alone.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.diagnostics import Diagnostic, Severity, Span
from reconciler.manifests.rewriting import ChangedOnDisk, create_file, replace_file
from reconciler.model import address
from reconciler.model.canonical import Json
from reconciler.records import dataclass, field
from reconciler.workflow.results import FAILED, OK, REFUSED, Imported, worst

if TYPE_CHECKING:
    from reconciler.manifests.edits.documents import ManifestFile

SCHEMAS = ".schemas"
"""Where the schemas for editors are put, below ``-C``: a hidden folder, so that no command reads it as manifests."""

_HEAD = "# written by `reconcile import`; content "
_MADE = re.compile(r"^# written by `reconcile import`; content ([0-9a-f]{16})(?: .*)?$", re.MULTILINE)
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_LONGEST = 80


@dataclass(slots=True)
class LaidOut:
    """``files``: (name, what) with what written, renewed, unchanged or left; paths are relative to ``-C``."""

    files: list[tuple[str, str]] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)

    @property
    def exit_code(self) -> int:
        """1: not written; 4: left alone; else 0."""
        return worst([*self.codes, OK])

    def refuse(self, code: str, name: str, summary: str, detail: str, hint: str, exit_code: int) -> None:
        """One file that is not what it should be."""
        self.codes.add(exit_code)
        self.files.append((name, "left"))
        self.diagnostics.append(Diagnostic(code, summary, detail, hint, span=Span(name, 1, 1)))


def file_stem(name: str) -> str:
    """A file's or folder's name for a live name: safe everywhere, always the same, different for different names."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:_LONGEST].rstrip("-.")
    reserved = "_" if _RESERVED.fullmatch(stem) else ""
    if stem and stem == name and not reserved:
        return stem
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{reserved}{stem or 'unnamed'}-{digest[:6]}"


def lay_out(
    imported: tuple[Imported, ...], *, directory: str, into: str, schema: str, with_ids: bool, complete: bool
) -> LaidOut:
    """Write every document into its file.

    Args:
        imported: what is live.
        directory: ``-C``.
        into: the folder, relative to ``directory``.
        schema: the provider type's stem in names of schemas.
        with_ids: with comments that hold live ids.
        complete: everything that the provider shows was imported, so that other documents of it are not live.
    """
    from reconciler.manifests.edits.documents import manifest_files

    done = LaidOut()
    known, problems = manifest_files([into], directory) if os.path.isdir(os.path.join(directory, into)) else ([], [])
    done.diagnostics += problems
    taken: set[str] = set()
    for one in imported:
        scope = _address(one.document)
        home = next((f for f in known if scope in f.places), None)
        name = home.name if home is not None else _free_name(one, directory, into, taken)
        taken.add(name.casefold())
        text = _text(one, modeline(name, _schema(one, schema), directory), with_ids)
        if home is None:
            _create(done, directory, name, text)
        else:
            _renew(done, home, one.document, scope, text)
    if complete and imported:
        _gone(done, known, imported)
    write_schemas(done, directory, sorted({_schema(one, schema) for one in imported}))
    return done


def write_schemas(done: LaidOut, directory: str, names: list[str]) -> None:
    """Put schemas below ``.schemas/`` of ``-C``, so that editors find them without a network."""
    from reconciler.manifests import schemas

    for schema in names:
        name = os.path.join(SCHEMAS, f"{schema}.schema.json")
        path, text = os.path.join(directory, name), schemas.text(schema).encode()
        try:
            with open(path, "rb") as stream:
                old = stream.read()
        except FileNotFoundError:
            _create(done, directory, name, text.decode())
            continue
        except OSError as error:
            _unwritten(done, name, error)
            continue
        if old == text:
            done.files.append((name, "unchanged"))
        elif b'"urn:reconciler:schema:' not in old:
            done.refuse("IMPORT-TAKEN", name, f"{name} exists and is no schema of reconcile", "",
                        "move it away; editors look for the schema there", REFUSED)  # fmt: skip
        else:
            _replace(done, path, name, old, text)


def modeline(name: str, schema: str, directory: str = ".") -> str:
    """The first line of a manifest, which tells editors its schema: a relative path, so that it works offline."""
    here = os.path.dirname(os.path.abspath(os.path.join(directory, name)))
    folder = os.path.relpath(os.path.abspath(os.path.join(directory, SCHEMAS)), here).replace(os.sep, "/")
    return f"# yaml-language-server: $schema={folder}/{schema}.schema.json\n"


def _address(document: Mapping[str, Json]) -> str:
    make = address.listener if document["kind"] == "Listener" else address.security_group
    return make(document["metadata"]["name"])


def _free_name(one: Imported, directory: str, into: str, taken: set[str]) -> str:
    """The file of a new document; with the live id where another file has its name (case does not count)."""
    document = one.document
    group = "security_groups" if document["kind"] == "SecurityGroup" else file_stem(one.folder or "listeners")
    folder = os.path.join(into, file_stem(document["spec"]["provider"]), group)
    stem = file_stem(document["metadata"]["name"])
    try:
        there = {entry.casefold() for entry in os.listdir(os.path.join(directory, folder))}
    except OSError:
        there = set()
    plain = os.path.normpath(os.path.join(folder, f"{stem}.yaml"))
    if plain.casefold() not in taken and f"{stem}.yaml".casefold() not in there:
        return plain
    live = one.notes[("metadata", "name")].removeprefix("id: ")
    return os.path.normpath(os.path.join(folder, f"{stem}-{file_stem(live)}.yaml"))


def _schema(one: Imported, stem: str) -> str:
    return f"{'listener' if one.document['kind'] == 'Listener' else 'security_group'}.{stem}"


def _text(one: Imported, first_line: str, with_ids: bool) -> str:
    from reconciler.manifests.writer import dump

    body = dump([one.document], [one.notes] if with_ids else [])
    return f"{first_line}{_HEAD}{_digest(body)} (edits are never overwritten)\n{body}"


def _digest(body: str) -> str:
    return hashlib.sha256(body.replace("\r\n", "\n").encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _is_untouched(raw: bytes) -> bool | None:
    """Is a file as import wrote it? None: import did not write it."""
    text = raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    found = _MADE.search(text)
    return None if found is None else _digest(text[found.end() + 1 :]) == found[1]


def _renew(done: LaidOut, home: ManifestFile, document: Mapping[str, Json], scope: str, text: str) -> None:
    """A document that has a file already: renewed where nobody edited it, left alone where somebody did."""
    state = _is_untouched(home.raw)
    if state:
        if home.raw.replace(b"\r\n", b"\n") == text.encode():
            done.files.append((home.name, "unchanged"))
        else:
            _replace(done, home.path, home.name, home.raw, text.encode())
        return
    if home.parsed[home.places[scope]].data == document:
        done.files.append((home.name, "unchanged"))
        return
    said = f"{home.name} was edited, and {scope} is live in another way" if state is False else (
        f"{scope} is in {home.name}, which import did not write, and is live in another way"
    )  # fmt: skip
    done.refuse("IMPORT-TAKEN" if state is None else "IMPORT-EDITED", home.name, said, "it is left as it is",
                f"adopt what is live: reconcile import --merge {home.name}", REFUSED)  # fmt: skip


def _create(done: LaidOut, directory: str, name: str, text: str) -> None:
    try:
        create_file(os.path.join(directory, name), text.encode())
    except FileExistsError:
        done.refuse("IMPORT-TAKEN", name, f"{name} exists, and import did not write it", "it is left as it is",
                    "move it away, or import into another directory", REFUSED)  # fmt: skip
    except OSError as error:
        _unwritten(done, name, error)
    else:
        done.files.append((name, "written"))


def _replace(done: LaidOut, path: str, name: str, before: bytes, after: bytes) -> None:
    try:
        replace_file(path, before, after)
    except ChangedOnDisk:
        done.refuse("MERGE-CHANGED", name, f"{name} was changed while it was read", "it is left as it is",
                    "run the same command again", FAILED)  # fmt: skip
    except OSError as error:
        _unwritten(done, name, error)
    else:
        done.files.append((name, "renewed"))


def _unwritten(done: LaidOut, name: str, error: OSError) -> None:
    why = error.strerror or type(error).__name__
    done.refuse("IMPORT-WRITE", name, f"{name} cannot be written", why, "give a directory that can be written", FAILED)


def _gone(done: LaidOut, known: list[ManifestFile], imported: tuple[Imported, ...]) -> None:
    """Documents of the same provider whose listener or group is not live any more: told, never deleted."""
    live = {_address(i.document) for i in imported}
    provider = imported[0].document["spec"]["provider"]
    for file in known:
        for scope, place in file.places.items():
            spec = file.parsed[place].data.get("spec")
            if scope not in live and isinstance(spec, Mapping) and spec.get("provider") == provider:
                done.diagnostics.append(
                    Diagnostic("IMPORT-GONE", f"{scope} is not among what is live", f"its document is in {file.name}",
                               "delete the document if its listener or group is gone", Severity.WARNING,
                               span=Span(file.name, 1, 1))
                )  # fmt: skip
