"""Both languages on every page, and no sentence that only one of them knows."""

from __future__ import annotations

import re

import pytest

from tests import catalogues
from tests.web.conftest import House, reads

HAN = re.compile(r"[\u4e00-\u9fff]")
PAGES = [
    "/tasks",
    "/tasks/1",
    "/tasks/9",
    "/start",
    "/start/CSC-2024-001",
    "/cases/1",
    "/cases/2",
    "/cases/3",
    "/cases/4",
    "/board",
    "/board?cases=rehearsal",
    "/intake/CSC-2024-001",
    "/nothing-here",
]


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    wanted = catalogues.extracted()
    for path in catalogues.TRANSLATIONS.rglob("*.po"):
        assert list(catalogues.complaints(path, wanted)) == []


def test_the_check_sees_a_sentence_that_is_missing_and_one_that_nobody_says() -> None:
    path = next(catalogues.TRANSLATIONS.rglob("zh_Hans_CN/**/*.po"))
    wanted = catalogues.extracted()
    wanted.add("A sentence that was added yesterday")
    wanted.delete("My tasks")
    found = list(catalogues.complaints(path, wanted))
    assert any("added yesterday" in text for text in found)
    assert any("My tasks" in text and "take it out" in text for text in found)


@pytest.mark.parametrize("path", PAGES)
def test_a_chinese_page_has_no_english_sentence(furnished: House, path: str) -> None:
    english = [str(message.id) for message in catalogues.extracted() if isinstance(message.id, str) and len(message.id) > 9]
    text = reads(furnished.person("li.na", "zh").get(path))
    plain = [sentence for sentence in english if "%(" not in sentence and sentence in text]
    assert plain == []


@pytest.mark.parametrize("path", PAGES)
def test_an_english_page_is_english_outside_what_people_and_the_model_say(furnished: House, path: str) -> None:
    response = furnished.person("li.na").get(path)
    markup = reads(response, markup=True)
    assert '<html lang="en">' in markup
    model = furnished.world.bundle.model
    names = {model.name, *(node.name for node in model.nodes if node.name)}
    for chrome in re.findall(r"<(?:th|dt|button|label|legend|h2)\b[^>]*>(.*?)</", markup, re.S):
        words = re.sub(r"<[^>]+>", "", chrome).strip()
        assert not HAN.search(words) or any(name in words for name in names), words


def test_the_language_is_chosen_once_and_remembered(house: House) -> None:
    visitor = house.visitor()
    assert '<html lang="en">' in reads(visitor.get("/sign-in"), markup=True)
    went = visitor.get("/language/zh?next=/sign-in")
    assert (went.status_code, went.location) == (303, "/sign-in")
    assert '<html lang="zh-Hans-CN">' in reads(visitor.get("/sign-in"), markup=True)
    assert visitor.get("/language/zh?next=//evil.example").location == "/"
    assert visitor.get("/language/fr").status_code == 404


@pytest.mark.parametrize(
    ("asked", "spoken"), [("zh-CN,zh;q=0.9", "zh-Hans-CN"), ("en-GB,en;q=0.8,zh;q=0.5", "en"), ("fr", "en"), ("", "en")]
)
def test_without_a_choice_the_browser_is_asked(house: House, asked: str, spoken: str) -> None:
    page = reads(house.visitor().get("/sign-in", **{"Accept-Language": asked}), markup=True)
    assert f'<html lang="{spoken}">' in page


def test_whoever_signs_in_for_the_first_time_reads_their_own_language(house: House) -> None:
    chen = house.visitor()
    chen.sign_in("chen.jing")
    assert "我的任务" in chen.text("/tasks")


def test_times_are_on_the_wall_clock_of_the_company(furnished: House) -> None:
    assert 'datetime="2026-03-04T10:' in reads(furnished.person("li.na").get("/cases/1"), markup=True)
