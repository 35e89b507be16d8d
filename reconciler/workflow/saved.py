"""A saved plan: taken only if it fits the manifests, the tool, the project, and what the encoder makes of it today.

The file says *what* to do. Whether that may be done is decided anew: guards, ``protect``, ``unlisted`` come from the
manifests, verification from a fresh plan; the file's own ``verified``, ``blocked`` and ``summary`` are never looked at.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from reconciler import __version__
from reconciler.diagnostics import Diagnostic, DiagnosticError
from reconciler.execution.late import Gone, in_slot, slot
from reconciler.execution.outcome import Changed
from reconciler.execution.scene import Scene
from reconciler.execution.stale import Standing
from reconciler.execution.units import NotAtLink, State, View, units_of
from reconciler.model.calls import Provider
from reconciler.model.canonical import Json, is_from, is_position, position
from reconciler.model.live import Quotas
from reconciler.model.objects import Policy
from reconciler.model.shard import parse as parse_shard
from reconciler.planning.document import Plan, PlanScope, Step
from reconciler.planning.inputs import ScopeInput
from reconciler.planning.reading import load
from reconciler.workflow.opening import Opened
from reconciler.workflow.plan import Drawn
from reconciler.workflow.settings import Settings

_AGAIN = "make a new plan with `reconcile plan --json-into FILE`"

_MISFITS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading an object raises that is none of the cloud's: a schema cannot tell, the dialect and the codec can."""


@dataclasses.dataclass(frozen=True, slots=True)
class Admitted:
    """A saved plan that may be carried out. ``left_out``: scopes that may not, and why; ``stale``: changed ones."""

    plan: Plan
    left_out: Mapping[str, str]
    stale: Mapping[str, tuple[Changed, ...]]


def read(document: Mapping[str, Json], expect_digest: str | None) -> Plan:
    """The plan of a file.

    Raises:
        DiagnosticError: PLAN-FORMAT, PLAN-VERSION, PLAN-DIGEST; APPLY-EXPECT-DIGEST; APPLY-TOOL-VERSION.
    """
    plan = load(document)
    from reconciler.manifests.documents import document_problem

    if problem := document_problem("plan", document):
        raise refusal("PLAN-FORMAT", "the plan's structure is not this format's", problem)
    if expect_digest is not None and document.get("digest") != expect_digest:
        raise _unexpected(str(document.get("digest")), expect_digest)
    if plan.tool_version.partition(".")[0] != __version__.partition(".")[0]:
        raise refusal(
            "APPLY-TOOL-VERSION", f"the plan was made by version {plan.tool_version}",
            f"this is version {__version__}: another major version",
        )  # fmt: skip
    return plan


def expected(plan: Plan, digest: str) -> None:
    """Nothing, if the plan has the digest that was asked for.

    Raises:
        DiagnosticError: APPLY-EXPECT-DIGEST.
    """
    found = str(plan.to_json()["digest"])
    if found != digest:
        raise _unexpected(found, digest)


def _unexpected(found: str, wanted: str) -> DiagnosticError:
    return refusal("APPLY-EXPECT-DIGEST", "the plan is not the one that was expected", f"{found}, not {wanted}")


def refusal(code: str, summary: str, detail: str = "") -> DiagnosticError:
    """A plan that is not carried out: nothing was sent."""
    return DiagnosticError(Diagnostic(code, summary, detail, _AGAIN))


def settings_of(settings: Settings, plan: Plan) -> Settings:
    """The run's settings with what the plan was made from: its paths (unless others are given), selection and date."""
    return dataclasses.replace(
        settings,
        paths=settings.paths or plan.source.paths,
        target=plan.source.target,
        exclude=plan.source.exclude,
        shard=parse_shard(plan.source.shard) if plan.source.shard is not None else None,
        today=settings.today or plan.today,
    )


def same_manifests(plan: Plan, digest: str) -> None:
    """Nothing, if the manifests are those that the plan was made from.

    Raises:
        DiagnosticError: APPLY-OTHER-MANIFESTS.
    """
    if plan.source.manifest_digest != digest:
        raise refusal(
            "APPLY-OTHER-MANIFESTS", "the manifests are not those that the plan was made from",
            f"their digest is {digest}, the plan's is {plan.source.manifest_digest}",
        )  # fmt: skip


