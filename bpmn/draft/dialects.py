"""What other tools write into BPMN: read where it maps to something here, counted and left out where it does not."""

from __future__ import annotations

import re
from collections import Counter

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import drop, label, set_ours
from bpmn.draft.values import Hints
from bpmn.draft.vendor_forms import Field, read_fields, schema_of
from bpmn.durations import BadDuration, Duration
from bpmn.errors import Finding
from bpmn.names import ACTIVITIES, BPMN, HUMAN, KEPT, tag
from bpmn.safexml import line_of, local, space, text_of

TOOLS = {
    "http://camunda.org/schema/1.0/bpmn": "Camunda 7",
    "http://activiti.org/bpmn": "Activiti",
    "http://flowable.org/bpmn": "Flowable",
    "http://camunda.org/schema/zeebe/1.0": "Camunda 8",
    "http://camunda.org/schema/modeler/1.0": "Camunda Modeler",
    "http://www.jboss.org/drools": "jBPM",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
    "http://www.signavio.com": "Signavio",
}
_READ = frozenset(TOOLS) - {"http://camunda.org/schema/modeler/1.0", "http://www.signavio.com"}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}")
_UNFIT = re.compile(r"[^A-Za-z0-9_\-]+")
_COMPUTED = re.compile(r"[$#]\{(.*)\}|=(.*)", re.DOTALL)
_QUOTED = re.compile(r"""(?:duration\(\s*)?(["'])([^"'{}]*)\1\s*\)?""")
_GROUP = re.compile(r"group\(\s*([^)]+?)\s*\)|user\(\s*([^)]+?)\s*\)")
_CONNECTORS = ("class", "delegateExpression", "expression", "type", "topic", "taskName", "operationRef", "connectorRef")
_NAMES_SHOWN = 12


def read_dialects(paper: Paper) -> tuple[Finding, ...]:
    """Take over what maps, as hints and forms, then leave everything foreign out; the notices say what was not taken over."""
    for node in paper.all_nodes():
        fields = read_fields(node) if local(node) in HUMAN | {"startEvent"} else ()
        _note(paper, node, _Vendor(node))
        if fields:
            _form(paper, node, fields)
    _dissolve_wrappers(paper.root)
    return _leave_out(paper)


def code_of(text: str | None) -> str | None:
    """A text as a code of ours (latin letters, digits, _ and -), None when nothing of it can be."""
    words = _UNFIT.sub("-", (text or "").strip()).strip("-_")[:64].strip("-_")
    return words.lower() if _CODE.fullmatch(words) else None


def literal(text: str | None) -> str | None:
    """The plain text inside an expression that is only a constant, e.g. `${"PT5M"}`; None when it has to be computed."""
    text = (text or "").strip()
    if match := _COMPUTED.fullmatch(text):
        inner = (match[1] or match[2] or "").strip()
        return literal(inner) if _QUOTED.fullmatch(inner) or inner.replace(".", "").isdigit() else None
    if match := _QUOTED.fullmatch(text):
        return match[2]
    return text or None if "{" not in text else None


# Elements of other tools that hold what maps, with names for their attributes where the plain ones say too little.
_HOLDERS: dict[str, dict[str, str]] = {
    "assignmentDefinition": {},
    "taskSchedule": {},
    "formDefinition": {"formId": "formKey", "externalReference": "formKey"},
    "taskDefinition": {"type": "topic"},
    "calledDecision": {"decisionId": "decisionRef"},
    "calledElement": {"processId": "calledProcess"},
}


class _Vendor:
    """What other tools say about one node, by plain names; what is taken is removed, so that the rest can be named."""

    def __init__(self, node: etree._Element) -> None:
        self._found: dict[str, tuple[etree._Element, str]] = {}
        for raw in node.attrib:
            name = etree.QName(raw)
            if name.namespace in _READ:
                self._found.setdefault(name.localname, (node, name.text))
        for element in node.iterfind(f"{tag('extensionElements')}//*"):
            if space(element) in _READ and local(element) in _HOLDERS:
                for raw in element.attrib:
                    plain = etree.QName(raw).localname
                    self._found.setdefault(_HOLDERS[local(element)].get(plain, plain), (element, str(raw)))

    def take(self, *names: str) -> str | None:
        """The first of these that says something plain; what has to be computed stays."""
        for name in names:
            element, attribute = self._found.get(name, (None, ""))
            plain = literal(element.get(attribute)) if element is not None else None
            if element is not None and plain is not None:
                drop(element, attribute)
                if local(element) in _HOLDERS and not element.attrib:
                    _drop(element)
                return plain
        return None

    def said(self, *names: str) -> str | None:
        """The first of these, as it is written and only to be shown."""
        places = [self._found[name] for name in names if name in self._found]
        return next((text for element, attribute in places if (text := element.get(attribute))), None)


