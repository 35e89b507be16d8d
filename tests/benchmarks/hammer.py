"""Client CPU a request: the provider's own transport reads one small page again and again.

``python -m tests.benchmarks.hammer PORT CONCURRENCY COUNT`` prints the milliseconds of CPU a request.
"""

from __future__ import annotations

import asyncio
import resource
import sys

from reconciler.model.calls import Clock
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection, plugin
from reconciler.workflow.clocks import SystemClock
from tests.benchmarks.data import PROJECT


async def main(port: int, concurrency: int, count: int) -> float:
    """Milliseconds of CPU a request, connections opened before the clock starts."""
    endpoint = f"http://127.0.0.1:{port}"
    spec = ProviderSpec("cloud", "huawei", {
        "type": "huawei", "region": "cn-north-4", "project_id": PROJECT,
        "endpoints": {"elb": endpoint, "vpc": endpoint, "iam": endpoint},
        "limits": {"requests_per_second": 10000, "concurrency": concurrency},
    })  # fmt: skip
    clock: Clock = SystemClock()
    environ = {"HUAWEICLOUD_SDK_AK": "A" * 20, "HUAWEICLOUD_SDK_SK": "S" * 40, "RECONCILE_TRUSTED_HOSTS": "127.0.0.1"}
    provider = plugin("huawei").open(spec, Connection(clock, environ, concurrency=concurrency))
    try:
        await _many(provider, concurrency, concurrency * 4)
        before = _cpu()
        await _many(provider, concurrency, count)
        return (_cpu() - before) * 1000 / count
    finally:
        await provider.aclose()


async def _many(provider: object, concurrency: int, count: int) -> None:
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await provider.order("00000000-0000-0000-0000-000000000000")  # type: ignore[attr-defined]

    await asyncio.gather(*(worker() for _ in range(concurrency)))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(asyncio.run(main(*map(int, sys.argv[1:4]))))
