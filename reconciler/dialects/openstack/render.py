"""What Octavia's templates and HAProxy make of values, expressions, keys and URLs.

Measured with Octavia 19's own templates on HAProxy 2.6 (openstack.md 4, semantics.md O16): the templates escape
backslashes and blanks, and write ``&``, ``<``, ``>`` and quotes as HTML entities, of which those for quotes hold a
``#``, which begins a comment.
"""

from __future__ import annotations

from warnings import catch_warnings, simplefilter

from reconciler.dialects._report import full_match

Finding = tuple[bool, str, str]
"""(refused, what, why): False is a warning."""

KEY_PATTERN = r"[A-Za-z0-9!$%*+.^_`|~-]+"
"""Names of headers and cookies that survive the rendering: tokens without ``# ' & ,``."""

_ENTITIES = "it is rendered as an HTML entity (&amp;, &lt;, &gt;)"
_NEVER = "The data plane compares with the entity's text: such a rule never matches what is meant."
_COMMENT = "It begins a comment in the rendered configuration: the value ends before it"
_PLAIN = r"\^?(?:[A-Za-z0-9/_~=,:;@%-]|\\[./?-]|\.[*+?]?)*\$?"
_REFUSED = (
    (r"(?<!\\)(?:\\\\)*\\[1-9]", "a back-reference by number"),
    (r"\(\?\(\w", "a conditional group"),
    (r"(?<!\\)(?:\\\\)*\\[uU][0-9a-fA-F]{4}", "\\u and \\U escapes"),
    (r"(?<!\\)(?:\\\\)*\\N\{", "\\N{...} escapes"),
    (r"\(\?[a-zA-Z]*[aLut][a-zA-Z]*[:)-]", "the flags (?a), (?L), (?u) and (?t)"),
    (r"\(\?P?[<>]", "a named group, a look-behind or an atomic group: '<' and '>' are rendered as &lt; and &gt;"),
)
_DIFFERENT = (
    (r"\{,\d+\}", "{,n} is a literal text in PCRE2, not a repeat"),
    (r"\[\[:\^?[a-z]+:\]", "[[:class:]] is a POSIX class in PCRE2, and something else to the API"),
)
_COUNT_MAX = 65535


def value(text: str) -> Finding | None:
    """How a value of any compare type is misread: the worst that is known."""
    if "#" in text:
        return True, "'#'", f"{_COMMENT}, so that it matches more than meant."
    if '"' in text or "'" in text:
        return True, "a quotation mark", f"It is rendered as &#34; or &#39;, whose '#' begins a comment. {_NEVER}"
    if text.startswith("-"):
        return True, "a leading '-'", "HAProxy reads it as an option: the load balancer may go to ERROR."
    if any(c in text for c in "&<>"):
        return False, "'&', '<' or '>'", f"In this version of Octavia {_ENTITIES}. {_NEVER}"
    return None


def url(text: str) -> Finding | None:
    """How a redirect's URL is misread."""
    if any(c in text for c in "#'\""):
        why = f"{_COMMENT}, and the policy's rules with it: every request to the listener would be redirected."
        return True, "'#' or a quotation mark", why
    if any(c in text for c in "&<>"):
        return False, "'&', '<' or '>'", f"In this version of Octavia {_ENTITIES}: the client is sent to that text."
    return None


def expression(pattern: str) -> Finding | None:
    """What is wrong with a regular expression: the API checks it with Python's ``re``, HAProxy runs it with PCRE2."""
    import re

    if full_match(_PLAIN)(pattern):
        return None
    try:
        with catch_warnings():
            simplefilter("ignore")  # future meanings of [[ and the like: told below
            re.compile(pattern)
    except re.error as bad:
        where = f"{bad.msg} at position {bad.pos}" if bad.pos is not None else bad.msg
        return True, where, "Octavia's API checks expressions with Python's re module and refuses this one."
    except (RecursionError, OverflowError):
        return True, "too complex", "Octavia's API checks expressions with Python's re module."
    for wrong, what in _REFUSED:
        if re.search(wrong, pattern):
            why = "HAProxy refuses the rendered configuration: the load balancer would go to ERROR."
            return True, f"it uses {what}", why
    if any(int(n) > _COUNT_MAX for pair in re.findall(r"\{(\d*),?(\d*)\}", pattern) for n in pair if n):
        return True, f"a repeat of more than {_COUNT_MAX}", "HAProxy's engine (PCRE2) refuses it."
    for other, what in _DIFFERENT:
        if re.search(other, pattern):
            return False, what, "The API accepts the expression and the data plane means something else by it."
    return None
