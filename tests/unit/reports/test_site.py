"""The static site: what it tells of many documents, that nothing on it acts, that the same documents give the same bytes."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.reports.page import BASE
from reconciler.reports.site import History, names, pages
from reconciler.reports.site.page import HEAD
from reconciler.reports.site.style import SHEET
from reconciler.reports.site.trend import POINTS, of_fleet, of_scope, thinned

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "reports"
ACTS = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]"
HOSTILE = "a|b<script>alert(1)</script>`\"'&amp;\x1b[31m\u202egnp\u2066"
TWO_DAYS = 172_800


def example(name: str) -> dict:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def drift(at: str, states: dict[str, int | None], provider: str = "p") -> dict:
    """A check: how many findings each scope has; None: it could not be told."""
    made = example("drift")
    finding = next(f for f in made["findings"] if f["what"] == "changed" and f["alarm"])
    scope = made["scopes"][0]
    made |= {
        "checked_at": at,
        "findings": [],
        "scopes": [],
        "unknown": [],
        "ignored": [],
        "cosmetic": [],
        "diagnostics": [],
    }
    for address, count in states.items():
        status = "unknown" if count is None else "drift" if count else "clean"
        made["scopes"].append({**scope, "address": address, "provider": provider, "status": status,
                               "findings": count or 0, "alarms": count or 0})  # fmt: skip
        made["findings"] += [
            {**finding, "scope": address, "address": f"{address}/policy/p{n}"} for n in range(count or 0)
        ]
        if count is None:
            made["unknown"].append({"scope": address, "code": "CONN-TIMEOUT", "reason": "no answer", "unread": True})
    return made


def day(number: int, hour: int = 2) -> str:
    return f"2026-11-{number:02}T{hour:02}:30:00.000Z"


def site(*documents: dict, **options: object) -> dict[str, str]:
    history = History()
    for n, document in enumerate(documents):
        assert not [d for d in history.add(f"runs/{n}.json", document) if d.is_error]
    return dict(pages(history, **{"stale_after": TWO_DAYS, **options}))


def page_of(made: dict[str, str], address: str, provider: str = "p") -> str:
    return made[names.page_of(provider, address)]


class Page(HTMLParser):
    """Tags with attributes, text, and everything that refers to something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def rows(self) -> list[str]:
        return [a["href"] for tag, a in self.tags if tag == "a"]


@pytest.fixture(scope="module")
def rich() -> dict[str, str]:
    return site(example("drift"), example("outcome"), example("plan"), problems=["runs/x.json is cut off"])


@pytest.fixture(scope="module")
def hostile() -> dict[str, str]:
    check, outcome, plan = example("drift-hostile"), example("outcome"), example("plan")
    for item in (*check["scopes"], *check["findings"], *check["ignored"], *check["cosmetic"], *check["unknown"]):
        for key in ("address", "scope", "provider"):
            if item.get(key):
                item[key] += HOSTILE.replace("/", "")
    check["source"] |= {"commit": HOSTILE, "paths": [HOSTILE]}
    for item in (*outcome["scopes"], *outcome["steps"], *outcome["open_gaps"], *plan["blocked"]):
        for key in ("why", "words", "address", "object", "reason", "interrupted", "code"):
            if item.get(key):
                item[key] += HOSTILE
    outcome["interrupted"] = HOSTILE
    history = History()
    for shown, document in ((f"runs/{HOSTILE}.json", check), (HOSTILE, outcome), (HOSTILE + "p", plan)):
        assert not history.add(shown, document)
    return dict(pages(history, stale_after=TWO_DAYS, problems=[HOSTILE]))


# ---------------------------------------------------------------------- nothing acts
def test_nothing_on_a_page_acts_or_loads_whatever_the_values(hostile):
    assert len(hostile) > 8
    for name, text in hostile.items():
        page = Page(text)
        assert {"script", "img", "iframe", "link", "object", "embed", "form", "base"}.isdisjoint(
            tag for tag, _ in page.tags
        )
        for _, attributes in page.tags:
            assert not [a for a in attributes if a.startswith("on") or a in ("src", "style", "srcdoc", "action")]
        for target in page.rows():
            assert target == "../index.html" if name.startswith("scopes/") else target in hostile
        assert not re.search(ACTS, text)
        assert "<script>alert(1)" in page.text


def test_the_policy_of_a_page_allows_its_own_style_and_nothing_else(rich):
    for text in rich.values():
        style = text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in text
        assert text.index("Content-Security-Policy") < text.index("<style>")
        assert text.startswith(HEAD)
        assert not re.search(r"url\(|@import|https?://", style)


