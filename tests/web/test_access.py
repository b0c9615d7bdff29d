"""Who gets in, who does not, and what a door looks like from outside."""

from __future__ import annotations

import re

import pytest

import engine
from tests.web.conftest import PASSWORD, House, move_in, reads
from tests.world import CODE, World
from webapp.access import inside, policy_of
from webapp.headers import HEADERS

PUBLIC = {
    "assets.file",
    "assets.home",
    "assets.language",
    "health.healthz",
    "intake.form",
    "intake.receipt",
    "intake.send",
    "sign_in.enter",
    "sign_in.form",
}
SAMPLE = {
    "name": "app.css",
    "code": CODE,
    "token": "nobody",
    "item": "1",
    "case": "1",
    "escalation": "1",
    "pilot": "1",
    "draft": "1",
}


def _addresses(house: House) -> list[tuple[str, str, str]]:
    """Endpoint, method and a sample address of every route."""
    found = []
    for rule in house.app.url_map.iter_rules():
        values = {name: "en" if rule.endpoint == "assets.language" else SAMPLE[name] for name in rule.arguments}
        path = rule.rule
        for name, value in values.items():
            path = re.sub(rf"<(?:\w+:)?{name}>", value, path)
        found += [(rule.endpoint, method, path) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return found


def test_every_route_says_who_may_use_it(house: House) -> None:
    for rule in house.app.url_map.iter_rules():
        policy = policy_of(house.app.view_functions[rule.endpoint])
        assert policy is not None, f"{rule} has no policy"
        assert policy.signed_in is (rule.endpoint not in PUBLIC), rule


def test_a_route_that_says_nothing_is_closed(house: House) -> None:
    house.app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert house.person("admin").get("/forgotten").status_code == 403
    assert "secret" not in reads(house.visitor().get("/forgotten"))


def test_a_stranger_is_led_to_the_sign_in_page_and_back(house: House) -> None:
    stranger = house.visitor()
    led = stranger.get("/board?cases=real")
    assert led.status_code == 302
    assert led.location == "/sign-in?next=/board?cases%3Dreal"
    entered = stranger.post("/sign-in", page=led.location, login="li.na", password=PASSWORD, next="/board?cases=real")
    assert (entered.status_code, entered.location) == (303, "/board?cases=real")


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\nb", "", None])
def test_a_sign_in_link_leads_nowhere_else(address: str | None) -> None:
    assert inside(address) is None


def test_every_answer_carries_the_headers(house: House) -> None:
    """Snapshot of all routes, for a stranger and for the owner: same headers, and nothing is kept by a cache."""
    for visitor in (house.visitor(), house.person("li.na")):
        for endpoint, method, path in _addresses(house):
            response = visitor.client.open(path, method=method)
            held = {name: response.headers.get(name) for name in HEADERS}
            assert held == HEADERS, (endpoint, method)
            assert response.headers["Cache-Control"] == "no-store", (endpoint, method)
            assert response.status_code < 500, (endpoint, method)
            response.close()


def test_the_headers_are_those_that_were_agreed() -> None:
    """This host and nothing inline; no frame around us, no address told to others, no device asked for."""
    assert HEADERS == {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


def test_only_a_bundle_file_asked_for_by_its_hash_may_be_kept(house: House) -> None:
    visitor = house.visitor()
    page = reads(visitor.get("/sign-in"), markup=True)
    address = re.search(r'href="(/static/app\.css\?v=[0-9a-f]{12})"', page)
    assert address
    kept = visitor.get(address[1])
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert visitor.get("/static/app.css").headers["Cache-Control"] == "no-store"
    assert visitor.get("/static/../app.py").status_code == 404
    assert visitor.get("/static/..%2fapp.py").status_code == 404


def test_no_page_has_a_script_or_a_style_inside(furnished: House) -> None:
    owner = furnished.person("li.na")
    for endpoint, method, path in _addresses(furnished):
        answer = owner.get(path) if method == "GET" else None
        if answer is None or answer.mimetype != "text/html":
            continue
        page = reads(answer, markup=True)
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page), endpoint
        assert not re.search(r"<script(?![^>]*src=)", page), endpoint


def test_a_copied_cookie_is_worth_nothing_after_signing_out(house: House) -> None:
    chen = house.person("chen.jing")
    cookie = chen.client.get_cookie("pilotrun")
    assert cookie is not None
    thief = house.visitor()
    thief.client.set_cookie("pilotrun", cookie.value)
    assert thief.get("/tasks").status_code == 200
    assert chen.post("/sign-out", page="/tasks").status_code == 303
    assert thief.get("/tasks").status_code == 302
    assert chen.get("/tasks").status_code == 302


def test_the_session_cookie_is_out_of_reach_and_a_new_one_at_every_sign_in(house: House) -> None:
    chen = house.visitor()
    first = chen.sign_in("chen.jing")
    header = next(h for h in first.headers.getlist("Set-Cookie") if h.startswith("pilotrun="))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    before = chen.client.get_cookie("pilotrun")
    assert before is not None
    page = reads(chen.get("/tasks"), markup=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    chen.client.post("/sign-in", data={"login": "chen.jing", "password": PASSWORD, "csrf_token": token[1]})
    after = chen.client.get_cookie("pilotrun")
    assert after is not None
    assert after.value != before.value
    thief = house.visitor()
    thief.client.set_cookie("pilotrun", before.value)
    assert thief.get("/tasks").status_code == 302


def test_over_https_the_cookies_are_bound_to_the_host(sqlite_world: World, password_hash: str) -> None:
    house = move_in(sqlite_world, password_hash, cookie_secure=True)
    client = house.app.test_client()
    page = client.get("/sign-in", base_url="https://localhost").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"login": "chen.jing", "password": PASSWORD, "csrf_token": token[1]}
    answer = client.post("/sign-in", data=form, base_url="https://localhost", headers={"Referer": "https://localhost/sign-in"})
    header = next(h for h in answer.headers.getlist("Set-Cookie") if h.startswith("__Host-pilotrun="))
    assert "Secure" in header
    assert "Path=/" in header
    assert "Domain" not in header
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_session_ends_when_nobody_works_and_at_the_latest_in_the_evening(house: House) -> None:
    chen, zhou = house.person("chen.jing"), house.person("zhou.min")
    for _ in range(7):
        house.world.later(minutes=90)
        assert chen.get("/tasks").status_code == 200
    assert zhou.get("/tasks").status_code == 302, "idle for more than two hours"
    house.world.later(minutes=91)
    assert chen.get("/tasks").status_code == 302, "twelve hours are over, however busy"


def test_a_list_that_refreshes_itself_does_not_keep_a_session_alive(house: House) -> None:
    chen = house.person("chen.jing")
    for _ in range(3):
        house.world.later(minutes=50)
        last = chen.get("/tasks/rows", **{"X-Fragment": "1"})
    assert last.status_code == 401


def test_a_wrong_password_and_an_unknown_login_sound_the_same(house: House) -> None:
    one, other = house.visitor(), house.visitor()
    wrong, unknown = one.sign_in("chen.jing", "not this one"), other.sign_in("nobody", "not this one")
    assert wrong.status_code == unknown.status_code == 422
    assert reads(wrong) == reads(unknown)


def test_after_five_failures_even_the_right_password_has_to_wait(house: House) -> None:
    chen = house.visitor()
    for _ in range(5):
        assert chen.sign_in("chen.jing", "guess").status_code == 422
    assert chen.sign_in("chen.jing").status_code == 429
    house.world.later(minutes=6)
    assert chen.sign_in("chen.jing").status_code == 303


def test_a_form_without_its_token_is_not_taken(house: House) -> None:
    house.world.start()
    chen = house.person("chen.jing")
    refused = chen.client.post("/tasks/1/claim")
    assert refused.status_code == 400
    assert "Nothing was changed" in reads(refused)
    with engine.reading(house.world.engine) as c:
        assert engine.task(c, 1, house.world.who("chen.jing")).state == "offered"


def test_an_agent_sees_neither_the_board_nor_the_pilots(house: House) -> None:
    chen = house.person("chen.jing")
    assert chen.get("/board").status_code == 403
    assert "SLA board" not in chen.text("/tasks")
    assert "SLA board" in house.person("li.na").text("/tasks")


def test_somebody_elses_task_is_not_there_to_see_and_not_there_to_take(house: House) -> None:
    case = house.world.start()
    item = house.world.item(case, "receive").item
    sun = house.person("sun.hao")
    assert sun.get(f"/tasks/{item}").status_code == 404
    assert sun.get("/tasks/4711").status_code == 404
    refused = sun.post(f"/tasks/{item}/claim", page="/tasks")
    assert refused.status_code == 403
    assert "belongs to another post" in reads(refused)
    assert sun.post(f"/tasks/{item}", page="/tasks").status_code == 403


def test_a_person_who_left_is_out_at_once(house: House) -> None:
    chen = house.person("chen.jing")
    with engine.writing(house.world.engine) as c:
        engine.set_password(c, "chen.jing", "changed")
    assert chen.get("/tasks").status_code == 302
