"""Serve an emulated cloud (Huawei Cloud, Gcore, OpenStack) over HTTP: to try things, to test manifests, to teach.

Whatever speaks to the real APIs can speak to it: reconcile itself (spec.endpoints), the official SDKs, curl.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.cli import exits, flags, values
from reconciler.cli.console import Console, failed
from reconciler.cli.files import Stopped, reason
from reconciler.cli.parser import Parser
from reconciler.diagnostics import Diagnostic

if TYPE_CHECKING:
    import uvicorn

    from reconciler.emulator.options import Options

EXAMPLES = (
    "reconcile emulator --seed cloud.yaml",
    "reconcile emulator --port 0 --seed cloud.yaml --state .emulator/cloud.db --latency 50ms",
    "reconcile emulator --seed cloud.yaml --fault 'POST */elb/l7policies nth=2 lose-answer'",
    "reconcile emulator --seed cloud.yaml --option gcore.task_new_seconds=5",
)


def configure(parser: Parser) -> None:
    """Where it listens, what it holds, how it misbehaves."""
    flags.directory(parser)
    parser.flag("--host", metavar="HOST", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.flag("--port", metavar="PORT", type=values.port, default=8080, help="port; 0 takes a free one")
    parser.flag("--seed", metavar="FILE", help="what the clouds hold at first")
    parser.flag("--state", metavar="FILE", help="keep the clouds in this file (default: in memory)")
    parser.flag("--latency", metavar="D", type=values.duration, default=0.0, help="how long each answer takes: 50ms")
    parser.add_argument("--fault", metavar="RULE", action="append", default=[],
                        help="'METHOD PATH_GLOB [nth=N] [times=N] lose-answer|status=S|delay=D|reset|hold=D|fail'; "
                        "repeatable")  # fmt: skip
    parser.flag("--verify-signatures", action="store_true",
                help="demand credentials: those of HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, GCORE_API_KEY")  # fmt: skip
    parser.add_argument("--option", metavar="NAME=VALUE", action="append", default=[],
                        help="a switch of the emulated APIs: huawei.cookie_rules=false; repeatable")  # fmt: skip
    parser.flag("-q", "--quiet", action="store_true", help="do not say where it listens")
    parser.flag("-v", "--verbose", action="count", default=0, help="tell every request on stderr")


def run(args: Any, console: Console) -> int:
    """0 when it is told to stop; 1 if it cannot listen; 3 for a seed, state or option that cannot be used."""
    from importlib.util import find_spec

    from reconciler.cli.emulated import open_cloud
    from reconciler.reports.visible import visible

    if find_spec("uvicorn") is None:
        return failed(console, _no_server(), exits.INVALID)
    switches = _options(args, console.environ)
    seed, state = (console.path(p) if p is not None else None for p in (args.seed, args.state))

    def tell(method: str, path: str, status: int) -> None:
        console.say(f"{status or 'reset'} {method} {visible(path)}")

    cloud = open_cloud(seed, state, faults=args.fault, options=switches, tell=tell if args.verbose else None)
    try:
        from reconciler.emulator.asgi import make_server

        server = make_server(cloud, args.host, args.port, args.latency)
        return _serve(server, args, console)
    finally:
        cloud.close()


def _options(args: Any, environ: Mapping[str, str]) -> Options:
    """The switches of ``--option``; credentials to demand come from the clouds' own environment variables.

    Raises:
        Stopped: an option that does not exist, or a value that it does not take.
    """
    from reconciler.emulator.option_flags import OptionError, parse_options
    from reconciler.emulator.options import Options

    key, secret, token = (environ.get(n) for n in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "GCORE_API_KEY"))
    base = Options(
        verify_signatures=args.verify_signatures,
        credentials={key: secret} if key and secret else {},
        api_keys=(token,) if token else (),
    )
    try:
        return parse_options(args.option, base)
    except OptionError as error:
        raise Stopped(Diagnostic("CLI-VALUE", "--option has a value that it does not take", str(error),
                                 "write NAME=VALUE")) from None  # fmt: skip


def _serve(server: uvicorn.Server, args: Any, console: Console) -> int:
    """Serve until SIGINT or SIGTERM, which are the normal end of a server."""
    import asyncio
    import contextlib
    import socket

    from reconciler.cli.main import Terminated

    family = socket.AF_INET6 if ":" in args.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((args.host, args.port))
            listening.listen(128)  # who reads the address below may connect at once
        except OSError as error:
            return failed(
                console,
                Diagnostic("CLI-LISTEN", f"cannot listen on {args.host}:{args.port}", reason(error),
                           "choose another --port (0 takes a free one) or --host"),
                exits.FAILED,
            )  # fmt: skip
        port = listening.getsockname()[1]
        shown = f"[{args.host}]" if ":" in args.host else args.host
        console.say(f"listening on http://{shown}:{port}")
        with contextlib.suppress(KeyboardInterrupt, Terminated):
            asyncio.run(server.serve(sockets=[listening]))
    return exits.OK


def _no_server() -> Diagnostic:
    return Diagnostic(
        "CLI-EXTRA",
        "the emulator's server is not installed",
        "serving over HTTP needs uvicorn; emulated clouds inside reconcile (spec.emulator, --emulator) do not",
        "pip install 'reconciler[emulator]'",
    )
