"""When something is wrong: a page that says what and what to do, and never a look into the machine."""

from __future__ import annotations

import pytest

import engine
from tests.web.conftest import House, reads
from webapp.app import create_app
from webapp.errors import STATUS, words_for
from webapp.settings import Settings


def test_every_error_of_the_engine_has_a_status() -> None:
    kinds = {kind for kind in engine.EngineError.__subclasses__() if kind.__module__ == "engine.errors"}
    assert kinds <= STATUS.keys()


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_every_status_says_what_happened_and_what_to_do(house: House, status: int) -> None:
    with house.app.test_request_context():
        words = words_for(status)
    assert all((words.title, words.what, words.next))


def test_an_unexpected_failure_shows_no_traceback_and_keeps_nothing(house: House) -> None:
    def fail() -> str:
        raise RuntimeError("secret of the machine")

    fail.pilotrun_policy = house.app.view_functions["health.healthz"].pilotrun_policy  # type: ignore[attr-defined]
    house.app.add_url_rule("/broken", "broken", fail)
    answer = house.visitor().get("/broken")
    page = reads(answer, markup=True)
    assert answer.status_code == 500
    assert "Something went wrong here" in page
    assert "secret of the machine" not in page
    assert "Traceback" not in page


def test_a_get_where_a_button_belongs_is_told_so(house: House) -> None:
    answer = house.person("chen.jing").get("/escalations/1/acknowledge")
    assert answer.status_code == 405
    assert "does not work that way" in reads(answer)


def test_health_tells_of_the_database_and_of_the_workers_last_beat(both_houses: House) -> None:
    visitor, world = both_houses.visitor(), both_houses.world
    assert visitor.get("/healthz").get_json() == {"status": "ok", "database": "ok", "worker_heartbeat_age_s": None}
    world.later(minutes=1)
    world.now = world.now.replace(second=42)
    assert visitor.get("/healthz").get_json()["worker_heartbeat_age_s"] == 42


def test_health_says_503_when_the_database_is_gone_and_the_pages_stay_polite(tmp_path_factory: pytest.TempPathFactory) -> None:
    nowhere = tmp_path_factory.mktemp("gone") / "not" / "there.db"
    app = create_app(Settings(database_url=f"sqlite:///{nowhere}", secret_key="a-key-for-tests-only", language="en"))
    client = app.test_client()
    health = client.get("/healthz")
    assert (health.status_code, health.get_json()["database"]) == (503, "unreachable")
    client.set_cookie("pilotrun", "some-token")
    broken = client.get("/tasks")
    assert broken.status_code == 500
    assert "Something went wrong here" in reads(broken)


def test_the_pages_work_before_the_catalogues_are_compiled(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(house.app.config, "BABEL_TRANSLATION_DIRECTORIES", "nowhere")
    assert "Sign in" in reads(house.visitor().get("/sign-in"))
