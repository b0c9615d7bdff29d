"""All rules about a model in one pass; a rule that cannot cope is a finding too, never a crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bpmn import Decision, Finding, Model
from engine.called import Called
from engine.decisions import check_decision
from engine.runnable import calls, elements, events, fields, happens, repeats, structure, tokens
from engine.runnable.drawing import Drawing, Rule

_RULES: tuple[Rule, ...] = (
    elements.supported_kind,
    elements.supported_marker,
    elements.other_element,
    elements.usable_id,
    elements.usable_data_name,
    events.supported_event,
    events.attached_event,
    events.event_sub_process,
    events.joined_links,
    events.event_gateway,
    events.usable_message,
    events.message_flows,
    happens.can_happen,
    elements.runnable_script,
    elements.known_decision,
    repeats.counted,
    repeats.readable,
    repeats.nothing_beside,
    repeats.clear_names,
    repeats.bounded_when_instant,
    calls.known_process,
    calls.readable_passes,
    calls.intake_filled,
    calls.error_comes_back,
    structure.one_start,
    structure.flow_ends,
    structure.ways_out,
    structure.ways_in,
    structure.conditions,
    structure.every_choice_decided,
    structure.no_busy_loop,
)


def check_model(
    model: Model,
    decisions: Mapping[str, Decision],
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    called: Mapping[str, Called] | None = None,
) -> tuple[Finding, ...]:
    """Every reason why this model would not run as it is drawn (errors), and what deserves a look (warnings).

    `forms` are the forms by their name, where they are at hand: then the fields that conditions read are looked up in them.
    `called` are the processes that it calls, by the words of its call activities; None where they are not at hand.
    """
    drawing = Drawing(model, decisions, called)
    for first in (elements.usable_size, structure.known_place):
        if broken := tuple(first(drawing)):
            return broken  # the other rules would take long, or lose their way
    found = [finding for rule in _RULES for finding in rule(drawing)]
    used = {node.decision for node in model.nodes if node.decision}
    found += [finding for name in sorted(used & decisions.keys()) for finding in check_decision(decisions[name])]
    found += fields.known_names(drawing, forms)
    if not any(finding.severity == "error" for finding in found):
        found += tokens.sound(drawing)
    return tuple(dict.fromkeys(found))


def escaping(model: Model, decisions: Mapping[str, Decision], called: Mapping[str, Called]) -> frozenset[str]:
    """The codes of the errors (empty: without a code) that leave this process, which only a process that calls it can catch."""
    return calls.uncaught(Drawing(model, decisions, called))
