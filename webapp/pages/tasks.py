"""What a person has to do: the list, one task, and the three things that can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import engine
from webapp import forms, words
from webapp.access import actor, needs
from webapp.edge import now, reading, transaction
from webapp.errors import Words, words_for
from webapp.language import pick
from webapp.pages.data import Part, parts
from webapp.pages.escalations import MISSED, Line, of_notice
from webapp.pages.incidents import kept
from webapp.sentences import gettext
from webapp.view import step_name

pages = Blueprint("tasks", __name__)
MOST_NOTICES = 8


@pages.get("/tasks")
@needs()
def mine() -> ResponseReturnValue:
    """My tasks and those of my posts, overdue first."""
    return render_template("tasks.html", **_list())


@pages.get("/tasks/rows")
@needs()
def rows() -> ResponseReturnValue:
    """The list alone, for the page that refreshes itself."""
    return render_template("parts/task_rows.html", **_list())


def _list() -> dict[str, Any]:
    with reading() as c:
        tasks = engine.my_tasks(c, actor(), now())
        notices = engine.notices_for(c, actor().id)
    # A reminder says what the list shows anyway; and what synthetic staff let slip is nobody's business today.
    raised: list[Line] = [of_notice(row) for row in notices if row.percent >= MISSED and not row.rehearsal]
    return {"tasks": tasks, "notices": raised[:MOST_NOTICES], "back": url_for("tasks.mine")}


@dataclass(frozen=True, slots=True)
class Duty:
    """One letter of the RACI row, in words."""

    title: str
    text: str


@pages.get("/tasks/<int:item>")
@needs()
def show(item: int) -> ResponseReturnValue:
    """One task."""
    return _page(item)


def _page(item: int, entered: Mapping[str, str] | None = None, wrong: engine.BadInput | None = None) -> ResponseReturnValue:
    with reading() as c:
        task = engine.task(c, item, actor(), now())
        posts = engine.post_names(c)
    fields = forms.fields(task.form, entered or {}, wrong)
    return render_template(
        "task.html",
        task=task,
        open=task.state in {"offered", "claimed"},
        state=words.item_state(task.state),
        fields=fields,
        problem=forms.about_the_whole(wrong, fields),
        form_title=pick(task.form.get("title")) if task.form else "",
        answers=forms.answers_in_words(task.form, task.answers) if task.answers else [],
        data=_parts(task),
        duties=_duties(task.raci, posts),
        key=request.form.get("key") or forms.new_key(),
        comment=request.form.get("comment", ""),
    ), (422 if wrong else 200)


def _parts(task: engine.TaskView) -> list[Part]:
    others = {step: answers for step, answers in task.data.items() if step != task.own_step}
    return parts(others, task.forms, task.step_names)


def _duties(raci: Any, posts: Mapping[str, engine.Names]) -> list[Duty]:
    if raci is None:
        return []
    rows = [
        (gettext("Responsible"), (raci.responsible,)),
        (gettext("Accountable"), (raci.accountable,) if raci.accountable else ()),
        (gettext("Consulted"), raci.consulted),
        (gettext("Informed"), raci.informed),
    ]
    return [Duty(title, gettext("; ").join(pick(posts.get(code)) or code for code in codes)) for title, codes in rows if codes]


@pages.post("/tasks/<int:item>")
@needs()
def complete(item: int) -> ResponseReturnValue:
    """Complete the task with its form's answers. What cannot be taken comes back with every text kept."""
    entered = forms.entered_texts(request.form)
    comment = request.form.get("comment", "")[: forms.LONGEST_COMMENT]
    key = request.form.get("key") or None
    answers: dict[str, Any] = {}
    try:
        with transaction() as c:
            task = engine.task(c, item, actor(), now())
            answers = engine.read_answers(task.form, forms.given_texts(entered), text=True) if task.form else {}
            engine.complete(c, item, answers, by=actor(), now=now(), comment=comment, key=key)
    except engine.BadInput as wrong:
        return _page(item, entered, wrong)
    except engine.CannotGoOn as stuck:
        error = stuck  # the name of an except clause is gone after it
        return kept(lambda c: engine.report_failure(c, item, answers, error, by=actor(), now=now(), comment=comment, key=key))
    except engine.WrongState:
        return _was_faster(item)
    flash(gettext("%(task)s of %(case)s is completed.", task=step_name(task.row), case=task.row.case_number), "note")
    return redirect(url_for("tasks.mine"), 303)


@pages.get("/tasks/<int:item>/claim")
@pages.get("/tasks/<int:item>/release")
@needs()
def back(item: int) -> ResponseReturnValue:
    """Where a reload or the language switch lands after a claim that was refused."""
    return redirect(url_for("tasks.show", item=item))


@pages.post("/tasks/<int:item>/claim")
@needs()
def claim(item: int) -> ResponseReturnValue:
    """Take the task; the page to work on it follows."""
    try:
        with transaction() as c:
            engine.claim(c, item, by=actor(), now=now())
    except engine.WrongState:
        return _was_faster(item)
    return redirect(url_for("tasks.show", item=item), 303)


@pages.post("/tasks/<int:item>/release")
@needs()
def release(item: int) -> ResponseReturnValue:
    """Give the task back to the post."""
    try:
        with transaction() as c:
            engine.release(c, item, by=actor(), now=now())
    except engine.WrongState:
        return _was_faster(item)
    flash(gettext("The task is open to the post again."), "note")
    return redirect(url_for("tasks.mine"), 303)


def _was_faster(item: int) -> ResponseReturnValue:
    """The kind page for the slower of two: who did what, and that nothing was lost by asking."""
    with reading() as c:
        task = engine.task(c, item, actor(), now())
    step, who = step_name(task.row), pick(task.closed_by_name or task.row.assignee_name)
    said = {
        "completed": gettext("%(who)s has completed %(step)s already. Your answer changed nothing.", who=who, step=step),
        "claimed": gettext("%(who)s is working on %(step)s already.", who=who, step=step),
        "withdrawn": gettext("%(step)s is no longer needed: the case went another way.", step=step),
        "offered": gettext("%(step)s is not claimed. Claim it first, then complete it.", step=step),
    }
    again = url_for("tasks.show", item=item)
    return render_template("error.html", status=409, words=_words(task.state), detail=said.get(task.state), again=again), 409


def _words(state: str) -> Words:
    if state == "offered":
        return Words(gettext("The task is not in your hands"), "", gettext("Nothing was changed."))
    return words_for(409)
