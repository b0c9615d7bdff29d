"""The process card as values, and what refuses it."""

from __future__ import annotations

from datetime import date

import pytest

from bpmn import BadModel, CardRaci, Duration, read_card, read_yaml
from tests.bpmn.papers import CARD, spoiled


def card_after(*edits: tuple[str, str]):
    """Mei's card with some edits."""
    return read_card(read_yaml(spoiled(CARD, *edits).encode(), "card.yaml"))


def refusal_after(*edits: tuple[str, str]) -> str:
    """Why the edited card is refused, in one text."""
    with pytest.raises(BadModel) as caught:
        card_after(*edits)
    assert all(finding.file == "card.yaml" for finding in caught.value.findings)
    return str(caught.value)


def test_mei_s_card_is_read_field_by_field():
    card = card_after()
    assert (card.code, card.version, card.owner, card.director) == ("HR-1", "V1.0", "hr-lead", None)
    assert card.effective == date(2026, 3, 2)
    assert card.departments == {"hr": "lead", "board": "supporting"}
    assert card.standard == Duration.parse("PT24H")
    (step,) = card.steps
    assert (step.id, step.post, step.standard) == ("look", "clerk", Duration.parse("2 working hours"))
    assert step.output == {"zh": "意见", "en": "opinion"}
    assert card.raci == {"look": CardRaci(responsible=("clerk",), accountable=("hr-lead",))}
    assert card.special_approval is None


def test_a_card_that_is_not_released_yet_has_no_date():
    assert card_after(("effective: 2026-03-02", "effective: null")).effective is None
    assert card_after(("effective: 2026-03-02\n", "")).effective is None


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("owner: hr-lead\n", ""), "'owner' is a required property"),
        (("owner: hr-lead", "boss: me\nowner: hr-lead"), "'boss' was unexpected"),
        (("version: V1.0", "version: one"), "$.version"),
        (("effective: 2026-03-02", "effective: soon"), "$.effective"),
        (("effective: 2026-03-02", 'effective: "2026-13-02"'), "is no date"),
        (("part: lead", "part: boss"), "$.departments[0].part"),
        (("standard: 2 working hours", "standard: 2 hours"), "cannot be read"),
        (("standard: PT24H", "standard: a day"), "cannot be read"),
        (("  look: {responsible", "  leap: {responsible"), "a row for a step that the card does not list"),
        (("en: Answer within a day", "english: Answer within a day"), "$.goal"),
    ],
)
def test_a_field_that_is_wrong_is_named(edit, words):
    assert words in refusal_after(edit)


def test_a_step_on_the_card_twice_is_refused():
    row = CARD[CARD.index("  - id: look") : CARD.index("raci:")]
    assert "on the card twice" in refusal_after((row, row + row))
