"""The frame of a self-contained HTML report: nothing is loaded, nothing runs, one style sheet allowed by its hash."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape as _entities

from reconciler.visible import visible

BASE = """\
:root { color-scheme: light dark;
  --bg: #fff; --soft: #f6f8fa; --line: #d5dbe1; --text: #1f2328; --quiet: #57606a; --link: #0757ba;
  --add: #116329; --add-soft: #e6f7ea; --del: #b3211c; --del-soft: #ffebe9; --mod: #7d4e00; --mod-soft: #fff4d4;
  --move: #0757ba; --move-soft: #e7f1fd; --mark-add: #2da44e; --mark-del: #cf222e; --mark-mod: #bf8700;
  --mark-move: #0969da; --mark: #8c959f; }
@media (prefers-color-scheme: dark) { :root {
  --bg: #0d1117; --soft: #151b23; --line: #30373f; --text: #e6edf3; --quiet: #9aa4ae; --link: #6cb0ff;
  --add: #63d279; --add-soft: #0f2d18; --del: #ff938a; --del-soft: #3c1618; --mod: #e8b44c; --mod-soft: #332607;
  --move: #6cb0ff; --move-soft: #0f2440; --mark-add: #34a853; --mark-del: #f4554d; --mark-mod: #c8911f;
  --mark-move: #4493f8; --mark: #6e7781; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 74rem; margin: 0 auto; padding: 1.4rem 1.25rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .2rem 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .7rem; overflow-wrap: anywhere; }
h2 small, .tail { font-weight: normal; color: var(--quiet); font-size: .85rem; }
code, pre, .mono { font-family: ui-monospace, SFMono-Regular, "DejaVu Sans Mono", monospace; font-size: .86em;
  overflow-wrap: anywhere; unicode-bidi: isolate; }
"""
HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
"""
"""How every page begins."""


def escape(text: str) -> str:
    """The one escape function of the HTML reports: safe in text and in quoted attributes, on one line."""
    return _entities(visible(text), quote=True)


def page(title: str, style: str, body: str, head: str = HEAD) -> str:
    """A whole page. ``title`` is raw; ``style`` is our own CSS; ``body`` is HTML whose values are escaped already.

    ``head`` is ``HEAD``, perhaps with more of our own metadata behind it.
    """
    sheet = f"\n{BASE}{style}"
    allowed = b64encode(sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    return f"""{head}<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<style>{sheet}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
