"""The log leaves the house as CSV and XES: nothing lost, nothing executable, readable for process mining."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import LogEntry, entry_hash, fields_of
from pilots.errors import BadLog
from pilots.eventlog import COLUMNS, TRANSITIONS, check_chain, read_csv, write_csv, write_xes
from pilots.measure import read_cases
from pilots.tables import spread
from tests.pilots.desk import AGENT, MONDAY, Desk, hours, minutes, plan_of, stream

ROOT = Path(__file__).parents[2]
PEER = ROOT / ".venv-peers/bin/python"

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
something = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | anything
instants = st.integers(0, 7 * 10**15).map(lambda us: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))
entries_of_any_kind = st.builds(
    LogEntry,
    seq=st.integers(1, 10**12),
    at=instants,
    recorded_at=instants,
    kind=st.sampled_from([*TRANSITIONS, "clock.breached", "incident.raised"]),
    case=st.none() | something,
    item=st.none() | st.integers(0, 10**9),
    step=st.none() | something,
    person=st.none() | something,
    post=st.none() | something,
    department=st.none() | something,
    data=st.dictionaries(anything, scalars, max_size=4),
    prev=st.just("0" * 64),
    hash=st.just("f" * 64),
)


@given(st.lists(entries_of_any_kind, max_size=6))
def test_csv_gives_back_the_very_same_entries(entries):
    """Whatever is typed into a name: quotes, line breaks, formulas, zero bytes, any script."""
    written = write_csv(entries)
    assert read_csv(written) == entries
    assert write_csv(read_csv(written)) == written


@given(st.lists(entries_of_any_kind, max_size=6))
def test_no_cell_of_the_csv_is_taken_for_a_formula(entries):
    for row in csv.reader(io.StringIO(write_csv(entries).decode(), newline="")):
        for cell in row:
            assert cell.lstrip()[:1] not in set("=+-@|%\uff1d\uff0b\uff0d\uff20") or not cell
            assert cell[:1] not in set("\t\r\n")


def test_the_first_columns_are_those_that_process_mining_looks_for():
    assert COLUMNS[:5] == ("case_id", "activity", "transition", "timestamp", "resource")
    desk = Desk()
    desk.work(MONDAY, hours(1))
    rows = list(csv.DictReader(io.StringIO(write_csv(desk.log).decode())))
    assert [(row["activity"], row["transition"]) for row in rows] == [
        ("case.started", "complete"),
        ("receive", "schedule"),
        ("receive", "assign"),
        ("receive", "complete"),
        ("case.completed", "complete"),
    ]
    assert datetime.fromisoformat(rows[0]["timestamp"]) == MONDAY


def test_a_chained_log_is_still_chained_after_the_journey():
    desk = Desk()
    stream(desk, [True, False, True])
    assert check_chain(read_csv(write_csv(desk.log))) is None


@pytest.mark.parametrize(
    "changes",
    [{"person": "zhou.min"}, {"at": MONDAY + minutes(1)}, {"data": {"measures": {"satisfied": True}}}, {"prev": "1" * 64}],
    ids=lambda changes: next(iter(changes)),
)
def test_an_entry_that_was_changed_is_named(changes):
    desk = Desk()
    stream(desk, [True, False, True])
    desk.log[3] = replace(desk.log[3], **changes)
    assert check_chain(desk.log) == "entry 4 was changed: its hash does not fit its content"


def test_an_entry_that_was_changed_and_hashed_anew_no_longer_fits_its_neighbour():
    desk = Desk()
    stream(desk, [True, False])
    forged = replace(desk.log[3], person="zhou.min")
    desk.log[3] = replace(forged, hash=entry_hash(forged.prev, fields_of(forged)))
    assert check_chain(desk.log) == "entry 5 does not follow from entry 4"


def test_entries_in_the_wrong_order_are_noticed_and_those_of_other_pilots_may_lie_between():
    desk = Desk()
    stream(desk, [True, False])
    assert check_chain([desk.log[0], desk.log[3], desk.log[4]]) is None
    assert check_chain([desk.log[0], desk.log[4], desk.log[3]]) == "entry 4 stands behind entry 5"
    assert check_chain([]) is None


def one_line(**cells: str) -> bytes:
    desk = Desk()
    desk.open(MONDAY)
    row = next(csv.DictReader(io.StringIO(write_csv(desk.log).decode()))) | cells
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue().encode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "line 1: the columns must be case_id"),
        (b"a,b,c\r\n", "line 1: the columns must be case_id"),
        (b"\xff\xfe", "not UTF-8 text"),
        (",".join(COLUMNS).encode() + b"\r\nx,y\r\n", "line 2: 2 cells instead of 14"),
        (",".join(COLUMNS).encode() + b'\r\n"x', "line 2"),
        (one_line(seq="NaN"), "line 2: 'NaN' is not a whole number"),
        (one_line(seq="９"), "is not a whole number"),
        (one_line(timestamp="yesterday"), "'yesterday' is not an instant"),
        (one_line(recorded_at="2026-03-02T01:00:00Z"), "is not an instant"),
        (one_line(data="[1]"), "the data are not a JSON object"),
        (one_line(data="{"), "the data are not a JSON object"),
        (one_line(transition="start"), "transition 'start' does not belong to case.started"),
    ],
)
def test_a_file_that_is_not_a_log_is_refused_with_the_line(data, sentence):
    with pytest.raises(BadLog) as refused:
        read_csv(data)
    assert sentence in str(refused.value)


def test_what_could_not_be_read_back_is_not_written():
    desk = Desk()
    desk.say("incident.raised", MONDAY, case="x", reason="x" * 140_000)
    with pytest.raises(BadLog, match="entry 1 is too long for a cell"):
        write_csv(desk.log)
    desk = Desk()
    desk.say("item.offered", MONDAY, case="x", item=1, step="item.offered")
    with pytest.raises(BadLog, match=r"a step must not be called item\.offered"):
        write_csv(desk.log)


def test_xes_has_one_tag_a_line_and_every_key_that_it_declares_global():
    desk = Desk()
    stream(desk, [True, False])
    lines = write_xes(desk.log).decode().splitlines()
    assert all(line.count("<") == 1 for line in lines)
    assert 'xes.version="1849-2023"' in lines[1]
    events = sum(entry.kind in TRANSITIONS for entry in desk.log)
    for key in ("concept:name", "time:timestamp", "lifecycle:transition"):
        assert sum(f'key="{key}"' in line for line in lines) >= events


def test_a_trace_is_in_the_order_of_time_and_ties_keep_the_order_of_the_log():
    """A deadline that a sweep noticed late is written late and dated when it passed."""
    desk = Desk()
    case = desk.open(MONDAY)
    item = desk.offer(case, "receive", MONDAY)
    desk.complete(case, item, "receive", MONDAY + hours(2))
    desk.say("item.withdrawn", MONDAY + hours(1), case=case, item=item, step="feedback")
    written = write_xes(desk.log).decode()
    order = [written.index(f'value="{word}"', written.index("<trace>")) for word in ("case.started", "schedule", "withdraw")]
    assert order == sorted(order)
    assert order[-1] < written.rindex('value="complete"')


@given(something, something)
def test_xes_can_hold_whatever_people_are_called(case, person):
    """Checked with an XML parser that the product itself does not need here."""
    from lxml import etree

    desk = Desk()
    desk.say("case.started", MONDAY, case=case, by=(person, None))
    root = etree.fromstring(write_xes(desk.log))
    values = {node.get("key"): node.get("value") for node in root.iter("{*}event").__next__()}
    legal = "".join(c for c in person if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
    assert values["org:resource"] == legal
    assert values["concept:name"] == "case.started"


def test_pm4py_reads_the_same_cases_events_and_mean_duration(tmp_path):
    """A peer that knows nothing of us, in an environment of its own: 60 cases with hand-overs, cancelled and open ones."""
    assert PEER.exists(), "pm4py is not installed here: run `make peers` once"
    desk = Desk()
    desk.freeze(plan_of())
    for number in range(60):
        at = MONDAY + timedelta(minutes=77 * number)
        case = desk.work(at, None if number % 7 == 3 else hours(1 + number % 30), by=AGENT)
        if number % 14 == 3:
            desk.cancel(case, at + hours(5), reason='"<&> 撤回\n')
    path = tmp_path / "events.xes"
    path.write_bytes(write_xes(desk.log))
    seen = subprocess.run([PEER, "-c", PEER_SCRIPT, path], capture_output=True, text=True, check=True)
    theirs = json.loads(seen.stdout.splitlines()[-1])
    ours = [entry for entry in desk.log if entry.kind in TRANSITIONS]
    cases = read_cases(desk.log)
    durations = [round((case.ended_at - case.started_at).total_seconds()) for case in cases if case.outcome == "completed"]
    assert theirs["cases"] == len(cases) == 60
    assert theirs["events"] == len(ours)
    assert theirs["complete"] == sum(TRANSITIONS[entry.kind] == "complete" for entry in ours)
    assert theirs["finished"] == len(durations)
    assert theirs["mean"] == pytest.approx(spread(durations).mean_s, abs=0.5)


PEER_SCRIPT = """
import json, sys
import pm4py
log = pm4py.read_xes(sys.argv[1])
ended = log[log["concept:name"] == "case.completed"]["case:concept:name"]
done = log[log["case:concept:name"].isin(ended) & (log["lifecycle:transition"] == "complete")]
durations = pm4py.get_all_case_durations(done)
print(json.dumps({
    "cases": int(log["case:concept:name"].nunique()),
    "events": len(log),
    "complete": int((log["lifecycle:transition"] == "complete").sum()),
    "finished": len(durations),
    "mean": sum(durations) / len(durations),
}))
"""
