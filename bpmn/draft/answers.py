"""Answers to what a draft is missing, written into its model in the product's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from bpmn.draft.make import finish, open_paper, settle
from bpmn.draft.paper import Paper
from bpmn.draft.repairs import A_DAY, UNASSIGNED
from bpmn.draft.unfit import Unfit
from bpmn.draft.values import Draft, Repair
from bpmn.draft.writers import WRITERS

_ORDER = tuple(WRITERS)
_DECIDED_BY_PEOPLE = {"decision": "people", "task": "person", "call": "person", "begin": "people"}
_MOST_ROUNDS = 20
_NOT_ASKED = "nothing of that key is missing in this draft"
_ROUNDS = 6  # an answer can raise a question: a task made a person's step needs a post


class BadAnswer(ValueError):
    """An answer does not fit what was asked; `problems` say why, by the key it was given under.

    What is wrong with one of several parts of an answer stands under `<key>/<part>`: a condition under the id of its flow.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{key}: {sentence}" for key, sentence in self.problems.items()))


def apply_answers(draft: Draft, answers: Mapping[str, Any]) -> Draft:
    """The draft with answers written in, by the keys of its repairs; what they change is added to `changes`.

    Kinds of answer, as `Repair.accepts` names them: code `"sales"`; duration `"2 working days"`; raci `{"responsible": code,
    "accountable": code}`; people / person / once / none / remove / exit / inclusive are those words; conditions `{flow id:
    expression or "default"}`; script `{"script": text}`; message `{"message": name}`; connector `{"connector": name}`; list
    `{"list": expression, "as": name}`; decision `{"decision": id}`; process `{"process": id}`; count `3`; time `"PT4H"`;
    expression `{"expression": text}`. Raises BadAnswer, and then nothing is changed.
    """
    asked = {repair.key: repair for repair in draft.repairs}
    problems = {key: _NOT_ASKED for key in answers if key not in asked}
    paper = _open(draft)
    given = [(asked[key], answers[key]) for key in asked if key in answers]
    for repair, answer in sorted(given, key=lambda pair: _ORDER.index(pair[0].kind)):
        node = paper.by_id(repair.element)
        if node is None:
            continue  # it went with something that another answer took out
        try:
            WRITERS[repair.kind](paper, node, answer)
        except Unfit as unfit:
            problems[f"{repair.key}/{unfit.part}" if unfit.part else repair.key] = str(unfit)
    if problems:
        raise BadAnswer(problems)
    settle(paper)
    return finish(paper, draft.notices, draft.others, draft)


def leave_to_people(draft: Draft, keys: Iterable[str] | None = None) -> Draft:
    """Let people take the decisions and do the steps that nothing else can: those of `keys`, or all, and what follows from it."""
    wanted = None if keys is None else set(keys)
    for _ in range(_ROUNDS):
        answers = {
            repair.key: _DECIDED_BY_PEOPLE[repair.kind]
            for repair in draft.repairs
            if repair.kind in _DECIDED_BY_PEOPLE and (wanted is None or repair.key in wanted)
        }
        if not answers:
            break
        draft = apply_answers(draft, answers)
    return draft


def answer_in_rounds(draft: Draft, answers: Mapping[str, Any], *, people: bool = False, strict: bool = True) -> Draft:
    """The draft with all answers written in, also those to what is only asked once others are given; `people` leaves the rest.

    Each answer is used once, in the round in which it is asked for. Raises BadAnswer as `apply_answers` does, and with `strict`
    for an answer that was never asked for.
    """
    left = dict(answers)
    for _ in range(_MOST_ROUNDS):
        asked = {repair.key: left.pop(repair.key) for repair in draft.repairs if repair.key in left}
        if asked:
            draft = apply_answers(draft, asked)
        elif people and any(repair.kind in _DECIDED_BY_PEOPLE for repair in draft.repairs):
            draft = leave_to_people(draft)
        else:
            break
    if left and strict:
        raise BadAnswer(dict.fromkeys(left, _NOT_ASKED))
    return draft


def answer_by_default(draft: Draft) -> Draft:
    """Answer everything that is missing, so that the draft can be tried: posts from lanes, one working day, people decide."""
    for _ in range(_ROUNDS):
        if not draft.repairs:
            break
        draft = apply_answers(draft, {repair.key: _default(repair) for repair in draft.repairs})
    return draft


def _default(repair: Repair) -> Any:
    if repair.kind == "post":
        code = repair.suggestion or UNASSIGNED
        return {"responsible": code, "accountable": code}
    if repair.kind in {"code", "owner", "director", "department"}:
        return repair.suggestion or UNASSIGNED
    if repair.kind == "standard":
        return repair.suggestion or A_DAY
    return repair.suggestion or "P1D" if repair.kind == "timer" else repair.accepts[0]


def _open(draft: Draft) -> Paper:
    paper, _ = open_paper(draft.model_xml, draft.file, draft.model().process_id)
    paper.index()
    paper.forms = {ref: dict(deepcopy(dict(form))) for ref, form in draft.forms.items()}
    for identifier, hints in draft.hints.items():
        if (node := paper.by_id(identifier)) is not None:
            paper.hints[node] = hints
    for identifier, line in draft.lines.items():
        if (node := paper.by_id(identifier)) is not None:
            paper.lines[node] = line
    return paper
