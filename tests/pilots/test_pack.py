"""The evidence pack: the same bytes for the same pilot, and nothing in it can be changed without `verify` naming it."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from datetime import date, timedelta
from functools import lru_cache

import openpyxl
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Calendar
from pilots import BadPack, assess, build_pack, verify_pack
from pilots.archive import read_archive, write_archive
from pilots.eventlog import write_csv
from pilots.pack import INPUTS, MANIFEST, PARTS, json_bytes, sha256, with_manifest
from pilots.plan import plan_bytes
from tests.pilots.desk import (
    CALENDAR_DATA,
    CALENDARS,
    CODE,
    MODEL,
    MONDAY,
    Desk,
    hours,
    plan_of,
    satisfied,
    total,
)

NAMES = {
    CODE: {"en": "Complaint handling", "zh": "客户投诉处理"},
    "receive": {"en": "=cmd|' /C calc'!A0", "zh": "客户投诉接收"},
    "customer-service": "客户服务部",
    "service-agent": {"en": "<script>alert(1)</script>", "zh": "客服专员"},
}
ZONES = {"cn": CALENDAR_DATA}


@lru_cache(maxsize=8)
def pilot(count: int = 30, rehearsal: bool = False):
    """Plan, log and assessment of a pilot with late, open, cancelled and unsatisfied cases."""
    plan = plan_of(
        total(tolerance=0.05),
        total(id="receive-15", metric="step_sojourn", step="receive", limit="15 working minutes", must=False),
        total(id="response", metric="first_response", limit="PT1H", must=False),
        satisfied(),
        reviews=(date(2026, 3, 10), date(2026, 3, 20)),
    )
    desk = Desk(rehearsal=rehearsal)
    desk.freeze(plan, model_sha256=hashlib.sha256(MODEL).hexdigest())
    for number in range(count):
        at = MONDAY + timedelta(minutes=401 * number)
        case = desk.work(at, None if number % 9 == 4 else hours(1 + 7 * number % 60), satisfied=number % 11 != 3)
        if number % 18 == 4:
            desk.cancel(case, at + hours(3))
    assessment = assess(plan, desk.log, CALENDARS, MONDAY + timedelta(days=14), rehearsal=rehearsal)
    return plan, tuple(desk.log), assessment


@lru_cache(maxsize=8)
def pack(language: str = "en", rehearsal: bool = False, count: int = 30) -> bytes:
    plan, log, assessment = pilot(count, rehearsal)
    return build_pack(assessment, log, model_xml=MODEL, plan=plan, names=NAMES, language=language, calendars=ZONES)


def remade(changes: dict[str, bytes]) -> bytes:
    """The pack with other parts and a manifest that agrees with them."""
    return write_archive(with_manifest({**read_archive(pack()), **changes}))


def part(name: str) -> bytes:
    return read_archive(pack())[name]


# What is in it


def test_a_pack_is_the_same_bytes_for_the_same_pilot_and_verifies():
    plan, log, assessment = pilot()
    again = build_pack(
        assessment, list(log), model_xml=MODEL, plan=plan, names=dict(reversed(NAMES.items())), language="en", calendars=ZONES
    )
    assert again == pack()
    verified = verify_pack(again)
    assert verified.problems == ()
    assert verified.ok
    assert verified.figures > 500


@pytest.mark.parametrize("language", ["en", "zh", "zh_Hans_CN"])
def test_it_verifies_in_both_languages(language):
    assert verify_pack(pack(language)).ok


def test_it_holds_what_was_promised_and_nothing_else():
    parts = read_archive(pack())
    assert sorted(parts) == sorted(PARTS)
    assert parts["model.bpmn"] == MODEL
    for line in parts[MANIFEST].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(parts[name]).hexdigest() == digest
    assert sha256(parts["plan.json"]) == pilot()[2].plan_hash, "anyone can check the plan's hash with sha256sum"


def test_the_figures_of_page_workbook_and_document_are_the_same():
    """Share and bound of the total: rounded once, the same wherever they stand."""
    document = json.loads(part("metrics.json"))
    criterion = document["criteria"][0]
    page = part("report.html").decode()
    for field in ("share", "lower", "upper", "n_mature", "n_good"):
        shown = re.findall(rf'data-figure="criteria\[total-48h\]\.{field}" value="([^"]*)"', page)
        assert shown
        assert set(shown) == {str(criterion[field])}
    book = openpyxl.load_workbook(io.BytesIO(part("metrics.xlsx")))
    head, row = list(book["Criteria"].iter_rows(values_only=True))[:2]
    cells = dict(zip(head, row, strict=True))
    assert (cells["Measured"], cells["Lower bound"], cells["Counted"]) == (
        criterion["share"],
        criterion["lower"],
        criterion["n_mature"],
    )


def test_the_report_needs_nothing_from_anywhere_and_runs_nothing():
    page = part("report.html").decode()
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|https?://(?!www\.w3\.org/2000/svg)", page)
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<svg") >= 3
    assert all(f'id="{one}"' in page for ids in re.findall(r'aria-labelledby="([^"]*)"', page) for one in ids.split())


def test_the_report_speaks_chinese():
    page = read_archive(pack("zh"))["report.html"].decode()
    assert '<html lang="zh-Hans">' in page
    assert "客户投诉处理" in page
    assert "证据不足" in page or "达标" in page


def test_a_rehearsal_says_so_in_every_part_that_people_read():
    parts = read_archive(pack(rehearsal=True))
    assert b'class="banner"' in parts["report.html"]
    assert b'class="banner"' not in part("report.html")
    book = openpyxl.load_workbook(io.BytesIO(parts["metrics.xlsx"]))
    assert "simulated staff" in str(book["Decision"]["B2"].value)
    assert json.loads(parts["metrics.json"])["rehearsal"] is True
    assert verify_pack(pack(rehearsal=True)).ok


def test_no_cell_of_the_workbook_is_a_formula():
    book = openpyxl.load_workbook(io.BytesIO(part("metrics.xlsx")))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert {"s", "n", "d"} <= kinds
    assert book["Steps"]["A2"].value == "=cmd|' /C calc'!A0"
    assert book["Steps"]["A2"].data_type == "s"


def test_the_workbook_counts_in_numbers_not_in_text():
    book = openpyxl.load_workbook(io.BytesIO(part("metrics.xlsx")))
    row = book["All cases"][2]
    assert isinstance(row[1].value, int)
    assert row[2].is_date or isinstance(row[2].value, timedelta)
    assert book["Cases"]["B2"].value.isoformat() == "2026-03-02T01:00:00"


def test_a_pack_is_not_made_of_an_assessment_that_does_not_follow_from_the_log():
    plan, log, assessment = pilot()
    with pytest.raises(BadPack, match="the assessment does not follow from these entries"):
        build_pack(assessment, log[:-1], model_xml=MODEL, plan=plan, names={}, language="en", calendars=ZONES)


def test_a_pilot_whose_calendar_nobody_has_is_packed_and_says_so():
    plan, log, _ = pilot()
    blind = assess(plan, log, {}, MONDAY + timedelta(days=14), rehearsal=False)
    made = build_pack(blind, log, model_xml=MODEL, plan=plan, names={}, language="en", calendars={})
    assert verify_pack(made).ok
    assert b"there is no working calendar" in read_archive(made)["report.html"]


# What verify sees


@pytest.mark.parametrize("name", sorted(PARTS))
@settings(deadline=None, max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_byte_is_noticed_and_the_file_is_named(name, data):
    content = bytearray(part(name))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    parts = {**read_archive(pack()), name: bytes(content)}
    verified = verify_pack(write_archive(parts))
    assert not verified.ok
    assert any(problem.startswith(name) or (name == MANIFEST and MANIFEST in problem) for problem in verified.problems)


@pytest.mark.parametrize("name", sorted(set(PARTS) - {MANIFEST}))
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_byte_is_noticed_also_when_the_manifest_was_made_anew(name, data):
    content = bytearray(part(name))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    verified = verify_pack(remade({name: bytes(content)}))
    assert not verified.ok
    if name != "metrics.json":  # a changed input hash in there is blamed on both
        assert any(problem.startswith(name) for problem in verified.problems)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_changed_byte_of_the_zip_itself_never_raises_and_changes_no_content_unseen(data):
    whole = bytearray(pack())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    verified = verify_pack(bytes(whole))
    if verified.ok:  # the unused last bits of a compressed stream hold nothing
        assert read_archive(bytes(whole)) == read_archive(pack())


def changed_figure(path: str, value: object) -> bytes:
    """metrics.json with one figure changed, at a path like criteria.0.share."""
    document = json.loads(part("metrics.json"))
    place = document
    *way, last = path.split(".")
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    return remade({"metrics.json": orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"})


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("criteria.0.share", 0.99, "metrics.json: criteria[total-48h].share reads 0.99, recomputed "),
        ("criteria.0.verdict", "met", "metrics.json: criteria[total-48h].verdict reads 'met'"),
        ("criteria.0.looks.0.missed", 0, "metrics.json: criteria[total-48h].looks[1].missed reads 0"),
        ("decision.outcome", "go", "metrics.json: decision.outcome reads 'go', recomputed "),
        ("summary.cycle.mean_s", 60, "metrics.json: summary.cycle.mean_s reads 60"),
        ("steps.0.open", 0, "metrics.json: steps[receive].open reads 0"),
        ("cases.4.state", "in_time", "metrics.json: cases[CSC-2024-001-00005].state reads 'in_time'"),
        ("weeks.0.late", 0, "metrics.json: weeks[2026-03-02].late reads 0"),
        ("summary.open", True, "metrics.json: summary.open reads True"),
        ("rehearsal", True, "metrics.json: the figures cannot be recomputed"),
        ("at", "2026-03-09T00:00:00Z", "metrics.json: "),
        ("at", "soon", "metrics.json: the figures cannot be recomputed"),
        ("bonus", 1, "metrics.json: bonus reads 1, recomputed nothing"),
        ("pack", {}, "metrics.json: does not say what it was made from"),
    ],
)
def test_one_changed_figure_is_named_with_what_it_should_be(path, value, named):
    verified = verify_pack(changed_figure(path, value))
    assert not verified.ok
    assert any(problem.startswith(named) for problem in verified.problems), verified.problems


def test_a_figure_changed_on_the_page_is_named():
    page = part("report.html").decode()
    exact, words = re.search(r'data-figure="criteria\[total-48h\]\.share" value="([^"]*)">([^<]*)<', page).groups()
    verified = verify_pack(
        remade({"report.html": page.replace(f'value="{exact}">{words}<', f'value="{exact}">99.9 %<', 1).encode()})
    )
    assert verified.problems[0].startswith("report.html: criteria[total-48h].share reads")
    assert "99.9 %" in verified.problems[0]


def test_a_word_changed_on_the_page_outside_of_the_figures_is_noticed():
    page = part("report.html").replace(b"must-have", b"must have", 1)
    assert verify_pack(remade({"report.html": page})).problems == ("report.html: is not what the figures give",)


def test_a_cell_changed_in_the_workbook_is_named():
    sheets = read_archive(part("metrics.xlsx"))
    share = json.loads(part("metrics.json"))["criteria"][0]["share"]
    sheet = sheets["xl/worksheets/sheet2.xml"].decode()
    assert f"<v>{share}</v>" in sheet
    sheets["xl/worksheets/sheet2.xml"] = sheet.replace(f"<v>{share}</v>", "<v>0.99</v>").encode()
    (problem,) = verify_pack(remade({"metrics.xlsx": write_archive(sheets, compressed=False)})).problems
    assert problem.startswith("metrics.xlsx: sheet2.xml G2 reads '<v>0.99</v>', recomputed")


def test_a_workbook_that_is_none_is_noticed():
    assert not verify_pack(remade({"metrics.xlsx": b"PK"})).ok


def test_an_event_changed_in_the_log_is_named():
    log = part("events.csv").replace(b"chen.jing", b"zhou.min", 1)
    verified = verify_pack(remade({"events.csv": log}))
    assert verified.problems[0] == "events.csv: entry 4 was changed: its hash does not fit its content"


def with_inputs(changes: dict[str, bytes]) -> bytes:
    """Other inputs, with manifest and metrics.json made anew to agree with them."""
    document = json.loads(part("metrics.json"))
    document["pack"]["inputs"] |= {name: sha256(data) for name, data in changes.items()}
    return remade({**changes, "metrics.json": orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"})


def test_the_same_content_in_other_bytes_is_noticed_whatever_was_made_anew():
    log, names, plan = part("events.csv"), part("names.json"), part("plan.json")
    said = "is not written as the product writes it"
    assert verify_pack(with_inputs({"events.csv": log.replace(b"\r\n", b"\n")})).problems == (f"events.csv: {said}",)
    assert verify_pack(with_inputs({"names.json": names.replace(b":", b": ", 1)})).problems == (f"names.json: {said}",)
    assert verify_pack(with_inputs({"plan.json": plan + b"\n"})).problems == (f"plan.json: {said}",)
    compact = orjson.dumps(json.loads(part("metrics.json")))
    assert verify_pack(remade({"metrics.json": compact})).problems == (f"metrics.json: {said}",)


def test_a_calendar_with_longer_hours_is_named_by_its_figures_whatever_was_made_anew():
    longer = json.loads(json.dumps(CALENDAR_DATA))
    longer["weekly"]["sat"] = [["09:00", "18:00"]]
    problems = verify_pack(with_inputs({"calendar.json": json_bytes({"cn": longer})})).problems
    assert problems[0].startswith("metrics.json: ")
    assert any(problem.startswith("metrics.json: summary.cycle_working.mean_s reads") for problem in problems)
    assert problems[20].startswith("metrics.json: and ")


def test_a_plan_that_is_not_the_frozen_one_is_named():
    easier = plan_of(total(goal=0.5, tolerance=0.05), satisfied(), reviews=(date(2026, 3, 10),))
    verified = verify_pack(remade({"plan.json": plan_bytes(easier)}))
    assert "plan.json: is not the plan that the log says was frozen" in verified.problems


def test_another_model_is_named():
    verified = verify_pack(remade({"model.bpmn": MODEL + b" "}))
    assert "model.bpmn: is not the model that the log says was frozen" in verified.problems


def test_a_calendar_with_longer_hours_is_named():
    longer = json.loads(json.dumps(CALENDAR_DATA))
    longer["weekly"]["sat"] = [["09:00", "12:00"]]
    assert Calendar.from_data(longer)
    verified = verify_pack(remade({"calendar.json": json_bytes({"cn": longer})}))
    assert verified.problems == ("calendar.json: its hash is not the one that metrics.json was made from",)


def test_missing_and_extra_files_are_named():
    parts = read_archive(pack())
    without = {name: data for name, data in parts.items() if name != "events.xes"}
    assert verify_pack(write_archive(without)).problems == ("events.xes: is missing from the pack",)
    assert "note.txt: does not belong into a pack" in verify_pack(write_archive({**parts, "note.txt": b"x"})).problems
    assert "note.txt: is not listed in MANIFEST.sha256" in verify_pack(write_archive({**parts, "note.txt": b"x"})).problems
    assert not verify_pack(remade({"note.txt": b"x"})).ok
    listed = parts[MANIFEST] + f"{'0' * 64}  zzz.txt\n".encode()
    problems = verify_pack(write_archive({**parts, MANIFEST: listed})).problems
    assert problems == ("zzz.txt: is listed in MANIFEST.sha256 and missing from the pack",)


def test_a_pack_that_was_made_anew_from_other_facts_shows_in_the_head_noted_elsewhere():
    """Only the owner's note of the last hash can tell: everything in the pack itself fits."""
    plan, log, _ = pilot()
    head = log[-1].hash
    assert verify_pack(pack(), head=head).ok
    desk = Desk()
    desk.freeze(plan, model_sha256=hashlib.sha256(MODEL).hexdigest())
    desk.work(MONDAY, hours(1), satisfied=True)
    better = assess(plan, desk.log, CALENDARS, MONDAY + timedelta(days=14), rehearsal=False)
    forged = build_pack(better, desk.log, model_xml=MODEL, plan=plan, names=NAMES, language="en", calendars=ZONES)
    assert verify_pack(forged).ok
    assert verify_pack(forged, head=head).problems == (f"events.csv: the last entry is not the one with the hash {head}",)


