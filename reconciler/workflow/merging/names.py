"""How what is live is referred to in a manifest: by name where that leads to one object, else by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.manifests.edits.change import Edit, Set
from reconciler.model.canonical import Json
from reconciler.model.live import Named
from reconciler.records import dataclass, field
from reconciler.workflow.to_manifest import Names, by_name

Known = Mapping[str, tuple[str, str, list[Named]]]
"""Id field -> (name field, kind, the objects among which the name has to be unique)."""


def known_of_listener(names: Names, load_balancer: str | None) -> Known:
    """References of a policy: pools and listeners are looked up beside the listener."""
    pools, listeners = names.beside("pool", load_balancer), names.beside("listener", load_balancer)
    return {
        "redirect_pool_id": ("redirect_pool", "pool", pools),
        "pool_id": ("pool", "pool", pools),
        "redirect_listener_id": ("redirect_listener", "listener", listeners),
    }


def known_of_group(names: Names) -> Known:
    """References of a security group rule."""
    return {"remote_group_id": ("remote_group", "security_group", list(names.inventory.of("security_group")))}


@dataclass(slots=True)
class Parts:
    """A :class:`~reconciler.manifests.edits.change.Fields` under construction."""

    edits: dict[str, Edit] = field(default_factory=dict)
    drop: set[str] = field(default_factory=set)
    rename: dict[str, str] = field(default_factory=dict)
    add: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Referring:
    """Writes references the way a document does."""

    names: Names
    known: Known

    def written(self, value: Json) -> Json:
        """A live object as a manifest has it, with names where those are unique."""
        return by_name(value, self.known, self.names)

    def set(self, raw: Mapping[str, Json], id_field: str, live_id: str, into: Parts) -> None:
        """Let a field refer to ``live_id``: by id where the document gives ids, by name where that is possible."""
        name_field, kind, among = self.known[id_field]
        if id_field in raw:
            into.edits[id_field] = Set(live_id)
            return
        name = self.names.usable(kind, live_id, among)
        if name_field not in raw:
            into.add[id_field if name is None else name_field] = live_id if name is None else name
        else:
            into.edits[name_field] = Set(live_id if name is None else name)
            if name is None:
                into.rename[name_field] = id_field

    def leads_to(self, entry: Mapping[str, Json], id_field: str) -> str | None:
        """The id that a reference leads to, or None where it leads to none or several."""
        if isinstance(entry.get(id_field), str):
            return str(entry[id_field])
        name_field, _, among = self.known[id_field]
        hits = [o.id for o in among if o.name == entry.get(name_field)]
        return hits[0] if len(hits) == 1 else None

    def fields_of(self, id_field: str) -> Sequence[str]:
        """Both fields in which a reference may stand."""
        return (self.known[id_field][0], id_field)
