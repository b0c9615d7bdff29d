"""Processes, and drafts of models that were drawn in other tools: handed in, answered, deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import bpmn
import engine
from webapp import draft_forms, draft_words, forms
from webapp.access import actor, needs
from webapp.edge import now, reading, transaction
from webapp.errors import words_for
from webapp.language import pick
from webapp.sentences import gettext
from webapp.words import Chip

pages = Blueprint("drafts", __name__)
DRAFTERS = ("owner", "administrator")
MOST_UPLOADED = 6 << 20
MOST_ANSWERED = 2 << 20
MOST_FIELDS = 5_000
_LONGEST_NAME = 120


def limit_forms() -> None:
    """Files may be larger than a form, and a large draft asks for many answers; runs before anything reads the form."""
    if request.endpoint == "drafts.keep":
        request.max_content_length = MOST_UPLOADED
    elif request.endpoint == "drafts.answer":
        request.max_content_length = request.max_form_memory_size = MOST_ANSWERED
        request.max_form_parts = MOST_FIELDS


@pages.get("/processes")
@needs(*DRAFTERS)
def index() -> ResponseReturnValue:
    """What is deployed, and what is being drafted."""
    with reading() as c:
        processes = engine.list_processes(c)
        drafts = engine.list_drafts(c, actor())
    return render_template("processes.html", processes=processes, drafts=drafts, state=_state)


@pages.get("/drafts/new")
@needs(*DRAFTERS)
def new() -> ResponseReturnValue:
    """The form that takes a file."""
    return _upload_page([])


@pages.get("/drafts")
@needs(*DRAFTERS)
def back_to_list() -> ResponseReturnValue:
    """Where a reload lands after a file was refused."""
    return redirect(url_for("drafts.new"))


@pages.post("/drafts")
@needs(*DRAFTERS)
def keep() -> ResponseReturnValue:
    """Make a draft of the files, or say why they are refused."""
    uploaded = [(_name(file.filename), file.read()) for file in request.files.getlist("files") if file.filename]
    files = dict(uploaded)
    if len(files) < len(uploaded):
        return _upload_page([bpmn.Finding("two-of-one-name", "Two of the files have the same name: choose each once.")])
    try:
        engine.open_draft(files)  # seconds for the largest: before the transaction, which then finds it made
        with transaction() as c:
            draft = engine.keep_draft(c, files, by=actor(), now=now())
    except bpmn.BadModel as bad:
        return _upload_page(bad.findings)
    flash(gettext("The draft is kept. Nothing runs before it is deployed."), "note")
    return redirect(url_for("drafts.show", draft=draft), 303)


@pages.get("/drafts/<int:draft>")
@needs(*DRAFTERS)
def show(draft: int) -> ResponseReturnValue:
    """One draft: its drawing, what was changed, what is missing, what the engine says."""
    return _page(draft)


@pages.get("/drafts/<int:draft>/model.bpmn")
@needs(*DRAFTERS)
def model(draft: int) -> ResponseReturnValue:
    """The model as it stands with the answers given."""
    with reading() as c:
        view = engine.draft(c, draft, actor())
    headers = {"Content-Disposition": "inline; filename=draft.bpmn"}
    return Response(view.draft.model_xml, mimetype="application/xml", headers=headers)


@pages.get("/drafts/<int:draft>/answers")
@pages.get("/drafts/<int:draft>/take-back")
@pages.get("/drafts/<int:draft>/other")
@pages.get("/drafts/<int:draft>/discard")
@pages.get("/drafts/<int:draft>/deploy")
@needs(*DRAFTERS)
def back(draft: int) -> ResponseReturnValue:
    """Where a reload or the language switch lands after a refusal."""
    return redirect(url_for("drafts.show", draft=draft))


@pages.post("/drafts/<int:draft>/answers")
@needs(*DRAFTERS)
def answer(draft: int) -> ResponseReturnValue:
    """Take answers; with the second button, leave every decision that is still open to people."""
    entered = request.form.to_dict()
    with reading() as c:
        view = engine.draft(c, draft, actor())
    if view.seen != _seen():
        return _was_faster(view)
    people = request.form.get("do") == "people"
    try:
        with transaction() as c:
            given = draft_forms.answers(view.draft, entered)
            engine.answer_draft(c, draft, given, seen=_seen(), by=actor(), now=now(), people=people)
    except bpmn.BadAnswer as bad:
        return _page(draft, entered, bad.problems)
    flash(gettext("The answers are kept."), "note")
    return redirect(url_for("drafts.show", draft=draft), 303)


@pages.post("/drafts/<int:draft>/take-back")
@needs(*DRAFTERS)
def take_back(draft: int) -> ResponseReturnValue:
    """Take one answer back: its question is open again."""
    with transaction() as c:
        engine.answer_draft(c, draft, {request.form.get("answer", ""): None}, seen=_seen(), by=actor(), now=now())
    return redirect(url_for("drafts.show", draft=draft), 303)


@pages.post("/drafts/<int:draft>/other")
@needs(*DRAFTERS)
def other(draft: int) -> ResponseReturnValue:
    """Another draft of the same files: of another process in them."""
    with transaction() as c:
        made = engine.draft_of_other(c, draft, request.form.get("process", ""), by=actor(), now=now())
    return redirect(url_for("drafts.show", draft=made), 303)


@pages.post("/drafts/<int:draft>/discard")
@needs(*DRAFTERS)
def discard(draft: int) -> ResponseReturnValue:
    """Put the draft aside for good."""
    with transaction() as c:
        engine.discard_draft(c, draft, seen=_seen(), by=actor(), now=now())
    flash(gettext("The draft is discarded."), "note")
    return redirect(url_for("drafts.index"), 303)


@pages.post("/drafts/<int:draft>/deploy")
@needs(*DRAFTERS)
def deploy(draft: int) -> ResponseReturnValue:
    """Make the draft a version that can be started."""
    version = request.form.get("version", "").strip()
    try:
        with transaction() as c:
            view = engine.draft(c, draft, actor())
            engine.deploy_draft(c, draft, seen=_seen(), by=actor(), now=now(), version=version)
    except engine.BadInput:
        return _page(draft, wrong_version=gettext("This version cannot be used: it is taken, empty or too long."))
    flash(gettext("%(code)s %(version)s is deployed.", code=view.code, version=version), "note")
    return redirect(url_for("drafts.show", draft=draft), 303)


def _seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _name(filename: str | None) -> str:
    """The last part of what the browser says the file is called, without anything invisible."""
    last = (filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[-_LONGEST_NAME:]


def _upload_page(findings: Any) -> ResponseReturnValue:
    page = render_template("draft_new.html", findings=[(finding, draft_words.finding(finding)) for finding in findings])
    return page, (422 if findings else 200)


def _page(
    draft: int, entered: Mapping[str, str] | None = None, problems: Mapping[str, str] | None = None, wrong_version: str = ""
) -> ResponseReturnValue:
    with reading() as c:
        view = engine.draft(c, draft, actor())
        processes = tuple((row.code, f"{pick(row.name)} ({row.code})") for row in engine.list_processes(c))
        posts, departments = engine.post_names(c), engine.department_names(c)
    made = view.draft
    known = draft_forms.Known(posts, departments, processes, view.decisions, sorted(made.forms))
    questions = draft_forms.questions(made, known, entered or {}, problems or {}) if view.row.state == "open" else []
    return render_template(
        "draft.html",
        view=view,
        state=_state(view.row.state),
        questions=questions,
        every=draft_forms.every(entered or {}, known),
        wrong=[(question, one) for question in questions for one in question.inputs if one.error],
        wrong_version=wrong_version,
        version=request.form.get("version", view.version),
        states=_marks(made),
        changes=[(change, draft_words.change(change)) for change in made.changes],
        notices=[(notice, draft_words.finding(notice)) for notice in made.notices],
        findings=[(finding, draft_words.finding(finding)) for finding in view.findings],
        answers=[(key, _in_words(answer)) for key, answer in view.answers.items()],
        key=forms.new_key(),
    ), (422 if problems or wrong_version else 200)


def _marks(made: bpmn.Draft) -> list[dict[str, Any]]:
    """What the drawing shows: each element that waits for an answer, once; the process itself is not drawn."""
    process = made.model().process_id
    elements = dict.fromkeys(repair.element for repair in made.repairs if repair.element != process)
    return [{"step": element, "state": "late", "times": 1, "token": True} for element in elements]


def _in_words(answer: Any) -> str:
    if isinstance(answer, Mapping):
        return gettext("; ").join(f"{name}: {value}" for name, value in answer.items())
    return str(answer)


def _state(state: str) -> Chip:
    texts = {"open": gettext("open"), "deployed": gettext("deployed"), "discarded": gettext("discarded")}
    return Chip({"open": "open", "deployed": "ok"}.get(state, "quiet"), texts.get(state, state))


def _was_faster(view: engine.DraftView) -> ResponseReturnValue:
    """The kind page for the slower of two: who answered, and that nothing was lost by asking."""
    who = pick(view.row.changed_by)
    detail = gettext("%(who)s has changed this draft since you opened the page. Your answers were not kept.", who=who)
    again = url_for("drafts.show", draft=view.row.id)
    return render_template("error.html", status=409, words=words_for(409), detail=detail, again=again), 409