# Hostile files


def zipped(write, **more) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **more) as archive:
        write(archive)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a zip file"),
        (b"PK\x05\x06" + b"\0" * 17, "not a zip file"),
        (zipped(lambda z: z.writestr("events.csv", b"\0" * 50_000_000)), "packed more tightly than any honest file"),
        (zipped(lambda z: [z.writestr(f"{k}.txt", b"x") for k in range(40)]), "has 40 parts"),
        (
            zipped(lambda z: z.writestr(zipfile.ZipInfo("../../etc/passwd", (2026, 1, 1, 0, 0, 0)), b"x")),
            "is not the name of a part",
        ),
        (zipped(lambda z: z.writestr("plan.json", b"{}")), "carries more than its content"),
        (b"#!/bin/sh\n" + write_archive({"plan.json": b"{}"}), "bytes that belong to no part"),
        (write_archive({"plan.json": b"{}"})[:-2] + b"\x05\x00hello", "bytes that belong to no part"),
    ],
    ids=["empty", "cut", "bomb", "many", "path", "dated", "prefix", "comment"],
)
def test_a_zip_that_is_no_pack_is_refused_before_it_is_unpacked(data, sentence):
    verified = verify_pack(data)
    assert not verified.ok
    assert sentence in verified.problems[0]


def test_a_part_that_is_there_twice_is_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = zipped(lambda z: [z.writestr(zipfile.ZipInfo("plan.json", (2026, 1, 1, 0, 0, 0)), b"{}") for _ in range(2)])
    assert verify_pack(twice).problems == ("plan.json is in the zip file twice",)


def test_hostile_workbooks_from_the_wild_are_no_packs(hostile):
    for file in sorted(hostile.glob("9*.xlsx")):
        assert not verify_pack(file.read_bytes()).ok, file.name


@pytest.mark.parametrize("name", sorted(INPUTS))
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{}", b'{"cn":[]}', b"\xff", b'{"a":{"b":1}}'])
def test_inputs_of_the_wrong_kind_are_problems_and_never_tracebacks(name, content):
    assert not verify_pack(remade({name: content})).ok


def test_an_empty_pilot_can_be_packed():
    plan = plan_of()
    empty = assess(plan, [], CALENDARS, MONDAY, rehearsal=False)
    made = build_pack(empty, [], model_xml=MODEL, plan=plan, names={}, language="zh", calendars=ZONES)
    assert verify_pack(made).ok
    assert read_archive(made)["events.csv"] == write_csv([])
