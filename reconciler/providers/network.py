"""The network of one provider: its routes, and the pool that lends out their connections."""

from __future__ import annotations

from reconciler.network.routes import Routes
from reconciler.providers.pool import PoolTransport


class Network(Routes):
    """How to reach a provider's origins: which proxy, which certificate authorities."""

    def transport(self) -> PoolTransport:
        """The transport of one provider."""
        return PoolTransport(self.connection)
