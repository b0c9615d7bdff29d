"""Rules about the process card: does it contradict itself, or the model?"""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.card import Card, CardRaci, read_card
from bpmn.model import Bundle
from bpmn.rules.register import Breach, rule

_FILE = "card.yaml"


def _card(bundle: Bundle) -> Card | None:
    return read_card(bundle.card, _FILE) if bundle.card else None


def _rows(bundle: Bundle) -> Iterator[tuple[str, str, CardRaci]]:
    """Each step of the card: its id, its responsible post, its row of the matrix."""
    card = _card(bundle)
    if card is not None:
        for step in card.steps:
            yield step.id, step.post, card.raci.get(step.id, CardRaci())


@rule()
def card_code(bundle: Bundle) -> Iterator[Breach]:
    """The card and the model are about the same process."""
    card = _card(bundle)
    if card is not None and bundle.model.code is not None and card.code != bundle.model.code:
        yield Breach(None, f"the card is about {card.code}, the model about {bundle.model.code}: correct one of them", _FILE)


@rule("warning")
def card_one_responsible(bundle: Bundle) -> Iterator[Breach]:
    """A step of the card has exactly one R."""
    for step, _, row in _rows(bundle):
        if len(row.responsible) != 1:
            who = " and ".join(row.responsible) or "nobody"
            yield Breach(
                bundle.model.by_id.get(step),
                f"step {step}: {who} is R; exactly one post is responsible, others are consulted",
                _FILE,
            )


@rule("warning")
def card_one_accountable(bundle: Bundle) -> Iterator[Breach]:
    """A step of the card has exactly one A."""
    for step, _, row in _rows(bundle):
        if len(row.accountable) != 1:
            who = " and ".join(row.accountable) or "nobody"
            yield Breach(bundle.model.by_id.get(step), f"step {step}: {who} is A; exactly one post is accountable", _FILE)


@rule("warning")
def card_post_is_responsible(bundle: Bundle) -> Iterator[Breach]:
    """The responsible post of a step of the card is the R of its row."""
    for step, post, row in _rows(bundle):
        if post not in row.responsible:
            columns = [name for name in ("accountable", "consulted", "informed") if post in getattr(row, name)]
            said = f"only {columns[0]}" if columns else "not mentioned"
            yield Breach(
                bundle.model.by_id.get(step), f"step {step}: the card's responsible post {post} is {said} in the matrix", _FILE
            )


@rule("warning")
def card_step_in_model(bundle: Bundle) -> Iterator[Breach]:
    """Every step of the card is a step of the model."""
    steps = {step.id for step in bundle.model.steps()}
    for step, _, _ in _rows(bundle):
        if step not in steps:
            yield Breach(None, f"step {step} of the card is no step of the model", _FILE)


@rule("warning")
def card_standard(bundle: Bundle) -> Iterator[Breach]:
    """The card and the model give a step the same time standard."""
    card = _card(bundle)
    for step in card.steps if card is not None else ():
        node = bundle.model.by_id.get(step.id)
        if node is not None and node.standard is not None and node.standard.completion != step.standard:
            yield Breach(
                node, f"step {step.id} may take {step.standard} on the card and {node.standard.completion} in the model", _FILE
            )
