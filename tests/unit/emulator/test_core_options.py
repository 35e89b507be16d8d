import dataclasses
import typing

import pytest

from reconciler.emulator.option_flags import OptionError, parse_options
from reconciler.emulator.options import GcoreOptions, HuaweiOptions, Options


def test_switches_are_read_from_text():
    options = parse_options(
        [
            "verify_signatures=true",
            "credentials.AK=S=K",
            "tokens=a,b",
            "tokens=c",
            "latency=0.5",
            "page_cap=7",
            "huawei.duplicate_match_set=conflict",
            "huawei.priority_conflict_status=400",
            "huawei.elb_quotas.l7policy=3",
            "huawei.denied_permissions=elb:pools:list",
            "gcore.task_new_seconds=2",
        ]
    )
    assert options.verify_signatures is True
    assert options.credentials == {"AK": "S=K"}
    assert options.tokens == ("a", "b", "c")
    assert (options.latency, options.page_cap) == (0.5, 7)
    assert options.huawei.duplicate_match_set == "conflict"
    assert options.huawei.priority_conflict_status == 400
    assert options.huawei.elb_quotas == {"l7policy": 3}
    assert options.huawei.denied_permissions == frozenset({"elb:pools:list"})
    assert options.gcore.task_new_seconds == 2.0
    assert options.huawei.rules_listing is True
    assert parse_options([]) == Options()


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        ("verify_signatures", "want KEY=VALUE"),
        ("colour=red", "no such switch"),
        ("huawei=1", "name a switch below"),
        ("huawei.colour=red", "no such switch"),
        ("credentials=a", "credentials.NAME=VALUE"),
        ("latency.x=1", "no parts"),
        ("latency=slow", "not a number"),
        ("verify_signatures=yes", "not true or false"),
        ("huawei.duplicate_match_set=maybe", "not one of error_status, conflict"),
    ],
)
def test_a_wrong_switch_is_refused_by_name(pair, word):
    with pytest.raises(OptionError) as caught:
        parse_options([pair])
    assert word in str(caught.value)


@pytest.mark.parametrize("cls", [Options, HuaweiOptions, GcoreOptions])
def test_every_switch_can_be_set_from_text(cls):
    prefix = {HuaweiOptions: "huawei.", GcoreOptions: "gcore."}.get(cls, "")
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        kind = hints[field.name]
        if dataclasses.is_dataclass(kind):
            continue
        tail = ".x" if "Mapping" in str(kind) else ""
        choices = typing.get_args(kind)
        value = str(choices[-1]) if typing.get_origin(kind) is typing.Literal else "true" if kind is bool else "3"
        parsed = parse_options([f"{prefix}{field.name}{tail}={value}"])
        target = getattr(parsed, prefix[:-1]) if prefix else parsed
        assert str(getattr(target, field.name)).lower().find(value.lower()) >= 0, field.name
