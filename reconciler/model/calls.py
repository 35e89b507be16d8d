"""Calls to a provider's API as data, what comes back, and the protocols that a provider fulfils."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from reconciler.model.canonical import Json
from reconciler.model.dialect import Dialect
from reconciler.model.live import Inventory, Quotas, ReadResult, ReadTerm, ScopeRef, Wanted
from reconciler.records import dataclass, field

PathSegment = str | int | Mapping[str, Json]
"""A string, an integer, or a ``$from`` object that execution replaces by the id that the named step made."""


@dataclass(frozen=True, slots=True)
class Call:
    """One mutating request, as data: it can only name policy, rule and security-group-rule endpoints.

    ``path`` segments are percent-encoded one by one when sent. ``body`` may hold ``$from`` and ``$position``.
    """

    service: str  # elb | vpc | cloud | load-balancer | network
    method: str
    path: tuple[PathSegment, ...] = field(hash=False)
    body: Json = field(default=None, hash=False)

    def to_json(self) -> dict[str, Json]:
        """The ``call`` of a step in the plan."""
        return {"service": self.service, "method": self.method, "path": list(self.path), "body": self.body}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call does, read back from the call itself (independent of the step that made it).

    ``values`` are the body's fields in the API's words, exactly as sent, without rules and number; ``rules`` is the
    raw list where the body replaces all rules, else None; ``number`` is the literal or ``$position`` sent, else None.
    """

    op: str  # create | update | delete
    kind: str  # l7policy | l7rule | security_group_rule
    object_id: Json  # str, a $from, or None (create)
    parent_id: Json  # the policy of a rule, the listener of a created policy, the group of a rule; None if not told
    values: Mapping[str, Json] = field(default_factory=dict, hash=False)
    rules: tuple[Mapping[str, Json], ...] | None = field(default=None, hash=False)
    number: Json = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an accepted write. ``tasks`` are still running (Gcore); ``object_id`` is known or None."""

    status: int
    object_id: str | None = None
    tasks: tuple[str, ...] = ()
    request_id: str | None = None
    provisioning_status: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The lane is quiet again. ``status`` is the object's provisioning_status (None: the API has none).

    ``error`` holds the provider's words when a task or the object ended in ERROR; ``lane_error`` when the load
    balancer itself did.
    """

    object_id: str | None = None
    status: str | None = None
    error: str | None = None
    lane_error: str | None = None
    request_id: str | None = None


class ProviderError(Exception):
    """Base of what a provider's API can answer. ``message`` is redacted; never a traceback for the user.

    ``status`` is the HTTP status (None: no answer), ``code`` the API's own error code, ``request_id`` the id to
    quote to the provider, ``request`` the method and path.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        request: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.request = request


class Refused(ProviderError):
    """The API answered no (4xx) and changed nothing. ``existing_id``: a duplicate that the message names."""

    existing_id: str | None = None


class Denied(Refused):
    """401 or 403: the credentials do not reach that far; the message names the missing permission."""


class QuotaExceeded(Refused):
    """The provider's quota has no room."""


class NotFound(Refused):
    """404: the object (or its parent) is not there."""


class Immutable(ProviderError):
    """The load balancer or object is locked by another change: wait until it is settled, then decide again."""


class OutcomeUnknown(ProviderError):
    """A write went out and no trustworthy answer came back (5xx, timeout, reset): it may or may not have happened."""


class Unreachable(ProviderError):
    """A read failed for good: no connection, timeouts, or 5xx after the repeats."""


class UntrustedEndpoint(ProviderError):
    """Credentials do not belong to that host (P10): nothing was sent, no connection was opened."""


class WriteRefused(ProviderError):
    """The transport is in read-only mode (P3) and was asked to write: nothing was sent."""


class Clock(Protocol):
    """Time, injected: real time, or virtual time that jumps over waits."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long (or jump)."""
        ...


class Encoder(Protocol):
    """Turns a step's content into the one call that carries it out."""

    def encode(
        self,
        op: str,
        kind: str,
        object_id: Json,
        parent_id: Json,
        before: Mapping[str, Json] | None,
        after: Mapping[str, Json] | None,
    ) -> Call:
        """The call for one step.

        ``before``/``after`` are the step's JSON objects in normal form (a policy with its number, with ``rules`` only
        where the API takes them inline). Sends what differs plus what the API demands, defaults explicit, never null.
        For a rule ``parent_id`` is its policy; for a policy the listener; for a security group rule the group.

        Raises:
            ValueError: the API has no single call for this change (planning must not ask for it).
        """
        ...


class Decoder(Protocol):
    """Reads a call back into what it does; independent of the encoder's bookkeeping."""

    def effect(self, call: Call) -> Effect:
        """What the call does.

        Raises:
            ValueError: the call is to none of the policy, rule and security-group-rule endpoints.
        """
        ...


class Provider(Protocol):
    """One open connection to one provider document. Carries no policy: it fetches, encodes, sends, waits."""

    name: str
    type: str
    dialect: Dialect
    encoder: Encoder
    decoder: Decoder

    def describe(self) -> dict[str, Json]:
        """``name``, ``type``, ``endpoint``, ``region``, ``project`` for the plan; no secrets."""
        ...

    def lane(self, scope: ScopeRef) -> str:
        """The lane of a scope: ``<type>:<project>[:<region>]:load_balancer:<id>`` or ``...:security_group:<id>``."""
        ...

    async def authenticate(self) -> Sequence[ReadTerm]:
        """Get what later calls need (a token, the project's id); the calls that took."""
        ...

    async def lookup(self, wanted: Wanted) -> Inventory:
        """Names and ids of what the manifests refer to (possibly more)."""
        ...

    async def read(self, scopes: Sequence[ScopeRef]) -> ReadResult:
        """Live objects and facts of all scopes, with list calls shared between them."""
        ...

    async def quotas(self, kinds: frozenset[str]) -> Quotas:
        """Quotas for the kinds that a plan creates; nothing is asked where the API has none."""
        ...

    async def order(self, listener_id: str) -> tuple[str, ...]:
        """Ids of the listener's policies by position, read now (for ``$position``)."""
        ...

    async def send(self, call: Call) -> Reply:
        """Send one write, once (429 is repeated; nothing else is). Raises a :class:`ProviderError`."""
        ...

    async def settle(self, lane: str, call: Call | None, reply: Reply | None) -> Settled:
        """Wait until the lane is quiet: tasks ended, load balancer and object out of PENDING.

        Without a call: wait for whatever is in flight on the lane (a lane's begin, a lost answer).

        Raises:
            ProviderError: the wait itself failed, or took longer than the limit.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
