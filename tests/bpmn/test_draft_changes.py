"""Each kind of change that a draft makes: Lin draws it as her tool lets her, and reads what was done about it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import bpmn.draft
from bpmn import BadModel, make_draft, shipped, shipped_codes
from tests.bpmn.drafts import LINE, WHOLE, change, conditions, draft, file, flow, kinds, repair, rules, ways
from tests.bpmn.papers import MODEL

GATE = '<startEvent id="s"/><exclusiveGateway id="g"/><userTask id="a" name="A"/><userTask id="b" name="B"/>' + flow(
    "f0", "s", "g"
)


@dataclass(frozen=True)
class Case:
    """What was drawn, the element that the change names, a piece of its sentence, and what is there afterwards."""

    process: str
    element: str
    says: str
    beside: str = ""
    nodes: dict[str, str] = field(default_factory=dict)
    flows: frozenset[str] = frozenset()
    gone: tuple[str, ...] = ()


BOTH = flow("x", "g", "a") + flow("y", "g", "b")
CASES: dict[str, Case] = {
    "id-given": Case('<task name="Look"/>', "task", "'Look' had no id", nodes={"task": "task"}),
    "id-illegal": Case('<task id="1 x" name="Look"/>', "1 x", "not made of latin letters", nodes={"id_1_x": "task"}),
    "id-reserved": Case(
        '<startEvent id="s"/><userTask id="End"/>' + flow("f", "s", "End"),
        "End",
        "by the engine itself",
        nodes={"End_1": "userTask"},
        flows=frozenset({"s>End_1"}),
    ),
    "id-in-conditions": Case('<task id="sid-1"/>', "sid-1", "could not be named in a condition", nodes={"sid_1": "task"}),
    "id-twice": Case(
        '<task id="t"/><subProcess id="u"><startEvent id="s"/><task id="t"/><endEvent id="e"/>'
        + flow("f", "s", "t")
        + flow("g", "t", "e")
        + "</subProcess>",
        "t",
        "already used on line",
        nodes={"t": "task", "t_1": "task"},
        flows=frozenset({"s>t_1", "t_1>e"}),
    ),
    "name-shortened": Case(f'<task id="t" name="{"long " * 80}"/>', "t", "longer than 300"),
    "flow-gone": Case(
        LINE
        + '<subProcess id="x" triggeredByEvent="true"><startEvent id="y"/><task id="z"/>'
        + flow("inner", "y", "z")
        + "</subProcess>",
        "inner",
        "taken out with the sub process x",
        gone=("x", "y", "z", "inner"),
    ),
    "import-removed": Case(
        LINE, "i", "stands for itself", beside='<import id="i" location="x.xsd" namespace="n" importType="t"/>'
    ),
    "event-inlined": Case(
        '<startEvent id="s"><eventDefinitionRef>d1</eventDefinitionRef></startEvent>',
        "s",
        "was copied into it",
        beside='<messageEventDefinition id="d1" messageRef="m"/><message id="m" name="order"/>',
        nodes={"s": "startEvent:message"},
    ),
    "event-reference-removed": Case(
        '<startEvent id="s"><eventDefinitionRef>no</eventDefinitionRef></startEvent>',
        "s",
        "does not exist",
        nodes={"s": "startEvent"},
    ),
    "message-declared": Case(
        '<startEvent id="s"><messageEventDefinition messageRef="order"/></startEvent>',
        "s",
        "'order' was declared",
        nodes={"s": "startEvent:message"},
    ),
    "signal-declared": Case('<endEvent id="e" name="Done"><signalEventDefinition/></endEvent>', "e", "'Done' was declared"),
    "error-declared": Case(
        '<subProcess id="u"><endEvent id="e"><errorEventDefinition errorRef="bad"/></endEvent></subProcess>'
        '<boundaryEvent id="b" attachedToRef="u"><errorEventDefinition/></boundaryEvent>',
        "e",
        "names an error",
        nodes={"e": "endEvent:error", "b": "boundaryEvent:error"},
    ),
    "escalation-declared": Case(
        '<endEvent id="e"><escalationEventDefinition escalationRef="up"/></endEvent>',
        "e",
        "names an escalation",
    ),
    "operation-removed": Case('<sendTask id="t" operationRef="op"/>', "t", "names an operation"),
    "timer-several": Case(
        '<intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>PT1H</timeDuration><timeDate>x</timeDate>'
        "</timerEventDefinition></intermediateCatchEvent>",
        "t",
        "'PT1H' was kept, 'x' not",
    ),
    "timer-rewritten": Case(
        '<intermediateCatchEvent id="t"><timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>'
        "</intermediateCatchEvent>",
        "t",
        "is now written 'PT1H'",
    ),
    "data-store": Case(LINE + '<dataStoreReference id="d" name="Archive"/>', "d", "stays in the drawing as a data object"),
    "association-removed": Case(LINE + '<association id="a" sourceRef="t" targetRef="no"/>', "p", "does not exist"),
    "direction-removed": Case(
        '<startEvent id="s"><outgoing>f1</outgoing><outgoing>no</outgoing></startEvent><userTask id="t"/>' + flow("f1", "s", "t"),
        "s",
        "<outgoing> named 'no'",
    ),
    "lane-reference-removed": Case(
        '<laneSet id="ls"><lane id="l" name="Sales"><flowNodeRef>no</flowNodeRef></lane></laneSet>' + LINE, "l", "names 'no'"
    ),
    "two-lanes": Case(
        '<laneSet id="ls"><lane id="l" name="Sales"><flowNodeRef>t</flowNodeRef></lane>'
        '<lane id="m" name="Law"><flowNodeRef>t</flowNodeRef></lane></laneSet>' + LINE,
        "t",
        "it was left in 'Sales'",
    ),
    "pool-emptied": Case(
        LINE,
        "q",
        "stays as an empty pool",
        beside='<collaboration id="c"><participant id="o" processRef="p"/><participant id="q" processRef="no"/></collaboration>',
    ),
    "message-flow-removed": Case(
        LINE,
        "m",
        "leads from or to nothing",
        beside='<collaboration id="c"><participant id="o" processRef="p"/><messageFlow id="m" sourceRef="o"/></collaboration>',
    ),
    "other-process": Case(
        LINE, "q", "stays in the drawing", beside='<process id="q" isExecutable="true"><task id="z"/></process>'
    ),
    "transaction": Case(
        '<transaction id="u"><task id="t"/></transaction>', "u", "became a plain sub-process", nodes={"u": "subProcess"}
    ),
    "ad-hoc": Case(
        '<adHocSubProcess id="u"><task id="t"/><task id="v"/></adHocSubProcess>',
        "u",
        "all its steps are offered at once",
        nodes={"u": "subProcess", "u_begin": "parallelGateway"},
    ),
    "complex-gateway": Case('<complexGateway id="g"/>', "g", "became an inclusive one", nodes={"g": "inclusiveGateway"}),
    "empty-sub-process": Case('<subProcess id="u" name="Pay"/>', "u", "one step that a person does", nodes={"u": "userTask"}),
    "event-sub-process-removed": Case(
        LINE + '<subProcess id="u" triggeredByEvent="true"><startEvent id="x"/><task id="z"/></subProcess>',
        "z",
        "no event that could begin it",
        gone=("u", "x", "z"),
    ),
    "global-task": Case(
        '<callActivity id="t" calledElement="gt"/>',
        "t",
        "it became that task",
        beside='<globalUserTask id="gt" name="Sign"/>',
        nodes={"t": "userTask"},
    ),
    "not-of-a-process": Case('<task id="t"/><choreographyTask id="c"/>', "c", "no step of a process", gone=("c",)),
    "compensation": Case(
        '<task id="t"/><boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
        '<task id="undo" isForCompensation="true"/>',
        "undo",
        "nothing is compensated",
        gone=("b", "undo"),
    ),
    "cancel": Case(
        '<transaction id="u"><endEvent id="e"><cancelEventDefinition/></endEvent></transaction>'
        '<boundaryEvent id="b" attachedToRef="u"><cancelEventDefinition/></boundaryEvent>',
        "e",
        "became an error",
        nodes={"e": "endEvent:error", "b": "boundaryEvent:error"},
    ),
    "error-not-caught": Case(
        '<endEvent id="e"><errorEventDefinition/></endEvent>', "e", "ends everything around it", nodes={"e": "endEvent:terminate"}
    ),
    "link-joined": Case(
        '<startEvent id="s"/><intermediateThrowEvent id="a"><linkEventDefinition name="A"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="c"><linkEventDefinition name="A"/></intermediateCatchEvent><task id="t"/>'
        + flow("f", "s", "a")
        + flow("h", "s", "c")
        + flow("g", "c", "t"),
        "a",
        "with a flow to",
        nodes={"a": "intermediateThrowEvent", "c": "intermediateThrowEvent"},
        flows=frozenset({"a>c"}),
    ),
    "link-goes-on": Case(
        '<startEvent id="s"/><endEvent id="a"><linkEventDefinition name="A"/></endEvent>'
        '<intermediateCatchEvent id="c"><linkEventDefinition name="A"/></intermediateCatchEvent><task id="t"/>'
        + flow("f", "s", "a")
        + flow("g", "c", "t"),
        "a",
        "goes on at the link",
        nodes={"a": "intermediateThrowEvent:link", "c": "intermediateCatchEvent:link"},
    ),
    "link-lost": Case(
        '<intermediateThrowEvent id="a"><linkEventDefinition name="A"/></intermediateThrowEvent>',
        "a",
        "no link of the same name",
        flows=frozenset({"a>a_end"}),
    ),
    "event-made-plain": Case(
        '<intermediateThrowEvent id="t"><timerEventDefinition/></intermediateThrowEvent>',
        "t",
        "timer event where that means nothing",
        nodes={"t": "intermediateThrowEvent"},
    ),
    "event-several": Case(
        '<intermediateCatchEvent id="t"><signalEventDefinition signalRef="a"/><timerEventDefinition>'
        "<timeDuration>P1D</timeDuration></timerEventDefinition></intermediateCatchEvent>",
        "t",
        "its signal 'Alarm' was kept, its timer 'P1D' not",
        beside='<signal id="a" name="Alarm"/>',
        nodes={"t": "intermediateCatchEvent:signal"},
    ),
    "boundary-removed": Case('<task id="t"/><boundaryEvent id="b" attachedToRef="no"/>', "b", "attached to nothing", gone=("b",)),
    "plain-boundary": Case(
        LINE + '<boundaryEvent id="b" name="Broken" attachedToRef="t"/><task id="z"/>' + flow("fb", "b", "z"),
        "b",
        "a way out that people choose",
        nodes={"b": "intermediateThrowEvent", "t_went": "exclusiveGateway"},
        flows=frozenset({"t>t_went", "t_went>b", "t_went>e", "b>z"}),
    ),
    "flow-removed": Case(LINE + flow("no", "t", "nowhere"), "no", "leads from or to nothing", gone=("no",)),
    "flow-moved": Case(
        '<subProcess id="u"><startEvent id="s"/><task id="t"/></subProcess>' + flow("f", "s", "t"),
        "f",
        "it was moved in",
        flows=frozenset({"s>t"}),
    ),
    "start-added": Case('<task id="t"/>', "p_start", "There was no start event", flows=frozenset({"p_start>t"})),
    "several-starts": Case(
        '<startEvent id="s1" name="By phone"/><startEvent id="s2"><messageEventDefinition/></startEvent><task id="t"/>'
        + flow("f", "s1", "t")
        + flow("g", "s2", "t"),
        "s1",
        "of which people choose one",
        nodes={"s1": "intermediateThrowEvent", "p_begin": "exclusiveGateway"},
        flows=frozenset({"p_start>p_begin", "p_begin>s1"}),
    ),
    "start-entered": Case(
        '<startEvent id="s"/><task id="t"/>' + flow("f", "s", "t") + flow("g", "t", "s"),
        "s",
        "an event on the way",
        nodes={"s": "intermediateThrowEvent"},
    ),
    "end-added": Case(
        '<startEvent id="s"/><task id="t"/>' + flow("f", "s", "t"), "t_end", "Nothing followed", flows=frozenset({"t>t_end"})
    ),
    "end-passed": Case(
        LINE + '<task id="z"/>' + flow("g", "e", "z"), "e", "an event that is passed", nodes={"e": "intermediateThrowEvent"}
    ),
    "split-added": Case(
        '<startEvent id="s"/><task id="t"/><task id="a"/><task id="b"/>'
        + flow("f", "s", "t")
        + flow("g", "t", "a")
        + flow("h", "t", "b"),
        "t_split",
        "as all are taken",
        nodes={"t_split": "parallelGateway"},
        flows=frozenset({"t>t_split", "t_split>a", "t_split>b"}),
    ),
    "event-gateway": Case(
        '<startEvent id="s"/><eventBasedGateway id="g"/><task id="a"/><task id="b"/>' + flow("f", "s", "g") + BOTH,
        "g",
        "a choice that people make",
        nodes={"g": "exclusiveGateway"},
    ),
    "condition-empty": Case(GATE + flow("x", "g", "a", "") + flow("y", "g", "b"), "x", "The empty condition"),
    "condition-removed": Case(WHOLE + flow("q", "s", "t", "${a}") + flow("f2", "t", "e"), "q", "It was '${a}'"),
    "condition-translated": Case(
        GATE + flow("x", "g", "a", "${a.ok == false}") + flow("y", "g", "b"), "x", "now reads 'a.ok == false'"
    ),
    "repeat-translated": Case(
        '<startEvent id="s"/><task id="t"><multiInstanceLoopCharacteristics><loopCardinality>${3}</loopCardinality>'
        "</multiInstanceLoopCharacteristics></task>" + flow("f", "s", "t"),
        "t",
        "now reads '3'",
    ),
    "default-chosen": Case(GATE + flow("x", "g", "a", "a.ok == 1") + flow("y", "g", "b"), "g", "taken when no condition"),
    "default-removed": Case('<startEvent id="s"/><task id="t" default="no"/>' + flow("f", "s", "t"), "t", "was no way out of it"),
    "always-taken": Case(
        GATE.replace("exclusive", "inclusive") + flow("x", "g", "a", "a.ok == 1") + flow("y", "g", "b"), "y", "it is always taken"
    ),
    "called-element": Case(
        '<callActivity id="t"><extensionElements><zeebe:calledElement processId="pay"/></extensionElements></callActivity>',
        "t",
        "calls 'pay'",
    ),
    "form-taken-over": Case(
        '<userTask id="t"><extensionElements><activiti:formProperty id="ok" type="boolean"/></extensionElements></userTask>',
        "t",
        "became the form 't'",
    ),
}
# Those that answers make are told in test_draft_answers.py, those about the whole file below.
ANSWERED = {
    *(
        "call-answered",
        "code-chosen",
        "condition-replaced",
        "decision-answered",
        "decision-named",
        "decision-step-added",
        "done-once",
    ),
    *(
        "begun-by-people",
        "connector-named",
        "message-named",
        "done-so-often",
        "event-removed",
        "exit-added",
        "join-made-inclusive",
        "left-to-people",
        "script-answered",
        "task-to-person",
        "timer-answered",
    ),
    *("unconnected-removed", "executable"),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_change_says_what_was_done_and_where_and_is_done_once(rule):
    case = CASES[rule]
    found = draft(case.process, case.beside)
    said = [each for each in found.changes if each.rule == rule]
    assert case.element in [each.element for each in said]
    assert any(case.says in each.sentence for each in said)
    assert all(each.sentence.endswith(".") and each.line >= 4 for each in said)
    assert case.nodes.items() <= kinds(found).items()
    assert case.flows <= ways(found)
    assert not {*kinds(found), *conditions(found)} & set(case.gone)
    assert make_draft(found.model_xml).changes == ()


def test_a_link_whose_two_sides_fit_stays_as_it_is_drawn():
    """Two throwing links go on at one catching link, and nothing has to be said."""
    link = '<linkEventDefinition name="A"><source>a</source></linkEventDefinition>'
    process = (
        '<startEvent id="s"/><exclusiveGateway id="g" default="f3"/>'
        f'<intermediateThrowEvent id="a">{link}</intermediateThrowEvent>'
        f'<task id="t"/><intermediateThrowEvent id="b">{link}</intermediateThrowEvent>'
        f'<intermediateCatchEvent id="c">{link}</intermediateCatchEvent><endEvent id="e"/>'
        + flow("f1", "s", "g")
        + flow("f2", "g", "a", "intake.x == true")
        + flow("f3", "g", "t")
        + flow("f4", "t", "b")
        + flow("f5", "c", "e")
    )
    found = draft(process)
    assert found.changes == ()
    assert {repair.kind for repair in found.repairs} <= {"code", "owner", "director", "standard", "post"}
    assert kinds(found)["c"] == "intermediateCatchEvent:link"


def test_two_events_of_one_kind_are_told_apart_by_what_they_name():
    two = '<messageEventDefinition messageRef="m"/><messageEventDefinition messageRef="n"/>'
    found = draft(f'<intermediateCatchEvent id="t">{two}</intermediateCatchEvent>', '<message id="m" name="A"/><message id="n"/>')
    assert "its message 'A' was kept, its message not" in change(found, "event-several").sentence


def test_every_kind_of_change_there_is_has_its_story():
    folder = Path(bpmn.draft.__file__).parent
    known = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"say", "remove_node"}:
                argument = node.args[0] if node.func.attr == "say" else node.args[1]
                known |= {argument.value} if isinstance(argument, ast.Constant) else set()
    assert known
    assert known - CASES.keys() - ANSWERED == set()


@pytest.mark.parametrize("code", shipped_codes())
def test_what_is_right_already_is_left_as_it_is(code):
    model = shipped(code).model
    found = make_draft(model.xml)
    assert found.changes == ()
    assert found.repairs == ()
    assert found.notices == ()
    assert found.model().nodes == model.nodes


def test_the_model_that_mei_drew_for_us_needs_nothing():
    found = make_draft(MODEL.encode())
    assert (found.changes, found.repairs) == ((), ())


def test_a_process_that_is_not_marked_as_one_that_runs_is_marked():
    found = make_draft(file(LINE, executable="false"))
    assert rules(found) == ["executable"]
    assert found.changes[0].now == "p"


def test_the_one_process_that_runs_is_marked_called_by_no_other_and_the_largest():
    small, large = '<process id="q"><task id="z"/></process>', '<process id="r"><task id="x"/><task id="y"/></process>'
    caller = '<process id="c"><callActivity id="call" calledElement="r"/></process>'
    assert make_draft(file("", small + large, "false")).model().process_id == "r"
    assert make_draft(file("", small + large + caller, "false")).model().process_id == "q"
    assert make_draft(file(LINE, small + large)).model().process_id == "p"
    chosen = make_draft(file(LINE, small + large), process="q")
    assert chosen.model().process_id == "q"
    assert [(other.id, other.nodes) for other in chosen.others] == [("p", 3), ("r", 2)]
    assert [notice.element for notice in chosen.notices] == ["p", "r"]


def test_a_file_without_any_step_or_without_the_process_asked_for_is_refused():
    with pytest.raises(BadModel, match="no process with steps"):
        make_draft(file(""))
    with pytest.raises(BadModel, match="no process 'q' with steps"):
        make_draft(file(LINE), process="q")


def test_a_process_far_too_big_is_refused_with_a_way_out():
    with pytest.raises(BadModel, match="1,001 steps, events and gateways: at most 1,000 are read; split it"):
        make_draft(file("".join(f'<task id="t{number}"/>' for number in range(1_001))))


def test_an_unsafe_file_is_no_draft():
    with pytest.raises(BadModel, match="DOCTYPE"):
        make_draft(b"<!DOCTYPE x><definitions/>")
    with pytest.raises(BadModel, match=r"not BPMN 2\.0 definitions"):
        make_draft(b"<html/>")


def test_references_follow_an_id_that_changes_within_the_scope_it_was_meant_in():
    inner = '<startEvent id="s"/><task id="t" name="Inner"/>' + flow("f", "s", "t")
    found = draft(LINE.replace("f1", "f").replace("f2", "h") + f'<subProcess id="u">{inner}</subProcess>' + flow("j", "t", "u"))
    assert {"s>t", "s_1>t_1", "t_1>t_1_end"} <= ways(found)
    assert change(found, "id-twice").now is not None


def test_a_message_flow_and_an_empty_pool_stay_in_the_drawing():
    beside = (
        '<collaboration id="c"><participant id="us" name="Us" processRef="p"/><participant id="them" name="Them"/>'
        '<messageFlow id="m" sourceRef="them" targetRef="s"/></collaboration>'
    )
    found = draft(LINE, beside)
    assert found.changes == ()
    for there in (b'id="m_di"', b'id="them_di"', b'name="Them"'):
        assert there in found.model_xml


def test_a_new_gateway_stands_in_the_lane_of_the_step_before_it_and_the_innermost_lane_names_the_post():
    lanes = (
        '<laneSet id="ls"><lane id="l" name="Sales"><flowNodeRef>t</flowNodeRef><childLaneSet id="ls2">'
        '<lane id="m" name="Key Accounts"><flowNodeRef>t</flowNodeRef></lane></childLaneSet></lane></laneSet>'
    )
    found = draft(lanes + WHOLE + flow("f1", "s", "t") + flow("f2", "t", "e") + flow("f3", "t", "e"))
    assert found.model().by_id["t_split"].lane == "m"
    assert repair(found, "post:t").suggestion == "key-accounts"


def test_lines_of_changes_and_repairs_are_those_of_the_file_that_was_handed_in():
    found = make_draft(file("\n\n<task\n id='t'/>\n<serviceTask id='u'/>"))
    assert repair(found, "task:u").line == 8
    assert {each.line for each in found.changes if each.rule == "end-added"} == {7, 8}