def admit(plan: Plan, drawn: Drawn, opened: Opened, settings: Settings) -> Admitted:
    """Hold a saved plan against a fresh one.

    Raises:
        DiagnosticError: another provider or project, a structure or a call that is not ours, or effects that the
            manifests do not ask for. Then nothing is sent.
    """
    _same_providers(plan, drawn)
    _same_names(plan, drawn)
    fresh = {s.address: s for s in drawn.plan.scopes}
    inputs = {s.document.address: s for s in drawn.seen.scopes}
    reasons = {b.scope: b.reason for b in drawn.plan.blocked if b.scope is not None}
    left_out: dict[str, str] = {}
    stale: dict[str, tuple[Changed, ...]] = {}
    _structure(plan)
    for scope in plan.scopes:
        if scope.address not in fresh or scope.address not in inputs:
            left_out[scope.address] = reasons.get(scope.address, "it cannot be planned now")
            continue
        _same_scope(scope, fresh[scope.address])
        provider = opened.providers[scope.provider]
        try:
            _same_calls(plan.steps_of(scope.address), provider)
            changed = _effects(plan, drawn, scope, inputs[scope.address], provider, settings)
        except _MISFITS as error:
            why = f"{type(error).__name__}: {error}"
            raise refusal(
                "APPLY-PLAN-STRUCTURE", f"the steps on {scope.address} hold what no plan holds", why
            ) from None
        if changed:
            stale[scope.address] = changed
    return Admitted(plan, left_out, stale)


def _same_providers(plan: Plan, drawn: Drawn) -> None:
    now = {p["name"]: dict(p) for p in drawn.plan.providers}
    for then in plan.providers:
        name = then.get("name")
        if name in now and now[name] != dict(then):
            differing = sorted(k for k in {*then, *now[name]} if then.get(k) != now[name].get(k))
            raise refusal(
                "APPLY-OTHER-PROVIDER", f"provider {name!r} is not the one that the plan was made for",
                f"it differs in {', '.join(differing)}",
            )  # fmt: skip


def _same_names(plan: Plan, drawn: Drawn) -> None:
    """Whoever approved the plan has read the names: an id that is called otherwise is another object than that one."""
    now, unseen = drawn.seen.names, drawn.seen.blocked
    for id, name in plan.names.items():
        if now.get(id, None if not unseen else name) != name:
            called = f"the cloud calls it {now[id]!r}" if id in now else "no object of the manifests has this id"
            raise refusal("APPLY-OTHER-NAME", f"the plan calls {id} {name!r}, and it is not called so", called)


def _same_scope(then: PlanScope, now: PlanScope) -> None:
    if (then.id, then.lane, then.provider) != (now.id, now.lane, now.provider):
        raise refusal(
            "APPLY-OTHER-SCOPE", f"{then.address} leads to another live object than when the plan was made",
            f"then {then.id} in {then.lane}, now {now.id} in {now.lane}",
        )  # fmt: skip


def _structure(plan: Plan) -> None:
    """Ids in file order, scopes and lanes that fit, references to earlier steps only, a fingerprint for each unit."""
    scopes = {s.address: s for s in plan.scopes}
    seen: dict[str, dict[str, None]] = {}
    for n, step in enumerate(plan.steps, 1):
        scope = scopes.get(step.scope)
        earlier = seen.setdefault(step.scope, {})
        sources = [str(v["$from"]["step"]) for v in (step.object_id, step.parent_id) if is_from(v)]
        fits = (
            scope is not None
            and step.id == f"s{n}"
            and (step.provider, step.lane) == (scope.provider, scope.lane)
            and (step.address + "/").startswith(step.scope + "/")
            and step.needs == tuple(itertools.islice(reversed(earlier), 1))
            and all(source in earlier for source in sources)
            and (step.op == "create") == (step.before is None)
            and (step.op == "delete") == (step.after is None)
            and (step.kind == "l7rule" or step.parent_id == scope.id)
        )
        if not fits:
            raise refusal("APPLY-PLAN-STRUCTURE", f"{step.id} of the plan does not fit its scope", step.address)
        earlier[step.id] = None
    for scope_steps in ([s for s in plan.steps if s.scope == a] for a in seen):
        for unit in units_of(scope_steps):
            if unit.key[0] == "live" and unit.precondition is None:
                raise refusal("APPLY-PLAN-STRUCTURE", f"the plan has no fingerprint of {unit.address}")


