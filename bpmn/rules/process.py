"""Rules about the process as a whole: who owns it, where its steps stand, which posts and departments it names."""

from __future__ import annotations

from collections.abc import Iterator

from bpmn.model import Bundle, Lane, Node
from bpmn.rules.register import Breach, rule


@rule()
def process_code(bundle: Bundle) -> Iterator[Breach]:
    """A process has a code."""
    if bundle.model.code is None:
        yield Breach(None, 'the process has no code: add <pilot:process code="..." owner="..." director="..."/>')


@rule()
def process_owner(bundle: Bundle) -> Iterator[Breach]:
    """A process has an owner."""
    if bundle.model.owner is None:
        yield Breach(None, "the process has no owner: name a post in <pilot:process owner=.../>")


@rule()
def process_director(bundle: Bundle) -> Iterator[Breach]:
    """A process has a director who decides its exceptions."""
    if bundle.model.director is None:
        yield Breach(None, "the process has no director: name the post that decides exceptions in <pilot:process director=.../>")


@rule()
def process_standard(bundle: Bundle) -> Iterator[Breach]:
    """The whole process has a time standard."""
    if bundle.model.standard is None:
        yield Breach(None, 'the whole process has no time standard: add <pilot:standard completion="PT48H"/> to it')


@rule()
def lane_department(bundle: Bundle) -> Iterator[Breach]:
    """A lane names its department."""
    for lane in bundle.model.lanes:
        if lane.department is None:
            yield Breach(lane, "the lane names no department: add <pilot:department code=.../>")


@rule("warning")
def step_in_lane(bundle: Bundle) -> Iterator[Breach]:
    """A human step stands in the lane of a department."""
    for step in bundle.model.steps():
        if step.lane is None:
            yield Breach(step, "the step stands in no lane: put it into the lane of the department that does it")


@rule("warning")
def superfluous_gateway(bundle: Bundle) -> Iterator[Breach]:
    """A gateway with one way in and one way out decides nothing."""
    for node in bundle.model.nodes:
        if node.kind.endswith("Gateway") and len(node.incoming) == 1 and len(node.outgoing) == 1:
            yield Breach(node, "this gateway has one way in and one way out: remove it")


@rule()
def known_posts(bundle: Bundle) -> Iterator[Breach]:
    """Every post that is named exists in the organisation."""
    posts = _codes(bundle, "posts")
    if not posts:
        return
    outside = _codes(bundle, "externals")
    for post in (bundle.model.owner, bundle.model.director):
        if post is not None and post not in posts:
            yield Breach(None, f"the post {post!r} is not in the organisation: add it or name another")
    for step in bundle.model.steps():
        yield from (
            Breach(step, f"the post {post!r} is not in the organisation: add it or name another")
            for post in _strangers(step, posts, outside)
        )


@rule()
def known_departments(bundle: Bundle) -> Iterator[Breach]:
    """Every department that is named exists in the organisation."""
    departments = _codes(bundle, "departments")
    for lane in bundle.model.lanes:
        if departments and lane.department is not None and lane.department not in departments:
            yield Breach(lane, f"the department {lane.department!r} is not in the organisation: add it or name another")


@rule("warning")
def post_in_its_lane(bundle: Bundle) -> Iterator[Breach]:
    """The responsible post of a step belongs to the department whose lane the step stands in."""
    home = {post["code"]: post["department"] for post in bundle.organisation.get("posts", ())}
    lanes: dict[str, Lane] = {lane.id: lane for lane in bundle.model.lanes}
    for step in bundle.model.steps():
        lane = lanes.get(step.lane or "")
        post = step.raci.responsible if step.raci is not None else ""
        if lane is not None and lane.department is not None and home.get(post, lane.department) != lane.department:
            message = f"the post {post!r} belongs to {home[post]!r} but the step stands in the lane of {lane.department!r}"
            yield Breach(step, message)


def _codes(bundle: Bundle, kind: str) -> frozenset[str]:
    return frozenset(entry["code"] for entry in bundle.organisation.get(kind, ()))


def _strangers(step: Node, posts: frozenset[str], outside: frozenset[str]) -> Iterator[str]:
    if step.raci is None:
        return
    inner = [step.raci.responsible, *([step.raci.accountable] if step.raci.accountable else [])]
    yield from (post for post in inner if post not in posts)
    yield from (post for post in (*step.raci.consulted, *step.raci.informed) if post not in posts | outside)
