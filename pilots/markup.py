"""Small pieces of HTML: escaped text, tables, figures that carry their exact value and their path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from pilots.figures import Leaf, leaves

STYLE = """
:root{color-scheme:light dark;--ink:#1f2733;--paper:#fff;--line:#d5dae1;--soft:#f3f5f8;--good:#1f6f33;--bad:#b02525;
--wait:#5c6770}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--paper:#14181f;--line:#333b47;--soft:#1d232c;--good:#69c07f;--bad:#ff8787;
--wait:#a7b0bb}}
body{font:16px/1.5 system-ui,'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;color:var(--ink);background:var(--paper);
max-width:70rem;margin:0 auto;padding:1rem}
h1{margin:0 0 .25rem;font-size:1.6rem}h2{margin:2rem 0 .5rem;font-size:1.2rem;border-bottom:1px solid var(--line)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th,td{min-width:4.5rem}th{background:var(--soft)}
td.n{text-align:right;white-space:nowrap}th.n{text-align:right}.hash{font-family:ui-monospace,monospace;font-size:.85em;word-break:break-all}
.banner{border:2px dashed var(--wait);padding:.6rem .8rem;margin:1rem 0;font-weight:600}
.word{font-size:1.5rem;font-weight:700;margin:.25rem 0}.go,.met{color:var(--good)}.no-go,.not_met{color:var(--bad)}
.extend,.not_enough_evidence{color:var(--wait)}.chart{max-width:44rem;height:auto;display:block;margin:1rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}dt{font-weight:600}dd{margin:0}
@media (max-width:40rem){dl{display:block}dd{margin:0 0 .5rem}}@media print{details>*{display:block}.chart{break-inside:avoid}}
"""

Cell = tuple[str, bool]
"""Markup of a cell, and whether it is a number."""


class Figures:
    """The figures of a document by their path, written into the page with their exact value."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._leaves = dict(leaves(document))

    def value(self, path: str) -> Leaf:
        """The exact value; None where the document has none."""
        return self._leaves.get(path)

    def show(self, path: str, write: Callable[[Any], str] = str) -> str:
        """The figure as `<data>`: the exact value for machines, `write`'s text for people."""
        value = self._leaves.get(path)
        exact = "" if value is None else repr(value) if isinstance(value, float) else str(value)
        words = "–" if value is None else write(value)
        return f'<data data-figure="{escape(path)}" value="{escape(exact)}">{escape(words)}</data>'


def words(value: object) -> Cell:
    """A cell of text."""
    return escape(str(value)), False


def number(markup: str) -> Cell:
    """A cell of figures that are marked up already."""
    return markup, True


def table(heads: Iterable[tuple[str, bool]], rows: Iterable[Iterable[Cell]]) -> str:
    """A table that scrolls inside itself on a narrow screen; heads are (text, is a number)."""
    top = "".join(f'<th scope="col"{_kind(is_number)}>{escape(head)}</th>' for head, is_number in heads)
    body = "\n".join("<tr>" + "".join(f"<td{_kind(n)}>{markup}</td>" for markup, n in row) + "</tr>" for row in rows)
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _kind(is_number: bool) -> str:
    return ' class="n"' if is_number else ""


def terms(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of terms; the second of each pair is markup."""
    return "<dl>" + "".join(f"<dt>{escape(term)}</dt><dd>{markup}</dd>" for term, markup in pairs) + "</dl>"


def section(title: str, *parts: str) -> str:
    """A part of the page under its heading."""
    return f"<section><h2>{escape(title)}</h2>\n" + "\n".join(part for part in parts if part) + "\n</section>"


def page(title: str, language: str, body: str) -> bytes:
    """A whole page that needs nothing from anywhere: no script, no font, no picture, and no permission to fetch any."""
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    ).encode()
