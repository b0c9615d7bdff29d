"""A day at the complaint desk: claim, fill in, complete, and what happens when two hands reach for one task."""

from __future__ import annotations

import threading

from tests.web.conftest import House, reads
from tests.world import World

RECEIVE = {"product": "Kettle K2", "details": "Leaks at the spout", "complete": "true"}


def _kinds(world: World, kind: str) -> int:
    return sum(entry.kind == kind for entry in world.log())


def test_an_agent_claims_a_task_and_completes_it(both_houses: House) -> None:
    world = both_houses.world
    case = world.start(subject="Kettle leaks after two days")
    item = world.item(case, "receive").item
    chen = both_houses.person("chen.jing")
    listed = chen.text("/tasks")
    assert "Kettle leaks after two days" in listed
    assert "open to my post" in listed
    claimed = chen.post(f"/tasks/{item}/claim", page="/tasks")
    assert (claimed.status_code, claimed.location) == (303, f"/tasks/{item}")
    assert "Complete the task" in chen.text(f"/tasks/{item}")
    done = chen.answer(item, **RECEIVE)
    assert (done.status_code, done.location) == (303, "/tasks")
    assert f"of {case.number} is completed." in chen.text("/tasks")
    assert [row.step for row in world.open_items(case)] == ["classify"]


def test_a_task_shows_what_is_asked_who_answers_for_it_and_what_is_known(house: House) -> None:
    case = house.world.start()
    page = house.person("chen.jing").text(f"/tasks/{house.world.item(case, 'receive').item}")
    for said in ("Work instruction", "Service supervisor", "15 working minutes", "Gao Yuan", "The kettle leaks at the spout."):
        assert said in page


def test_what_was_entered_is_kept_when_something_is_wrong(house: House) -> None:
    world = house.world
    case = world.start()
    world.walk(case, "receive", "classify")
    item = world.item(case, "handle").item
    chen = house.person("chen.jing")
    chen.post(f"/tasks/{item}/claim", page="/tasks")
    refused = chen.post(
        f"/tasks/{item}",
        **{"answer-solution": "Replace it & say sorry", "answer-compensation": "a lot", "comment": "called twice"},
    )
    assert refused.status_code == 422
    page = reads(refused, markup=True)
    assert "Replace it &amp; say sorry" in page
    assert 'value="a lot"' in page
    assert "called twice" in page
    assert 'aria-invalid="true"' in page
    assert "Enter a number, like 1250.50." in page
    assert _kinds(world, "item.completed") == 2


def test_what_is_wrong_is_said_in_the_language_of_the_page(house: House) -> None:
    case = house.world.start()
    item = house.world.item(case, "receive").item
    chen = house.person("chen.jing", "zh")
    chen.post(f"/tasks/{item}/claim", page="/tasks")
    refused = chen.answer(item, product="")
    assert refused.status_code == 422
    assert "此项必填。" in reads(refused)


def test_a_form_sent_twice_counts_once(both_houses: House) -> None:
    world = both_houses.world
    case = world.start()
    item = world.item(case, "receive").item
    chen = both_houses.person("chen.jing")
    chen.post(f"/tasks/{item}/claim", page="/tasks")
    first = chen.post(f"/tasks/{item}", key="one-form", **{f"answer-{name}": text for name, text in RECEIVE.items()})
    again = chen.post(
        f"/tasks/{item}", page="/tasks", key="one-form", **{f"answer-{name}": text for name, text in RECEIVE.items()}
    )
    assert first.status_code == again.status_code == 303
    assert _kinds(world, "item.completed") == 1


