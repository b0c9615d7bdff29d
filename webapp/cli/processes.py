"""`serve`, `web`, `worker`: the processes of one installation."""

from __future__ import annotations

import logging
import signal
from datetime import timedelta

import click

import engine
from webapp.cli.common import database
from webapp.cli.front import Found
from webapp.clock import utc_now
from webapp.serve import Supervisor, end_with_parent, run_web
from webapp.settings import Settings

SILENT_AFTER = timedelta(seconds=30)

under = click.option("--under", type=int, hidden=True, help="The process to end with.")


@click.command()
def serve() -> None:
    """Serve the pages and run the worker, side by side, until Ctrl-C.

    A process that dies is started again. The address is PILOTRUN_HOST and PILOTRUN_PORT.

    \b
    Example:
      PILOTRUN_PORT=8080 pilotrun serve
    """
    settings = _started()
    with database(settings):
        pass  # a missing database is one line here, and children that die again and again later

    def ready() -> None:
        from webapp.cli.sample import sample_logins  # costs a second to load: after the children have begun to

        click.echo(f"pilotrun is ready: {settings.address}")
        with database(settings) as opened:
            for line in sample_logins(opened):
                click.echo(line)

    Supervisor(settings, ready).run()


@click.command()
@under
def web(under: int | None) -> None:
    """Serve the pages alone, in the foreground.

    \b
    Example:
      PILOTRUN_HOST=0.0.0.0 pilotrun web
    """
    if under:
        end_with_parent(under, signal.SIGTERM)
    settings = _started()
    with database(settings):
        pass  # a missing database is one line here, and a crashing server process later
    run_web(settings)


@click.command()
@under
@click.option("--check", is_flag=True, help="Say whether some worker is alive: exit 0, or 1 when the last beat is too long ago.")
def worker(under: int | None, check: bool) -> None:
    """Let time pass: deadlines, escalations, notices, timers of the model.

    Several workers on one database are fine, and one that dies loses nothing.

    \b
    Example:
      pilotrun worker
      pilotrun worker --check
    """
    if under:
        end_with_parent(under, signal.SIGTERM)
    settings = _started()
    with database(settings) as opened:
        if check:
            _check(opened)
        else:
            from webapp.connectors import read_connectors
            from webapp.worker import Worker

            Worker(settings, opened, connectors=read_connectors(settings.connectors)).run()


def _check(opened: engine.Engine) -> None:
    with engine.reading(opened) as c:
        last = engine.heartbeat_at(c)
    if last is None or utc_now() - last > SILENT_AFTER:
        raise Found(
            f"no worker is alive: {f'the last beat was at {last:%Y-%m-%d %H:%M:%S} UTC' if last else 'none has beaten yet'}"
        )
    click.echo(f"the last beat was at {last:%Y-%m-%d %H:%M:%S} UTC")


def _started() -> Settings:
    """The settings, with the log set up as they say: one line per entry, on stderr, in UTC."""
    settings = Settings.from_env()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("apscheduler").setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return settings
