"""The way from paths to Desired: read, recognise, judge, select."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence

from reconciler.diagnostics import Diagnostic, Span, did_you_mean, ordered
from reconciler.manifests import checks, envelope, files
from reconciler.manifests.envelope import Document
from reconciler.manifests.parsed import Memo
from reconciler.manifests.reading import documents
from reconciler.manifests.refusals import QUOTE_HINT
from reconciler.manifests.selecting import Selection, empty_shard, unmatched
from reconciler.manifests.source import Source
from reconciler.manifests.source import read as read_source
from reconciler.manifests.spans import SpanTable
from reconciler.model.canonical import Json, digest
from reconciler.model.desired import Desired, ProviderSpec, ScopeDocument
from reconciler.records import dataclass, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from reconciler.model.shard import Shard


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that a command knows about its manifests.

    ``desired`` holds the selected scopes and their providers; ``blocked`` the addresses of selected scopes that must
    not be planned (they or their Provider have an error); ``diagnostics`` are located and sorted; ``documents`` are
    the selected ones and their Providers as parsed, sorted by kind and name, ``manifest_digest`` is theirs;
    ``skipped`` counts documents of other formats, ``files`` the files that were read, ``scopes`` the addresses of all
    documents that were read, ``selected`` those of them that were selected; ``unused`` counts Provider documents that
    were read and that no selected document names.
    """

    desired: Desired
    spans: SpanTable
    diagnostics: tuple[Diagnostic, ...]
    documents: tuple[Mapping[str, Json], ...]
    skipped: int
    paths: tuple[str, ...]
    files: int
    blocked: frozenset[str]
    scopes: int = 0
    selected: int = 0
    unused: int = 0
    _digest: list[str] = field(default_factory=list, compare=False)

    @property
    def manifest_digest(self) -> str:
        """Hex SHA-256 of the canonical JSON of ``documents`` (computed when asked for)."""
        if not self._digest:
            self._digest.append(digest(self.documents))
        return self._digest[0]


@dataclass(slots=True)
class _Run:
    """What one load collects."""

    memo: Memo = field(default_factory=Memo)
    spans: SpanTable = field(default_factory=SpanTable)
    documents: list[Document] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    skipped: int = 0
    files: int = 0


def load(
    paths: Sequence[str],
    *,
    directory: str = ".",
    stdin: Any = None,
    target: Sequence[str] = (),
    exclude: Sequence[str] = (),
    shard: Shard | None = None,
) -> Loaded:
    """Read and judge manifests; never raises for what is in them.

    Args:
        paths: files, directories or ``-``, relative to ``directory``.
        directory: ``-C``; Provider documents are also looked up in its ``providers.yaml`` and ``providers/``.
        stdin: what ``-`` reads: a text or binary file.
        target: globs; only scopes that match one are selected (none given: all).
        exclude: globs; scopes that match one are not selected.
        shard: of the scopes that are left, only this part is selected. Every document is judged all the same, and
            held against every other one.
    """
    enabled = gc.isenabled()
    gc.disable()  # nothing that is built here is garbage: walking it again and again costs a third of the time
    try:
        run = _Run()
        found, problems = files.find(paths, directory, stdin)
        run.diagnostics += problems
        for entry in found:
            _read(run, entry)
        if paths and not run.documents and not any(d.is_error for d in run.diagnostics):
            run.diagnostics.append(_nothing(paths, run.skipped))
        _look_up_providers(run, directory)
        providers, broken = _providers(run)
        scopes, blocked = _scopes(run, providers, broken)
        return _select(run, paths, providers, scopes, blocked, Selection(target, exclude, shard))
    finally:
        if enabled:
            gc.enable()


# ---------------------------------------------------------------------- reading
def _read(run: _Run, entry: files.Found) -> None:
    try:
        source = read_source(entry.name, entry.read())
    except OSError as error:
        run.diagnostics.append(
            Diagnostic(
                "PATH-UNREADABLE",
                f"{entry.name} cannot be read: {error.strerror or error}",
                hint="check the file's permissions",
                span=Span(entry.name, 1, 1),
            )
        )
        return
    run.files += 1
    run.spans.add_source(source)
    ours, foreign = _documents(run, source)
    errors = any(d.is_error for d in source.problems) or any(not d.readable for d in ours)
    run.diagnostics += source.problems
    run.documents += [d for d in ours if d.address is not None or d.kind or d.problems]
    run.skipped += len(foreign)
    if entry.named and not errors:
        run.diagnostics += _must_be_ours(entry.name, ours, foreign)


