"""Li Na, who owns the process, makes a draft of a foreign file, answers what is missing, and deploys it."""

from __future__ import annotations

import hashlib

import orjson
import pytest
import sqlalchemy as sa

import engine
from bpmn import BadAnswer, BadModel
from engine.draft_tables import draft, draft_file
from engine.model import event
from tests.bpmn.drafts import file, flow
from tests.world import World

SORTING = (
    '<startEvent id="s"/><userTask id="look" name="Look at it"/><exclusiveGateway id="g" name="Good?"/>'
    '<serviceTask id="mail" name="Send mail"/><endEvent id="kept"/><endEvent id="back"/>'
    + flow("f1", "s", "look")
    + flow("f2", "look", "g")
    + flow("f3", "g", "kept", "${good}")
    + flow("f4", "g", "mail", "${!good}")
    + flow("f5", "mail", "back")
)
FILES = {"sorting.bpmn": file(SORTING)}
ABOUT = {"code:p": "SORT-1", "owner:p": "service-manager", "director:p": "service-director", "standard:p": "2 working days"}
STEPS = {
    "post:look": {"responsible": "service-agent", "accountable": "service-supervisor"},
    "standard:look": "30 working minutes",
    "post:mail": "service-agent",
    "standard:mail": "15 working minutes",
}


def keep(world: World, login: str = "li.na", files: dict[str, bytes] | None = None) -> int:
    """Hand a file in."""
    with engine.writing(world.engine) as c:
        return engine.keep_draft(c, files or FILES, by=world.who(login), now=world.now)


def look(world: World, draft_id: int) -> engine.DraftView:
    """The draft as it stands."""
    with engine.reading(world.engine) as c:
        return engine.draft(c, draft_id, world.who("li.na"))


def answer(world: World, draft_id: int, answers: dict[str, object], *, seen: int | None = None, people: bool = False) -> None:
    """Give answers as Li Na."""
    seen = look(world, draft_id).seen if seen is None else seen
    with engine.writing(world.engine) as c:
        engine.answer_draft(c, draft_id, answers, seen=seen, by=world.who("li.na"), now=world.now, people=people)


def rows(world: World) -> list[tuple[object, ...]]:
    """Everything that is kept of drafts."""
    with engine.reading(world.engine) as c:
        return [*map(tuple, c.execute(sa.select(draft))), *map(tuple, c.execute(sa.select(draft_file)))]


def facts(world: World) -> list[tuple[str, str, dict[str, object]]]:
    """What the log says about drafts."""
    with engine.reading(world.engine) as c:
        found = c.execute(sa.select(event.c.kind, event.c.person, event.c.data).order_by(event.c.seq))
        return [(kind, person, orjson.loads(data)) for kind, person, data in found if kind.startswith("draft.")]


def test_a_draft_is_answered_deployed_and_run_to_its_end(world: World) -> None:
    kept = keep(world)
    assert len(look(world, kept).draft.repairs) == 8

    answer(world, kept, ABOUT)
    answer(world, kept, {}, people=True)
    assert look(world, kept).answers["decision:g"] == "people"
    answer(world, kept, STEPS)

    view = look(world, kept)
    assert (view.is_ready, view.findings, view.code, view.version) == (True, (), "SORT-1", "V1.0")
    with engine.writing(world.engine) as c:
        engine.deploy_draft(c, kept, seen=view.seen, by=world.who("li.na"), now=world.now)
        started = engine.start_case(c, "SORT-1", {}, by=world.who("chen.jing"), now=world.now)
    for step, given in (("look", {"way": "f4"}), ("mail", {})):
        item = world.item(started, step)
        with engine.writing(world.engine) as c:
            engine.claim(c, item.item, by=world.who("chen.jing"), now=world.now)
            engine.complete(c, item.item, given, by=world.who("chen.jing"), now=world.now)
    assert world.view(started).state == "completed"
    assert look(world, kept).row.state == "deployed"
    assert [kind for kind, _, _ in facts(world)] == ["draft.kept", *["draft.answered"] * 3, "draft.deployed"]
    with engine.reading(world.engine) as c:
        assert engine.check_log(c).ok


def test_what_was_handed_in_is_kept_byte_for_byte(world: World) -> None:
    kept = keep(world)
    with engine.reading(world.engine) as c:
        row = c.execute(sa.select(draft_file).where(draft_file.c.draft_id == kept)).one()
    assert bytes(row.content) == FILES["sorting.bpmn"]
    assert row.sha256 == hashlib.sha256(FILES["sorting.bpmn"]).hexdigest()
    (fact,) = facts(world)
    assert fact[:2] == ("draft.kept", "li.na")
    assert fact[2] == {"draft": kept, "name": "sorting.bpmn", "model_sha256": row.sha256}


