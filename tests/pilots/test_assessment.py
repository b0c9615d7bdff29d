"""An assessment is a pure function of plan, log and instant, and keeps rehearsed cases apart from real ones."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from pilots import MixedLog, assess, report_dict
from tests.pilots.desk import CALENDARS, MONDAY, Desk, hours, plan_of, satisfied, stream, total


def pilot(count: int = 40) -> tuple:
    plan = plan_of(total(), satisfied())
    desk = Desk()
    desk.freeze(plan)
    at = stream(desk, [number % 9 != 4 for number in range(count)])
    return plan, desk, at


def test_the_same_log_gives_the_same_document_to_the_byte():
    plan, desk, at = pilot()
    first, second = (json.dumps(report_dict(assess(plan, list(desk.log), CALENDARS, at, rehearsal=False))) for _ in range(2))
    assert first == second
    document = json.loads(first)
    assert document["schema_version"] == 1
    assert document["counts"] == {"assessed": 40, "left_out_rehearsed": 0, "later_entries": 0}
    assert document["log"]["head"] == desk.log[-1].hash


def test_the_document_holds_no_number_that_json_can_not_hold():
    plan, desk, at = pilot()
    json.dumps(report_dict(assess(plan, desk.log, CALENDARS, at, rehearsal=False)), allow_nan=False)


def test_it_does_not_matter_in_which_zone_the_instant_is_written():
    plan, desk, at = pilot()
    local = at.astimezone(CALENDARS["cn"].zone)
    assert assess(plan, desk.log, CALENDARS, at, rehearsal=False) == assess(plan, desk.log, CALENDARS, local, rehearsal=False)


def test_an_earlier_instant_is_assessed_as_it_was_then():
    """Asked in May how things stood in March, the log answers as it would have in March; what came later is counted, not used."""
    plan, desk, _ = pilot()
    then = MONDAY + timedelta(days=3)
    known = [entry for entry in desk.log if entry.at <= then]
    in_march = assess(plan, known, CALENDARS, then, rehearsal=False)
    in_may = assess(plan, desk.log, CALENDARS, then, rehearsal=False)
    assert in_may.criteria == in_march.criteria
    assert in_may.summary == in_march.summary
    assert in_may.log == in_march.log
    assert in_may.counts.later_entries == len(desk.log) - len(known)


def test_rehearsed_cases_never_enter_a_real_verdict():
    plan, desk, at = pilot(10)
    for _ in range(60):
        case = desk.open(MONDAY, rehearsal=True)
        desk.say("case.completed", MONDAY + hours(1), case=case)
    assessment = assess(plan, desk.log, CALENDARS, at, rehearsal=False)
    assert assessment.counts.left_out_rehearsed == 60
    assert assessment.summary.started == 10
    assert assessment.criteria[0].n_mature == 10


def test_real_cases_among_rehearsed_ones_are_refused():
    plan, desk, at = pilot(3)
    desk.open(MONDAY, rehearsal=True)
    with pytest.raises(MixedLog, match="3 of the 4 cases are real"):
        assess(plan, desk.log, CALENDARS, at, rehearsal=True)


def test_a_rehearsal_says_that_it_is_one_and_needs_no_frozen_plan():
    plan, desk = plan_of(max_cases=None), Desk(rehearsal=True)
    at = stream(desk, [True] * 60)
    assessment = assess(plan, desk.log, CALENDARS, at, rehearsal=True)
    assert assessment.rehearsal
    assert assessment.decision.outcome == "go"
    assert "rehearsal" in [reason.key for reason in assessment.decision.reasons]


def test_only_rehearsed_cases_are_no_evidence_for_a_real_pilot():
    plan, desk = plan_of(max_cases=None), Desk(rehearsal=True)
    at = stream(desk, [True] * 60)
    assessment = assess(plan, desk.log, CALENDARS, at, rehearsal=False)
    assert assessment.decision.outcome == "extend"
    assert assessment.criteria[0].n_mature == 0


def test_an_empty_log_is_assessed_too():
    plan = plan_of()
    assessment = assess(plan, [], CALENDARS, MONDAY, rehearsal=False)
    assert assessment.decision.outcome == "extend"
    assert (assessment.log.entries, assessment.log.head, assessment.frozen) == (0, None, None)
    assert assessment.summary.backlog is None
    assert report_dict(assessment)["criteria"][0]["verdict"] == "not_enough_evidence"


def test_a_busy_post_is_named_beside_the_decision():
    """Chen Jing holds something all day long: the result holds for this load and not for more."""
    plan, desk = plan_of(max_cases=None), Desk()
    desk.freeze(plan)
    at = stream(desk, [True] * 60)
    busy = [reason for reason in assess(plan, desk.log, CALENDARS, at, rehearsal=False).decision.reasons if reason.key == "busy"]
    assert [reason.params["post"] for reason in busy] == ["service-agent"]
    assert 0.7 <= busy[0].params["busy"] <= 1


def test_dates_in_the_document_are_iso_text_and_instants_are_utc():
    plan, desk, at = pilot(2)
    document = report_dict(assess(plan, desk.log, CALENDARS, at, rehearsal=False))
    assert document["starts"] == "2026-03-02"
    assert document["cases"][0]["started_at"] == "2026-03-02T01:00:00Z"
    assert datetime.fromisoformat(document["at"]) == at
