"""What is missing in a draft is asked in words; Ana answers on the page or in a file, or leaves it to people."""

from __future__ import annotations

import pytest

from bpmn import BadAnswer, Draft, answer_by_default, apply_answers, check, leave_to_people, make_draft, read_bundle
from engine.gate import inspect
from tests.bpmn.drafts import LINE, change, conditions, draft, flow, kinds, repair, rules, ways
from tests.interop import walk

CHOICE = (
    '<startEvent id="s"/><userTask id="look" name="Look"/><exclusiveGateway id="g" name="Good?"/><userTask id="a" name="Pay"/>'
    '<userTask id="b" name="Refuse"/>' + flow("f0", "s", "look") + flow("f1", "look", "g")
    + flow("x", "g", "a", "${rules.ok()}", "yes") + flow("y", "g", "b")
)  # fmt: skip


def missing(found: Draft) -> set[str]:
    """The keys of what is missing."""
    return {repair.key for repair in found.repairs}


def runs(found: Draft) -> bool:
    """Does the gate let it pass, and does a case come to its end?"""
    bundle = read_bundle(answer_by_default(found).files())
    return not [finding for finding in inspect(bundle) if finding.severity == "error"] and walk(bundle).ended


def test_everything_that_is_missing_is_listed_with_a_key_and_the_kinds_of_answer():
    found = draft(LINE)
    asked = {repair.key: repair.accepts for repair in found.repairs}
    assert asked == {
        "code:p": ("code",), "owner:p": ("code",), "director:p": ("code",), "standard:p": ("duration",),
        "post:t": ("code", "raci"), "standard:t": ("duration",),
    }  # fmt: skip
    assert all(repair.sentence.endswith("?") for repair in found.repairs)


def test_answers_are_written_into_the_model_in_our_own_words():
    answers = {
        "code:p": "HR-7", "owner:p": "hr-lead", "director:p": "boss", "standard:p": "PT48H",
        "post:t": {"responsible": "clerk", "accountable": "hr-lead"},
        "standard:t": {"completion": "2 working hours", "reaction": "30 working minutes", "calendar": "cn"},
    }  # fmt: skip
    found = apply_answers(draft(LINE), answers)
    model = found.model()
    assert found.repairs == ()
    assert (model.code, model.owner, model.director, str(model.standard.completion)) == ("HR-7", "hr-lead", "boss", "PT48H")
    step = model.by_id["t"]
    assert (step.raci.responsible, step.raci.accountable) == ("clerk", "hr-lead")
    assert (str(step.standard.completion), str(step.standard.reaction)) == ("2 working hours", "30 working minutes")
    assert [finding for finding in check(read_bundle(found.files())) if finding.severity == "error"] == []


def test_answers_may_come_one_by_one_and_what_is_left_stays_asked():
    found = apply_answers(draft(LINE), {"post:t": "clerk"})
    assert missing(found) == {"code:p", "owner:p", "director:p", "standard:p", "standard:t"}
    assert found.model().by_id["t"].raci.accountable == "clerk"
    assert rules(apply_answers(found, {"owner:p": "lead"})) == ["code-chosen"]


def test_an_answer_that_does_not_fit_is_told_by_its_key_and_nothing_is_changed():
    found = draft(LINE + '<callActivity id="c"/><scriptTask id="z"/><businessRuleTask id="r"/><serviceTask id="v"/>'
                  + '<boundaryEvent id="b" attachedToRef="c"><timerEventDefinition/></boundaryEvent>' + CHOICE.split("/>", 1)[1]
                  .replace('"s"', '"e0"'))  # fmt: skip
    wrong = {
        "nothing:x": 1, "code:p": "no code!", "standard:t": "soon", "standard:p": {"completion": "PT1H", "length": 3},
        "post:t": "客服", "owner:p": None, "task:z": {"script": "import os"}, "task:r": {"decision": ""}, "task:v": "robot",
        "call:c": {}, "timer:b": "tomorrow", "decision:g": {"x": "import os"}, "unconnected:c": "keep",
    }  # fmt: skip
    asked = {key: answer for key, answer in wrong.items() if key in missing(found) or key == "nothing:x"}
    with pytest.raises(BadAnswer) as refused:
        apply_answers(found, asked)
    assert refused.value.problems.keys() == asked.keys()
    assert all(len(sentence.split()) > 1 for sentence in refused.value.problems.values())
    assert len(asked) > 9


