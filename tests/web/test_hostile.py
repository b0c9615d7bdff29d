"""A sample of the hostile files handed in on the page: a sentence or a draft that cannot be deployed, never a crash."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

import engine
from engine.draft_tables import draft
from tests.door.hostile_words import every
from tests.web.conftest import House, reads
from tests.web.test_drafts import press, upload

SAMPLE = every()[::5]


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_a_hostile_file_is_refused_with_a_sentence_or_kept_and_not_deployed(house: House) -> None:
    li, refused, drafts = house.person("li.na"), 0, 0
    for hostile in SAMPLE:
        names = {name.replace("to-be", "theirs"): data for name, data in hostile.files.items()}
        began = time.process_time()
        answer = upload(li, *names.items())
        if answer.status_code == 303:
            drafts += 1
            page = li.get(answer.location)
            assert page.status_code == 200, hostile.name
            assert li.get(f"{answer.location}/model.bpmn").status_code == 200, hostile.name
            if "can be deployed" not in reads(page):
                assert press(li, answer.location, "deploy", version="V1.0").status_code in {409, 422}, hostile.name
        else:
            refused += 1
            assert answer.status_code in {413, 422}, hostile.name
            assert "This file cannot be taken" in reads(answer) or answer.status_code == 413, hostile.name
        assert time.process_time() - began < 5, hostile.name
    assert refused > 10
    assert drafts > 10
    with engine.reading(house.world.engine) as c:
        assert c.execute(sa.select(sa.func.count()).select_from(draft)).scalar_one() == drafts
        assert [row.version for row in engine.list_processes(c)] == ["V1.0"], "nothing new is deployed"
        assert engine.check_log(c).ok
