"""Plan, show, ask, change, and prove by a second plan that nothing is left to do.

Asks on a terminal; anywhere else it needs --auto-approve, or a plan that was saved and looked at (--plan FILE).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.cli import exits, flags, values
from reconciler.cli.console import Console, failed
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic

EXAMPLES = (
    "reconcile apply manifests/",
    "reconcile apply manifests/ --auto-approve --max-deletes 5",
    "reconcile plan manifests/ --json-into plan.json && reconcile apply --plan plan.json",
    "reconcile apply manifests/ --allow gap=listener/shop/policy/old",
)


def configure(parser: Parser) -> None:
    """Manifests, run, plan, consent and output."""
    flags.paths(parser)
    flags.selection(parser)
    flags.run(parser)
    flags.planning(parser)
    flags.consent(parser)
    group = parser.add_argument_group("apply")
    parser.flag("--plan", metavar="FILE", twin=False, group=group, help="carry out this saved plan, if it still fits")
    parser.flag("--auto-approve", action="store_true", twin=False, group=group, help="do not ask")
    parser.flag("--expect-digest", metavar="SHA256", type=values.sha256, twin=False, group=group,
                help="refuse any plan whose digest is another one")  # fmt: skip
    parser.flag("--no-verify", action="store_true", group=group, help="no second plan at the end")
    parser.flag("--live", metavar="FILE", twin=False, group=group, help=argparse.SUPPRESS)
    flags.output(parser, ("text", "json", "markdown", "html"))
    flags.ci_annotations(parser)
    flags.logs(parser)


def run(args: Any, console: Console) -> int:
    """The workflow's exit code; 4 for the answer no, and where nobody can be asked."""
    import asyncio

    if args.live is not None:
        return failed(console, _from_a_snapshot())
    if args.plan is None and not args.auto_approve and not console.can_ask:
        return failed(console, _nobody(), exits.REFUSED)
    plan = _saved(args.plan, console) if args.plan is not None else None
    from reconciler.cli.session import session
    from reconciler.workflow.apply import apply

    with session(args, console, default_paths=() if plan is not None else (".",)) as run:
        approval = Approval(console, args, run.pause)
        result = asyncio.run(apply(run.settings, plan, approval))
    return _finish(console, args, result, approval)


def _saved(shown: str, console: Console) -> dict[str, Any]:
    """A plan file, only parsed: the workflow checks the digest before anything else, and the structure after that."""
    from reconciler.manifests.documents import read_object

    return read_object(console.path(shown), shown=shown, kinds=("Plan",))


class Approval:
    """Shows the plan, once, before anything is sent; asks unless consent was given already."""

    def __init__(self, console: Console, args: Any, pause: Callable[[], None]) -> None:
        self._console, self._pause, self._full = console, pause, args.full
        self._saved, self._ask = args.plan is not None, not args.auto_approve
        self.text = ""

    def __call__(self, plan: Mapping[str, Any]) -> bool:
        """True when the plan may be carried out."""
        from reconciler.cli.output import rendered
        from reconciler.cli.prompt import approved

        if self._saved:  # whoever saved it has looked at it
            return True
        self._pause()
        on_stdout = self._console.format == "text" and self._console.out is None
        shown = rendered(self._console, plan, full=self._full, diagnostics=False, format="text")
        if on_stdout:
            self._console.write(shown + "\n")
        elif self._ask:
            self._console.error_stream(shown + "\n")
        self.text = shown
        if not self._ask:
            return True
        return approved(self._console, "Carry out this plan? Only 'yes' is yes: ")


def _finish(console: Console, args: Any, result: Any, approval: Approval) -> int:
    """The product: the outcome; without one the plan, if it was not shown yet; without one the diagnostics."""
    from reconciler.cli.files import Stopped
    from reconciler.cli.output import rendered

    document = result.outcome if result.outcome is not None else result.plan
    if document is None:
        return console.finish(result.diagnostics, result.exit_code)
    # A file of apply is always an outcome: also where nothing was to be done, `drift --since` wants to know it.
    kept = result.outcome or result.record or document
    (console.annotate if console.format == "json" else console.report)(result.diagnostics)
    shown_already = document is result.plan and approval.text and console.format == "text" and console.out is None
    shown = kept if console.format == "json" else document
    text = "" if shown_already else rendered(console, shown, full=args.full, diagnostics=False)
    if console.out is not None and console.format == "text" and document is not result.plan and approval.text:
        text = f"{approval.text}\n{text}"
    code: int = result.exit_code
    try:
        console.product(text, kept)
    except Stopped as stopped:  # what was done is done: its code still counts
        console.report([stopped.diagnostic])
        return exits.worst(code, stopped.code)
    return code


def _from_a_snapshot() -> Diagnostic:
    return Diagnostic(
        "CLI-LIVE",
        "apply has no --live: it writes to the clouds, and reads them first",
        "what a snapshot does not show would be overwritten unseen",
        "plan with --live for a review, then apply --plan where there are credentials: everything is read again",
    )


def _nobody() -> Diagnostic:
    return Diagnostic(
        "CLI-NOBODY-TO-ASK",
        "apply needs consent, and nobody can be asked here",
        "standard input or standard error is no terminal; nothing was read and nothing was sent",
        "give --auto-approve, or save a plan (reconcile plan --json-into plan.json), look at it, "
        "and apply it (reconcile apply --plan plan.json)",
    )