def _same_calls(steps: Sequence[Step], provider: Provider) -> None:
    """Encode every step again: a call that is not what its step says is never sent."""
    for step in steps:
        try:
            call = provider.encoder.encode(
                step.op, step.kind, step.object_id, step.parent_id, step.before, step.after
            ).to_json()
        except _MISFITS as error:
            raise refusal("APPLY-PLAN-CALL", f"{step.id} of the plan cannot be encoded", str(error)) from None
        if call != step.call.to_json():
            raise refusal("APPLY-PLAN-CALL", f"the call of {step.id} is not what the step says", step.address)


def _effects(
    plan: Plan, drawn: Drawn, scope: PlanScope, seen: ScopeInput, provider: Provider, settings: Settings
) -> tuple[Changed, ...]:
    """The objects that changed since; empty: the plan leads where a fresh one leads, over gaps that are allowed."""
    steps, fresh = plan.steps_of(scope.address), drawn.plan.steps_of(scope.address)
    same = [_plain(s) for s in steps] == [_plain(s) for s in fresh]
    if same and [_bound(s) for s in steps] != [_bound(s) for s in fresh]:
        raise refusal(
            "APPLY-PLAN-STRUCTURE", f"the steps on {scope.address} are not told as a plan tells them",
            "a new plan has the same steps, and says something else of them",
        )  # fmt: skip
    scene = Scene.of(provider, scope, plan)
    scene.live = seen.live
    standing = scene.begin()
    if standing.changed:
        return standing.changed
    left = [s for s in steps if s.id not in standing.done and not _moved_already(scene, s)]
    if not left or same:
        return ()
    again = Scene.of(provider, scope, drawn.plan)
    again.live = seen.live
    mine, theirs = _ends(scene, left, standing), _ends(again, fresh, again.begin())
    view, live = scene.view, scene.states
    equal = mine.whole(live, view) == theirs.whole(live, view)
    if not (_proven(scene, left, plan, drawn) if equal else mine.within(theirs, view)):
        raise refusal(
            "APPLY-OTHER-EFFECT", f"the plan's steps on {scope.address} do not lead where the manifests lead now",
            "what the plan found there, or what it does, is not what a new plan finds and does",
        )  # fmt: skip
    begun = {s.id for s in left}
    for gap in plan.gaps:
        if gap.scope == scope.address and gap.opened_by in begun and f"gap={gap.object}" not in settings.allow:
            raise refusal("APPLY-OTHER-EFFECT", f"the plan opens a gap at {gap.object} that was not allowed", gap.why)
    return ()


def _proven(scene: Scene, left: Sequence[Step], plan: Plan, drawn: Drawn) -> bool:
    """Replay the steps that are left, from what is live, against what the manifests want."""
    from reconciler.planning.proof import prove

    (draft,) = [d for d in drawn.draft.drafts if d.scope.document.address == scene.ref.address]
    encoder, made = scene.provider.encoder, scene.made

    def known(value: Json) -> Json:
        done = is_from(value) and str(value["$from"]["step"]) in made
        return made[str(value["$from"]["step"])] if done else value

    try:
        steps = [
            dataclasses.replace(
                s, call=encoder.encode(s.op, s.kind, known(s.object_id), known(s.parent_id), s.before, after)
            )
            for s, after in _placed(scene, left)
        ]
    except Gone:
        return False
    ids = {s.id for s in left}
    gaps = [g for g in plan.gaps if g.opened_by in ids]
    before = len(draft.diagnostics)
    prove(draft, steps, gaps, drawn.quotas.get(scene.provider.name, Quotas()))
    return not any(d.is_error for d in draft.diagnostics[before:])


