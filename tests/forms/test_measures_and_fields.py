"""What of the answers is measured, what names the case, and how a form is drawn in two languages."""

from __future__ import annotations

from engine.forms import Choice, Field, fields, measured, subject
from tests.forms.samples import DAY, NOTE, NUMBER, RULING, TEXT, WHOLE, YES_NO, form, shipped_form


def test_the_customers_satisfaction_is_measured_and_her_words_are_not() -> None:
    answers = {"satisfied": True, "reopen": False, "comment": "王女士很满意，电话 13800000000"}
    assert measured(shipped_form("feedback"), answers) == {"satisfied": True, "reopen": False}


def test_free_text_never_reaches_the_log_whatever_is_marked() -> None:
    schema = form(name=TEXT | {"x-measure": True}, kind={"enum": ["a"], "x-measure": True}, n=WHOLE | {"x-measure": True})
    assert measured(schema, {"name": "王女士", "kind": "a", "n": 3}) == {"kind": "a", "n": 3}


def test_what_was_not_answered_is_not_measured() -> None:
    assert measured(shipped_form("feedback"), {"satisfied": False}) == {"satisfied": False}
    assert measured({}, {"satisfied": False}) == {}


def test_a_case_is_named_by_the_subject_of_its_intake() -> None:
    assert subject(shipped_form("intake"), {"subject": "空调安装后漏水", "customer": "王女士"}) == "空调安装后漏水"


def test_a_name_is_one_line_and_not_longer_than_a_line() -> None:
    schema = form(a=NOTE | {"x-subject": True})
    assert subject(schema, {"a": " late \n delivery\t again "}) == "late delivery again"
    assert len(subject(schema, {"a": "x" * 5_000}) or "") == 200
    assert subject(schema, {"a": " "}) is None
    assert subject(schema, {}) is None
    assert subject(form(a=TEXT), {"a": "nothing marked"}) is None


def test_li_na_sees_the_approval_in_chinese_and_a_colleague_in_english() -> None:
    approved, reason = fields(shipped_form("approve"), "zh_Hans_CN")
    assert (approved.name, approved.kind, approved.title, approved.required) == ("approved", "boolean", "是否同意", True)
    assert (reason.name, reason.kind, reason.required) == ("reason", "textarea", False)
    assert fields(shipped_form("approve"), "en")[0].title == shipped_form("approve")["properties"]["approved"]["title"]["en"]


def test_each_kind_of_question_has_its_kind_of_field() -> None:
    schema = form(
        ("asked",),
        text=TEXT,
        note=NOTE,
        day=DAY,
        mail=TEXT | {"format": "email"},
        whole=WHOLE,
        number=NUMBER,
        asked=YES_NO,
        box=YES_NO,
        radio=TEXT | {"enum": ["a"], "x-ui": "radio"},
        select=TEXT | {"enum": ["a"]},
    )
    kinds = {field.name: field.kind for field in fields(schema, "en")}
    assert kinds == {
        "text": "text",
        "note": "textarea",
        "day": "date",
        "mail": "email",
        "whole": "integer",
        "number": "number",
        "asked": "boolean",
        "box": "checkbox",
        "radio": "radio",
        "select": "select",
    }


def test_a_field_knows_its_choices_and_bounds() -> None:
    decision, reason, amount = fields(RULING, "zh")
    assert decision.choices == (Choice("approve", "同意"), Choice("return", "退回"), Choice("reject", "驳回"))
    assert reason.longest == 20
    assert amount == Field("amount", "number", "amount", "", False, minimum=0, maximum=1000, step=0.01)


def test_without_a_word_in_the_language_there_is_always_some_word() -> None:
    schema = form(a=TEXT | {"title": {"en": "Reason"}}, b=TEXT | {"title": {"zh": "理由"}}, c=TEXT | {"title": "Plain"}, d=TEXT)
    assert [field.title for field in fields(schema, "zh")] == ["Reason", "理由", "Plain", "d"]
    assert [choice.label for choice in fields(RULING, "en")[0].choices] == ["approve", "return", "reject"]
    yes_or_no = form(a=YES_NO | {"enum": [True]})
    assert fields(yes_or_no, "en")[0].choices == (Choice("true", "true"),)
