"""What a pilot promised and what came of it, on a page and in a pack that anybody can recompute."""

from __future__ import annotations

import io
import zipfile

import engine
import pilots
from tests.web.conftest import House, furnish


def test_the_page_of_a_pilot_judges_each_criterion_with_its_reason(furnished: House) -> None:
    page = furnished.person("li.na").text("/pilots/1")
    for said in (
        "Solved and reported back within 48 hours",
        "At least 85% of the cases closed within 48 hours",
        "not enough evidence",
        "Extend: not enough evidence yet",
        "Satisfied customers",
        "must have",
    ):
        assert said in page


def test_reasons_are_said_in_the_words_of_the_page(furnished: House) -> None:
    chinese = furnished.person("li.na", "zh").text("/pilots/1")
    assert "证据不足" in chinese
    assert "PT48H" not in chinese
    assert "working hours" not in chinese


def test_the_exported_pack_verifies_and_a_changed_goal_is_named(both_houses: House) -> None:
    furnish(both_houses.world)
    answer = both_houses.person("li.na").get("/pilots/1/pack.zip")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=CSC-2024-001-pilot-1-")
    assert pilots.verify_pack(answer.data).ok
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(answer.data)) as pack, zipfile.ZipFile(changed, "w") as forged:
        for part in pack.infolist():
            data = pack.read(part)
            forged.writestr(part, data.replace(b"0.85", b"0.75") if part.filename == "plan.json" else data)
    checked = pilots.verify_pack(changed.getvalue())
    assert not checked.ok
    assert "plan.json" in " ".join(checked.problems)


def test_a_rehearsal_says_so_wherever_it_is_shown(house: House) -> None:
    world = house.world
    with engine.writing(world.engine) as c:
        pilots.rehearse(c, "CSC-2024-001", bundle=world.bundle, cases=5, seed=1, until=world.now)
        rehearsed = engine.latest_pilot(c, "CSC-2024-001", rehearsal=True)
    li = house.person("li.na")
    for path in (f"/pilots/{rehearsed}", "/board?cases=rehearsal"):
        assert "made by synthetic staff in virtual time" in li.text(path), path
    assert "made by synthetic staff" not in li.text("/pilots/1")
    assert "rehearsal" in li.text("/pilots")
    assert "R-CSC" not in house.person("chen.jing").text("/tasks")


def test_an_unknown_pilot_is_nothing_and_an_agent_sees_none(furnished: House) -> None:
    assert furnished.person("li.na").get("/pilots/4711").status_code == 404
    assert furnished.person("li.na").get("/pilots/4711/pack.zip").status_code == 404
    assert furnished.person("chen.jing").get("/pilots/1/pack.zip").status_code == 403
