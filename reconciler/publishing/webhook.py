"""``--notify``: new drift goes to a webhook. A failure is one diagnostic and never more than that.

The address is a secret as a whole (whoever knows it can post there), so that it best comes from RECONCILE_NOTIFY:
command lines are seen by everybody on the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.publishing.urls import Target, parse
from reconciler.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

    from reconciler.model.calls import Clock

FORMATS = ("json", "slack")
_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")
_BUDGET = 40.0
"""Seconds that a notification may take with its repeats, besides its last attempt."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook: shown by its host alone."""

    target: Target
    format: str

    def __str__(self) -> str:
        return str(self.target)


def hook_of(url: str | None, format: str | None = None) -> Hook | None:
    """The webhook of ``--notify`` and ``--notify-format`` (default: slack for Slack's own hosts, else json).

    Raises:
        DiagnosticError: PUB-URL; the address is not repeated.
    """
    if not url:
        return None
    target = parse(url, "--notify (RECONCILE_NOTIFY)")
    return Hook(target, format or ("slack" if target.host in _SLACK else "json"))


def notify(
    drift: Mapping[str, Any],
    hook: Hook,
    *,
    environ: Mapping[str, str],
    clock: Clock | None = None,
    wire: httpx.AsyncBaseTransport | None = None,
    timeout: float = 10.0,
) -> Diagnostic | None:
    """Tell ``hook`` of the alarming findings of a Drift document; without any, nothing is sent.

    Of ``environ`` only proxies, SSL_CERT_FILE, SSL_CERT_DIR and what names the CI run are read. ``timeout`` is in
    seconds for one answer. Must not be called inside an event loop.

    Returns:
        None, or what went wrong (PUB-NOTIFY, CONN-PROXY, CONN-CA-FILE); the finding itself is not changed by that.
    """
    from reconciler.publishing.messages import notification, slack
    from reconciler.publishing.runs import run_url

    body = (slack if hook.format == "slack" else notification)(drift, run_url(environ))
    if body is None:
        return None
    import asyncio

    from reconciler.publishing.client import Failed

    try:
        return asyncio.run(_post(hook, body, environ, clock, wire, timeout))
    except Failed as failed:
        return _not_told(failed.words)
    except DiagnosticError as error:
        return error.diagnostics[0]
    except Exception as error:  # whatever it is: the finding counts, not its announcement
        return _not_told(type(error).__name__)


async def _post(
    hook: Hook,
    body: Mapping[str, Any],
    environ: Mapping[str, str],
    clock: Clock | None,
    wire: httpx.AsyncBaseTransport | None,
    timeout: float,
) -> Diagnostic | None:
    from reconciler.publishing.client import Client, Twice
    from reconciler.publishing.runs import SystemClock

    target = hook.target
    # the path is the password: as a whole, and each piece of it that could be a key
    pieces = [target.path, target.query, *target.path.split("/"), *target.query.replace("=", "&").split("&")]
    client = Client(environ, clock or SystemClock(), secrets=tuple(p for p in pieces if len(p) > 7),
                    timeout=timeout, budget=_BUDGET, wire=wire)  # fmt: skip
    try:
        # a JSON notification carries an id by which the receiver drops repeats; Slack would show a message twice
        reply = await client.send("POST", target, body,
                                  twice=Twice.HARMLESS if hook.format == "json" else Twice.AFTER_5XX)  # fmt: skip
        if 200 <= reply.status < 300:
            return None
        said = client.said(reply)
        return _not_told(f"{target.netloc} answers {reply.status}{f': {said}' if said else ''}")
    finally:
        await client.aclose()


def _not_told(why: str) -> Diagnostic:
    return Diagnostic(
        "PUB-NOTIFY",
        "the notification of new drift was not delivered",
        why,
        "the finding and its exit code stand; check the webhook, the next run with a new finding notifies again",
    )