def _documents(run: _Run, source: Source) -> tuple[list[Document], list[Span]]:
    """Our documents of one file, and where the others stand. Problems of the others are not ours to tell."""
    ours: list[Document] = []
    foreign: list[Span] = []
    for parsed in documents(source, run.memo):
        if parsed.data is None and parsed.readable and not parsed.problems:
            continue  # an empty document
        if parsed.data is None or envelope.is_ours(parsed.data):
            if parsed.data is None:
                ours.append(Document({}, parsed.marks, "", None, None, list(parsed.problems), readable=False))
            else:
                ours.append(envelope.document(parsed))
        else:
            span = parsed.marks.span(parsed.data, ())
            foreign.append(span or Span(source.name, parsed.lines[0], 1))
    return ours, foreign


def _must_be_ours(name: str, ours: Sequence[Document], foreign: Sequence[Span]) -> Iterator[Diagnostic]:
    if foreign and not ours:
        yield Diagnostic(
            "PATH-FOREIGN",
            f"{name} holds no document of this format",
            "Documents of other formats are skipped in directories; a file that is named must hold one of ours.",
            f"documents start with 'apiVersion: {envelope.API_VERSION}' and have a kind: {', '.join(envelope.KINDS)}",
            span=foreign[0],
        )
    elif not ours:
        yield Diagnostic(
            "PATH-EMPTY",
            f"{name} is empty",
            "It holds no document.",
            "name another file, or write a document",
            span=Span(name, 1, 1),
        )


def _nothing(paths: Sequence[str], skipped: int) -> Diagnostic:
    others = f" ({skipped} documents of other formats were skipped)" if skipped else ""
    return Diagnostic(
        "PATH-EMPTY",
        f"no manifest in {', '.join(paths)}{others}",
        "Nothing would be compared.",
        f"documents start with 'apiVersion: {envelope.API_VERSION}'; files end in .yaml or .yml",
        span=Span(paths[0], 1, 1),
    )


def _look_up_providers(run: _Run, directory: str) -> None:
    """Providers that the paths do not define, from ``providers.yaml`` and ``providers/``."""
    wanted = {_provider_of(d) for d in run.documents if d.kind in ("Listener", "SecurityGroup")}
    missing = wanted - {d.name for d in run.documents if d.kind == "Provider"} - {None}
    if not missing:
        return
    extra = _Run(memo=run.memo, spans=run.spans)
    for entry in files.provider_files(directory):
        _read(extra, entry)
    run.documents += [d for d in extra.documents if d.kind == "Provider" and d.name in missing]
    if missing - {d.name for d in run.documents}:
        run.documents += [d for d in extra.documents if not d.readable]
        run.diagnostics += extra.diagnostics


def _provider_of(document: Document) -> str | None:
    spec = document.data.get("spec")
    name = spec.get("provider") if isinstance(spec, Mapping) else None
    return name if isinstance(name, str) else None


# ---------------------------------------------------------------------- judging
def _providers(run: _Run) -> tuple[dict[str, ProviderSpec], set[str]]:
    """Providers by name (as far as their type is known), and the names of those with an error."""
    from reconciler.manifests import providers

    found: dict[str, ProviderSpec] = {}
    broken: set[str] = set()
    for document in run.documents:
        if document.kind != "Provider":
            continue
        spec = providers.judge(document) if document.readable else None
        if document.name is None:
            continue
        if document.name in found or document.name in broken:
            document.problems.append(_duplicate(document, run))
            broken.add(document.name)
            continue
        run.spans.add(document.address or "", document.data, document.marks)
        if spec is not None:
            found[document.name] = spec
        if not document.readable or any(d.is_error for d in document.problems):
            broken.add(document.name)
    return found, broken


def _duplicate(document: Document, run: _Run) -> Diagnostic:
    first = run.spans.span(document.address or "", ("metadata", "name"))
    return document.locate(
        Diagnostic(
            "REF-DUPLICATE-DOCUMENT",
            f"two {document.kind} documents are called {document.name!r}",
            f"The first one stands at {first}." if first else "",
            "give one of them another name",
            address=document.address,
            path=("metadata", "name"),
        )
    )


def _scopes(
    run: _Run, providers: Mapping[str, ProviderSpec], broken: set[str]
) -> tuple[list[tuple[ScopeDocument | None, Document]], set[str]]:
    """Each scope document judged, and the addresses that are blocked."""
    scopes: list[tuple[ScopeDocument | None, Document]] = []
    blocked: set[str] = set()
    seen: set[str] = set()
    for document in run.documents:
        if document.kind not in ("Listener", "SecurityGroup"):
            continue
        address = document.address
        if address is not None and address in seen:
            document.problems.append(_duplicate(document, run))
            blocked.add(address)
            scopes.append((None, document))
            continue
        if address is not None:
            seen.add(address)
            run.spans.add(address, document.data, document.marks)
        scope = _judge_scope(document, providers, broken) if document.readable else None
        scopes.append((scope, document))
        errors = not document.readable or any(d.is_error for d in document.problems)
        if address is not None and (errors or _provider_of(document) in broken):
            blocked.add(address)
    for diagnostic in _between(run, scopes):
        blocked.add(diagnostic.address or "")
        run.diagnostics.append(diagnostic)
    return scopes, blocked


