"""Reading a model: what an author hands in, and what comes out of it."""

from __future__ import annotations

import hashlib

import pytest

from bpmn import BadModel, Duration, Raci, Repetition, Standard, Unit, read_model
from bpmn.safexml import DEEPEST, LONGEST_ATTRIBUTE, LONGEST_TEXT, MOST_BYTES, MOST_ELEMENTS, MOST_FINDINGS
from tests.bpmn.papers import MODEL, SHARED, process, read


def refusal(data: bytes) -> BadModel:
    """Reading it must fail."""
    with pytest.raises(BadModel) as caught:
        read_model(data, "file.bpmn")
    return caught.value


def the_rule(data: bytes) -> str:
    """Reading it must fail for one reason."""
    (finding,) = refusal(data).findings
    assert finding.file == "file.bpmn"
    return finding.rule


def test_mei_s_model_becomes_one_value_with_all_that_she_drew():
    model = read()

    assert (model.process_id, model.name) == ("leave_process", "Answer a request for leave within a day")
    assert (model.code, model.owner, model.director) == ("HR-1", "hr-lead", "boss")
    assert model.standard == Standard(Duration(86_400, Unit.ELAPSED), None, "cn")
    assert [node.id for node in model.nodes] == ["begin", "look", "days", "long", "decide", "boss_away", "end"]
    assert [step.id for step in model.steps()] == ["look", "decide"]
    assert model.start().id == "begin"
    assert [flow.id for flow in model.flows] == ["f1", "f2", "f3", "f4", "short", "f5", "f6"]


def test_a_step_carries_its_post_its_standard_its_form_and_where_it_stands():
    look = read().by_id["look"]

    assert look.raci == Raci("clerk", "hr-lead", ("boss",), ("applicant",))
    assert look.standard == Standard(Duration.parse("2 working hours"), Duration.parse("30 working minutes"), "cn")
    assert (look.form, look.inputs, look.outputs) == ("look", ("request",), ("opinion",))
    assert look.documentation == "Is the request complete?"
    assert (look.lane, look.scope, look.incoming, look.outgoing) == ("lane_hr", "leave_process", ("f1",), ("f2",))
    assert look.line == MODEL[: MODEL.index('<userTask id="look"')].count("\n") + 1


def test_the_start_event_says_whether_the_public_may_fill_in_its_form():
    begin = read().by_id["begin"]
    assert (begin.form, begin.public_intake) == ("request", True)
    assert read(('public="true"', 'public="0"')).by_id["begin"].public_intake is False


def test_gateways_conditions_decisions_and_timers_are_kept_as_text_that_nobody_has_run():
    model = read()
    assert model.by_id["long"].default == "short"
    assert next(flow for flow in model.flows if flow.id == "f4").condition == "days.long == true"
    assert model.by_id["days"].decision == "length"
    (timer,) = model.by_id["boss_away"].events
    assert (timer.kind, timer.timer, timer.text) == ("timer", "timeDuration", "PT12H")


def test_a_boundary_event_stands_in_the_lane_of_its_host():
    model = read()
    assert model.by_id["boss_away"].attached_to == "decide"
    assert model.by_id["boss_away"].lane == "lane_board"
    assert model.department_of("boss_away") == "board"
    assert model.department_of("look") == "hr"


def test_what_is_hashed_is_what_will_be_run_and_reading_it_again_changes_nothing():
    model = read()
    assert model.sha256 == hashlib.sha256(model.xml).hexdigest()
    again = read_model(model.xml)
    assert (again.xml, again.sha256) == (model.xml, model.sha256)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_lin_s_tool_writes_another_encoding_and_the_model_is_the_same(encoding):
    text = MODEL.replace("Answer a request for leave within a day", "一天内答复").replace(
        "UTF-8", encoding.removesuffix("-sig"), 1
    )
    model = read_model(text.encode(encoding))
    assert model.name == "一天内答复"
    assert "一天内答复".encode() in model.xml


def test_an_empty_file_is_refused():
    assert the_rule(b"") == the_rule(b"  \n\x00") == "empty"


def test_a_file_over_five_megabytes_is_not_even_looked_at():
    assert the_rule(b"<" + b"x" * MOST_BYTES) == "too-big"


