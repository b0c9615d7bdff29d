"""Sentences from the catalogues, typed: the one door to Flask-Babel's translations."""

from __future__ import annotations

from flask_babel import gettext as _gettext  # type: ignore[import-untyped]
from flask_babel import ngettext as _ngettext


def gettext(message: str, **values: object) -> str:
    """The sentence in the page's language, with its `%(name)s` filled in."""
    return str(_gettext(message, **values))


def ngettext(one: str, many: str, num: int) -> str:
    """The sentence for `num` of something; `%(num)s` is filled in."""
    return str(_ngettext(one, many, num))