def _judge_scope(document: Document, providers: Mapping[str, ProviderSpec], broken: set[str]) -> ScopeDocument | None:
    from reconciler.manifests import judge
    from reconciler.model.plugin import plugin

    provider = _provider_of(document)
    spec = providers.get(provider or "")
    if spec is None:
        types = sorted({p.type for p in providers.values()}) or ["huawei"]
        found = judge.shell_only(document, plugin(types[0]).schema)
        if provider is not None and provider not in broken and ("spec", "provider") not in document.poisoned:
            found.append(_unknown_provider(document, provider, providers))
        document.problems += map(document.locate, found)
        return None
    of_type = plugin(spec.type)
    scope, found = judge.judge(document, of_type.dialect(), of_type.schema)
    document.problems += map(document.locate, found)
    return scope


def _unknown_provider(document: Document, name: str, providers: Mapping[str, ProviderSpec]) -> Diagnostic:
    return Diagnostic(
        "REF-PROVIDER",
        f"there is no Provider document {name!r}",
        f"Known: {', '.join(sorted(providers)) or 'none'}. They are looked up in the paths of the command, in "
        "providers.yaml and in providers/.",
        did_you_mean(name, providers) or "add the file with the Provider document to the command's paths",
        address=document.address,
        path=("spec", "provider"),
    )


def _between(run: _Run, scopes: Sequence[tuple[ScopeDocument | None, Document]]) -> Iterator[Diagnostic]:
    data = [(d.address, d.data) for s, d in scopes if d.address is not None and s is not None]
    where = {a: str(run.spans.span(a, ("metadata", "name"))) for a, _ in data} if len(data) > 1 else {}
    for diagnostic in checks.between(data, where):
        yield run.spans.locate(diagnostic)


# ---------------------------------------------------------------------- selecting
def _select(
    run: _Run,
    paths: Sequence[str],
    providers: Mapping[str, ProviderSpec],
    scopes: Sequence[tuple[ScopeDocument | None, Document]],
    blocked: set[str],
    selection: Selection,
) -> Loaded:
    addresses = [d.address for _, d in scopes if d.address is not None]
    run.diagnostics += unmatched(selection.target, addresses)
    left_out = {a for a in addresses if not selection.takes(a)}
    total, selected = len(set(addresses)), len(set(addresses) - left_out)
    if selection.shard is not None and not selected:
        run.diagnostics.append(empty_shard(selection.shard, total))
    chosen = [(s, d) for s, d in scopes if d.address not in left_out]
    used = {_provider_of(d) for _, d in chosen}
    documents = [d for _, d in chosen] + [d for d in run.documents if d.kind == "Provider" and d.name in used]
    documents.sort(key=lambda d: (d.kind, d.name or ""))
    data = tuple(d.data for d in documents if d.readable)
    problems = [p for d in run.documents if d.address not in left_out for p in d.problems]
    problems += [d for d in run.diagnostics if d.address not in left_out]
    problems = [_with_a_fix(_as_written(d, run.spans)) for d in problems]
    desired = Desired(
        providers={name: spec for name, spec in providers.items() if name in used},
        scopes=tuple(s for s, _ in chosen if s is not None),
    )
    return Loaded(
        desired=desired,
        spans=run.spans,
        diagnostics=tuple(_once(problems)),
        documents=data,
        skipped=run.skipped,
        paths=tuple(paths),
        files=run.files,
        blocked=frozenset(blocked - left_out),
        scopes=total,
        selected=selected,
        unused=sum(1 for d in run.documents if d.kind == "Provider" and d.name not in used),
    )


def _with_a_fix(diagnostic: Diagnostic) -> Diagnostic:
    """Where a check has no words of its own, the code's page says why and how to mend it."""
    if diagnostic.detail and diagnostic.hint:
        return diagnostic
    from reconciler.codes import pages

    page = pages()[diagnostic.code]
    return replace(diagnostic, detail=diagnostic.detail or page.why, hint=diagnostic.hint or page.fix)


def _as_written(diagnostic: Diagnostic, spans: SpanTable) -> Diagnostic:
    """A hint that asks for quotes shows the text that is to be quoted as it stands in the file (``010``, not 10)."""
    if diagnostic.code != "SCHEMA-TYPE" or not diagnostic.hint.startswith(QUOTE_HINT) or diagnostic.span is None:
        return diagnostic
    line = spans.line(diagnostic.span) or ""
    text = line[diagnostic.span.column - 1 :][: diagnostic.span.width]
    return replace(diagnostic, hint=f'{QUOTE_HINT}: "{text}"') if text else diagnostic


def _once(problems: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Sorted; a mistake in an anchored value shows once, however many aliases repeat it."""
    shown: dict[Any, Diagnostic] = {}
    for d in ordered(problems):
        shown.setdefault((d.code, d.span, d.summary) if d.span else d, d)
    return list(shown.values())
