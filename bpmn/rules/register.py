"""Where the rules are kept and run: a rule is a function with one sentence that yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bpmn.errors import Finding, Severity
from bpmn.model import Bundle, Lane, Node


@dataclass(frozen=True, slots=True)
class Breach:
    """What a rule found: where (a node, a lane, or the process itself) and a sentence for the author.

    `file` is the other file that is at fault, when it is not the model: then no line of the model is named.
    """

    at: Node | Lane | None
    message: str
    file: str | None = None


Rule = Callable[[Bundle], Iterator[Breach]]


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule with its stable id, how bad a breach of it is, and its sentence."""

    id: str
    severity: Severity
    sentence: str
    find: Rule


RULES: list[Registered] = []


def rule(severity: Severity = "error") -> Callable[[Rule], Rule]:
    """Register a function as a rule; its id is its name in kebab-case and its sentence its docstring."""

    def register(find: Rule) -> Rule:
        RULES.append(Registered(find.__name__.replace("_", "-"), severity, (find.__doc__ or "").strip(), find))
        return find

    return register


def check(bundle: Bundle) -> tuple[Finding, ...]:
    """Everything the rules find in a bundle, errors first and then in the order of the file; () when all is well."""
    findings = [*bundle.model.notices, *(_finding(bundle, one, breach) for one in RULES for breach in one.find(bundle))]
    return tuple(sorted(findings, key=lambda finding: (finding.severity != "error", finding.line or 0)))


def _finding(bundle: Bundle, one: Registered, breach: Breach) -> Finding:
    at, model = breach.at, bundle.model
    where, name, line = (model.process_id, model.name, model.line) if at is None else (at.id, at.name, at.line)
    return Finding(one.id, breach.message, where, name, None if breach.file else line, one.severity, breach.file)