def _placed(scene: Scene, left: Sequence[Step]) -> list[tuple[Step, Mapping[str, Json] | None]]:
    """The steps with their ``after``, positions expected anew: what is done already has moved the others.

    Raises:
        Gone: a slot is not there any more.
    """
    number, order, fresh = scene.provider.dialect.number_field, list(scene.order()), dict[str, str]()
    found: list[tuple[Step, Mapping[str, Json] | None]] = []
    for step in left:
        after, own = step.after, scene.unit_id(step) or step.id
        place: Json = after.get(number) if after is not None and step.kind == "l7policy" else None
        if after is not None and is_position(place):
            wanted = place["$position"]
            index = slot(place, order, own, lambda a: fresh.get(a) or scene.id_of(a))
            after = {**after, number: position(wanted["after"], wanted["before"], index)}
            order = [i for i in order if i != own]
            order.insert(index - 1, own)
            fresh[step.address] = own
        elif step.kind == "l7policy" and step.op == "delete":
            order = [i for i in order if i != own]
        found.append((step, after))
    return found


def _plain(step: Step) -> Mapping[str, Json]:
    """A step as far as it decides what is sent."""
    whole = step.to_json()
    return {k: whole[k] for k in ("op", "kind", "address", "object_id", "parent_id", "before", "after", "call", "lane")}


def _bound(step: Step) -> Mapping[str, Json]:
    """What a step says of itself, and the objects that it rests on; where steps are equal this is equal, too.

    Fingerprints are not: a policy's rules may have changed under a step that does not name them.
    """
    whole = step.to_json()
    units = [(p.address, p.object_id) for p in step.preconditions]
    return {**{k: whole[k] for k in ("role", "replaces", "changed", "gap")}, "units": units}


@dataclasses.dataclass(frozen=True, slots=True)
class _Ends:
    """Where steps lead: final states of live units by id (None: gone), and of new ones."""

    existing: Mapping[str, State]
    new: tuple[State, ...]

    def within(self, other: _Ends, view: View) -> bool:
        """Is everything that is done here done there, too?"""
        same = all(
            i in other.existing and view.fingerprint(other.existing[i]) == view.fingerprint(end)
            for i, end in self.existing.items()
        )
        return same and _contents(self.new, view) <= _contents(other.new, view)

    def whole(self, live: Mapping[str, State], view: View) -> Counter[str]:
        """Everything that is there in the end, whoever carries it (a clone that was begun, or one made anew)."""
        rest = [state for i, state in live.items() if i not in self.existing]
        return _contents([*rest, *self.existing.values(), *self.new], view)


def _contents(states: Iterable[State], view: View) -> Counter[str]:
    """States without the numbers that planning chooses."""
    bare = (dataclasses.replace(s, number=None) if isinstance(s, Policy) else s for s in states)
    return Counter(view.fingerprint(s) or "" for s in bare if s is not None)


def _moved_already(scene: Scene, step: Step) -> bool:
    """A move changes no fingerprint: the place tells whether it is done."""
    place: Json = (step.after or {}).get(scene.provider.dialect.number_field)
    own = scene.unit_id(step)
    in_place = step.op == "move" and own is not None and is_position(place)
    return in_place and in_slot(place, scene.order(), str(own), scene.id_of)


def _ends(scene: Scene, left: Sequence[Step], standing: Standing) -> _Ends:
    existing: dict[str, State] = {}
    new: list[State] = []
    for unit in units_of(left):
        object_id = unit.key[1] if unit.key[0] == "live" else standing.ids.get(unit.key)
        state: State = scene.states.get(object_id) if object_id is not None else None
        try:
            for step in unit.steps:
                state = scene.view.forward(state, step)
        except NotAtLink:
            raise refusal("APPLY-PLAN-STRUCTURE", f"the steps of {unit.address} do not fit each other") from None
        if object_id is not None:
            existing[object_id] = state
        else:
            new.append(state)
    return _Ends(existing, tuple(new))
