"""Rules about a single step: its post, its accountable post, its time standard, its form, its decision."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.bundle import calendar_names
from bpmn.model import Bundle, Standard
from bpmn.rules.register import Breach, rule


@rule()
def one_responsible(bundle: Bundle) -> Iterator[Breach]:
    """A human step has exactly one responsible post."""
    for step in bundle.model.steps():
        if step.raci is None:
            yield Breach(step, "the step has no responsible post: add <pilot:raci responsible=.../> with one post code")


@rule()
def one_accountable(bundle: Bundle) -> Iterator[Breach]:
    """A human step has an accountable post."""
    for step in bundle.model.steps():
        if step.raci is not None and step.raci.accountable is None:
            yield Breach(step, "the step has no accountable post: say in <pilot:raci accountable=.../> who answers for it")


@rule()
def step_standard(bundle: Bundle) -> Iterator[Breach]:
    """A human step has a time standard."""
    for step in bundle.model.steps():
        if step.standard is None:
            yield Breach(step, 'the step has no time standard: add <pilot:standard completion="30 working minutes"/>')


@rule()
def reaction_first(bundle: Bundle) -> Iterator[Breach]:
    """A reaction standard is shorter than the completion standard."""
    for step in bundle.model.steps():
        if step.standard is not None and _not_shorter(step.standard):
            yield Breach(step, "the reaction standard is not shorter than the completion standard: shorten it or leave it out")


def _not_shorter(standard: Standard) -> bool:
    reaction, completion = standard.reaction, standard.completion
    return reaction is not None and reaction.unit == completion.unit and reaction.amount >= completion.amount


@rule()
def known_calendar(bundle: Bundle) -> Iterator[Breach]:
    """A time standard names a working calendar that exists."""
    known = calendar_names()
    standards = [(None, bundle.model.standard), *((step, step.standard) for step in bundle.model.steps())]
    for at, standard in standards:
        if standard is not None and standard.calendar not in known:
            yield Breach(
                at, f"the time standard is on calendar {standard.calendar!r}, which does not exist: there is {', '.join(known)}"
            )


@rule("warning")
def step_fits_process(bundle: Bundle) -> Iterator[Breach]:
    """A step's standard is not longer than that of the whole process, as far as the two can be compared."""
    whole = bundle.model.standard
    for step in bundle.model.steps():
        mine = step.standard
        if whole and mine and mine.completion.unit == whole.completion.unit and mine.completion.amount > whole.completion.amount:
            yield Breach(step, f"the step may take {mine.completion}, longer than the whole process ({whole.completion})")


@rule("warning")
def step_name(bundle: Bundle) -> Iterator[Breach]:
    """A human step has a name that people can read on their task list."""
    for step in bundle.model.steps():
        if step.name == step.id:
            yield Breach(step, "the step has no name: people will see its id on their task list")


@rule("warning")
def input_and_output(bundle: Bundle) -> Iterator[Breach]:
    """A human step says what it works from and what it leaves behind."""
    for step in bundle.model.steps():
        missing = [f"<pilot:{kind}/>" for kind, given in (("input", step.inputs), ("output", step.outputs)) if not given]
        if missing:
            yield Breach(step, f"the step does not say its {' and '.join(missing)}")


@rule()
def form_exists(bundle: Bundle) -> Iterator[Breach]:
    """A form that is named is in the bundle."""
    for node in bundle.model.nodes:
        if node.form is not None and node.form not in bundle.forms:
            known = ", ".join(sorted(bundle.forms)) or "none"
            yield Breach(node, f"the form {node.form!r} is not in the bundle: add forms/{node.form}.json (there: {known})")


@rule()
def decision_exists(bundle: Bundle) -> Iterator[Breach]:
    """A business rule task names a decision that is in the bundle."""
    for node in bundle.model.nodes:
        if node.kind != "businessRuleTask":
            continue
        if node.decision is None:
            yield Breach(node, "the business rule task names no decision: add <pilot:decision ref=.../>")
        elif node.decision not in bundle.decisions:
            known = ", ".join(sorted(bundle.decisions)) or "none"
            yield Breach(node, f"the decision {node.decision!r} is in no .dmn file of the bundle (there: {known})")


@rule()
def public_intake_form(bundle: Bundle) -> Iterator[Breach]:
    """A public intake has a form."""
    for node in bundle.model.nodes:
        if node.public_intake and node.form is None:
            yield Breach(node, "the intake is public but has no form: add <pilot:form ref=.../> to the start event")


@rule("warning")
def intake_subject(bundle: Bundle) -> Iterator[Breach]:
    """The intake form marks one text as the subject that names the case."""
    for node in bundle.model.nodes:
        if node.kind != "startEvent" or node.scope != bundle.model.process_id or node.form not in bundle.forms:
            continue
        fields = bundle.forms[node.form or ""]["properties"].values()
        subjects = [field for field in fields if field.get("x-subject") is True]
        if [field.get("type") for field in subjects] != ["string"]:
            yield Breach(
                node, f'the form {node.form!r} should mark exactly one text with "x-subject": true, so that the case has a name'
            )