def test_conditions_can_be_answered_and_the_rest_is_the_default():
    found = apply_answers(draft(CHOICE), {"decision:g": {"x": "look.amount > 3", "y": "default"}})
    assert conditions(found)["x"] == "look.amount > 3"
    assert found.model().by_id["g"].default == "y"
    assert "decision:g" not in missing(found)
    with pytest.raises(BadAnswer, match="cannot be used"):
        apply_answers(draft(CHOICE), {"decision:g": {"x": "nowhere.amount > 3"}})
    with pytest.raises(BadAnswer, match="a condition for each of the ways x, y"):
        apply_answers(draft(CHOICE), {"decision:g": {"z": "true"}})


def test_whoever_completes_the_step_before_chooses_the_way():
    found = leave_to_people(draft(CHOICE))
    form = found.forms["look"]
    assert form["properties"]["way"]["enum"] == ["x", "y"]
    assert form["properties"]["way"]["x-labels"]["en"] == ["yes", "Refuse"]
    assert form["required"] == ["way"]
    assert conditions(found)["x"] == 'look.way == "x"'
    assert found.model().by_id["g"].default == "y"
    assert found.model().by_id["look"].form == "look"
    assert "'${rules.ok()}'" in change(found, "condition-replaced").sentence
    assert change(found, "left-to-people").element == "g"
    assert runs(found)


def test_where_no_person_stands_before_the_choice_a_step_is_drawn_for_it():
    automatic = CHOICE.replace('userTask id="look"', 'serviceTask id="look"').replace("look", "s1")
    found = leave_to_people(draft(automatic + '<task id="q"/>' + flow("q1", "q", "g")))
    step = found.model().by_id["decide_g"]
    assert (step.kind, step.name) == ("userTask", "Decide: Good?")
    assert {"s1>decide_g", "q>decide_g", "decide_g>g"} <= ways(found)
    assert conditions(found)["x"] == 'decide_g.way == "x"'
    assert "post:decide_g" in missing(found)


def test_events_that_are_only_passed_do_not_hide_the_person_before_them():
    passed = CHOICE.replace('sourceRef="look" targetRef="g"', 'sourceRef="look" targetRef="m"')
    found = leave_to_people(draft(passed + '<intermediateThrowEvent id="m"/>' + flow("m1", "m", "g")))
    assert list(found.forms) == ["look"]


def test_a_choice_joins_the_fields_that_the_form_of_the_step_has_already():
    own = '<userTask id="look"><extensionElements><activiti:formProperty id="way"/></extensionElements></userTask>'
    found = leave_to_people(draft(CHOICE.replace('<userTask id="look" name="Look"/>', own)))
    assert list(found.forms["look"]["properties"]) == ["way", "way_2"]
    assert conditions(found)["x"] == 'look.way_2 == "x"'


def test_choices_in_a_row_each_have_somebody_who_makes_them():
    row = CHOICE.replace('sourceRef="g" targetRef="b"', 'sourceRef="g" targetRef="h"') + '<exclusiveGateway id="h"/>'
    found = leave_to_people(draft(row + flow("z1", "h", "look") + flow("z2", "h", "b")))
    assert set(found.forms) == {"look", "decide_h"}
    assert runs(found)


def test_an_inclusive_choice_asks_yes_or_no_for_each_way_and_still_joins():
    inclusive = CHOICE.replace("exclusiveGateway", "inclusiveGateway").replace("${rules.ok()}", "${x.y()}")
    found = leave_to_people(draft(inclusive + '<task id="q"/>' + flow("q0", "s", "q") + flow("q1", "q", "g")))
    assert {"look>g_join", "q>g_join", "g_join>decide_g", "decide_g>g"} <= ways(found)
    assert found.forms["decide_g"]["properties"]["way_1"] == {"type": "boolean", "title": {"zh": "yes", "en": "yes"}}
    assert conditions(found)["x"] == "decide_g.way_1 == true"
    assert runs(found)


def test_automatic_steps_become_peoples_steps_and_their_questions_follow():
    found = draft('<startEvent id="s"/><serviceTask id="t" name="Charge"/>' + flow("f", "s", "t"))
    assert "post:t" not in missing(found)
    human = apply_answers(found, {"task:t": "person"})
    assert kinds(human)["t"] == "userTask"
    assert {"post:t", "standard:t"} <= missing(human)
    assert change(human, "task-to-person").sentence == "'Charge' was a serviceTask: a person does it."


def test_only_what_is_asked_for_is_left_to_people():
    found = leave_to_people(draft(CHOICE + '<sendTask id="v"/>' + flow("v0", "b", "v")), ["task:v"])
    assert "decision:g" in missing(found)
    assert kinds(found)["v"] == "userTask"


