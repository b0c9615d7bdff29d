"""What the report, the workbook and the charts say, in both languages."""

from __future__ import annotations

import string

import pytest

from pilots.reasons import Reason
from pilots.texts import DEFINITIONS, TEXTS, instant_text, label, limit_text, percent_text, seconds_text, text
from tests.pilots.desk import CALENDAR, MONDAY


def test_every_text_is_there_in_both_languages_and_with_the_same_gaps():
    for key, both in TEXTS.items():
        gaps = [sorted(name for _, name, _, _ in string.Formatter().parse(one) if name) for one in both]
        assert gaps[0] == gaps[1], key
        assert all(both), key
    assert all(part for pair in DEFINITIONS for both in pair for part in both)


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0 秒"),
        (59, "59 s", "59 秒"),
        (90, "1 min 30 s", "1 分 30 秒"),
        (3_600, "1 h", "1 小时"),
        (172_859, "48 h", "48 小时"),
        (-90, "-1 min 30 s", "-1 分 30 秒"),
        (None, "–", "–"),
    ],
)
def test_times_are_hours_and_minutes_and_never_days(seconds, en, zh):
    """A working day is not 24 hours: 48 h stay 48 h."""
    assert (seconds_text(seconds, "en"), seconds_text(seconds, "zh")) == (en, zh)


@pytest.mark.parametrize(
    ("limit", "en", "zh"),
    [
        ("PT48H", "48 h", "48 小时"),
        ("15 working minutes", "15 working minutes", "15 个工作分钟"),
        ("4 working hours", "4 working hours", "4 个工作小时"),
        ("2 working days", "2 working days", "2 个工作日"),
        ("soon", "soon", "soon"),
        (None, "–", "–"),
    ],
)
def test_limits_are_said_as_people_say_them(limit, en, zh):
    assert (limit_text(limit, "en"), limit_text(limit, "zh_Hans_CN")) == (en, zh)


def test_whatever_has_a_name_is_called_by_it():
    names = {"receive": {"en": "Receive", "zh": "接收"}, "classify": "Triage", "half": {"zh": "半"}, "empty": {}}
    assert label(names, "receive", "zh") == "接收"
    assert label(names, "receive", "en") == "Receive"
    assert label(names, "classify", "zh") == "Triage"
    assert label(names, "half", "en") == "半"
    assert label(names, "empty", "en", "Empty") == "Empty"
    assert label(names, "archive", "en") == "archive"


def test_reasons_name_criteria_and_posts_as_people_do():
    reason = Reason("some_not_met", {"criteria": "total-48h, satisfied"})
    titles = {"total-48h": {"en": "Within 48 h", "zh": "48 小时内"}}
    assert reason.text("en", titles) == "Must-haves not met: Within 48 h, satisfied."
    assert reason.text("zh", titles) == "未达标的必达标准：48 小时内、satisfied。"
    assert "48 小时" in Reason("no_cases", {"limit": "PT48H"}).text("zh")


def test_shares_and_instants():
    assert percent_text(0.8575) == "85.8 %"
    assert percent_text(None) == "–"
    assert instant_text(MONDAY, CALENDAR.zone) == "2026-03-02 09:00"
    assert instant_text(None) == "–"
    assert text("weeks_from", "en", weeks=8, starts="2026-03-02") == "8 weeks from 2026-03-02"
