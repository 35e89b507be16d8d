"""Helpers: providers on the emulator in-process, in virtual time, with the log of calls at hand."""

import asyncio

from reconciler.emulator.app import Emulator
from reconciler.emulator.wire import EmulatorTransport
from reconciler.model.desired import ProviderSpec
from reconciler.model.plugin import Connection, plugin

PROJECT = "0123456789abcdef0123456789abcdef"
ACCESS_KEY, SECRET_KEY = "AKEXAMPLE0000000001", "SKexampleSKexampleSKexampleSKexample0001"
KEY_ENV = {"HUAWEICLOUD_SDK_AK": ACCESS_KEY, "HUAWEICLOUD_SDK_SK": SECRET_KEY}
API_KEY = "1234$0123456789abcdef"


class Clock:
    """Virtual time; remembers every wait."""

    def __init__(self, start=1_750_000_000.0):
        self.time = start
        self.waits = []

    def now(self):
        return self.time

    async def sleep(self, seconds):
        self.waits.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


class World:
    """An emulator, a clock, and providers opened on both."""

    def __init__(self, seed=None, **options):
        self.clock = Clock()
        self.emulator = Emulator(
            None if seed is None else {"apiVersion": "reconciler.emulator/v1", "kind": "Cloud", **seed},
            now=self.clock.now, **options,
        )

    def open(self, type_, spec=None, environ=None, **connection):
        fields = {"huawei": {"region": "cn-north-4", "project_id": PROJECT}, "gcore": {"project_id": 1, "region_id": 1}}
        document = {"type": type_, **(fields[type_] if spec is None else spec)}
        settings = {
            "wire": EmulatorTransport(self.emulator, self.clock.sleep), "writable": True, "dummy_credentials": True,
            "random": lambda: 0.5, **connection,
        }
        return plugin(type_).open(
            ProviderSpec(f"{type_}-test", type_, document), Connection(self.clock, environ or {}, **settings)
        )

    def calls(self, method=None):
        return [call for call in self.emulator.log if method in (None, call.method)]


def connection(clock=None, environ=None, **fields):
    return Connection(clock or Clock(), environ or {}, **{"random": lambda: 0.5, **fields})
