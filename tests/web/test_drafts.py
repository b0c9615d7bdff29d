"""Li Na brings a model from another tool: it becomes a draft, she answers what is missing, and people work in it."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

import bpmn
import engine
from engine.draft_tables import draft, draft_file
from tests.bpmn.drafts import file, flow
from tests.web.conftest import TOKEN, House, Visitor, reads
from webapp import draft_words
from webapp.pages.drafts import MOST_UPLOADED

SORTING = (
    '<startEvent id="s"/><userTask id="look" name="Look at it"/><exclusiveGateway id="g" name="Good?"/>'
    '<serviceTask id="mail" name="Send mail" camunda:class="x.Mail"/><endEvent id="kept" name="Kept"/>'
    '<endEvent id="back" name="Back"/>'
    + flow("f1", "s", "look")
    + flow("f2", "look", "g")
    + flow("f3", "g", "kept", "${good}")
    + flow("f4", "g", "mail", "${!good}")
    + flow("f5", "mail", "back")
)
MODEL = file(SORTING)
ABOUT = {
    "code:p|": "SORT-1",
    "owner:p|": "service-manager",
    "director:p|": "service-director",
    "standard:p|": "2 working days",
    "post:look|": "service-agent",
    "post:look|accountable": "service-supervisor",
    "standard:look|": "30 working minutes",
}
EVERY = {"every|post": "service-agent", "every|standard": "1 working hour"}


def upload(visitor: Visitor, *files: tuple[str, bytes]) -> TestResponse:
    """Choose files and send them."""
    token = TOKEN.search(reads(visitor.get("/drafts/new"), markup=True))
    assert token
    chosen = [(BytesIO(data), name) for name, data in files]
    return visitor.client.post("/drafts", data={"csrf_token": token[1], "files": chosen}, content_type="multipart/form-data")


def seen_of(visitor: Visitor, path: str) -> str:
    """The state that the page shows."""
    found = re.search(r'name="seen" value="(\d+)"', reads(visitor.get(path), markup=True))
    assert found
    return found[1]


def answer(visitor: Visitor, path: str, *, do: str = "save", **form: str) -> TestResponse:
    """Fill in the questions of a draft and send them."""
    return visitor.post(f"{path}/answers", page=path, seen=seen_of(visitor, path), do=do, **form)


def press(visitor: Visitor, path: str, action: str, **form: str) -> TestResponse:
    """One of the buttons of the page."""
    return visitor.post(f"{path}/{action}", page=path, seen=seen_of(visitor, path), **form)


def kept(house: House) -> list[tuple[object, ...]]:
    """Everything that is kept of drafts and versions."""
    with engine.reading(house.world.engine) as c:
        tables = (draft, draft_file, engine_versions())
        return [tuple(row) for table in tables for row in c.execute(sa.select(table))]


def engine_versions() -> sa.Table:
    """The table of deployed versions."""
    return draft.metadata.tables["process_version"]


def test_a_foreign_model_is_drafted_answered_deployed_started_and_worked_to_its_end(both_houses: House) -> None:
    li = both_houses.person("li.na")
    made = upload(li, ("sorting.bpmn", MODEL))
    assert made.status_code == 303
    path = made.location
    page = li.text(path)
    assert "8 answers are missing" in page
    assert "In the file: ${good}" in page
    assert "not taken over" in page

    assert answer(li, path, do="people", **ABOUT, **EVERY).status_code == 303
    assert "2 answers are missing" in li.text(path)
    assert answer(li, path, **EVERY).status_code == 303
    page = li.text(path)
    assert "can be deployed" in page
    assert "decision:g people" in page
    deployed = press(li, path, "deploy", version="V1.0")
    assert deployed.status_code == 303
    assert "SORT-1 V1.0 is deployed." in li.text(path)

    chen = both_houses.person("chen.jing")
    case = chen.post("/start/SORT-1").location
    world = both_houses.world
    for step, given in (("look", {"way": "f4"}), ("mail", {})):
        with engine.reading(world.engine) as c:
            item = next(row.item for row in engine.my_tasks(c, world.who("chen.jing"), world.now) if row.step == step)
        chen.post(f"/tasks/{item}/claim", page="/tasks")
        assert chen.answer(item, **given).status_code == 303
    assert "Case completed" in li.text(case)
    assert "Look at it: completed" in li.text(case)


def test_whoever_completes_the_step_is_asked_for_the_way(house: House) -> None:
    li = house.person("li.na")
    path = upload(li, ("sorting.bpmn", MODEL)).location
    for _ in range(2):
        answer(li, path, do="people", **ABOUT, **EVERY)
    press(li, path, "deploy", version="V1.0")
    chen = house.person("chen.jing")
    chen.post("/start/SORT-1")
    item = re.findall(r"/tasks/(\d+)/claim", reads(chen.get("/tasks"), markup=True))[0]
    chen.post(f"/tasks/{item}/claim", page="/tasks")
    assert "Kept" in chen.text(f"/tasks/{item}")
    assert chen.post(f"/tasks/{item}").status_code == 422, "the way has to be chosen"


def test_conditions_are_checked_beside_their_field_and_everything_entered_stays(house: House) -> None:
    li = house.person("li.na")
    path = upload(li, ("sorting.bpmn", MODEL)).location
    before = kept(house)
    conditions = {"decision:g|mode": "conditions", "decision:g|f3": "look.good ==", "decision:g|f4": "default"}

    refused = answer(li, path, **ABOUT, **conditions)

    assert refused.status_code == 422
    page = reads(refused, markup=True)
    assert 'value="look.good =="' in page
    assert 'value="SORT-1"' in page
    place = re.search(r'id="(q\d+-\d+)" name="decision:g\|f3"', page)
    assert place
    assert f'id="{place[1]}-error"' in page
    assert f'href="#{place[1]}"' in page
    assert kept(house) == before


def test_an_answer_is_taken_back_and_its_question_is_open_again(house: House) -> None:
    li = house.person("li.na")
    path = upload(li, ("sorting.bpmn", MODEL)).location
    answer(li, path, **ABOUT)
    assert "standard:look 30 working minutes" in li.text(path)
    assert press(li, path, "take-back", answer="standard:look").status_code == 303
    assert "How long may 'Look at it' take?" in li.text(path)


def test_of_two_who_answer_at_once_the_slower_keeps_the_others_answers(house: House) -> None:
    li, admin = house.person("li.na"), house.person("admin")
    path = upload(li, ("sorting.bpmn", MODEL)).location
    seen = seen_of(admin, path)
    answer(li, path, **ABOUT)
    before = kept(house)

    late = admin.post(f"{path}/answers", page=path, **{"seen": seen, "code:p|": "OTHER"})

    assert late.status_code == 409
    assert "Li Na has changed this draft" in reads(late)
    for action in ("take-back", "discard", "deploy"):
        assert admin.post(f"{path}/{action}", page=path, seen=seen, answer="code:p", version="V1.0").status_code == 409
    assert kept(house) == before


@pytest.mark.parametrize(
    ("files", "status", "says"),
    [
        ([], 422, "there is no .bpmn file"),
        ([("x.bpmn", b"hello")], 422, "XML"),
        ([("x.bpmn", b"")], 422, "empty"),
        ([("x.bpmn", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')], 422, "document type"),
        ([("x.bpmn", b"<definitions/>")], 422, "not BPMN 2.0"),
        ([("x.bpmn", file(""))], 422, "no process with steps"),
        ([("x.bpmn", MODEL), ("x.bpmn", MODEL)], 422, "same name"),
        ([("x.bpmn", MODEL), ("y.bpmn", MODEL)], 422, "choose one"),
        ([("x.bpmn", MODEL), ("rule.dmn", b"<x/>")], 422, "DMN"),
        ([("x.docx", b"PK")], 422, "one .bpmn file"),
        ([("x.bpmn", MODEL + b" " * 5_000_000)], 422, "at most 5,000,000"),
        ([("x.bpmn", b"<" * (MOST_UPLOADED + 1))], 413, "too large"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else None,
)
def test_bad_files_get_a_sentence_and_nothing_is_written(
    house: House, files: list[tuple[str, bytes]], status: int, says: str
) -> None:
    li = house.person("li.na")
    before = kept(house)
    refused = upload(li, *files)
    assert refused.status_code == status
    assert says in reads(refused)
    assert kept(house) == before


def test_the_name_of_a_file_is_only_shown(house: House) -> None:
    li = house.person("li.na")
    path = upload(li, ("../../etc/<b>x.bpmn", MODEL)).location
    page = reads(li.get(path), markup=True)
    assert "&lt;b&gt;x.bpmn" in page
    assert "../etc" not in page


def test_other_processes_of_the_file_become_drafts_of_their_own(house: House) -> None:
    two = file(SORTING, '<process id="second" name="The second"><startEvent id="s2"/></process>')
    li = house.person("li.na")
    path = upload(li, ("two.bpmn", two)).location
    assert "The second" in li.text(path)
    made = li.post(f"{path}/other", page=path, process="second")
    assert made.status_code == 303
    assert "The second" in reads(li.get(f"{made.location}/model.bpmn"), markup=True)
    assert li.client.post(f"{path}/other", data={"process": "second"}).status_code == 400, "without the token of a page"


def test_a_version_that_is_taken_is_said_beside_the_field(house: House) -> None:
    li = house.person("li.na")
    for expected in (303, 422):
        path = upload(li, ("sorting.bpmn", MODEL)).location
        for _ in range(2):
            answer(li, path, do="people", **ABOUT, **EVERY)
        sent = press(li, path, "deploy", version="V1.0")
        assert sent.status_code == expected
    assert 'id="version-error"' in reads(sent, markup=True)
    assert press(li, path, "deploy", version="V1.1").status_code == 303


def test_a_discarded_draft_stays_on_the_list(house: House) -> None:
    li = house.person("li.na")
    path = upload(li, ("sorting.bpmn", MODEL)).location
    assert press(li, path, "discard").status_code == 303
    assert "sorting.bpmn" in li.text("/processes")
    assert "discarded" in li.text("/processes")
    assert "Keep these answers" not in li.text(path)


@pytest.mark.parametrize("login", ["chen.jing", "zhao.lei"])
def test_who_may_not_draft_finds_no_such_page(house: House, login: str) -> None:
    path = upload(house.person("li.na"), ("sorting.bpmn", MODEL)).location
    somebody = house.person(login)
    assert "Processes" not in somebody.text("/tasks")
    for address in ("/processes", "/drafts/new", path, f"{path}/model.bpmn"):
        assert somebody.get(address).status_code == 403
    token = TOKEN.search(reads(somebody.get("/tasks"), markup=True))
    assert token
    data = {"csrf_token": token[1], "files": [(BytesIO(MODEL), "x.bpmn")]}
    assert somebody.client.post("/drafts", data=data, content_type="multipart/form-data").status_code == 403


def test_the_page_speaks_chinese(house: House) -> None:
    li = house.person("li.na", "zh")
    path = upload(li, ("sorting.bpmn", MODEL)).location
    page = li.text(path)
    for said in ("草稿", "谁负责", "缺少"):
        assert said in page
    assert "Which post" not in page
    refused = answer(li, path, **{"standard:look|": "soon"})
    assert "这不是时限" in reads(refused)


def test_every_kind_of_change_and_question_has_a_sentence_in_the_catalogue() -> None:
    """What bpmn.draft can say is what the pages can say in both languages."""
    source = "".join(path.read_text("utf-8") for path in sorted(_room().glob("*.py")))
    rules = set(re.findall(r'\.say\(\s*"([a-z-]+)"', source)) | set(re.findall(r'remove_node\(\s*\w+, "([a-z-]+)"', source))
    kinds = set(re.findall(r'lister\.repair\(\s*"([a-z-]+)"', source)) | {"owner", "director"}
    assert rules - set(draft_words.CHANGES) == set()
    assert kinds - set(draft_words.REPAIRS) == set()


def _room() -> Path:
    return Path(bpmn.__file__).parent / "draft"
