"""``--option NAME=VALUE`` of the emulator: every switch of its options by name, checked against its type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from reconciler.cli.files import Stopped
from reconciler.diagnostics import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from reconciler.emulator.options import Options


def options(given: Sequence[str], verify: bool, environ: Mapping[str, str]) -> Options:
    """The emulator's options; credentials to demand come from the clouds' own environment variables.

    Raises:
        Stopped: an option that does not exist, or a value that it does not take.
    """
    from dataclasses import fields, replace

    from reconciler.emulator.options import GcoreOptions, HuaweiOptions, Options

    clouds: dict[str, Any] = {"huawei": HuaweiOptions(), "gcore": GcoreOptions()}
    known = {f"{cloud}.{f.name}": (cloud, f.name) for cloud, held in clouds.items() for f in fields(held)}
    for text in given:
        name, equals, value = text.partition("=")
        if name not in known or not equals:
            near = did_you_mean(name, known)
            raise Stopped(
                Diagnostic("CLI-VALUE", f"--option: there is no switch {name!r}" if equals else
                           f"--option {text!r} has no value", f"switches: {', '.join(sorted(known))}",
                           near or "write NAME=VALUE")
            )  # fmt: skip
        cloud, field = known[name]
        hint = get_type_hints(type(clouds[cloud]))[field]
        clouds[cloud] = replace(clouds[cloud], **{field: _value(name, value, hint)})
    key, secret, token = (environ.get(n) for n in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "GCORE_API_KEY"))
    return Options(
        verify_signatures=verify,
        credentials={key: secret} if key and secret else {},
        api_keys=(token,) if token else (),
        huawei=clouds["huawei"],
        gcore=clouds["gcore"],
    )


def _value(name: str, text: str, hint: Any) -> Any:
    """``text`` as a value of the switch's type."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        right = next((c for c in choices if c in (value, text) and type(c) in (type(value), str)), None)
        if right is not None:
            return right
        wanted = " or ".join(str(c) for c in choices)
    elif hint in (bool, int) and type(value) is hint:
        return value
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif get_origin(hint) is not None and isinstance(value, dict):
        return value
    else:
        wanted = {bool: "true or false", int: "a whole number", float: "a number"}.get(hint, "a JSON object")
    raise Stopped(Diagnostic("CLI-VALUE", f"--option {name} does not take {text!r}", f"it takes {wanted}", ""))
