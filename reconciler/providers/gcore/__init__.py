"""Gcore Cloud: L7 policies and rules, and security group rules (read through v1, written through v2)."""

from __future__ import annotations

from reconciler.model.plugin import Connection, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.model.calls import Provider
    from reconciler.model.desired import ProviderSpec
    from reconciler.model.dialect import Dialect

HOSTS = ("api.gcore.com",)
"""Where credentials of this type may go (design 4)."""


def _dialect() -> Dialect:
    from reconciler.dialects.gcore import GCORE

    return GCORE


def _open(spec: ProviderSpec, connection: Connection) -> Provider:
    from reconciler.providers.gcore.provider import open_provider

    return open_provider(spec, connection)


plugin = Plugin(
    type="gcore",
    dialect=_dialect,
    open=_open,
    hosts=HOSTS,
    permissions={
        "read": ("project role Observer (a permanent API token of a user with that role)",),
        "write": ("project role User (a permanent API token of a user with that role)",),
    },
    schema="gcore",
)