# ---------------------------------------------------------------------- accessible
def test_every_chart_has_a_title_and_a_description_and_every_id_is_used_once(rich):
    for text in rich.values():
        page = Page(text)
        ids = [a["id"] for _, a in page.tags if "id" in a]
        assert len(ids) == len(set(ids))
        for tag, attributes in page.tags:
            if tag == "svg" and "aria-hidden" not in attributes:
                assert attributes["role"] == "img"
                assert set(attributes["aria-labelledby"].split()) <= set(ids)
            if tag == "th":
                assert attributes["scope"] in ("col", "row")
        assert sum(tag == "h1" for tag, _ in page.tags) == 1


def luminance(colour: str) -> float:
    colour = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground_in_both_themes(theme):
    blocks = [re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[theme] for sheet in (BASE, SHEET)]
    colours = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{3,6})", " ".join(blocks)))

    def contrast(front: str, ground: str) -> float:
        light, dark = sorted((luminance(colours[front]), luminance(colours[ground])), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    for front in ("text", "quiet", "link", "del", "mod"):
        for ground in ("bg", "soft"):
            assert contrast(front, ground) >= 4.5, (front, ground)
    for name in ("del", "mod", "add", "grey"):
        assert contrast(name, f"{name}-soft") >= 4.5, name
    for name in ("mark-del", "mark-mod", "mark-add", "mark"):
        assert contrast(name, "bg") >= 2.5, name


# ---------------------------------------------------------------------- what is told
def test_the_worst_scope_stands_first():
    opened = example("drift")
    made = site(
        opened,
        drift(
            "2026-11-22T02:30:00.000Z",
            {"listener/clean": 0, "listener/two": 2, "listener/nine": 9, "listener/dark": None},
        ),
    )
    hrefs = Page(made["index.html"]).rows()
    order = [h.partition("/")[2].rpartition("-")[0] for h in hrefs]
    assert set(order[:2]) == {"security-group-db", "security-group-web"}
    assert order[2:5] == ["listener-nine", "listener-shop-gcore", "listener-shop-https"]
    assert order[5:8] == ["listener-two", "listener-dark", "listener-status"]
    assert order[-2:] == ["listener-clean", "security-group-cache"]


def test_a_scope_page_tells_every_finding_with_both_sides_and_where_it_is_wanted(rich):
    check = example("drift")
    for scope in check["scopes"]:
        text = Page(page_of(rich, scope["address"], scope["provider"])).text
        for finding in check["findings"]:
            if finding["scope"] != scope["address"]:
                continue
            assert f"{finding['file']}:{finding['line']}" in text
            assert finding["why"] in text
            assert finding["object_id"] is None or finding["object_id"] in text
            for change in finding["fields"]:
                for side in ("wanted", "live"):
                    if isinstance(change[side], str):
                        assert f'"{change[side]}"' in text


def test_a_scope_that_cannot_be_told_says_so_loudly_and_is_no_drift(rich):
    text = Page(page_of(rich, "listener/status", "huawei-prod")).text
    assert "Cannot tell: the cloud gave no answer." in text
    assert "This is neither drift nor clean" in text
    assert "Drift:" not in text


def test_applies_and_plans_stand_on_the_pages_of_their_scopes(rich):
    text = Page(page_of(rich, "listener/shop-https", "huawei-prod")).text
    assert "20260101T000000Z-5eed01" in text
    assert "ELB.8902: redirect_pool_id is used elsewhere" in text
    assert "open gap" in text
    assert "1 failed" in text
    assert "2026-11-22 in runs/2.json" in text
    ghost = Page(page_of(rich, "listener/ghost", "")).text
    assert "no listener named 'ghost'" in ghost
    assert "No drift document names this scope yet." in ghost


def test_a_plan_that_was_carried_out_says_when():
    plan, outcome = example("plan"), example("outcome")
    outcome["plan_digest"] = plan["digest"]
    text = Page(page_of(site(plan, outcome), "listener/shop-https", "huawei-prod")).text
    assert "Carried out 2026-01-01 00:00" in text
    assert "carried out 2026-11-22" in Page(site(plan, outcome)["index.html"]).text
    assert "4 calls 2026-11-22" in Page(site(plan)["index.html"]).text


def test_what_could_not_be_read_stands_on_the_fleet_page(rich):
    assert "Missing here: 1 document that cannot be shown runs/x.json is cut off" in Page(rich["index.html"]).text


def test_since_when_is_the_first_check_of_the_last_row_of_equal_ones():
    checks = [drift(day(n), {"listener/a": found}) for n, found in ((1, 2), (2, 0), (3, 1), (4, 5), (5, 1))]
    text = Page(page_of(site(*checks), "listener/a")).text
    assert "Status since 2026-11-03 for 2 days" in text
    always = Page(page_of(site(*checks[2:]), "listener/a")).text
    assert "Status since 2026-11-03 or earlier" in always


def test_shards_of_one_run_are_put_together():
    whole = drift(day(1), {"listener/a": 2, "listener/b": 0, "listener/c": 1})
    parts = [
        drift(f"2026-11-01T02:30:0{n}.000Z", {k: v})
        for n, (k, v) in enumerate({"listener/a": 2, "listener/b": 0, "listener/c": 1}.items())
    ]
    one, three = Page(site(whole)["index.html"]), Page(site(*parts)["index.html"])
    assert one.rows() == three.rows()
    assert "3 alarming in 2 scopes" in one.text
    assert "3 alarming in 2 scopes" in three.text


def test_a_scope_that_is_no_longer_checked_is_called_out_and_still_counted():
    made = site(drift(day(1), {"listener/old": 3, "listener/a": 0}), drift(day(3, 3), {"listener/a": 0}))
    fleet = Page(made["index.html"]).text
    assert "3 alarming" in fleet
    assert "1 not checked lately" in fleet
    assert "Not checked since 2026-11-01 02:30" in Page(page_of(made, "listener/old")).text
    fresh = site(drift(day(1), {"listener/old": 3, "listener/a": 0}), drift(day(3, 2), {"listener/a": 0}))
    assert "0 not checked lately" in Page(fresh["index.html"]).text


def test_two_providers_with_one_address_are_two_scopes():
    made = site(drift(day(1), {"listener/a": 1}, "p"), drift(day(1), {"listener/a": 0}, "q"))
    assert len(made) == 3
    assert "1 alarming in 1 scope" in Page(made["index.html"]).text


# ---------------------------------------------------------------------- trend
def history(*checks: dict) -> History:
    made = History()
    for n, check in enumerate(checks):
        made.add(f"{n}", check)
    return made


def test_the_fleets_trend_adds_up_what_every_scope_had_at_that_time():
    made = history(
        drift(day(1), {"listener/a": 2}), drift(day(2), {"listener/b": 3}), drift(day(3), {"listener/a": None}),
        drift(day(4), {"listener/a": 1, "listener/b": 0}),
    )  # fmt: skip
    points = of_fleet(made.scopes())
    assert [(p.alarms, p.untold) for p in points] == [(2, 0), (5, 0), (3, 1), (1, 0)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=1200))