def test_what_followed_a_race_is_chosen_by_people_once_its_steps_are_theirs():
    race = (
        '<startEvent id="s"/><eventBasedGateway id="g"/><receiveTask id="a"/><receiveTask id="b"/>'
        + flow("f", "s", "g") + flow("x", "g", "a") + flow("y", "g", "b")
    )  # fmt: skip
    found = leave_to_people(draft(race))
    assert kinds(found)["g"] == "exclusiveGateway"
    assert "decide_g" in found.forms
    assert runs(found)


def test_scripts_decisions_calls_and_timers_can_be_answered():
    found = draft(
        '<startEvent id="s"/><scriptTask id="z" scriptFormat="groovy"><script>x()</script></scriptTask><businessRuleTask id="r"/>'
        '<callActivity id="c"/><intermediateCatchEvent id="w"><timerEventDefinition/></intermediateCatchEvent>'
        + flow("f", "s", "z") + flow("g", "z", "r") + flow("h", "r", "c") + flow("j", "c", "w")
    )  # fmt: skip
    answered = apply_answers(
        found,
        {"task:z": {"script": "rate = 3"}, "task:r": {"decision": "discount"}, "call:c": {"process": "PAY-1"}, "timer:w": "PT4H"},
    )
    nodes = answered.model().by_id
    assert nodes["z"].script == "rate = 3"
    assert nodes["r"].decision == "discount"
    assert nodes["c"].called == "PAY-1"
    assert nodes["w"].events[0].text == "PT4H"
    assert {"script-answered", "call-answered", "decision-named", "timer-answered"} <= set(rules(answered))
    assert not {"task:z", "task:r", "timer:w", "call:c"} & missing(answered)


@pytest.mark.parametrize(
    ("marker", "key", "kept", "accepts"),
    [
        ("<multiInstanceLoopCharacteristics/>", "instances:t", ("parallel", "3"), ("once", "count", "list")),
        ("<standardLoopCharacteristics/>", "loop:t", ("loop", None), ("once", "count")),
    ],
)
def test_a_step_done_several_times_is_done_once_or_as_often_as_is_said(marker, key, kept, accepts):
    found = draft(LINE.replace('<userTask id="t"/>', f'<userTask id="t">{marker}</userTask>'))
    assert repair(found, key).accepts == accepts
    once = apply_answers(found, {key: "once"}).model().by_id["t"]
    assert once.repeat is None
    counted = apply_answers(found, {key: 3})
    repeat = counted.model().by_id["t"].repeat
    assert (repeat.kind, repeat.cardinality) == kept
    assert key not in missing(counted)
    with pytest.raises(BadAnswer, match="from 1 to 1000"):
        apply_answers(found, {key: 1_001})


def test_a_service_task_is_given_a_connector_that_is_set_up_here_or_a_person():
    found = draft(LINE.replace("userTask", "serviceTask"))
    assert repair(found, "task:t").accepts == ("person", "connector")
    answered = apply_answers(found, {"task:t": {"connector": "crm"}})
    assert (answered.model().by_id["t"].kind, answered.model().by_id["t"].connector) == ("serviceTask", "crm")
    assert "task:t" not in missing(answered)
    assert change(answered, "connector-named").element == "t"
    assert kinds(apply_answers(found, {"task:t": "person"}))["t"] == "userTask"
    with pytest.raises(BadAnswer, match="name of a connector"):
        apply_answers(found, {"task:t": {"message": "x"}})
    with pytest.raises(BadAnswer, match="is no code"):
        apply_answers(found, {"task:t": {"connector": "https://crm.example.com"}})


