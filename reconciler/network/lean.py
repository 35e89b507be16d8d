"""httpx, without the command line that it brings along.

``import httpx`` also imports its own command line where click and rich are installed, and with it pygments: four tenths
of the CPU that loading httpx costs. httpx does without it where click is missing; here it is told so.
"""

from __future__ import annotations

import sys

_COMMAND_LINE = "httpx._main"

if "httpx" in sys.modules:
    import httpx as httpx
else:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # the documented way to make an import fail
    try:
        import httpx as httpx
    finally:
        del sys.modules[_COMMAND_LINE]

__all__ = ["httpx"]
