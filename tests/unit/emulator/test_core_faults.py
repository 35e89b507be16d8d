import asyncio

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import FaultError, Faults, parse_duration, parse_fault
from reconciler.emulator.http import make_request
from reconciler.emulator.store import Store
from reconciler.emulator.wire import EmulatorTransport


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("GET /x", "want 'METHOD PATH_GLOB"),
        ("FETCH /x lose-answer", "'FETCH' is not an HTTP method"),
        ("GET x lose-answer", "must start with /"),
        ("GET /x nth=0 lose-answer", "nth=0"),
        ("GET /x times=two lose-answer", "times=two"),
        ("GET /x nth=1 nth=2 reset", "given twice"),
        ("GET /x nth=1", "no effect"),
        ("GET /x status=200", "not an error status"),
        ("GET /x delay=5", "not a duration"),
        ("GET /x lose-answer=1", "is no effect"),
        ("GET /x reset lose-answer", "second one"),
        ("GET /x explode", "is no effect"),
        ("POST /v3/* fail", "below /cloud/ and /load-balancer/ only"),
        ("POST /cloud/* fail=1", "is no effect"),
    ],
)
def test_a_rule_with_a_mistake_is_refused_by_name(text, word):
    with pytest.raises(FaultError) as caught:
        parse_fault(text)
    assert word in str(caught.value)


@pytest.mark.parametrize(("text", "seconds"), [("50ms", 0.05), ("2s", 2), ("1.5m", 90), ("1h", 3600)])
def test_durations_have_units(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("counts", "hits"),
    [("", [1, 2, 3, 4]), ("nth=2", [2]), ("times=2", [1, 2]), ("nth=2 times=2", [2, 3])],
)
def test_nth_and_times_choose_which_matches_are_hit(counts, hits):
    faults, store = Faults([f"POST /a/*/b {counts} status=503"]), Store()
    seen = []
    for number in range(1, 5):
        with store.transaction():
            assert faults.effects(make_request("GET", "/a/x/b"), store).status is None
            if faults.effects(make_request("POST", "/a/x/y/b?q=1"), store).status == 503:
                seen.append(number)
    assert seen == hits


def test_counts_outlive_a_restart(tmp_path):
    for hits in (True, False):
        emulator = Emulator(state=tmp_path / "s.db", faults=["GET /nowhere nth=1 lose-answer"])
        assert emulator.handle(make_request("GET", "/nowhere")).lost is hits
        emulator.close()


def test_reset_is_refused_in_process():
    with pytest.raises(FaultError, match="no socket"):
        EmulatorTransport(Emulator(faults=["GET * reset"]))


def call(emulator, sleeps, **kwargs):
    async def sleep(seconds):
        sleeps.append(seconds)

    async def run():
        async with httpx.AsyncClient(transport=EmulatorTransport(emulator, sleep), **kwargs) as client:
            return await client.get("https://cloud.example/nowhere")

    return asyncio.run(run())


def test_a_delay_is_slept_and_then_answered():
    sleeps = []
    assert call(Emulator(faults=["GET /nowhere delay=2s"]), sleeps, timeout=5).status_code == 404
    assert sleeps == [2]


def test_a_delay_past_the_read_timeout_is_a_read_timeout():
    sleeps = []
    emulator = Emulator(faults=["GET /nowhere delay=10s"])
    with pytest.raises(httpx.ReadTimeout):
        call(emulator, sleeps, timeout=5)
    assert sleeps == [5]
    assert emulator.log == [("GET", "/nowhere", 404)]


def test_a_lost_answer_is_a_read_error_and_the_call_is_logged():
    emulator = Emulator(faults=["GET /nowhere lose-answer"])
    with pytest.raises(httpx.ReadError):
        call(emulator, [])
    assert emulator.log == emulator.unknown == [("GET", "/nowhere", 404)]
