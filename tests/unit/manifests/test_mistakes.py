"""Every mistake is told once, with its code, at its place."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from unit.manifests import mistakes

from reconciler.manifests import Loaded, load


def loaded(tmp_path: Path, text: str) -> Loaded:
    (tmp_path / "providers.yaml").write_text(mistakes.PROVIDERS, "utf-8")
    return load(["-"], directory=str(tmp_path), stdin=io.BytesIO(text.encode()))


@pytest.mark.parametrize("mistake", mistakes.ALL, ids=lambda m: f"{m.code} {m.name}")
def test_one_mistake_gives_one_diagnostic_at_its_place(tmp_path: Path, mistake: mistakes.Mistake) -> None:
    found = loaded(tmp_path, mistake.text).diagnostics
    told = [(d.code, d.span and (d.span.line, d.span.column)) for d in found if d.is_error]
    assert told == [(mistake.code, mistake.place)], [f"{d.code} {d.span} {d.summary}" for d in found]
    error = next(d for d in found if d.is_error)
    assert error.summary
    assert "\n" not in error.summary
    assert len(error.summary) < 400


def test_sixty_different_mistakes_are_in_the_table() -> None:
    assert len({m.code for m in mistakes.ALL}) >= 60


def test_fifty_mistakes_in_one_file_give_fifty_diagnostics(tmp_path: Path) -> None:
    chosen = [m for m in (*mistakes.SCHEMA, *mistakes.HUAWEI, *mistakes.GCORE) if MARKABLE(m)][:50]
    parts, expected, line = [], [], 0
    for number, mistake in enumerate(chosen):
        text = mistake.text.replace("name: NAME", f"name: doc-{number}")
        parts.append(text)
        shift = len(f"doc-{number}") - len("NAME") if "name: NAME" in mistake.text.split("\n")[mistake.place[0] - 1] else 0
        expected.append((mistake.code, line + mistake.place[0], mistake.place[1] + (shift if mistake.place[0] == 3 else 0)))
        line += text.count("\n") + 1
    found = loaded(tmp_path, "---\n".join(parts)).diagnostics
    errors = [(d.code, d.span.line, d.span.column) for d in found if d.is_error and d.span]
    assert errors == sorted(expected, key=lambda e: (e[1], e[2]))
    assert len(errors) == 50


def MARKABLE(mistake: mistakes.Mistake) -> bool:
    return "name: NAME" in mistake.text


def test_fifty_mistakes_in_one_document_have_no_follow_ons(tmp_path: Path) -> None:
    policies = []
    for number in range(50):
        policies.append(f"- name: policy-{number}\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules:\n"
                        f"    - {{type: HOST_NAME, compare_type: EQUAL_TO, value: h{number}.example.com}}\n"
                        "    - {type: PATH, compare_type: EQUAL_TO, value: nope}")
    found = loaded(tmp_path, mistakes.listener("\n".join(policies))).diagnostics
    assert [d.code for d in found] == ["HW-R72"] * 50


def test_mistakes_beside_a_schema_error_are_told_too(tmp_path: Path) -> None:
    text = mistakes.listener(
        "- name: pol\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules:\n"
        "    - {type: PATHS, compare_type: EQUAL_TO, value: /a}\n"
        "    - {type: HEADER, compare_type: EQUAL_TO, conditions: [{key: a, value: b}, {key: c, value: d}]}\n"
        "- name: pol2\n  action: REDIRECT_TO_POOL\n  redirect_pool: web\n  rules:\n"
        "    - {type: HOST_NAME, compare_type: EQUAL_TO, value: a.b}\n"
        "    - {type: HOST_NAME, compare_type: EQUAL_TO, value: c.d}"
    )
    assert [d.code for d in loaded(tmp_path, text).diagnostics] == ["HW-R68", "HW-R67", "HW-R62"]


def test_a_credential_is_never_repeated(tmp_path: Path) -> None:
    canary = "canary-9f8e7d"
    specs = [
        f"{{type: gcore, project_id: 1, region_id: 1, credentials: {{api_key: {canary}}}}}",
        f"{{type: gcore, project_id: 1, region_id: 1, credentials: {{api_key: {{env: '{canary}$'}}}}}}",
        f"{{type: gcore, project_id: 1, region_id: 1, credentials: {{api_key: {{value: {canary}}}}}}}",
        f"{{type: huawei, region: x, credentials: {{secret_key: [{canary}]}}}}",
    ]
    for spec in specs:
        result = loaded(tmp_path, mistakes.provider(spec))
        assert any(d.is_error for d in result.diagnostics)
        for d in result.diagnostics:
            assert canary not in f"{d.summary}{d.detail}{d.hint}"
        assert canary not in "".join(result.spans.lines(list(result.diagnostics)).values())


def test_the_hint_quotes_the_number_as_it_is_written(tmp_path: Path) -> None:
    text = mistakes.rule("{type: PATH, compare_type: EQUAL_TO, value: 010}")
    assert [d.hint for d in loaded(tmp_path, text).diagnostics] == ['put it in quotes: "010"']


def test_quotes_are_only_advised_where_they_mend_the_value(tmp_path: Path) -> None:
    wrong = mistakes.policy("name: pol\naction: REDIRECT_TO_POOL\nredirect_pool: 5").replace("unlisted: keep", "unlisted: false")
    hints = [d.hint for d in loaded(tmp_path, wrong).diagnostics]
    assert hints == ["one of: 'keep', 'delete', 'refuse'", 'put it in quotes: "5"']
    code = loaded(tmp_path, mistakes.url("{status_code: 301, host: a.b}")).diagnostics
    assert [d.hint for d in code] == ['put it in quotes: "301"']