@pytest.mark.parametrize("kind", ["sendTask", "receiveTask"])
def test_a_task_with_a_message_stays_as_it_is_drawn_and_one_without_is_given_its_name_or_a_person(kind):
    named = draft(
        LINE.replace("userTask", kind).replace("/><endEvent", ' messageRef="m"/><endEvent'), '<message id="m" name="Paid"/>'
    )
    assert "task:t" not in missing(named)
    assert kinds(named)["t"] == f"{kind}:message"
    found = draft(LINE.replace("userTask", kind))
    assert repair(found, "task:t").accepts == ("person", "message")
    answered = apply_answers(found, {"task:t": {"message": "Paid"}})
    assert answered.model().by_id["t"].events[0].code == "Paid"
    assert change(answered, "message-named").element == "t"
    assert kinds(apply_answers(found, {"task:t": "person"}))["t"] == "userTask"
    with pytest.raises(BadAnswer, match="name of a message"):
        apply_answers(found, {"task:t": {"message": ""}})


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        ("<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>", "by the clock (R100/PT1H)"),
        ("<conditionalEventDefinition><condition>x</condition></conditionalEventDefinition>", "when a condition holds (x)"),
    ],
)
def test_a_process_that_begins_by_itself_is_begun_by_people_once_they_say_so(definition, says):
    found = draft(LINE.replace('<startEvent id="s"/>', f'<startEvent id="s">{definition}</startEvent>'))
    assert says in repair(found, "begin:s").sentence
    assert not {"timer:s", "event-condition:s"} & missing(found)
    answered = apply_answers(found, {"begin:s": "people"})
    assert kinds(answered)["s"] == "startEvent"
    assert change(answered, "begun-by-people").element == "s"
    with pytest.raises(BadAnswer, match="people"):
        apply_answers(found, {"begin:s": "remove"})


def test_an_event_whose_condition_nobody_knows_can_be_taken_out():
    edge = '<boundaryEvent id="b" attachedToRef="t"><conditionalEventDefinition/></boundaryEvent><task id="z"/>'
    edge += flow("fb", "b", "z")
    found = apply_answers(draft(LINE + edge), {"event-condition:b": "remove"})
    assert "b" not in kinds(found)
    assert {"unconnected:z"} <= missing(found)
    event = "<conditionalEventDefinition><condition>?</condition></conditionalEventDefinition>"
    wait = f'<startEvent id="s"/><userTask id="t"/><intermediateCatchEvent id="b">{event}</intermediateCatchEvent>'
    found = draft(wait + flow("f", "s", "t") + flow("g", "t", "b"))
    told = apply_answers(found, {"event-condition:b": {"expression": "t.done == true"}})
    assert told.model().by_id["b"].events[0].text == "t.done == true"


def test_pieces_that_nothing_leads_to_go_with_all_that_only_they_lead_to():
    piece = '<task id="x"/><task id="y"/><boundaryEvent id="b" attachedToRef="x"><timerEventDefinition/></boundaryEvent>'
    found = draft(LINE + piece + flow("g", "x", "y") + flow("h", "y", "t") + flow("j", "b", "y"))
    assert repair(found, "unconnected:x").accepts == ("remove",)
    kept = apply_answers(found, {"unconnected:x": "remove"})
    assert kinds(kept) == {"s": "startEvent", "t": "userTask", "e": "endEvent"}
    assert {each.element for each in kept.changes if each.rule == "unconnected-removed"} == {"x", "y", "b"}
    assert {each.element for each in kept.changes if each.rule == "flow-gone"} >= {"g", "h", "j"}


def test_what_follows_an_event_at_the_edge_of_an_event_sub_process_stays():
    clock = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    alarm = '<subProcess id="x" triggeredByEvent="true"><startEvent id="y">' + clock + '</startEvent><task id="z"/>'
    alarm += (
        flow("h", "y", "z") + f'</subProcess><boundaryEvent id="b" attachedToRef="x">{clock}</boundaryEvent><task id="late"/>'
    )
    found = draft(LINE + alarm + flow("g", "b", "late"))
    assert not [key for key in missing(found) if key.startswith("unconnected")]
    ready = answer_by_default(found)
    assert {"b", "late"} <= kinds(ready).keys()
    assert len([each for each in ready.changes if each.rule == "end-added"]) == 2


def test_a_script_says_what_keeps_it_from_running():
    line = '<startEvent id="s"/><scriptTask id="z" name="Count">{}</scriptTask>' + flow("f", "s", "z")
    told = {
        "<script>rounds = rounds + 1</script>": "reads 'rounds', which no step has set before",
        "<script>System.out.println(1)</script>": "is in another language",
        "": "is not in the file",
    }
    for script, reason in told.items():
        assert f"The script of 'Count' {reason}" in repair(draft(line.format(script)), "task:z").sentence


FORK = (
    '<startEvent id="s"/><exclusiveGateway id="g" default="x"/><userTask id="a" name="Ask"/><userTask id="b" name="Buy"/>'
    '<parallelGateway id="j" name="Both"/><endEvent id="e"/>' + flow("f", "s", "g") + flow("x", "g", "a") + flow("y", "g", "b")
)
MEET = flow("h", "a", "j") + flow("i", "b", "j")


