"""`message` and `signal`: telling waiting cases from the command line that something has happened."""

from __future__ import annotations

from typing import Any

import click
import orjson

import engine
from webapp.cli.common import as_json, database, print_json
from webapp.clock import utc_now
from webapp.settings import Settings

payload_option = click.option("--payload", default="{}", metavar="JSON", help="What comes with it: one JSON object.")
once_option = click.option("--once", "dedupe", metavar="KEY", help="Sent again with the same KEY nothing is sent.")


@click.group(short_help="Send a message to a waiting case.", no_args_is_help=False)
def message() -> None:
    """Send a message to the case that waits for it.

    \b
    Example:
      pilotrun message send Paid --key A-1 --payload '{"amount": 5}'
    """


@message.command("send")
@click.argument("name")
@click.option("--key", metavar="CASE", help="The number or the business key of the case. Without it: the only one that waits.")
@payload_option
@once_option
@as_json
def send_message(name: str, key: str | None, payload: str, dedupe: str | None, as_json: bool) -> None:
    """Send the message NAME to one case; the worker brings it.

    Nobody has to wait for it yet: it is kept for seven days. A process that begins with NAME is started.

    \b
    Example:
      pilotrun message send Paid --key A-1 --payload '{"amount": 5}' --once wire-77
    """
    fields = _object(payload)
    with database(Settings.from_env()) as opened, engine.writing(opened) as c:
        sent = engine.send_message(c, name, key=key, payload=fields, by=None, now=utc_now(), dedupe=dedupe)
    _say("message", name, sent, as_json)


@click.group(short_help="Send a signal to everybody who listens.", no_args_is_help=False)
def signal() -> None:
    """Send a signal to every case that listens for it.

    \b
    Example:
      pilotrun signal send Storm
    """


@signal.command("send")
@click.argument("name")
@payload_option
@once_option
@as_json
def send_signal(name: str, payload: str, dedupe: str | None, as_json: bool) -> None:
    """Send the signal NAME to every case that listens for it now; the worker brings it.

    \b
    Example:
      pilotrun signal send Storm --payload '{"region": "north"}'
    """
    fields = _object(payload)
    with database(Settings.from_env()) as opened, engine.writing(opened) as c:
        sent = engine.send_signal(c, name, payload=fields, by=None, now=utc_now(), dedupe=dedupe)
    _say("signal", name, sent, as_json)


def _object(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise click.UsageError(f"--payload is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise click.UsageError('--payload has to be one JSON object, e.g. {"amount": 5}')
    return found


def _say(kind: str, name: str, sent: engine.SentMessage, as_json: bool) -> None:
    if as_json:
        print_json({"kind": kind, "name": name, "id": sent.id, "again": sent.again})
    elif sent.again:
        click.echo(f"the {kind} {name} was sent before under this key: nothing was sent")
    else:
        click.echo(f"the {kind} {name} is on its way")
