"""What other tools write into BPMN: read where it maps to something here, counted and left out where it does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import drop, label, set_ours
from bpmn.draft.values import Hints
from bpmn.draft.vendor_forms import Field, read_fields, schema_of
from bpmn.durations import BadDuration, Duration
from bpmn.errors import Finding
from bpmn.names import BPMN, HUMAN, KEPT, tag
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
    taken: set[tuple[str, str]] = set()
    for node in paper.all_nodes():
        vendor = dict(_vendor_values(node, taken))
        fields = read_fields(node, taken) if local(node) in HUMAN | {"startEvent"} else ()
        _note(paper, node, vendor, fields)
    _dissolve_wrappers(paper.root)
    return _leave_out(paper, taken)


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


def _vendor_values(node: etree._Element, taken: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Attributes of other tools on the node and on their elements in it, by their plain names; the first of a name counts."""
    own = [(etree.QName(name), str(value)) for name, value in node.attrib.items()]
    seen: set[str] = set()
    for name, said in own:
        if name.namespace in _READ and name.localname not in seen:
            seen.add(name.localname)
            taken.add((name.namespace or "", name.localname))
            yield name.localname, said
    for element in node.iterfind(f"{tag('extensionElements')}//*"):
        namespace = space(element)
        if namespace not in _READ or local(element) not in _HOLDERS:
            continue
        taken.add((namespace or "", local(element)))
        for raw, value in element.attrib.items():
            if (plain := etree.QName(raw).localname) not in seen:
                seen.add(plain)
                yield _HOLDERS[local(element)].get(plain, plain), str(value)


# Elements of other tools that hold what maps, with names for their attributes where the plain ones say too little.
_HOLDERS: dict[str, dict[str, str]] = {
    "assignmentDefinition": {},
    "taskSchedule": {},
    "formDefinition": {"formId": "formKey", "externalReference": "formKey"},
    "taskDefinition": {"type": "topic"},
    "calledDecision": {"decisionId": "decisionRef"},
    "calledElement": {"processId": "calledProcess"},
}


def _note(paper: Paper, node: etree._Element, vendor: dict[str, str], fields: tuple[Field, ...]) -> None:
    hints = Hints(
        post=_post(node, vendor),
        standard=_standard(vendor),
        form=code_of(literal(vendor.get("formKey") or vendor.get("formRef"))),
        connector=next((vendor[name] for name in _CONNECTORS if vendor.get(name)), None),
        decision=code_of(literal(vendor.get("decisionRef"))) if local(node) == "businessRuleTask" else None,
    )
    if hints != Hints():
        paper.hints[node] = hints
    if local(node) == "callActivity" and not node.get("calledElement") and vendor.get("calledProcess"):
        node.set("calledElement", vendor["calledProcess"])
        paper.say(
            "called-element",
            node,
            f"{label(node)} calls {vendor['calledProcess'][:80]!r}: taken over from the tool's own element.",
        )
    if fields:
        _form(paper, node, fields)


def _form(paper: Paper, node: etree._Element, fields: tuple[Field, ...]) -> None:
    ref = code_of(node.get("id")) or "form"
    while ref in paper.forms:
        ref += "-2"
    paper.forms[ref] = schema_of(node.get("name") or node.get("id") or ref, fields)
    set_ours(node, "form", ref=ref)
    names = ", ".join(field.name for field in fields[:8])
    paper.say("form-taken-over", node, f"{label(node)}: its {len(fields)} form fields ({names}) became the form {ref!r}.")


def _post(node: etree._Element, vendor: dict[str, str]) -> str | None:
    for name in ("candidateGroups", "assignee", "candidateUsers"):
        first = (literal(vendor.get(name)) or "").split(",")[0]
        if code := code_of(first):
            return code
    for role in ("potentialOwner", "humanPerformer", "performer"):
        text = text_of(node.find(f"{tag(role)}/{tag('resourceAssignmentExpression')}/{tag('formalExpression')}"))
        match = _GROUP.search(text)
        if code := code_of((match[1] or match[2]) if match else literal(text)):
            return code
    return None


def _standard(vendor: dict[str, str]) -> str | None:
    for name in ("dueDate", "dueDateDefinition"):
        try:
            return str(Duration.parse(literal(vendor.get(name)) or ""))
        except BadDuration:
            continue
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


def _leave_out(paper: Paper, taken: set[tuple[str, str]]) -> tuple[Finding, ...]:
    left: dict[str, Counter[str]] = {}
    for element in list(paper.root.iter()):
        foreign = [name for name in map(etree.QName, element.attrib) if name.namespace and name.namespace not in KEPT]
        if space(element) not in KEPT:
            foreign = [etree.QName(element)]
            _drop(element)
        for name in foreign:
            drop(element, name.text)
            if (name.namespace or "", name.localname) not in taken:
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