def test_a_new_case_sent_twice_is_one_case(both_houses: House) -> None:
    chen = both_houses.person("chen.jing")
    form = {
        "answer-subject": "Parcel was empty",
        "answer-channel": "email",
        "answer-customer": "Gao Yuan",
        "answer-contact": "gao.yuan@example.org",
        "answer-description": "The box held only paper.",
        "key": "one-form",
    }
    first = chen.post("/start/CSC-2024-001", **form)
    again = chen.post("/start/CSC-2024-001", **form)
    assert (first.status_code, first.location) == (again.status_code, again.location) == (303, first.location)
    assert _kinds(both_houses.world, "case.started") == 1
    assert "Parcel was empty" in chen.text(first.location)


def test_the_slower_of_two_is_told_kindly_who_was_faster(both_houses: House) -> None:
    world = both_houses.world
    case = world.start()
    item = world.item(case, "receive").item
    chen, zhou = both_houses.person("chen.jing"), both_houses.person("zhou.min")
    assert chen.post(f"/tasks/{item}/claim", page="/tasks").status_code == 303
    too_late = zhou.post(f"/tasks/{item}/claim", page="/tasks")
    assert too_late.status_code == 409
    assert "Chen Jing is working on" in reads(too_late)
    chen.answer(item, **RECEIVE)
    after = zhou.post(f"/tasks/{item}", page="/tasks", **{f"answer-{name}": text for name, text in RECEIVE.items()})
    assert after.status_code == 409
    assert "Chen Jing has completed" in reads(after)
    assert _kinds(world, "item.completed") == 1


def test_two_windows_of_one_person_complete_one_task_at_the_same_moment(both_houses: House) -> None:
    world = both_houses.world
    case = world.start()
    item = world.item(case, "receive").item
    windows = [both_houses.person("chen.jing") for _ in range(4)]
    windows[0].post(f"/tasks/{item}/claim", page="/tasks")
    ready, answers = threading.Barrier(len(windows)), []

    def send(number: int) -> None:
        ready.wait()
        answers.append(windows[number].answer(item, **RECEIVE).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(windows))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409, 409, 409]
    assert _kinds(world, "item.completed") == 1


def test_going_back_to_a_finished_task_shows_who_finished_it(house: House) -> None:
    case = house.world.start()
    item = house.world.item(case, "receive").item
    house.world.walk(case, "receive")
    page = house.person("chen.jing").text(f"/tasks/{item}")
    assert "Chen Jing" in page
    assert "Leaks at the spout" in page
    assert "Complete the task" not in page


def test_a_task_given_back_is_open_to_the_post_again(house: House) -> None:
    case = house.world.start()
    item = house.world.item(case, "receive").item
    chen = house.person("chen.jing")
    chen.post(f"/tasks/{item}/claim", page="/tasks")
    assert chen.post(f"/tasks/{item}/release", page=f"/tasks/{item}").status_code == 303
    assert "open to my post" in house.person("zhou.min").text("/tasks")
    refused = chen.post(f"/tasks/{item}/release", page="/tasks")
    assert refused.status_code == 409


def test_a_task_must_be_claimed_before_it_is_completed(house: House) -> None:
    case = house.world.start()
    item = house.world.item(case, "receive").item
    refused = house.person("chen.jing").answer(item, **RECEIVE)
    assert refused.status_code == 409
    assert "Claim it first" in reads(refused)


def test_overdue_tasks_come_first_and_say_by_how_much(house: House) -> None:
    world = house.world
    old = world.start(subject="Old one")
    world.walk(old, "receive", "classify")
    world.later(hours=25)
    world.start(subject="New one")
    page = house.person("chen.jing").text("/tasks")
    assert page.index("Old one") < page.index("New one")
    assert "overdue" in page
    assert "15 min left" in page


def test_names_that_look_like_markup_stay_text(house: House) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
    case = house.world.start(subject=nasty, customer=nasty, description=nasty)
    owner, agent = house.person("li.na"), house.person("chen.jing")
    for visitor, path in ((agent, "/tasks"), (agent, "/tasks/1"), (owner, f"/cases/{case.id}"), (owner, "/board")):
        page = reads(visitor.get(path), markup=True)
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
