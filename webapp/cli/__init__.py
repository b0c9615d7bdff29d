"""The command line `pilotrun`: verbs for people who deploy, operate and judge a pilot."""

from __future__ import annotations

import click

from webapp.cli.front import Verbs

#: Where each verb lives; a module is imported when its verb is used, so that `pilotrun --help` answers at once.
VERBS = {
    "init": "webapp.cli.setup:init",
    "serve": "webapp.cli.processes:serve",
    "web": "webapp.cli.processes:web",
    "worker": "webapp.cli.processes:worker",
    "deploy": "webapp.cli.models:deploy",
    "draft": "webapp.cli.drafts:draft",
    "lint": "webapp.cli.models:lint",
    "rehearse": "webapp.cli.evidence:rehearse",
    "report": "webapp.cli.evidence:report",
    "pack": "webapp.cli.packs:pack",
    "verify": "webapp.cli.packs:verify",
    "message": "webapp.cli.messages:message",
    "signal": "webapp.cli.messages:signal",
    "log": "webapp.cli.log:log",
    "incident": "webapp.cli.incidents:incident",
}


@click.group(
    cls=Verbs,
    verbs=VERBS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="pilotrun", prog_name="pilotrun", message="%(prog)s %(version)s")
def main() -> None:
    """Pilot a redesigned business process before it is released.

    Deploy a process, run it with real people against time standards, and let the event log say whether it is ready.

    \b
    Exit codes: 0 fine, 1 a finding (lint errors, a failed check), 2 bad input. Errors are one line on stderr.
    Settings are environment variables, PILOTRUN_DATABASE_URL and others: see docs/operations.md.

    \b
    Example:
      pilotrun init --demo && pilotrun serve
    """
