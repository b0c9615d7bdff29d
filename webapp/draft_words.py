"""What a draft says, in the page's language: its own English sentences, and the same by kind in the catalogue's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpmn
from webapp.language import language
from webapp.sentences import gettext


def N_(message: str) -> str:  # noqa: N802 (the name by which catalogues find a sentence that is said later)
    """Mark a sentence for the catalogues."""
    return message


def repair(asked: bpmn.Repair) -> str:
    """What is missing."""
    return _said(asked.sentence, REPAIRS.get(asked.kind), what=asked.name or asked.element)


def change(made: bpmn.Change) -> str:
    """What was changed."""
    what = made.name or made.element or ""
    rule = made.rule.partition("-")[2] if made.rule.endswith("-declared") else made.rule
    return _said(made.sentence, CHANGES.get(rule), what=what)


def finding(found: bpmn.Finding) -> str:
    """What the readers or the engine found."""
    what, names = found.name or found.element or found.file or "", found.message.partition(": ")[2]
    return _said(found.message, FINDINGS.get(found.rule), what=what, names=names)


def problem(key: str, sentence: str) -> str:
    """What is wrong with an answer."""
    kind = "condition" if "/" in key else key.partition(":")[0]
    return _said(sentence, PROBLEMS.get(kind, PROBLEMS["code"]))


def _said(english: str, known: str | None, **values: Any) -> str:
    """English is exact; another language says it by kind, with the English beside it where there is no such sentence."""
    if language() == "en":
        return english
    return gettext(known, **values) if known else english


REPAIRS: Mapping[str, str] = {
    "code": N_("The process has no code: under which code shall its cases run?"),
    "owner": N_("Which post owns the process?"),
    "director": N_("Which post decides the exceptions of the process?"),
    "standard": N_("How long may %(what)s take?"),
    "department": N_("Which department is the lane %(what)s?"),
    "post": N_("Which post does %(what)s, and which answers for it?"),
    "form": N_("%(what)s uses a form that is not in the file: choose another one, or none."),
    "decision": N_("When is each way out of %(what)s taken?"),
    "task": N_("%(what)s is not done by a person: say by what it is done here, or let a person do it."),
    "call": N_("%(what)s calls another process: name one that is deployed, or let a person do it."),
    "instances": N_("%(what)s is done several times: how often, or for which list?"),
    "loop": N_("%(what)s is repeated: how often at most?"),
    "begin": N_("%(what)s begins the process by itself: here people begin its cases."),
    "timer": N_("When is the timer %(what)s due?"),
    "event-condition": N_("For which condition does %(what)s wait?"),
    "unconnected": N_("No way leads to %(what)s from the start: it can be taken out."),
    "join": N_("At %(what)s a case can wait for ever: it can wait only for the ways that are taken."),
    "endless": N_("No way leads from %(what)s to an end: people can end it there."),
}
"""By the kind of repair."""

PROBLEMS: Mapping[str, str] = {
    "condition": N_("This condition cannot be used: compare fields of steps, e.g. step.field == true."),
    "code": N_("Write a code: latin letters, digits, hyphen and underscore."),
    "standard": N_("This is not a duration: write e.g. 2 working days, 30 working minutes or PT48H."),
    "timer": N_("This is not a time: write e.g. PT4H, P2D or 2026-12-01T09:00:00+08:00."),
    "decision": N_("Choose one of the answers, with a condition for each way."),
    "task": N_("This answer cannot be used: a script holds assignments in the expression language."),
    "instances": N_("Write a whole number from 1 to 1000, or a list that a step leaves, e.g. step.field."),
    "loop": N_("Write a whole number from 1 to 1000."),
    "event-condition": N_("This condition cannot be used: compare fields of steps, e.g. step.field == true."),
}
"""By the kind of repair: what is wrong with an answer to it."""

CHANGES: Mapping[str, str] = {
    "ad-hoc": N_("%(what)s became a plain sub-process: all its steps are offered at once."),
    "always-taken": N_("%(what)s has no condition: it is always taken."),
    "association-removed": N_("%(what)s leads from or to nothing: the line was taken out."),
    "begun-by-people": N_("%(what)s began the process by itself: people begin its cases."),
    "boundary-removed": N_("%(what)s is attached to nothing: it was taken out."),
    "call-answered": N_("%(what)s was given the process that it calls."),
    "called-element": N_("%(what)s calls the process that the other tool names."),
    "cancel": N_("%(what)s cancels: it became an error or an end that has the same effect."),
    "code-chosen": N_("The process was given a code out of its id."),
    "compensation": N_("%(what)s compensates other steps: nothing is undone here, so it was taken out or made an ordinary step."),
    "complex-gateway": N_("%(what)s became an inclusive gateway: rules of its own are not kept."),
    "condition-empty": N_("The empty condition of %(what)s was taken off."),
    "condition-removed": N_("The condition of %(what)s has no effect where it stands: it was taken off."),
    "condition-replaced": N_("The condition of %(what)s gave way to the choice that people make."),
    "connector-named": N_("%(what)s was given its connector."),
    "condition-translated": N_("The condition of %(what)s was translated into the expression language."),
    "data-store": N_("The data store %(what)s was taken out: nothing is kept outside the case."),
    "decision-answered": N_("The ways out of %(what)s were given their conditions."),
    "decision-named": N_("%(what)s was given its decision table."),
    "decision-step-added": N_("The step %(what)s was added, in which a person decides."),
    "declared": N_("%(what)s names something that the file does not declare: it was declared."),
    "default-chosen": N_("One way out of %(what)s is taken when no condition holds."),
    "default-removed": N_("The default of %(what)s has no effect: it was taken off."),
    "direction-removed": N_("%(what)s named a flow that is not its own: the name was taken out."),
    "done-once": N_("%(what)s was to be done several times: it is done once."),
    "done-so-often": N_("It was said how often %(what)s is done."),
    "empty-sub-process": N_("Nothing is drawn inside %(what)s: it became one step that a person does."),
    "end-added": N_("An end event was added behind %(what)s."),
    "end-passed": N_("A flow leads on from %(what)s: it became an event that is passed."),
    "error-not-caught": N_("Nothing catches the error of %(what)s: it ends everything around it at once."),
    "event-gateway": N_("Not only events follow %(what)s: it became a choice that people make."),
    "event-inlined": N_("The event definition that %(what)s shares with others was copied into it."),
    "event-made-plain": N_("%(what)s became a plain event that is passed."),
    "event-reference-removed": N_("%(what)s refers to an event definition that does not exist: the reference was taken out."),
    "event-removed": N_("The event %(what)s was taken out."),
    "event-several": N_("%(what)s names several events: one of them was kept."),
    "event-sub-process-removed": N_("%(what)s has no event that could begin it: it was taken out with all in it."),
    "executable": N_("The process was not marked as one that runs: it is now."),
    "exit-added": N_("After %(what)s people choose whether it is over."),
    "flow-gone": N_("The flow %(what)s was taken out with what it led to or from."),
    "flow-moved": N_("The flow %(what)s was moved into the sub-process that holds its ends."),
    "flow-removed": N_("The flow %(what)s leads where no flow can lead: it was taken out."),
    "form-taken-over": N_("The form fields of %(what)s became a form."),
    "global-task": N_("%(what)s calls a task that is described elsewhere in the file: it became that task."),
    "id-given": N_("%(what)s had no usable id: it was given one."),
    "id-twice": N_("The id of %(what)s was used twice: it was given another one."),
    "import-removed": N_("An import was taken out: a file stands for itself."),
    "join-made-inclusive": N_("%(what)s could wait for ever: it waits only for the ways that are taken."),
    "lane-reference-removed": N_("The lane %(what)s names an element that does not exist: the name was taken out."),
    "left-to-people": N_("People choose the way at %(what)s."),
    "link-goes-on": N_("%(what)s ended in a link: it became an event on the way, which goes on at the link."),
    "link-joined": N_("The link %(what)s became a flow that says the same."),
    "link-lost": N_("The link %(what)s leads nowhere: it became a plain event."),
    "message-flow-removed": N_("The message flow %(what)s leads from or to nothing: it was taken out."),
    "message-named": N_("%(what)s was given its message."),
    "name-shortened": N_("The name of %(what)s was too long: it was shortened."),
    "not-of-a-process": N_("%(what)s is no step of a process that runs: it was taken out."),
    "operation-removed": N_("%(what)s names an operation that the file does not declare: it was taken out."),
    "other-process": N_("Another process of the file was chosen to run: %(what)s stays in the drawing."),
    "plain-boundary": N_("The event %(what)s became a way out that people choose after the step."),
    "pool-emptied": N_("The pool %(what)s names a process that is not in the file: it stays empty."),
    "repeat-translated": N_("How often, or until when, %(what)s is repeated was translated into the expression language."),
    "script-answered": N_("The script of %(what)s was written in the expression language."),
    "several-starts": N_("%(what)s was one of several starts: it became one of the ways to begin."),
    "split-added": N_("Several flows leave %(what)s: a gateway was put behind it."),
    "start-added": N_("A start event was added before %(what)s."),
    "start-entered": N_("A flow leads into the start %(what)s: it became an event on the way."),
    "task-to-person": N_("%(what)s was an automatic step: a person does it."),
    "timer-answered": N_("The timer %(what)s was given its time."),
    "timer-rewritten": N_("The time of %(what)s is written differently now."),
    "timer-several": N_("%(what)s has several times: the first was kept."),
    "transaction": N_("%(what)s became a plain sub-process: nothing is undone when it is cancelled."),
    "two-lanes": N_("%(what)s stands in two lanes: it was left in one."),
    "unconnected-removed": N_("No way leads to %(what)s: it was taken out."),
}
"""By the rule of a change."""

FINDINGS: Mapping[str, str] = {
    "foreign": N_("Not taken over at %(what)s: %(names)s"),
    "not-drawn": N_("The process is too big to be drawn here: it runs without a picture."),
    "broken-xml": N_("The file is not XML that can be read."),
    "empty": N_("The file is empty."),
    "doctype": N_("The file holds a document type declaration, which is never read: export it as plain BPMN."),
    "too-big": N_("The file is too large."),
    "too-deep": N_("The elements of the file are nested too deep."),
    "too-many-elements": N_("The file has too many elements."),
    "too-long": N_("The file holds a text or an attribute that is too long."),
    "two-of-one-name": N_("Two of the files have the same name: choose each once."),
    "not-bpmn": N_("The file holds no BPMN 2.0 definitions: export it as BPMN 2.0."),
    "no-process": N_("The file holds no process with steps in it."),
    "no-model": N_("Choose a .bpmn file."),
    "several-models": N_("Several .bpmn files were chosen: choose one."),
    "not-a-model": N_("A draft is made of one .bpmn file, perhaps with .dmn files beside it."),
    "event": N_("The engine does not run this kind of event at %(what)s."),
    "unsupported": N_("The engine does not run this kind of element: %(what)s."),
    "not-dmn": N_("The file is not a decision table (DMN)."),
    "decision-table": N_("The decision table %(what)s cannot be used."),
    "decision-row": N_("A row of the decision table %(what)s cannot be used."),
    "duplicate-id": N_("The id %(what)s is used twice."),
    "size": N_("The process has too many elements: split it into several processes."),
    "waits-for-ever": N_("At %(what)s a case can wait for ever."),
    "done-twice": N_("A case can come to %(what)s twice at once."),
    "never-ends": N_("From %(what)s a case may never end."),
    "busy-loop": N_("%(what)s stands in a loop in which nobody does anything."),
    "dead-end": N_("Nothing follows %(what)s: draw an end event."),
    "unreachable": N_("No way leads to %(what)s."),
    "split": N_("Several flows leave %(what)s: put a gateway there."),
    "no-default": N_("%(what)s needs a default, or a condition that always holds."),
    "unknown-name": N_("A condition at %(what)s reads something that no step produces."),
    "timer": N_("The time of %(what)s cannot be used."),
    "timer-cycle": N_("A repeated timer is not supported at %(what)s."),
    "script": N_("The script of %(what)s cannot be used."),
    "decision": N_("%(what)s names no decision table that is here."),
    "event-sub-process": N_("The engine does not run the event sub-process %(what)s."),
    "multi-instance": N_("The engine does not repeat %(what)s in this way."),
    "loop-marker": N_("The engine does not repeat %(what)s in this way."),
    "boundary-host": N_("The event %(what)s stands at the edge of something that takes no time."),
    "error-boundary": N_("The error event %(what)s cannot be used there."),
    "error-not-caught": N_("Nothing catches the error of %(what)s."),
    "trial-start": N_("A case cannot even be started."),
    "lost": N_("The engine would run %(what)s differently from the drawing."),
}
"""By the rule of a finding of the readers and of the gate; the others are said in English."""
