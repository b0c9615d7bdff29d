"""Deploying: what cannot run as drawn is refused with element and line, and nothing is written."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import engine
from bpmn import BadModel, Bundle, read_bundle, shipped
from engine.model import process_file, process_version
from tests.world import CODE, World


def changed(old: str, new: str) -> Bundle:
    """The shipped process with one piece of its model replaced."""
    files = dict(shipped(CODE).files)
    model = files["to-be.bpmn"].decode()
    assert old in model, old
    files["to-be.bpmn"] = model.replace(old, new).encode()
    return read_bundle(files)


def counts(world: World) -> tuple[int, int, int]:
    """Versions, files, entries of the log."""
    with engine.reading(world.engine) as c:
        versions, files = (
            c.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in (process_version, process_file)
        )
    return versions, files, len(world.log())


def deploy(world: World, bundle: Bundle, version: str = "V1.1") -> int:
    """Deploy as the owner."""
    with engine.writing(world.engine) as c:
        return engine.deploy(c, bundle, version=version, by=world.who("li.na"), now=world.now)


def test_the_shipped_process_has_nothing_to_complain_about(sqlite_world: World) -> None:
    """No error, from paper or from the engine."""
    assert [str(finding) for finding in engine.lint(sqlite_world.bundle) if finding.severity == "error"] == []


def test_a_new_version_is_what_new_cases_run_on_once_it_has_a_pilot(world: World) -> None:
    """The running pilot keeps its version: a deployment does not change a promise."""
    before = world.start()
    deploy(world, changed('completion="15 working minutes"', 'completion="14 working minutes"'))
    under_pilot = world.start()

    assert [world.item(case, "receive").standard for case in (before, under_pilot)] == ["15 working minutes"] * 2
    with engine.reading(world.engine) as c:
        assert [row.version for row in engine.list_processes(c)] == ["V1.1"]


def test_a_version_never_changes(world: World) -> None:
    """The same number twice is refused."""
    before = counts(world)
    with pytest.raises(engine.BadInput, match=r"V1\.0 is deployed already"):
        deploy(world, world.bundle, "V1.0")
    assert counts(world) == before


@pytest.mark.parametrize(
    ("old", "new", "named", "said"),
    [
        ('responsible="service-supervisor" accountable="service-manager"', 'accountable="service-manager"', "classify", ""),
        ('<pilot:form ref="receive"/>', '<pilot:form ref="nowhere"/>', "receive", "nowhere"),
        ("classify.special == true", "classify.specail == true", None, "specail"),
        ("classify.special == true", "__import__('os').system('true')", None, ""),
        ("PT72H", "P1Y2M", "customer_silent", ""),
    ],
)
def test_what_cannot_run_is_refused_with_element_and_line(world: World, old: str, new: str, named: str | None, said: str) -> None:
    """And nothing is written."""
    before = counts(world)
    with pytest.raises((engine.Refused, BadModel)) as refused:
        deploy(world, changed(old, new))
    findings = refused.value.findings
    assert all(finding.line for finding in findings)
    assert named is None or named in {finding.element for finding in findings}
    assert said in str(refused.value)
    assert counts(world) == before


def test_an_unreadable_duration_is_refused_when_the_file_is_read() -> None:
    """A month is not a length of time."""
    with pytest.raises(BadModel) as refused:
        changed('completion="15 working minutes"', 'completion="a quarter of an hour"')
    assert ("receive", True) in {(finding.element, bool(finding.line)) for finding in refused.value.findings}


def test_posts_that_the_organisation_does_not_have_are_named(world: World) -> None:
    """Nobody could do these steps."""
    with engine.reading(world.engine) as c:
        assert engine.missing_posts(c, world.bundle) == ()
        assert engine.missing_posts(c, changed('responsible="legal-counsel"', 'responsible="astrologer"')) == ("astrologer",)


def test_a_pilot_is_frozen_once_and_its_hashes_are_in_the_log(world: World) -> None:
    """Plan and model are fixed before the first case."""
    frozen = next(entry for entry in world.log() if entry.kind == "pilot.frozen")
    assert frozen.data["model_sha256"] == world.bundle.model.sha256
    with pytest.raises(engine.WrongState), engine.writing(world.engine) as c:
        engine.freeze_pilot(c, world.pilot_id, plan_hash="1" * 64, by=None, now=world.now)
    with pytest.raises(engine.NotFound), engine.writing(world.engine) as c:
        engine.freeze_pilot(c, 99, plan_hash="1" * 64, by=None, now=world.now)