def test_broken_xml_is_refused_with_its_line():
    (finding,) = refusal(MODEL.replace("</userTask>", "</userTusk>", 1).encode()).findings
    assert finding.rule == "broken-xml"
    assert finding.line is not None
    assert finding.line > 20
    assert "column" not in finding.message


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE definitions SYSTEM "http://127.0.0.1:1/x.dtd">',
        "<!-- first -->\n<!DOCTYPE x>",
        "<?tool made this?><!DOCTYPE x>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_a_document_type_is_refused_in_any_encoding(prolog, encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>{prolog}' + MODEL.split("?>", 1)[1]
    assert the_rule(text.encode(encoding)) in {"doctype", "broken-xml"}


def test_a_document_type_that_only_the_parser_can_see_is_refused_after_parsing():
    hidden = "<!DOCTYPE definitions>".replace("<", "+ADw-").replace("!", "+ACE-")
    text = '<?xml version="1.0" encoding="utf-7"?>' + hidden + MODEL.split("?>", 1)[1]
    assert "<!DOCTYPE" not in text
    assert the_rule(text.encode()) == "doctype"


def test_a_comment_that_only_talks_about_a_document_type_is_no_document_type():
    read_model(MODEL.replace("<process", "<!-- <!DOCTYPE x> --><process", 1).encode())


@pytest.mark.parametrize(
    ("inner", "rule"),
    [
        ("<extensionElements>" + "<odd:a>" * DEEPEST + "</odd:a>" * DEEPEST + "</extensionElements>", "too-deep"),
        ("<task/>" * MOST_ELEMENTS, "too-many-elements"),
        (f'<task id="t" name="{"n" * (LONGEST_ATTRIBUTE + 1)}"/>', "too-long"),
        (f"<documentation>{'d' * (LONGEST_TEXT + 1)}</documentation>", "too-long"),
        (f"<documentation/>{' ' * (LONGEST_TEXT + 1)}", "too-long"),
    ],
)
def test_a_model_has_bounds(inner, rule):
    assert the_rule(process(inner)) == rule