def _note(paper: Paper, node: etree._Element, vendor: _Vendor) -> None:
    kind = local(node)
    hints = Hints(
        post=_post(node, vendor) if kind in ACTIVITIES else None,
        standard=_standard(vendor),
        form=code_of(vendor.take("formKey", "formRef")) if kind in HUMAN | {"startEvent"} else None,
        connector=vendor.said(*_CONNECTORS),
        decision=code_of(vendor.take("decisionRef")) if kind == "businessRuleTask" else None,
    )
    if hints != Hints():
        paper.hints[node] = hints
    if kind == "callActivity" and not node.get("calledElement") and (called := vendor.take("calledProcess")):
        node.set("calledElement", called)
        paper.say("called-element", node, f"{label(node)} calls {called[:80]!r}: taken over from the tool's own element.")


def _form(paper: Paper, node: etree._Element, fields: tuple[Field, ...]) -> None:
    ref = code_of(node.get("id")) or "form"
    while ref in paper.forms:
        ref += "-2"
    paper.forms[ref] = schema_of(node.get("name") or node.get("id") or ref, fields)
    set_ours(node, "form", ref=ref)
    names = ", ".join(field.name for field in fields[:8])
    paper.say("form-taken-over", node, f"{label(node)}: its {len(fields)} form fields ({names}) became the form {ref!r}.")


def _post(node: etree._Element, vendor: _Vendor) -> str | None:
    for name in ("candidateGroups", "assignee", "candidateUsers"):
        if code := code_of((vendor.take(name) or "").split(",")[0]):
            return code
    for role in ("potentialOwner", "humanPerformer", "performer"):
        text = text_of(node.find(f"{tag(role)}/{tag('resourceAssignmentExpression')}/{tag('formalExpression')}"))
        match = _GROUP.search(text)
        if code := code_of((match[1] or match[2]) if match else literal(text)):
            return code
    return None


def _standard(vendor: _Vendor) -> str | None:
    try:
        return str(Duration.parse(vendor.take("dueDate", "dueDateDefinition") or ""))
    except BadDuration:
        return None


def _dissolve_wrappers(root: etree._Element) -> None:
    """Some tools wrap BPMN in elements of their own; nothing of BPMN may be lost with the wrapper's namespace."""
    for element in list(root.iter(tag("*"))):
        parent = element.getparent()
        if (
            parent is not None
            and space(parent) not in KEPT
            and (around := parent.getparent()) is not None
            and space(around) == BPMN
        ):
            around.insert(around.index(parent), element)


def _leave_out(paper: Paper) -> tuple[Finding, ...]:
    left: dict[str, Counter[str]] = {}
    for element in list(paper.root.iter()):
        foreign = [name for name in map(etree.QName, element.attrib) if name.namespace and name.namespace not in KEPT]
        if space(element) not in KEPT:
            foreign = [etree.QName(element)]
            _drop(element)
        for name in foreign:
            drop(element, name.text)
            left.setdefault(name.namespace or "no namespace", Counter())[name.localname] += 1
    for holder in list(paper.root.iter(tag("extensionElements"))):
        if len(holder) == 0:
            _drop(holder)
    return tuple(_notice(paper, namespace, names) for namespace, names in sorted(left.items()))


def _notice(paper: Paper, namespace: str, names: Counter[str]) -> Finding:
    tool = f"{TOOLS[namespace]} ({namespace})" if namespace in TOOLS else namespace
    shown = [f"{name} ({count})" if count > 1 else name for name, count in names.most_common(_NAMES_SHOWN)]
    more = f" and {len(names) - _NAMES_SHOWN} others" if len(names) > _NAMES_SHOWN else ""
    message = f"not taken over from {tool}: {', '.join(shown)}{more}"
    return Finding("foreign", message, line=line_of(paper.root), severity="warning", file=paper.file)


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
