"""A static site from the documents of many runs: a page for the fleet, one for each scope. No script, no database.

::

    history = History()
    for name, document in ...:          # one at a time: only what is shown is kept
        diagnostics += history.add(name, document)
    for file, text in pages(history, stale_after=172_800): ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.reports.site.history import History, seconds

__all__ = ["History", "pages"]


def pages(history: History, *, stale_after: float, problems: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """File name (with ``/``, relative) and text of every page; the fleet page, which links to the others, comes last.

    ``stale_after``: seconds that a scope's newest check may be older than the newest of all. ``problems`` are the
    documents that could not be read, in words, for the fleet page. The bytes depend on the documents alone.
    """
    from reconciler.reports.site import names
    from reconciler.reports.site.fleet import fleet, newest, now
    from reconciler.reports.site.scope import scope_page

    scopes = history.scopes()
    last = newest(scopes)
    latest = seconds(last) if last else 0.0
    rows = [now(scope, latest, stale_after) for scope in scopes]
    for row in rows:
        yield names.page_of(row.scope.provider, row.scope.address), scope_page(row, history, last)
    yield names.INDEX, fleet(history, rows, problems)
