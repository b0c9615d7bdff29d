"""What other tools write into BPMN: read where it maps to something here, counted and left out where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml import etree

from bpmn.draft.leftovers import TOOLS, leave_out, remove
from bpmn.draft.paper import Paper
from bpmn.draft.repeats import note_lists
from bpmn.draft.things import drop, label, set_ours
from bpmn.draft.values import Hints
from bpmn.draft.vendor_forms import Field, embedded_fields, read_fields, schema_of
from bpmn.durations import BadDuration, Duration
from bpmn.errors import Finding
from bpmn.names import ACTIVITIES, BPMN, HUMAN, KEPT, tag
from bpmn.safexml import local, space, text_of

_READ = frozenset(TOOLS) - {"http://camunda.org/schema/modeler/1.0", "http://www.signavio.com"}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}")
_UNFIT = re.compile(r"[^A-Za-z0-9_\-]+")
_COMPUTED = re.compile(r"[$#]\{(.*)\}|=(.*)", re.DOTALL)
_QUOTED = re.compile(r"""(?:duration\(\s*)?(["'])([^"'{}]*)\1\s*\)?""")
_EACH = re.compile(r"""(["'])([^"'{}]*)\1""")
_LIST = re.compile(rf"\[\s*{_EACH.pattern}(?:\s*,\s*(?:\"[^\"{{}}]*\"|'[^'{{}}]*'))*\s*\]")
_AHEAD = re.compile(r"""now\(\)\s*\+\s*duration\(\s*["'](P[^"']+)["']\s*\)""")
_PLUS = re.compile(r"dateTime\(\)\.plus(Minutes|Hours|Days|Weeks)\(\s*(\d{1,5})\s*\)(?:\.toDate\(\))?")
_UNITS = {"Minutes": "PT{}M", "Hours": "PT{}H", "Days": "P{}D", "Weeks": "P{}D"}
_GROUP = re.compile(r"group\(\s*([^)]+?)\s*\)|user\(\s*([^)]+?)\s*\)")
_CONNECTORS = ("class", "delegateExpression", "expression", "type", "topic", "taskName", "operationRef", "connectorRef")


def read_dialects(paper: Paper) -> tuple[Finding, ...]:
    """Take over what maps, as hints and forms, then leave everything foreign out; the notices say what was not taken over."""
    for node in paper.all_nodes():
        fields = (read_fields(node) or embedded_fields(paper.process, node)) if local(node) in HUMAN | {"startEvent"} else ()
        _note(paper, node, _Vendor(node))
        if fields:
            _form(paper, node, fields)
    note_lists(paper)
    _dissolve_wrappers(paper.root)
    return leave_out(paper)


def code_of(text: str | None) -> str | None:
    """A text as a code of ours (latin letters, digits, _ and -), None when nothing of it can be."""
    words = _UNFIT.sub("-", (text or "").strip()).strip("-_")[:64].strip("-_")
    return words.lower() if _CODE.fullmatch(words) else None


def literal(text: str | None) -> str | None:
    """The plain text inside an expression that is only a constant, e.g. `${"PT5M"}`; None when it has to be computed."""
    text = (text or "").strip()
    if match := _COMPUTED.fullmatch(text):
        inner = (match[1] or match[2] or "").strip()
        if _LIST.fullmatch(inner):
            return ", ".join(text for _, text in _EACH.findall(inner))
        return literal(inner) if _QUOTED.fullmatch(inner) or inner.replace(".", "").isdigit() else None
    if match := _QUOTED.fullmatch(text):
        return match[2]
    return text or None if "{" not in text else None


def ahead(text: str | None) -> str | None:
    """A time reckoned from now, as a duration: `${dateTime().plusDays(3).toDate()}`, `= now() + duration("P3D")`."""
    match = _COMPUTED.fullmatch((text or "").strip())
    inner = (match[1] or match[2] or "").strip() if match else ""
    if found := _AHEAD.fullmatch(inner):
        return found[1]
    if found := _PLUS.fullmatch(inner):
        count = int(found[2]) * (7 if found[1] == "Weeks" else 1)
        return _UNITS[found[1]].format(count)
    return None


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

    def take(self, read: Callable[[str], str | None], *names: str) -> str | None:
        """What `read` makes of the first of these that it can use; whatever is not used, or only in part, stays."""
        for name in names:
            element, attribute = self._found.get(name, (None, ""))
            said = element.get(attribute) if element is not None else None
            plain = literal(said) or ahead(said)
            value = read(plain) if plain is not None else None
            if element is not None and plain is not None and value is not None:
                if "," not in plain:
                    self._drop(element, attribute)
                return value
        return None

    def _drop(self, element: etree._Element, attribute: str) -> None:
        drop(element, attribute)
        if local(element) in _HOLDERS and not element.attrib:
            remove(element)

    def said(self, *names: str) -> str | None:
        """The first of these, as it is written and only to be shown."""
        places = [self._found[name] for name in names if name in self._found]
        return next((text for element, attribute in places if (text := element.get(attribute))), None)


def _note(paper: Paper, node: etree._Element, vendor: _Vendor) -> None:
    kind = local(node)
    hints = Hints(
        post=_post(node, vendor) if kind in ACTIVITIES else None,
        standard=_standard(vendor),
        form=vendor.take(code_of, "formKey", "formRef") if kind in HUMAN | {"startEvent"} else None,
        connector=vendor.said(*_CONNECTORS),
        decision=vendor.take(code_of, "decisionRef") if kind == "businessRuleTask" else None,
    )
    if hints != Hints():
        paper.hints[node] = hints
    if kind == "callActivity" and not node.get("calledElement") and (called := vendor.take(str, "calledProcess")):
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
    if code := vendor.take(_first_code, "candidateGroups", "assignee", "candidateUsers"):
        return code
    for role in ("potentialOwner", "humanPerformer", "performer"):
        text = text_of(node.find(f"{tag(role)}/{tag('resourceAssignmentExpression')}/{tag('formalExpression')}"))
        match = _GROUP.search(text)
        if code := code_of((match[1] or match[2]) if match else literal(text)):
            return code
    return None


def _standard(vendor: _Vendor) -> str | None:
    """When it is due, else when it is to be looked at again; a date says nothing about how long a step may take."""
    return vendor.take(_duration, "dueDate", "dueDateDefinition", "followUpDate")


def _first_code(text: str) -> str | None:
    """The first of several groups or persons; that there are others stays to be named."""
    return code_of(text.split(",")[0])


def _duration(text: str) -> str | None:
    try:
        return str(Duration.parse(text))
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
