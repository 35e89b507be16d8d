"""Gcore Cloud: L7 policies and rules, and security group rules (read through v1, written through v2)."""

from __future__ import annotations

from reconciler.model.plugin import Connection, Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.calls import Decoder, Encoder, Provider
    from reconciler.model.canonical import Json
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


def _codec(description: Mapping[str, Json]) -> tuple[Encoder, Decoder]:
    from reconciler.providers.gcore.codec import GcoreDecoder, GcoreEncoder

    project, region = description.get("project"), description.get("region")
    if type(project) is not int or type(region) is not int:
        raise ValueError("its project and region are no numbers")
    return GcoreEncoder(_dialect(), project, region), GcoreDecoder(project, region)


def _variables() -> Mapping[str, tuple[str, ...]]:
    from reconciler.providers.gcore import settings

    return settings.VARIABLES


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
    codec=_codec,
    variables=_variables,
)