def test_an_answer_can_be_taken_back(sqlite_world: World) -> None:
    kept = keep(sqlite_world)
    answer(sqlite_world, kept, {"task:mail": "person"})
    assert "post:mail" in {repair.key for repair in look(sqlite_world, kept).draft.repairs}
    answer(sqlite_world, kept, {"task:mail": None})
    assert "task:mail" in {repair.key for repair in look(sqlite_world, kept).draft.repairs}


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        ({"standard:look": "soon"}, "standard:look"),
        ({"decision:g": {"f3": "look.good ==", "f4": "default"}}, "decision:g/f3"),
        ({"decision:g": {"f3": "nobody.good == true", "f4": "default"}}, "decision:g/f3"),
        ({"decision:g": {"f3": 3}}, "decision:g/f3"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_beside_its_field_and_nothing_is_written(
    sqlite_world: World, answers: dict[str, object], place: str
) -> None:
    kept = keep(sqlite_world)
    before = rows(sqlite_world)
    with pytest.raises(BadAnswer) as refused:
        answer(sqlite_world, kept, {**ABOUT, **answers})
    assert set(refused.value.problems) == {place}
    assert rows(sqlite_world) == before


def test_of_two_people_who_answer_at_once_the_slower_is_told(world: World) -> None:
    kept = keep(world)
    seen = look(world, kept).seen
    answer(world, kept, ABOUT, seen=seen)
    before = rows(world)
    with pytest.raises(engine.WrongState, match=r"li\.na has changed the draft"):
        answer(world, kept, STEPS, seen=seen)
    assert rows(world) == before


def test_a_draft_with_something_missing_is_not_deployed(sqlite_world: World) -> None:
    kept = keep(sqlite_world)
    with pytest.raises(engine.WrongState, match="8 answers"), engine.writing(sqlite_world.engine) as c:
        engine.deploy_draft(c, kept, seen=1, by=sqlite_world.who("li.na"), now=sqlite_world.now)


def test_the_gate_has_the_last_word(sqlite_world: World) -> None:
    """Nothing is missing, but a condition reads a field that no form asks for."""
    asking = (
        '<startEvent id="s"/><userTask id="look"/><exclusiveGateway id="g" default="f4"/><endEvent id="e"/><endEvent id="e2"/>'
        + flow("f1", "s", "look")
        + flow("f2", "look", "g")
        + flow("f3", "g", "e", "intake.good == true")
        + flow("f4", "g", "e2")
    )
    kept = keep(sqlite_world, files={"asking.bpmn": file(asking)})
    answer(sqlite_world, kept, {**ABOUT, "post:look": "service-agent", "standard:look": "1 working hour"})
    view = look(sqlite_world, kept)
    assert (view.draft.repairs, view.is_ready) == ((), False)
    assert {finding.element for finding in view.findings} == {"f3"}
    with pytest.raises(engine.Refused), engine.writing(sqlite_world.engine) as c:
        engine.deploy_draft(c, kept, seen=view.seen, by=sqlite_world.who("li.na"), now=sqlite_world.now)
    assert look(sqlite_world, kept).row.state == "open"


def test_a_discarded_draft_is_over(sqlite_world: World) -> None:
    kept = keep(sqlite_world)
    with engine.writing(sqlite_world.engine) as c:
        engine.discard_draft(c, kept, seen=1, by=sqlite_world.who("admin"), now=sqlite_world.now)
    with pytest.raises(engine.WrongState, match="discarded"):
        answer(sqlite_world, kept, ABOUT)
    with engine.reading(sqlite_world.engine) as c:
        assert [row.state for row in engine.list_drafts(c, sqlite_world.who("li.na"))] == ["discarded"]


@pytest.mark.parametrize("login", ["chen.jing", "zhao.lei"])
def test_who_neither_owns_a_process_nor_administers_sees_and_does_nothing(sqlite_world: World, login: str) -> None:
    kept = keep(sqlite_world)
    somebody = sqlite_world.who(login)
    with pytest.raises(engine.NotYours):
        keep(sqlite_world, login)
    with engine.writing(sqlite_world.engine) as c:
        for attempt in (
            lambda: engine.draft(c, kept, somebody),
            lambda: engine.list_drafts(c, somebody),
            lambda: engine.answer_draft(c, kept, {}, seen=1, by=somebody, now=sqlite_world.now),
            lambda: engine.discard_draft(c, kept, seen=1, by=somebody, now=sqlite_world.now),
            lambda: engine.deploy_draft(c, kept, seen=1, by=somebody, now=sqlite_world.now),
        ):
            with pytest.raises(engine.NotYours):
                attempt()


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"x.bpmn": b"hello"},
        {"x.bpmn": FILES["sorting.bpmn"], "y.bpmn": FILES["sorting.bpmn"]},
        {"x.bpmn": FILES["sorting.bpmn"], "y.exe": b"MZ"},
        {"x.bpmn": FILES["sorting.bpmn"], "y.dmn": b"<x/>"},
    ],
)
def test_files_that_become_no_draft_are_refused_and_nothing_is_written(sqlite_world: World, files: dict[str, bytes]) -> None:
    with pytest.raises(BadModel), engine.writing(sqlite_world.engine) as c:
        engine.keep_draft(c, files, by=sqlite_world.who("li.na"), now=sqlite_world.now)
    assert rows(sqlite_world) == []
    with pytest.raises(engine.NotFound):
        look(sqlite_world, 1)