def test_thinning_keeps_the_worst_the_last_and_the_order(values):
    from reconciler.reports.site.trend import Point

    points = [Point(float(n), max(a, b), b, 0) for n, (a, b) in enumerate(values)]
    kept = thinned(points)
    assert len(kept) <= POINTS
    assert kept[-1] == points[-1]
    assert max(p.alarms for p in kept) == max(p.alarms for p in points)
    assert [p.time for p in kept] == sorted({p.time for p in kept})


def test_a_check_that_could_not_tell_is_a_gap_and_no_zero():
    checks = [drift(day(n), {"listener/a": found}) for n, found in ((1, 2), (2, None), (3, 2))]
    (scope,) = history(*checks).scopes()
    assert [p.untold for p in of_scope(scope)] == [0, 1, 0]
    text = page_of(site(*checks), "listener/a")
    path = re.search(r'<path class="findings" d="([^"]*)"', text)[1]
    assert path.count("M") == 2
    assert text.count('<rect class="gap"') == 1


def test_one_check_alone_has_a_chart():
    assert '<path class="alarms" d="M0 120V' in page_of(site(drift(day(1), {"listener/a": 2})), "listener/a")


# ---------------------------------------------------------------------- the same bytes
def test_the_order_of_the_documents_does_not_matter():
    documents = {
        "a.json": drift(day(1), {"listener/a": 1, "listener/b": 0}), "b.json": drift(day(1), {"listener/a": 2}),
        "c.json": drift(day(2), {"listener/b": 1}), "o.json": example("outcome"),
    }  # fmt: skip
    made = set()
    for order in itertools.permutations(documents):
        read = History()
        for name in order:
            read.add(name, copy.deepcopy(documents[name]))
        made.add(json.dumps(dict(pages(read, stale_after=TWO_DAYS))))
    assert len(made) == 1


def test_the_same_document_twice_is_counted_once_and_told():
    read = History()
    assert read.add("a.json", example("drift")) == []
    (told,) = read.add("b/a.json", example("drift"))
    assert (told.code, told.is_error) == ("SITE-DUPLICATE", False)
    assert "'b/a.json'" in told.summary
    assert "'a.json'" in told.summary
    assert read.documents == {"Drift": 1}


@pytest.mark.parametrize(("name", "key"), [("drift", "checked_at"), ("outcome", "finished_at")])
def test_a_time_that_does_not_exist_leaves_its_document_out(name, key):
    read = History()
    (told,) = read.add("a.json", {**example(name), key: "2026-02-31T00:00:00.000Z"})
    assert (told.code, told.is_error) == ("SITE-TIME", True)
    assert read.scopes() == []