def test_something_else_than_bpmn_is_refused():
    assert the_rule(b"<html/>") == "not-bpmn"
    assert the_rule(b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>') == "not-bpmn"


def test_a_hopeless_file_gets_a_list_that_can_be_read():
    findings = refusal(process("<task/>" * 1000)).findings
    assert len(findings) == MOST_FINDINGS + 1
    assert findings[-1].message.startswith("800 more findings")


def test_the_one_executable_process_among_several_is_taken():
    other = '<process id="customer" isExecutable="false"><userTask id="waits"/></process>'
    assert read_model(process("", tail=other)).process_id == "p"
    silent = '<process id="customer"><userTask id="waits"/></process>'
    assert read_model(process("", tail=silent)).process_id == "p"


def test_without_an_executable_process_or_with_two_the_author_must_say_which():
    assert the_rule(process("", attributes='isExecutable="false"')) == "executable"
    second = '<process id="q" isExecutable="true"><startEvent id="s2"/></process>'
    (finding,) = refusal(process("", tail=second)).findings
    assert (finding.rule, finding.element) == ("executable", "q")


def test_other_tools_elements_are_left_out_with_a_notice():
    inner = '<userTask id="t" odd:assignee="root"><extensionElements><odd:script>rm</odd:script></extensionElements></userTask>'
    model = read_model(process(inner))

    assert b"rm" not in model.xml
    assert b"assignee" not in model.xml
    (notice,) = model.notices
    assert (notice.rule, notice.severity) == ("foreign", "warning")
    assert "2 elements or attributes of urn:odd" in notice.message


def test_comments_and_processing_instructions_do_not_get_through():
    model = read_model(process("<!-- secret --><?php secret ?>"))
    assert b"secret" not in model.xml


def test_names_lose_what_nobody_can_see():
    model = read_model(process('<task id="t" name="pay&#x202E;eet&#x200B;&#xA;   now"/>'))
    assert model.by_id["t"].name == "payeet now"
    assert "\u202e".encode() not in model.xml


def test_a_nameless_step_answers_to_its_id_and_a_nameless_process_to_its_pool():
    pool = '<collaboration id="c"><participant id="pool" name="Desk" processRef="p"/></collaboration>'
    model = read_model(process('<task id="t"/>', outer=pool))
    assert (model.by_id["t"].name, model.name) == ("t", "Desk")


def test_steps_of_a_sub_process_know_their_scope_and_their_lane():
    inner = (
        '<laneSet id="ls"><lane id="l" name="L"><extensionElements><pilot:department code="hr"/></extensionElements>'
        "<flowNodeRef>sub</flowNodeRef></lane></laneSet>"
        '<subProcess id="sub"><startEvent id="s2"/><userTask id="inside"/>'
        '<sequenceFlow id="f" sourceRef="s2" targetRef="inside"/>'
        "</subProcess>"
    )
    model = read_model(process(inner))
    assert (model.by_id["inside"].scope, model.by_id["sub"].scope) == ("sub", "p")
    assert model.department_of("inside") == "hr"
    assert model.flows[0].scope == "sub"
    assert model.start().id == "s"


def test_the_innermost_lane_counts_and_inherits_the_department_around_it():
    inner = (
        '<laneSet id="ls"><lane id="out"><extensionElements><pilot:department code="hr"/></extensionElements>'
        "<flowNodeRef>s</flowNodeRef><flowNodeRef>t</flowNodeRef>"
        '<childLaneSet id="in"><lane id="one"><flowNodeRef>t</flowNodeRef></lane></childLaneSet></lane></laneSet><task id="t"/>'
    )
    model = read_model(process(inner))
    assert {lane.id: (lane.nodes, lane.department) for lane in model.lanes} == {"out": (("s",), "hr"), "one": (("t",), "hr")}


def test_events_name_what_they_wait_for():
    inner = (
        '<intermediateCatchEvent id="m"><messageEventDefinition messageRef="tns:msg"/></intermediateCatchEvent>'
        '<intermediateThrowEvent id="l"><linkEventDefinition name="over there"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="c"><conditionalEventDefinition><condition>a &gt; 1</condition></conditionalEventDefinition>'
        '</intermediateCatchEvent><endEvent id="e"><errorEventDefinition errorRef="err"/></endEvent>'
        '<endEvent id="x"><terminateEventDefinition/></endEvent>'
        '<endEvent id="r"><eventDefinitionRef>err</eventDefinitionRef></endEvent>'
    )
    outer = '<message id="msg" name="reply"/><error id="err" errorCode="E7"/>'
    model = read_model(process(inner, outer=outer))
    events = {node.id: (event.kind, event.ref, event.code, event.text) for node in model.nodes for event in node.events}
    assert events == {
        "m": ("message", "msg", "reply", None),
        "l": ("link", None, "over there", None),
        "c": ("conditional", None, None, "a > 1"),
        "e": ("error", "err", "E7", None),
        "x": ("terminate", None, None, None),
        "r": ("eventDefinitionRef", "err", None, None),
    }


def test_what_the_engine_must_judge_is_all_there():
    inner = (
        '<scriptTask id="script"><script>x = 1</script></scriptTask>'
        '<callActivity id="call" calledElement="other"/>'
        '<task id="many"><multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>3</loopCardinality>'
        '<inputDataItem id="i" name="one"/></multiInstanceLoopCharacteristics></task>'
        '<task id="again"><standardLoopCharacteristics/></task><task id="undo" isForCompensation="true"/>'
        '<subProcess id="aside" triggeredByEvent="true"/>'
        '<subProcess id="more" triggeredByEvent="true"><startEvent id="softly" isInterrupting="false"/></subProcess>'
        '<boundaryEvent id="beside" attachedToRef="call" cancelActivity="false"/>'
    )
    nodes = read_model(process(inner)).by_id
    assert nodes["script"].script == "x = 1"
    assert nodes["call"].called == "other"
    assert nodes["many"].repeat == Repetition("sequential", 1, cardinality="3", element="one")
    assert nodes["again"].repeat == Repetition("loop", 1)
    assert nodes["undo"].for_compensation
    assert nodes["aside"].triggered_by_event
    assert nodes["beside"].interrupting is nodes["softly"].interrupting is False
    assert nodes["s"].interrupting is True


def test_elements_that_are_no_steps_are_listed_for_whoever_runs_the_model():
    inner = (
        '<dataObject id="o"/><dataObjectReference id="or" dataObjectRef="o"/>'
        '<textAnnotation id="n"><text>note</text></textAnnotation>'
        '<task id="t"><dataInputAssociation id="a"><targetRef>o</targetRef></dataInputAssociation></task>'
    )
    others = read_model(process(inner)).others
    assert [(other.kind, other.parent) for other in others] == [
        ("dataObject", "p"),
        ("dataObjectReference", "p"),
        ("dataInputAssociation", "t"),
        ("targetRef", "a"),
    ]


def test_the_hostile_good_one_is_good():
    model = read_model((SHARED / "hostile" / "00_good.bpmn").read_bytes())
    assert len(model.nodes) == 3
