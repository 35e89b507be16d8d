"""Begin: write Provider documents, schemas for editors and CI files for what is found here.

Looks at the variables of the clouds (HUAWEICLOUD_SDK_*, HW_*, GCORE_*, OS_*), at clouds.yaml, and at what shows whose
CI runs here. No credential is read or written, nothing is asked over the network, no file that exists is overwritten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.cli import exits, flags
from reconciler.cli.console import Console, failed
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from reconciler.workflow.starting import Started

EXAMPLES = (
    "reconcile init",
    "reconcile init --provider huawei --region cn-north-4 --ci github",
    "reconcile init --provider gcore --project-id 12345 --region-id 76 --ci none",
    "reconcile init --provider openstack --cloud prod",
)
_FIELDS = ("cloud", "region", "project_id", "region_id")


def configure(parser: Parser) -> None:
    """Which clouds, which CI."""
    flags.directory(parser)
    group = parser.add_argument_group("what is written")
    parser.flag("--provider", metavar="TYPE", repeat=True, group=group,
                help="a type, such as huawei; repeatable (default: those that the environment shows)")  # fmt: skip
    parser.flag("--name", metavar="NAME", group=group, help="name of the document (default: type or cloud)")
    parser.flag("--region", metavar="REGION", group=group, help="region (Huawei, OpenStack)")
    parser.flag("--project-id", metavar="ID", group=group, help="project (Huawei, Gcore, OpenStack)")
    parser.flag("--region-id", metavar="N", group=group, help="number of the region (Gcore)")
    parser.flag("--cloud", metavar="NAME", group=group, help="entry of clouds.yaml (OpenStack)")
    parser.flag("--ci", choices=("auto", "github", "gitlab", "none"), default="auto", group=group,
                help="whose CI files (default: auto, as the directory or the environment shows)")  # fmt: skip
    flags.output(parser, ("text", "json"))


def run(args: Any, console: Console) -> int:
    """0; 1 if a file cannot be written; 3 if something has to be told; 4 if a file exists and is another one."""
    from reconciler.model.plugin import plugin_types
    from reconciler.visible import visible
    from reconciler.workflow.starting import Wishes, start

    known = plugin_types()
    for type_ in args.provider:
        if type_ not in known:
            return failed(console, Diagnostic("CLI-VALUE", f"--provider: there is no type {type_!r}",
                                              f"types: {', '.join(known)}", did_you_mean(type_, known)))  # fmt: skip
    given = {name: value for name in _FIELDS if (value := getattr(args, name))}
    ci = None if args.ci == "auto" else args.ci
    done = start(Wishes(args.provider, args.name, given, ci), console.environ, console.directory)
    text = "".join(f"{what:<10}{visible(name)}\n" for name, what in done.laid.files)
    advice = next_steps(done) if done.laid.exit_code in (exits.OK, exits.REFUSED) else []
    if advice:
        text += "\nnext:\n" + "".join(f"  {n}. {visible(line)}\n" for n, line in enumerate(advice, 1))
    files = [{"file": name, "what": what} for name, what in done.laid.files]
    more = {"files": files, "providers": done.providers, "ci": done.ci, "next": advice}
    return console.finish(done.laid.diagnostics, done.laid.exit_code, text, "Init", **more)


def next_steps(done: Started) -> list[str]:
    """What is to be done now, in words."""
    steps = [f"set the credentials of {line}" for line in done.credentials]
    steps += [f"reconcile import --provider {name} --all --into manifests" for name in done.providers]
    steps += ["reconcile plan"] if done.providers else []
    if done.below_root:
        steps.append("move the CI files to the root of the repository: CI looks for them there")
    if done.ci == "github":
        steps += ["name the reconciler in .github/actions/reconcile/requirements.txt (it fails loudly until then)",
                  "make the environments reconcile-read and reconcile-write, with credentials as secrets"]  # fmt: skip
    elif done.ci == "gitlab":
        steps.append("set the CI/CD variable RECONCILER and the credentials, as the head of .gitlab-ci.yml says")
    elif done.laid.files:
        steps.append("for CI files: reconcile init --ci github, or --ci gitlab")
    return steps
