"""Values that Octavia's data plane (HAProxy) reads otherwise than they look, and expressions that break it.

Source: semantics.md O16 and "Dialect traps" (measured on HAProxy). That Gcore's data plane is the same is likely and
not documented: everything here names that assumption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from warnings import catch_warnings, simplefilter

from reconciler.dialects._report import full_match

ASSUMPTION = "This holds for Octavia's HAProxy; that Gcore's data plane is the same is likely, not documented."

_BROKEN_EVERYWHERE = (
    "unbalanced parenthesis", "unterminated", "missing )", "nothing to repeat",
    "bad character range", "min repeat greater than max repeat", "bad escape (end of pattern)",
)  # fmt: skip
_REJECTED = (
    (r"(?<!\\)(?:\\\\)*\\[1-9]", "a back-reference by number"),
    (r"\(\?\(\d", "a conditional group"),
    (r"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}", "\\u escapes"),
    (r"(?<!\\)(?:\\\\)*\\N\{", "\\N{...} escapes"),
    (r"\(\?[aLu][a-zA-Z]*[:)]", "the flags (?a), (?L) and (?u)"),
)
_PLAIN = r"\^?(?:[A-Za-z0-9/_~=,:;@&%-]|\\[./?-]|\.[*+?]?)*\$?"
"""Expressions that every engine reads alike: most of them, and far quicker seen than compiled."""

_DIFFERENT = (
    (r"\{,\d+\}", "{,n} is a literal text in PCRE2, not a repeat"),
    (r"\[\[:\^?[a-z]+:\]", "[[:class:]] is a POSIX class in PCRE2, and something else to the API"),
)


def rendering(value: str, compare_type: str) -> Iterator[tuple[str, str]]:
    """How HAProxy misreads the value: (what, why). At most one, the worst."""
    if value.count('"') % 2 or value.count("'") % 2:
        yield (
            "an unbalanced quotation mark",
            "It makes the rendered configuration invalid: the load balancer goes to ERROR.",
        )
    elif "#" in value:
        yield "'#'", "It begins a comment in the rendered configuration: the value ends before it."
    elif '"' in value or "'" in value:
        yield "quotation marks", "A balanced pair is stripped: the value is compared without it."
    elif value.startswith("-"):
        yield "a leading '-'", "It is read as an option of the comparison, not as the value."
    elif compare_type != "REGEX" and not all("!" <= c <= "~" for c in value):
        yield "a blank or a character beyond ASCII", "Octavia takes printable ASCII without blanks."


def expression(pattern: str) -> tuple[bool, str, str] | None:
    """What is wrong with a regular expression: (wrong in every engine, what, why); None: nothing known."""
    if full_match(_PLAIN)(pattern):
        return None
    try:
        with catch_warnings():
            simplefilter("ignore")  # future meanings of [[ and the like: told below
            re.compile(pattern)
    except re.error as bad:
        certain = any(words in bad.msg for words in _BROKEN_EVERYWHERE)
        why = "No engine reads it." if certain else "Octavia's API checks expressions with Python's re module."
        return certain, f"{bad.msg} at position {bad.pos}" if bad.pos is not None else bad.msg, why
    except (RecursionError, OverflowError):
        return False, "too complex", "Octavia's API checks expressions with Python's re module."
    for found, what in _REJECTED:
        if re.search(found, pattern):
            return (
                False,
                f"it uses {what}",
                "HAProxy refuses the rendered configuration: the load balancer goes to ERROR.",
            )
    for found, what in _DIFFERENT:
        if re.search(found, pattern):
            return False, what, "The API accepts the expression and the data plane means something else by it."
    return None
