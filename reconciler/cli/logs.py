"""Logs on stderr by structlog, which is imported only when logs are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

Event = Callable[[str, Mapping[str, object]], None]

DETAILS = frozenset({"request", "response", "retry", "wait", "poll"})
"""Events that only ``-vv`` shows: one or more a request."""


def listener(stream: TextIO, form: str, verbose: int, color: bool) -> Event:
    """A listener that logs every event; ``form`` is text or json."""
    import structlog

    last = (
        structlog.processors.JSONRenderer(ensure_ascii=True)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=color)
    )
    logger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            _one_line,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )

    def listen(name: str, facts: Mapping[str, object]) -> None:
        detail = name in DETAILS
        if detail and verbose < 2:
            return
        fields = {f"{key}_" if key in ("event", "level", "timestamp") else key: value for key, value in facts.items()}
        (logger.debug if detail else logger.info)(name, **fields)

    return listen


def _one_line(logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """No value may act on the terminal or begin a line that looks like another entry."""
    from reconciler.reports.visible import visible

    plain = (int, float, bool, type(None))
    return {key: value if isinstance(value, plain) else visible(str(value)) for key, value in event.items()}