def test_two_accounts_behind_one_provider_are_told():
    one, other = drift(day(1), {"listener/a": 1}), drift(day(2), {"listener/a": 1})
    other["providers"][1]["project"] = "another"
    read = History()
    assert read.add("a.json", one) == []
    (told,) = read.add("b.json", other)
    assert (told.code, told.is_error) == ("SITE-ACCOUNTS", False)


def test_only_the_newest_runs_are_shown():
    outcomes = []
    for n in range(30):
        outcome = example("outcome")
        outcome |= {"finished_at": f"2026-01-{n + 1:02}T00:00:00.000Z", "run": f"2026010{n % 10}T000000Z-0000{n:02}"}
        outcomes.append(outcome)
    text = page_of(site(*outcomes[::-1]), "listener/shop-https", "huawei-prod")
    assert "-000029" in text
    assert "-000010" in text
    assert "-000009" not in text


PIECES = [None, True, 0, -5, 1.5, "", "@", "a/b/c/d/e", "%zz", "\u202e<b>", [], [1], [None], ["x"], {}, {"$from": 1}, {"$position": 3},
          {"after": 1, "before": 2}, {"after": None, "before": None}, [[1]], [{}], [{"key": 1}], 10**30]  # fmt: skip
KEYS = (
    "conditions",
    "name",
    "action",
    "value",
    "key",
    "type",
    "rules",
    "description",
    "multiport",
    "remote_ip_prefix",
    "protocol",
)


def places(item, path=()):
    yield path
    for key, inner in item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ():
        yield from places(inner, (*path, key))


@pytest.mark.parametrize("kind", ["drift", "outcome", "plan"])
def test_whatever_the_schema_accepts_is_shown(kind):
    """Documents of others: an object in them may hold anything, and only its schema has looked at it."""
    import random

    import jsonschema_rs

    from reconciler.reports import metrics, render

    schema = json.loads((GOLDEN.parents[1].parent / "schemas" / f"{kind}.schema.json").read_text("utf-8"))
    validator, chance, base = jsonschema_rs.validator_for(schema), random.Random(4), example(kind)
    paths = [path for path in places(base) if path]
    shown = 0
    while shown < 80:
        document = copy.deepcopy(base)
        path = chance.choice(paths)
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        if isinstance(holder[path[-1]], dict) and chance.random() < 0.6:
            holder[path[-1]][chance.choice(KEYS)] = copy.deepcopy(chance.choice(PIECES))
        else:
            holder[path[-1]] = copy.deepcopy(chance.choice(PIECES))
        if not validator.is_valid(document):
            continue
        shown += 1
        for form in ("text", "markdown", "html"):
            assert not re.search(ACTS, render(document, form, full=bool(shown % 2)))
        if kind == "drift":
            assert metrics.render(document).endswith("# EOF\n")
        assert not re.search(ACTS, "".join(site(document).values()))


def test_a_number_beyond_all_reason_is_no_reason_to_fail():
    check = drift(day(1), {"listener/a": 1})
    check["scopes"][0] |= {"findings": 10**30, "alarms": 10**30}
    assert "listener/a" in site(check)["index.html"]


def test_a_page_of_very_many_findings_is_bounded_and_names_the_document():
    made = page_of(site(drift(day(1), {"listener/a": 1000})), "listener/a")
    assert "800 more findings stand in <code>runs/0.json</code>" in made
    assert made.count("<article") == 200


# ---------------------------------------------------------------------- names
@given(st.text(max_size=80), st.text(max_size=200))
def test_a_pages_name_is_safe_whatever_the_scope_is_called(provider, address):
    name = names.page_of(provider, address)
    assert re.fullmatch(r"scopes/[a-z0-9][a-z0-9-]*-[0-9a-f]{16}\.html", name)
    assert len(name) < 100
    assert names.is_page(name)
    assert names.is_beside(names.beside(name).partition("/")[2])


def test_names_that_a_file_system_or_the_eye_takes_for_equal_are_different_files():
    alike = [
        "listener/Shop",
        "listener/shop",
        "listener/shop.",
        "listener/ѕhop",
        "listener/shop\u200b",
        "security_group/shop",
    ]
    made = {names.page_of(provider, address) for provider in ("p", "P") for address in alike}
    assert len({name.lower() for name in made}) == 2 * len(alike)


@pytest.mark.parametrize("name", ["", "..", "../index.html", "scopes/../index.html", "scopes/a.html", "index.htm", "style.css",
                                  "scopes/a-0123456789abcdef.html/x", "/index.html", "scopes/A-0123456789abcdef.html"])  # fmt: skip
def test_nothing_else_is_a_page_of_ours(name):
    assert not names.is_page(name)
