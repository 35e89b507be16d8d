"""See :mod:`reconciler.visible`: every renderer's escape function begins with it."""

from reconciler.visible import visible as visible
