"""A forge's refusal in words: one diagnostic each, with what to fix."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.publishing.client import Failed, Limited, Unknown
from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What a forge calls its things: the request's ``place``, its ``token`` variable, the rights that it needs."""

    place: str
    token: str
    rights: str


def refused(words: Words, status: int, said: str, doing: str) -> DiagnosticError:
    """The diagnostic for an answer of 4xx; ``doing`` is what was tried, ``said`` the forge's own words (redacted)."""
    why = f"{doing}: {status}{f': {said}' if said else ''}"
    if status == 401:
        return _error("PUB-UNAUTHORIZED", f"the token of {words.token} is not accepted", why,
                      f"give {words.token} a token that is valid and not expired")  # fmt: skip
    if status == 403 and "lock" in said.lower():
        return _error("PUB-LOCKED", f"the conversation of {words.place} is locked", why,
                      "unlock it, or give a token of somebody who may write in locked conversations")  # fmt: skip
    if status == 403:
        return _error("PUB-DENIED", f"the token of {words.token} may not do this on {words.place}", why, words.rights)
    if status == 404:
        return _error("PUB-NOT-FOUND", f"{words.place} is not there, or the token may not see it", why,
                      f"check the number and the repository; {words.rights}")  # fmt: skip
    if status == 410:
        return _error("PUB-GONE", f"{words.place} takes no comments any more", why,
                      "it was deleted, or comments are turned off in the repository")  # fmt: skip
    return _error("PUB-REFUSED", f"{words.place} does not take the comment", why,
                  "the reason is the forge's own; please report it if it should not be")  # fmt: skip


def failed(words: Words, failure: Failed) -> Diagnostic:
    """The diagnostic for a request that came to nothing."""
    if isinstance(failure, Limited):
        return Diagnostic("PUB-RATE", f"too many requests for {words.place}", failure.words, "run it again later")
    if isinstance(failure, Unknown):
        return Diagnostic("PUB-UNKNOWN", f"nobody knows whether {words.place} was changed", failure.words,
                          "run it again: it finds what was created and makes no second comment")  # fmt: skip
    if failure.status is not None and 300 <= failure.status < 400:
        return Diagnostic("PUB-REDIRECT", f"{words.place} is somewhere else", failure.words,
                          "the repository was moved, or the API's address is wrong: give the new one")  # fmt: skip
    return Diagnostic("PUB-UNREACHABLE", f"{words.place} cannot be reached", failure.words,
                      "check the network, proxies (HTTPS_PROXY, NO_PROXY), SSL_CERT_FILE; run it again")  # fmt: skip


def missing(variable: str, what: str, hint: str) -> DiagnosticError:
    """The diagnostic for a variable without which nothing can be published."""
    return _error("PUB-ENV", f"{variable} {what}", "what to comment on, and with what rights, is told by the "
                  "environment of the CI run", hint)  # fmt: skip


def unknown_number(summary: str, detail: str, hint: str) -> DiagnosticError:
    """The diagnostic for a run that does not know its pull or merge request."""
    return _error("PUB-NUMBER", summary, detail, hint)


def _error(code: str, summary: str, detail: str, hint: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic(code, summary, detail, hint))
