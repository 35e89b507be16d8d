"""OpenStack: L7 policies and rules of Octavia v2, security group rules of Neutron v2.0, Keystone v3."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.calls import Decoder, Encoder, Provider
from reconciler.model.canonical import Json
from reconciler.model.desired import ProviderSpec
from reconciler.model.dialect import Dialect
from reconciler.model.plugin import Connection, Plugin

HOSTS: tuple[str, ...] = ()
"""None by name: credentials belong to the host of the ``auth_url`` that is configured with them, and its catalog's."""


def _dialect() -> Dialect:
    from reconciler.dialects.openstack import OPENSTACK

    return OPENSTACK


def _open(spec: ProviderSpec, connection: Connection) -> Provider:
    from reconciler.providers.openstack.provider import open_provider

    return open_provider(spec, connection)


def _codec(description: Mapping[str, Json]) -> tuple[Encoder, Decoder]:
    from reconciler.providers.openstack.codec import OpenStackDecoder, OpenStackEncoder

    return OpenStackEncoder(_dialect()), OpenStackDecoder()


def _variables() -> Mapping[str, tuple[str, ...]]:
    from reconciler.providers.openstack import config

    return config.VARIABLES


plugin = Plugin(
    type="openstack",
    dialect=_dialect,
    open=_open,
    hosts=HOSTS,
    permissions={
        "read": ("role reader in the project (and load-balancer_observer where the cloud uses Octavia's own roles)",),
        "write": ("role member in the project (and load-balancer_member where the cloud uses Octavia's own roles)",),
    },
    schema="openstack",
    codec=_codec,
    variables=_variables,
    extra="openstack: openstacksdk finds clouds.yaml and secure.yaml; OS_* variables alone need nothing",
)
