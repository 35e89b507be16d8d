"""One open connection to an OpenStack cloud: :class:`reconciler.model.calls.Provider`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reconciler.model.calls import (
    Call,
    Decoder,
    Encoder,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    Refused,
    Reply,
    Settled,
)
from reconciler.model.canonical import Json
from reconciler.model.desired import ProviderSpec
from reconciler.model.dialect import Dialect
from reconciler.model.live import (
    GroupFacts,
    Inventory,
    ListenerFacts,
    Live,
    Named,
    Quotas,
    ReadFailure,
    ReadResult,
    ReadTerm,
    ScopeRef,
    Wanted,
)
from reconciler.model.plugin import Connection
from reconciler.providers.bodies import resolved
from reconciler.providers.failures import read_failure
from reconciler.providers.live import Raw, Reader, objects_in, text_of
from reconciler.providers.openstack.auth import TOKEN_PATH, Keystone
from reconciler.providers.openstack.client import PAGE, Client, OpenStackDialogue, existing_id
from reconciler.providers.openstack.codec import LOAD_BALANCER, NETWORK, OpenStackDecoder, OpenStackEncoder
from reconciler.providers.openstack.quotas import quotas as read_quotas
from reconciler.providers.openstack.reading import policies_of, read_group, read_policies, read_terms
from reconciler.providers.openstack.settings import Settings, settings
from reconciler.providers.openstack.settling import Settling, pending
from reconciler.providers.session import all_of, open_http

_LISTS = {
    "load_balancer": (LOAD_BALANCER, ("v2", "lbaas", "loadbalancers"), "loadbalancers"),
    "listener": (LOAD_BALANCER, ("v2", "lbaas", "listeners"), "listeners"),
    "pool": (LOAD_BALANCER, ("v2", "lbaas", "pools"), "pools"),
    "security_group": (NETWORK, ("v2.0", "security-groups"), "security_groups"),
}
_KEYS = {"l7policy": "l7policy", "l7rule": "rule", "security_group_rule": "security_group_rule"}


def open_provider(spec: ProviderSpec, connection: Connection) -> OpenStackProvider:
    """Open an OpenStack Provider document; nothing is sent yet.

    Raises:
        DiagnosticError: no configured cloud, no credentials, or an endpoint that is none.
        UntrustedEndpoint: an endpoint that the credentials do not belong to.
    """
    from reconciler.dialects.openstack import OPENSTACK

    found = settings(spec, connection)
    if found.ca_file is not None:
        spec = replace(spec, spec={**spec.spec, "ca_file": found.ca_file})
    path = f"{found.auth_url.prefix}/{'/'.join(TOKEN_PATH)}".encode()
    http = open_http(
        spec, connection, hosts=found.hosts, dialogue=OpenStackDialogue(), secrets=found.secrets,
        token=(found.auth_url, path),
    )  # fmt: skip
    return OpenStackProvider(found, Client(http, Keystone(http, found)), OPENSTACK)


@dataclass
class OpenStackProvider:
    """See :class:`reconciler.model.calls.Provider`."""

    settings: Settings
    client: Client
    dialect: Dialect
    type: str = "openstack"
    _inventory: dict[str, dict[str, Raw]] = field(default_factory=dict)
    _beside: dict[tuple[str, str], dict[str, Named]] = field(default_factory=dict)  # by kind and load balancer
    _fresh: dict[str, tuple[str, ...]] = field(default_factory=dict)  # policies by listener, until they are read

    def __post_init__(self) -> None:
        self.name = self.settings.name
        self.encoder: Encoder = OpenStackEncoder(self.dialect)
        self.decoder: Decoder = OpenStackDecoder()

    def describe(self) -> dict[str, Json]:
        """Name, type, endpoint (Keystone's), region and project; no secrets. The project is known after a login."""
        return {
            "name": self.name, "type": self.type, "endpoint": self.settings.auth_url.url,
            "region": self.settings.region, "project": self.client.keystone.project_id,
        }  # fmt: skip

    def lane(self, scope: ScopeRef) -> str:
        """``openstack:<project>[:<region>]:load_balancer:<id>`` or ``...:security_group:<id>``."""
        place = ":".join(filter(None, ("openstack", self.client.keystone.project_id, self.settings.region)))
        if scope.kind == "security_group":
            return f"{place}:security_group:{scope.id}"
        return f"{place}:load_balancer:{scope.load_balancer_id or self._load_balancer_of(scope.id)}"

    async def authenticate(self) -> Sequence[ReadTerm]:
        """One login a run; the token and the catalog are kept."""
        before = self.client.keystone.logins
        await self.client.keystone.grant()
        made = self.client.keystone.logins - before
        return (ReadTerm("token", "one login a run", made),) if made else ()

    async def lookup(self, wanted: Wanted) -> Inventory:
        """The project's lists of every kind that is wanted; load balancers come with listeners: they tell provider
        and status. What is wanted by an id that is not in the list is asked for alone.
        """
        await self.authenticate()
        kinds = [kind for kind in _LISTS if kind in wanted.names or kind in wanted.ids]
        if "listener" in kinds and "load_balancer" not in kinds:
            kinds.insert(0, "load_balancer")
        lists = await all_of(self._list(kind) for kind in kinds)
        reads = []
        for kind, (objects, calls) in zip(kinds, lists, strict=True):
            self._inventory[kind] = {raw["id"]: raw for raw in objects}
            calls += await self._by_id(kind, wanted.ids.get(kind, frozenset()))
            reads.append(ReadTerm(f"{kind.replace('_', ' ')}s", f"pages of {PAGE}", calls))
        if "listener" in kinds:
            self._fresh = {
                listener: tuple(text_of(one.get("id")) for one in objects_in(raw["l7policies"]))
                for listener, raw in self._inventory["listener"].items()
                if isinstance(raw.get("l7policies"), list)
            }
        found = [self._named(kind, raw) for kind in kinds for raw in self._inventory[kind].values()]
        self._beside = {key: ones for key, ones in self._beside.items() if key[0] not in kinds}
        for one in found:
            for owner in one.load_balancers:
                self._beside.setdefault((one.kind, owner), {})[one.id] = one
        return Inventory(tuple(found), tuple(reads))

    async def read(self, scopes: Sequence[ScopeRef]) -> ReadResult:
        """Live objects and facts of all scopes; what cannot be read fails its own scope only."""
        listeners = [scope for scope in scopes if scope.kind == "listener"]
        groups = [scope for scope in scopes if scope.kind == "security_group"]
        lives: dict[str, Live] = {}
        failures: list[ReadFailure] = []
        reads: list[ReadTerm] = []
        if any(scope.id not in self._inventory.get("listener", {}) for scope in listeners):
            reads += (await self.lookup(Wanted({"listener": frozenset()}, {}))).reads
        known = [self._fresh.pop(scope.id, None) for scope in listeners]
        found = await all_of(
            read_policies(self.client, scope.id, ids) for scope, ids in zip(listeners, known, strict=True)
        )
        if listeners:
            reads += read_terms(found)
        for scope, policies in zip(listeners, found, strict=True):
            if policies.error is not None:
                failures.append(read_failure(scope, policies.error))
                continue
            reader = Reader(self.dialect, scope.address)
            for raw in policies.raws:
                reader.add(raw, policies.rules.get(raw["id"], []))
            facts = self._facts(scope, not any(pending(raw) for raw in policies.raws))
            lives[scope.address] = Live(scope, facts, reader.policies(), (), reader.unknown, tuple(reader.diagnostics))
        for scope, group in zip(groups, await all_of(read_group(self.client, s.id) for s in groups), strict=True):
            if isinstance(group, ProviderError):
                failures.append(read_failure(scope, group))
                continue
            reader = Reader(self.dialect, scope.address)
            rules = reader.security_rules(objects_in(group.get("security_group_rules")))
            group_facts = GroupFacts(scope.id, text_of(group.get("name")))
            lives[scope.address] = Live(scope, group_facts, (), rules, reader.unknown, tuple(reader.diagnostics))
        if groups:
            reads.append(ReadTerm("security groups", f"one read a group ({len(groups)})", len(groups)))
        return ReadResult(tuple(lives[s.address] for s in scopes if s.address in lives), tuple(failures), tuple(reads))

    async def quotas(self, kinds: frozenset[str]) -> Quotas:
        """See :func:`reconciler.providers.openstack.quotas.quotas`."""
        grant = await self.client.keystone.grant()
        return await read_quotas(self.client, grant.project_id, kinds)

    async def order(self, listener_id: str) -> tuple[str, ...]:
        """Ids of the listener's policies by position, without those that are about to go."""
        mine, _ = await policies_of(self.client, listener_id)
        mine.sort(key=lambda raw: (_integer(raw.get("position")), raw["id"]))
        return tuple(raw["id"] for raw in mine)

    async def send(self, call: Call) -> Reply:
        """Send one write, once. A refused duplicate names the id of the rule that is there (Neutron).

        Raises:
            ProviderError: what became of it.
            ValueError: not a call of this provider, or one that still holds placeholders.
        """
        effect = self.decoder.effect(call)
        try:
            answer = await self.client.send(call.service, call.method, resolved(call), call.body)
        except Refused as error:
            error.existing_id = existing_id(error)
            raise
        made = answer.body.get(_KEYS[effect.kind]) if isinstance(answer.body, dict) else None
        raw: Raw = made if isinstance(made, dict) else {}
        known = effect.object_id if isinstance(effect.object_id, str) else text_of(raw.get("id")) or None
        if known is None:
            raise OutcomeUnknown(
                f"{answer.request}: accepted, but the answer names no object", status=answer.status,
                request=answer.request, request_id=answer.request_id, code="CONN-ANSWER",
            )  # fmt: skip
        status = text_of(raw.get("provisioning_status")) or None
        return Reply(answer.status, known, (), answer.request_id, status)

    async def settle(self, lane: str, call: Call | None, reply: Reply | None) -> Settled:
        """See :class:`~reconciler.providers.openstack.settling.Settling`."""
        settling = Settling(self.client)
        if call is None or reply is None:
            return await settling.lane(lane)
        return await settling.after(lane, self.decoder.effect(call), reply)

    async def aclose(self) -> None:
        """Close the connections. The token is left to end by itself: revoking it is a write."""
        await self.client.http.aclose()

    # ---------------------------------------------------------------------------------------------- inside
    async def _list(self, kind: str) -> tuple[list[Raw], int]:
        service, path, key = _LISTS[kind]
        project = (await self.client.keystone.grant()).project_id
        query = [("project_id", project)]
        if kind == "security_group":
            query += [("fields", "id"), ("fields", "name")]
        return await self.client.pages(service, path, key, query)

    async def _by_id(self, kind: str, ids: frozenset[str]) -> int:
        """Objects that manifests name by id and that the project's list does not show: shared ones."""
        service, path, key = _LISTS[kind]
        missing = sorted(ids - self._inventory[kind].keys())
        for object_id in missing:
            try:
                answer = await self.client.get(service, (*path, object_id))
            except (NotFound, Refused):
                continue
            raw = answer.object(key.removesuffix("s"))
            self._inventory[kind][object_id] = raw
        return len(missing)

    def _facts(self, scope: ScopeRef, policies_settled: bool) -> ListenerFacts:
        raw = self._inventory.get("listener", {}).get(scope.id, {})
        owner = scope.load_balancer_id or self._load_balancer_of(scope.id)
        balancer = self._inventory.get("load_balancer", {}).get(owner, {})
        return ListenerFacts(
            scope.id, text_of(raw.get("name")), text_of(raw.get("protocol")) or None, _port(raw),
            load_balancer_id=owner or None, load_balancer_status=text_of(balancer.get("provisioning_status")) or None,
            load_balancer_provider=text_of(balancer.get("provider")) or None,
            default_pool_id=text_of(raw.get("default_pool_id")) or None,
            settled=policies_settled and not pending(balancer) and not pending(raw),
            listeners=self._beside.get(("listener", owner), {}), pools=self._beside.get(("pool", owner), {}),
        )  # fmt: skip

    def _load_balancer_of(self, listener_id: str) -> str:
        owners = _owners("listener", self._inventory.get("listener", {}).get(listener_id, {}))
        return owners[0] if owners else ""

    def _named(self, kind: str, raw: Raw) -> Named:
        return Named(
            kind, raw["id"], text_of(raw.get("name")), _owners(kind, raw), text_of(raw.get("protocol")) or None,
            _port(raw), text_of(raw.get("updated_at")) or None,
        )  # fmt: skip


def _owners(kind: str, raw: Raw) -> tuple[str, ...]:
    if kind not in ("listener", "pool"):
        return ()
    return tuple(text_of(one.get("id")) for one in objects_in(raw.get("loadbalancers")))


def _port(raw: Raw) -> int | None:
    port = raw.get("protocol_port")
    return port if isinstance(port, int) else None


def _integer(value: Json) -> int:
    return value if isinstance(value, int) else 1 << 31
