"""Our own elements in a model: where they may stand, what they must say, and what is said about a mistake."""

from __future__ import annotations

import pytest

from bpmn import BadModel, Duration, Finding, read_model
from tests.bpmn.papers import MODEL, spoiled

RACI = '<pilot:raci responsible="clerk" accountable="hr-lead" consulted="boss" informed="applicant"/>'
STANDARD = '<pilot:standard completion="2 working hours" reaction="30 working minutes" calendar="cn"/>'


def finding_after(*edits: tuple[str, str]) -> Finding:
    """The one thing that is wrong with Mei's model after the edits."""
    with pytest.raises(BadModel) as caught:
        read_model(spoiled(MODEL, *edits).encode())
    (finding,) = caught.value.findings
    return finding


@pytest.mark.parametrize("text", ["30 minutes", "PT", "0 working hours", "P1M", "-PT5M", "half a day", "PT4H or so", ""])
def test_a_standard_that_cannot_be_read_is_refused_at_its_step_and_line(text):
    finding = finding_after((STANDARD, f'<pilot:standard completion="{text}"/>'))
    assert (finding.rule, finding.element, finding.name) == ("standard-readable", "look", "Look at the request")
    assert "write PT4H (elapsed), 30 working minutes" in finding.message
    assert finding.line is not None


def test_a_reaction_that_cannot_be_read_is_refused_too():
    finding = finding_after(('reaction="30 working minutes"', 'reaction="soon"'))
    assert "the reaction time standard" in finding.message


def test_a_standard_on_the_process_is_read_like_one_on_a_step():
    finding = finding_after(('completion="PT24H"', 'completion="a day"'))
    assert finding.element == "leave_process"


def test_several_responsible_posts_are_nobody():
    finding = finding_after(('responsible="clerk"', 'responsible="clerk boss"'))
    assert (finding.rule, finding.element) == ("one-responsible", "look")
    assert "so nobody is" in finding.message


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ((RACI, '<pilot:raci accountable="boss"/>'), "'responsible' is required"),
        ((RACI, '<pilot:raci responsible="clerk" boss="me"/>'), "'boss' is not allowed"),
        ((RACI, '<pilot:raci responsible="the clerk&apos;s"/>'), "several posts"),
        ((RACI, '<pilot:raci responsible="../clerk"/>'), "pilot:raci"),
        ((RACI, '<pilot:raci responsible="clerk">text</pilot:raci>'), "pilot:raci"),
        (('<pilot:form ref="look"/>', "<pilot:form/>"), "'ref' is required"),
        (('<pilot:form ref="look"/>', '<pilot:form ref="../../etc/passwd"/>'), "pilot:form"),
        (('public="true"', 'public="perhaps"'), "pilot:intake"),
        (('<pilot:input name="request"/>', '<pilot:input name=""/>'), "pilot:input"),
        (('code="HR-1" ', ""), "'code' is required"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused_at_the_element_it_stands_on(edit, words):
    finding = finding_after(edit)
    assert finding.rule in {"pilot-schema", "one-responsible"}
    assert words in finding.message
    assert finding.element in {"look", "begin", "leave_process"}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ((RACI, RACI + '<pilot:bonus amount="5"/>'), "<pilot:bonus>"),
        ((RACI, RACI + RACI), "given twice"),
        ((RACI, RACI + '<pilot:department code="hr"/>'), "cannot stand on a userTask"),
        (('<exclusiveGateway id="long" name="Long leave?" default="short"/>',
          '<exclusiveGateway id="long" name="Long leave?" default="short">'
          f"<extensionElements>{STANDARD}</extensionElements></exclusiveGateway>"),
         "cannot stand on a exclusiveGateway"),
        (("<documentation>Is the request complete?</documentation>", RACI), "must stand inside <bpmn:extensionElements>"),
    ],
)  # fmt: skip
def test_an_unknown_or_misplaced_element_of_ours_is_refused(edit, words):
    finding = finding_after(edit)
    assert finding.rule == "pilot-element"
    assert words in finding.message


def test_an_attribute_of_our_namespace_on_a_bpmn_element_is_refused():
    finding = finding_after(('<userTask id="look"', '<userTask pilot:sla="5" id="look"'))
    assert (finding.rule, finding.element) == ("pilot-attribute", "look")


def test_the_calendar_is_cn_unless_it_is_said_and_codes_are_lists_of_words():
    text = spoiled(MODEL, (' calendar="cn"', ' calendar="night-shift"'), ('consulted="boss"', 'consulted="  boss   hr-lead "'))
    look = read_model(text.encode()).by_id["look"]
    assert look.standard is not None
    assert look.raci is not None
    assert (look.standard.calendar, look.raci.consulted) == ("night-shift", ("boss", "hr-lead"))
    assert read_model(MODEL.encode()).by_id["decide"].standard.calendar == "cn"


def test_space_around_a_duration_does_not_matter():
    text = spoiled(MODEL, ('completion="2 working hours"', 'completion=" 2  working&#10;hours "'))
    standard = read_model(text.encode()).by_id["look"].standard
    assert standard is not None
    assert standard.completion == Duration.parse("2 working hours")