def test_a_join_that_could_wait_for_ever_can_wait_only_for_the_ways_that_are_taken():
    found = draft(FORK + MEET + flow("k", "j", "e"))
    asked = repair(found, "join:j")
    assert asked.sentence.startswith("At 'Both' a case may wait for ever")
    assert asked.accepts == ("inclusive",)
    ready = answer_by_default(found)
    assert kinds(ready)["j"] == "inclusiveGateway"
    assert change(ready, "join-made-inclusive").element == "j"
    bundle = read_bundle(ready.files())
    assert not [each for each in inspect(bundle) if each.severity == "error"]
    assert walk(bundle).ended
    with pytest.raises(BadAnswer, match="inclusive"):
        apply_answers(found, {"join:j": "remove"})


def test_all_ways_behind_such_a_join_are_still_taken():
    both = '<userTask id="c"/><userTask id="d"/>' + flow("k", "j", "c") + flow("l", "j", "d")
    ready = answer_by_default(draft(FORK + MEET + both + flow("m", "c", "e") + flow("n", "d", "e")))
    assert {conditions(ready)["k"], conditions(ready)["l"]} == {"true"}
    assert "decision:j" not in missing(ready)
    assert walk(read_bundle(ready.files())).steps == 4


def test_a_join_of_ways_that_are_all_taken_is_left_alone():
    fork = FORK.replace('exclusiveGateway id="g" default="x"', 'parallelGateway id="g"')
    assert "join:j" not in missing(draft(fork + MEET + flow("k", "j", "e")))
    found = draft(fork + MEET + flow("k", "j", "e") + '<task id="loose"/>')
    assert "join:j" not in missing(found)
    loose = draft(FORK + MEET + flow("k", "j", "e") + '<task id="loose"/>')
    assert "join:j" not in missing(loose)  # first everything hangs together
    assert "join:j" in missing(apply_answers(loose, {"unconnected:loose": "remove"}))


def test_a_join_behind_a_link_is_left_to_the_gate():
    link = '<linkEventDefinition name="A"/>'
    fork = FORK.replace('exclusiveGateway id="g" default="x"', 'parallelGateway id="g"')
    far = f'<intermediateThrowEvent id="t">{link}</intermediateThrowEvent>'
    far += f'<intermediateCatchEvent id="c">{link}</intermediateCatchEvent>' + flow("i", "b", "t") + flow("l", "c", "j")
    assert "join:j" not in missing(draft(fork + flow("h", "a", "j") + far + flow("k", "j", "e")))


def test_a_round_without_an_exit_gets_one_that_people_choose():
    found = draft('<startEvent id="s"/><userTask id="t" name="Bake"/>' + flow("f", "s", "t") + flow("g", "t", "t"))
    assert "No way leads from 'Bake' to an end" in repair(found, "endless:t").sentence
    assert runs(found)


def test_a_form_that_is_not_in_the_file_can_be_named_or_forgotten():
    found = draft(LINE.replace('<userTask id="t"/>', '<userTask id="t" camunda:formKey="ask"/>'))
    assert repair(found, "form:t").suggestion == "ask"
    assert apply_answers(found, {"form:t": "ask-2"}).model().by_id["t"].form == "ask-2"
    forgotten = apply_answers(found, {"form:t": "none"})
    assert forgotten.model().by_id["t"].form is None
    assert "form:t" not in missing(forgotten)


def test_the_default_answers_make_a_draft_that_runs_with_posts_out_of_lanes():
    lanes = '<laneSet id="ls"><lane id="l" name="Front Office"><flowNodeRef>look</flowNodeRef></lane></laneSet>'
    ready = answer_by_default(draft(lanes + CHOICE))
    assert ready.repairs == ()
    steps = {step.id: step.raci.responsible for step in ready.model().steps()}
    assert steps == {"look": "front-office", "a": "unassigned", "b": "unassigned"}
    assert {str(step.standard.completion) for step in ready.model().steps()} == {"1 working day"}
    assert ready.model().department_of("look") == "front-office"
    assert runs(ready)
    assert [finding for finding in check(read_bundle(ready.files())) if finding.severity == "error"] == []


def test_the_same_answers_to_the_same_file_give_the_same_bytes():
    one, other = (leave_to_people(draft(CHOICE)) for _ in range(2))
    assert one == other
    assert make_draft(one.model_xml).changes == ()


def test_repairs_keep_the_line_of_the_file_after_answers():
    before = draft("\n\n" + LINE.replace("<userTask", "\n<serviceTask").replace("</userTask", "</serviceTask"))
    line = repair(before, "task:t").line
    assert repair(leave_to_people(before), "post:t").line == line == 7
