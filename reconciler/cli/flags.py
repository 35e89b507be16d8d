"""Groups of flags that several commands share: the same name means the same thing everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.cli import values
from reconciler.cli.parser import Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def paths(parser: Parser) -> None:
    """``PATH ...``: where the manifests are."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        default=None,
        help="files and directories with manifests, or - for standard input (default: the directory itself)",
    )


def directory(parser: Parser) -> None:
    """``-C``."""
    parser.flag("-C", "--directory", metavar="DIR", help="work as if started in DIR")


def selection(parser: Parser) -> None:
    """``-C``, ``--target``, ``--exclude`` and ``--shard``."""
    group = parser.add_argument_group("what is looked at")
    parser.flag("-C", "--directory", metavar="DIR", group=group, help="work as if started in DIR")
    parser.flag("--target", metavar="GLOB", repeat=True, group=group,
                help="only documents whose address or name matches; repeatable")  # fmt: skip
    parser.flag("--exclude", metavar="GLOB", repeat=True, group=group,
                help="leave out documents whose address or name matches; repeatable")  # fmt: skip
    parser.flag("--shard", metavar="I/N", type=values.shard, group=group,
                help="of those, only part I of N, from 1; a document's address and N decide")  # fmt: skip


def output(parser: Parser, formats: Sequence[str], *, files: bool = True) -> None:
    """``--format``, ``--out``, ``--json-into``, ``--color``, ``-q``, ``-v``, ``--log-format``."""
    group = parser.add_argument_group("output")
    parser.flag("--format", choices=tuple(formats), default=formats[0], group=group,
                help=f"what stdout gets (default: {formats[0]})")  # fmt: skip
    parser.flag("--out", metavar="FILE", group=group, help="write to FILE what stdout would get")
    if files:
        parser.flag("--json-into", metavar="FILE", group=group, help="write the JSON document to FILE besides")
    parser.flag("--color", choices=("auto", "always", "never"), default="auto", group=group,
                help="colour; NO_COLOR and FORCE_COLOR are heeded too")  # fmt: skip
    parser.flag("-q", "--quiet", action="store_true", group=group, help="no progress and no warnings: errors only")
    verbose(parser, group)


def ci_annotations(parser: Parser) -> None:
    """``--annotations``: diagnostics also for the CI system that shows the log."""
    parser.flag("--annotations", choices=("none", "github"), default="none",
                help="diagnostics on stderr also as marks for the lines of a pull request")  # fmt: skip


def verbose(parser: Parser, group: Any = None) -> None:
    """``-v``: logs where there are any, and where a mistake of ours happened."""
    parser.flag("-v", "--verbose", action="count", default=0, group=group,
                help="say more on stderr; twice: every request")  # fmt: skip


def logs(parser: Parser) -> None:
    """``--log-format``, for commands that talk to clouds."""
    parser.flag("--log-format", choices=("text", "json"), help="logs on stderr, as text or as JSON lines")


def run(parser: Parser) -> None:
    """What every command that talks to clouds takes."""
    group = parser.add_argument_group("the run")
    parser.flag("--emulator", metavar="SEED", group=group,
                help="run against an emulated cloud made from this seed file; nothing leaves this machine")  # fmt: skip
    parser.flag("--emulator-state", metavar="FILE", group=group, needs="--emulator",
                help="keep that emulated cloud in FILE, so that the next run finds it")  # fmt: skip
    parser.flag("--parallelism", metavar="N", type=values.parallelism, group=group,
                help="load balancers written, and requests to one provider, at once (default: 8)")  # fmt: skip
    parser.flag("--timeout", metavar="D", type=values.positive_duration, default=30.0, group=group,
                help="how long one answer may take: 30s, 2m (default: 30s)")  # fmt: skip


def planning(parser: Parser) -> None:
    """What decides the content of a plan."""
    group = parser.add_argument_group("the plan")
    parser.flag("--today", metavar="DATE", type=values.day, group=group,
                help="the date that `until` is compared with (default: today, UTC)")  # fmt: skip
    parser.flag("--replace-cosmetic", action="store_true", group=group,
                help="replace security group rules whose description alone differs")  # fmt: skip
    parser.flag("--full", action="store_true", group=group,
                help="name every object by itself, with ids and calls; cut no value")  # fmt: skip


def consent(parser: Parser) -> None:
    """Guards. They have no environment twins: consent is given where the command is given."""
    group = parser.add_argument_group("guards (never from the environment)")
    parser.flag("--allow", metavar="GUARD=ADDRESS", type=values.allow, repeat=True, twin=False, group=group,
                help="gap=, empty= or protected= with the address that the plan names; repeatable")  # fmt: skip
    parser.flag("--max-deletes", metavar="N", type=values.count, twin=False, group=group,
                help="refuse to delete more than N objects")  # fmt: skip


def notify(parser: Parser) -> None:
    """Where new findings are announced; ``publishing.webhook.hook_of`` takes both."""
    group = parser.add_argument_group("notification")
    parser.flag("--notify", metavar="URL", group=group,
                help="tell this webhook of new findings; the address is a secret: better set the variable")  # fmt: skip
    parser.flag("--notify-format", choices=("json", "slack"), group=group, needs="--notify",
                help="json (`reconcile schema notification`) or slack (default: by the host)")  # fmt: skip


def live(parser: Parser) -> None:
    """``--live`` and ``--live-max-age``, for commands that only read."""
    group = parser.add_argument_group("without credentials")
    parser.flag("--live", metavar="FILE", group=group,
                help="the file of `reconcile snapshot` stands for the clouds: nobody is asked")  # fmt: skip
    parser.flag("--live-max-age", metavar="D", type=values.positive_duration, group=group, needs="--live",
                help="refuse a snapshot older than this: 90m, 24h (default: any age; it is shown)")  # fmt: skip
