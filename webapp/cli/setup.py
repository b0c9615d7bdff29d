"""`init`: the database, the shipped processes, the first administrator or the sample organisation."""

from __future__ import annotations

import secrets
from datetime import datetime

import click

import bpmn
import engine
from webapp.cli import sample
from webapp.cli.common import progress, shown, sqlite_path
from webapp.clock import utc_now
from webapp.passwords import Passwords
from webapp.settings import Settings


@click.command()
@click.option("--demo", is_flag=True, help="Load the sample organisation and a rehearsed pilot to look around in.")
@click.option("--admin", metavar="LOGIN", help="Add the administrator LOGIN; a person who is there gets a new one-time password.")
def init(demo: bool, admin: str | None) -> None:
    """Make or upgrade the database; running it again changes nothing that is there.

    Without --demo there is no default account: the first administrator gets a one-time password, printed here once.

    \b
    Examples:
      pilotrun init --demo
      PILOTRUN_DATABASE_URL=postgresql://pilotrun@db/pilotrun pilotrun init
      pilotrun init --admin li.na
    """
    settings = Settings.from_env()
    if (path := sqlite_path(settings.database_url)) is not None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = engine.connect(settings.database_url)
    try:
        _fill(database, utc_now(), demo=demo, admin=admin)
    finally:
        database.dispose()
    click.echo(f"the database is ready: {shown(settings.database_url)}")


def _fill(database: engine.Engine, now: datetime, *, demo: bool, admin: str | None) -> None:
    engine.upgrade(database)
    with engine.writing(database) as c:
        if demo:
            sample.load_people(c, now)
        _deploy_shipped(c, now)
        if demo:
            sample.load_pilot(c, now)
        login = admin or (None if engine.anybody(c) else "admin")
        one_time = _administrator(c, login) if login else None
    if one_time:
        click.echo(f"sign in as {login} with the one-time password {one_time}")
    if demo:
        with progress("rehearsing the sample pilot", sample.ABOUT) as tell, engine.writing(database) as c:
            sample.load_rehearsal(c, now, tell)


def _deploy_shipped(c: engine.Connection, now: datetime) -> None:
    """Each process that comes with the product, with the departments and posts it names, unless some version is there."""
    deployed = {row.code for row in engine.list_processes(c)}
    for code in bpmn.shipped_codes():
        if code not in deployed:
            bundle = bpmn.shipped(code)
            structure = {**bundle.organisation, "persons": []}
            engine.import_organisation(c, structure, password_hash=None, now=now)
            engine.deploy(c, bundle, version="V1.0", by=None, now=now)


def _administrator(c: engine.Connection, login: str) -> str:
    """A new password for `login`, who becomes an administrator when the login is new. Every open session of it ends."""
    password = secrets.token_urlsafe(12)
    someone = {"login": login, "name": {"zh": login, "en": login}, "roles": ["administrator"], "posts": []}
    engine.add_person(c, someone, password_hash=None)
    engine.set_password(c, login, Passwords().hash(password))
    return password
