"""The differences that are meant, each with its reason: ``known_differences.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.real_servers.differential.calls import Call

FILE = Path(__file__).with_name("known_differences.toml")


@dataclass(frozen=True)
class Known:
    """A kind of call whose answers may differ in one way. All patterns are searched for, not matched whole."""

    name: str
    reason: str
    service: str
    method: re.Pattern[str]
    path: re.Pattern[str]
    difference: re.Pattern[str]

    def covers(self, call: Call, difference: str) -> bool:
        """Is this difference meant?"""
        return bool(
            call.service == self.service
            and self.method.search(call.method)
            and self.path.search(call.path)
            and self.difference.search(difference)
        )


def load(file: Path = FILE) -> tuple[Known, ...]:
    """All meant differences. Raises ``ValueError`` for one without a reason."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("difference", [])
    found = []
    for entry in entries:
        if len(entry.get("reason", "")) < 20:
            raise ValueError(f"{file.name}: {entry.get('name')!r} has no reason")
        patterns = [re.compile(entry[key], re.DOTALL) for key in ("method", "path", "difference")]
        found.append(Known(entry["name"], entry["reason"], entry["service"], *patterns))
    return tuple(found)
