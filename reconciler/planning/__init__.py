"""Planning: live state and desired state in, a verified list of calls out. Pure: no I/O, no provider, no manifest.

``draft(inputs)`` decides, ``finish(draft, quotas)`` numbers, encodes and verifies; ``plan`` does both.
"""

from reconciler.planning.document import Plan, Step
from reconciler.planning.inputs import Options, PlanInputs, ScopeInput
from reconciler.planning.plan import PlanDraft, draft, finish, plan
from reconciler.planning.reading import load

__all__ = ["Options", "Plan", "PlanDraft", "PlanInputs", "ScopeInput", "Step", "draft", "finish", "load", "plan"]
