"""The goals of speed and size, each measured against a yardstick in the same run (ratios), or in MiB."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import data
from tests.benchmarks.measure import Cost, cost, log, pages, python, ratio, reconcile

SMALL, LARGE = 10_000, 100_000
_BARE = Path(__file__).with_name("bare.py")


class Result(NamedTuple):
    """One line of the table: a figure that must not exceed its limit."""

    name: str
    value: float
    limit: float
    unit: str
    how: str

    @property
    def met(self) -> bool:
        """Within the limit."""
        return self.value <= self.limit


@contextmanager
def _file(text: str, name: str = "manifests.yaml") -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / name
        path.write_text(text, "utf-8")
        yield path


def _ran(*command: str | Path, cwd: str | Path) -> Cost:
    made = cost(*command, cwd=cwd)
    assert made.code == 0, made.out[-2000:]
    return made


def help_starts_fast() -> list[Result]:
    """``--help`` and ``--version`` against an interpreter that does nothing."""
    bare = functools.partial(cost, *python("-c", "pass"))
    found = []
    for flag in ("--help", "--version"):
        value, ours, base = ratio(functools.partial(cost, *reconcile(flag)), bare, 15)
        found.append(Result(flag, value, 1.6, "x", f"{ours * 1000:.0f} ms against {base * 1000:.0f} ms of python -c pass"))
    return found


def validate_starts_fast() -> list[Result]:
    """``validate`` of one small good file against an interpreter that does nothing."""
    with _file(data.manifests(5)) as path:
        ours = functools.partial(cost, *reconcile("validate", path.name), cwd=path.parent)
        value, made, base = ratio(ours, functools.partial(cost, *python("-c", "pass")), 11)
    return [Result("validate, one small file", value, 4, "x", f"{made * 1000:.0f} ms against {base * 1000:.0f} ms")]


def validate_is_linear() -> list[Result]:
    """``validate`` of 100,000 rules against json.loads of the same data; its memory; its growth from 10,000."""
    import yaml

    text, small = data.manifests(LARGE), data.manifests(SMALL)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    plain = json.dumps(list(yaml.load_all(text, Loader=loader)))
    with _file(text) as path, _file(small) as few:
        (path.parent / "data.json").write_text(plain, "utf-8")
        only = cost(*python("-c", "pass")).cpu
        loads = [_ran(*python("-c", "import json; json.load(open('data.json'))"), cwd=path.parent) for _ in range(3)]
        runs = [_ran(*reconcile("validate", path.name), cwd=path.parent) for _ in range(2)]
        tens = [_ran(*reconcile("validate", few.name), cwd=few.parent) for _ in range(3)]
    base = sorted(run.cpu for run in loads)[1] - only
    best, ten = min(run.cpu for run in runs), min(run.cpu for run in tens)
    start = cost(*reconcile("--help")).cpu
    growth = ((best - start) / LARGE) / ((ten - start) / SMALL)
    return [
        Result("validate, 100,000 rules", best / base, 8, "x", f"{best:.2f} s against {base:.2f} s of json.loads"),
        Result("validate, 100,000 rules, memory", max(run.peak for run in runs), 250, "MiB", ""),
        Result("validate, CPU a rule, 100,000 against 10,000", growth, 1.3, "x", f"{best:.2f} s and {ten:.2f} s"),
    ]


def plan_is_close_to_the_wire() -> list[Result]:
    """``plan`` of 10,000 rules, nothing changed, against fetching and parsing the same pages; reads as printed."""
    with pages(SMALL) as port, _file(data.manifests(SMALL, port)) as path:
        document = path.parent / "plan.json"
        first = _ran(*reconcile("plan", path.name, "--json-into", document), cwd=path.parent)
        assert "nothing to change" in first.out, first.out[-2000:]
        targets = log(port)
        printed = json.loads(document.read_text("utf-8"))["reads"]["calls"]
        (path.parent / "targets.json").write_text(json.dumps(targets), "utf-8")
        ours = functools.partial(_ran, *reconcile("plan", path.name), cwd=path.parent)
        bare = functools.partial(_ran, *python(_BARE, str(port), "targets.json"), cwd=path.parent)
        value, made, base = ratio(ours, bare, 5)
    return [
        Result("plan, 10,000 rules, nothing changed", value, 6, "x", f"{made:.2f} s against {base:.2f} s of bare fetches"),
        Result("plan, read calls beyond the printed formula", abs(len(targets) - printed), 0, "", f"{printed} printed"),
        Result("plan, pages read twice", len(targets) - len(set(targets)), 0, "", f"{len(targets)} reads"),
    ]


def plan_of_much_is_small() -> list[Result]:
    """``plan`` of 100,000 rules with one policy in a hundred changed: memory, and growth from 10,000."""
    found: dict[int, Cost] = {}
    for rules in (SMALL, LARGE):
        with pages(rules) as port, _file(data.manifests(rules, port, changed=100)) as path:
            command = reconcile("plan", path.name, "--out", path.parent / "plan.txt", "--timeout", "120s")
            runs = [_ran(*command, cwd=path.parent) for _ in range(2)]
            found[rules] = min(runs, key=lambda run: run.cpu)
            text = (path.parent / "plan.txt").read_text("utf-8")
            assert f"{rules // 500:,} to update" in text, text[-500:]
    start = cost(*reconcile("--help")).cpu
    growth = ((found[LARGE].cpu - start) / LARGE) / ((found[SMALL].cpu - start) / SMALL)
    how = f"{found[LARGE].cpu:.2f} s and {found[SMALL].cpu:.2f} s"
    return [
        Result("plan, 100,000 rules, 1 % changed, memory", found[LARGE].peak, 400, "MiB", ""),
        Result("plan, CPU a rule, 100,000 against 10,000", growth, 1.3, "x", how),
    ]


def concurrency_costs_nothing() -> list[Result]:
    """Client CPU a request at 32 at once against one at a time, with the transport that providers use."""
    import statistics

    with pages(100) as port:
        pairs = []
        for _ in range(3):
            one, many = (float(cost(*python("-m", "tests.benchmarks.hammer", str(port), str(c), "800")).out) for c in (1, 32))
            pairs.append((many / one, one, many))
    value, one, many = statistics.median_low(pairs)
    return [Result("CPU a request at 32 at once against 1", value, 1.2, "x", f"{many:.2f} ms and {one:.2f} ms")]


GOALS: tuple[Callable[[], list[Result]], ...] = (
    help_starts_fast, validate_starts_fast, validate_is_linear, plan_is_close_to_the_wire, plan_of_much_is_small,
    concurrency_costs_nothing,
)  # fmt: skip


def table(results: list[Result]) -> str:
    """All results as text."""
    width = max(len(result.name) for result in results)
    lines = [f"{'what':<{width}}  {'is':>9}  {'at most':>9}       how"]
    for result in results:
        said = "ok" if result.met else "MISSED"
        figures = f"{result.value:>7.2f} {result.unit:<3}" if result.unit != "" else f"{result.value:>7.0f}    "
        limit = f"{result.limit:>5g} {result.unit:<3}"
        lines.append(f"{result.name:<{width}}{figures:>13} {limit:>10} {said:<7}{result.how}")
    return "\n".join(lines) + "\n"
