"""The reports in a real browser: no hostile value runs, shows up as an element, or is kept from being seen."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from reconciler.reports import render
from reconciler.reports.page import page

from .test_plan_html import EVIL, poisoned
from .test_reports import example

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [pytest.mark.real, pytest.mark.skipif(BROWSER is None, reason="needs chromium (apt install chromium)")]
ATTACK = f"</style></title></pre></code></summary></details>{EVIL}<svg onload=\"document.title='PWNED'\"></svg>"


def opened(tmp_path, html: str) -> str:
    """The page's elements after everything in it has run."""
    file = tmp_path / "page.html"
    file.write_text(html, "utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'home'}",
               "--virtual-time-budget=2000", "--dump-dom", file.as_uri()]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_browser_would_run_what_is_not_escaped(tmp_path):
    """Without this, a browser that runs nothing at all would prove nothing."""
    assert "<title>PWNED" in opened(
        tmp_path, f"<!doctype html><title>x</title><p>{ATTACK}</p>".replace("alert(1)", "0")
    )


def test_the_policy_alone_stops_scripts_styles_and_images_that_got_through(tmp_path):
    found = opened(tmp_path, page("x", "p { color: red }", f"<p>{EVIL}</p>"))
    assert "<title>x</title>" in found
    assert "PWNED</title>" not in found


@pytest.mark.parametrize("kind", ["plan", "outcome", "drift"])
@pytest.mark.parametrize("full", [False, True])
def test_no_hostile_value_acts_in_a_report(tmp_path, kind, full):
    if kind == "plan":
        document = {**poisoned(example(kind), ATTACK), "kind": "Plan"}
    else:
        fixed = ("kind", "result", "status", "what", "cause", "op", "severity", "id")
        document = _poisoned(example(kind), fixed)
    found = opened(tmp_path, render(document, "html", full=full))
    assert "PWNED</title>" not in found
    assert not re.search(r"<(script|img|svg|iframe|link)[\s>]", found)
    assert found.count("<style") == 1
    assert "&lt;script&gt;" in found


def _poisoned(value, fixed):
    if isinstance(value, str):
        return value + ATTACK
    if isinstance(value, list):
        return [_poisoned(item, fixed) for item in value]
    if isinstance(value, dict):
        return {key: item if key in fixed else _poisoned(item, fixed) for key, item in value.items()}
    return value
