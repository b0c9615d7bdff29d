"""Holds every sentence of the pages against the catalogues: `python -m tests.catalogues` fails on one that is not translated."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
TRANSLATIONS = ROOT / "webapp" / "translations"
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "_": None, "N_": None, "_l": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
HAN = re.compile(r"[\u4e00-\u9fff]")


def extracted() -> Catalog:
    """Every message that the pages ask for, and the sentences in which the engine refuses an answer."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog()
    found = extract_from_dir(str(ROOT), methods, options, keywords=KEYWORDS, directory_filter=_is_ours)
    for file_name, line, message, _comments, context in found:
        catalogue.add(message, locations=[(file_name, line)], context=context)
    return catalogue


def _is_ours(directory: str) -> bool:
    relative = Path(directory).resolve().relative_to(ROOT).parts
    return not relative or (relative[0] in {"webapp", "engine"} and "static" not in relative)


def catalogue(path: Path) -> Catalog:
    """One catalogue as it is committed."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def complaints(path: Path, wanted: Catalog) -> Iterator[str]:
    """What is wrong with the catalogue at `path`, a sentence each."""
    held = catalogue(path)
    for message in wanted:
        if message.id:
            yield from _about(message, held.get(message.id, message.context))
    for message in held:
        if message.id and wanted.get(message.id, message.context) is None:
            yield f"no page says {_key(message)!r} any more: take it out"
    for key in held.obsolete:
        yield f"{key!r} is marked obsolete: take it out"


def _about(message: Message, translated: Message | None) -> Iterator[str]:
    where = f"{message.locations[0][0]}:{message.locations[0][1]}" if message.locations else ""
    if translated is None:
        yield f"{where}: {_key(message)!r} is not in the catalogue"
        return
    texts = translated.string if isinstance(translated.string, tuple | list) else (translated.string,)
    if translated.fuzzy:
        yield f"{_key(message)!r} is fuzzy: somebody has to read it"
    if not all(texts):
        yield f"{where}: {_key(message)!r} is not translated"
    for text in filter(None, texts):
        if set(PLACEHOLDER.findall(text)) - set(PLACEHOLDER.findall(_whole(message))):
            yield f"{_key(message)!r} has another placeholder in its translation"
        if "%" in _whole(message) and not _can_be_filled(text):
            yield f"{_key(message)!r} has a translation with a lone %: write %%"
        if re.search(r"[A-Za-z]{3}", PLACEHOLDER.sub("", _key(message))) and not HAN.search(PLACEHOLDER.sub("", text)):
            yield f"{_key(message)!r} is translated without a Chinese character"


def _can_be_filled(text: str) -> bool:
    try:
        text % defaultdict(int)
    except (ValueError, TypeError):
        return False
    return True


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _whole(message: Message) -> str:
    return message.id if isinstance(message.id, str) else " ".join(message.id)


def compile_all() -> None:
    """Write the `.mo` files that Babel reads, from the catalogues as they are now."""
    for path in TRANSLATIONS.rglob("*.po"):
        with path.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue(path))


def main() -> int:
    """Print what is wrong; the number of complaints decides the exit code."""
    wanted = extracted()
    found = [
        f"{path.relative_to(ROOT)}: {text}" for path in sorted(TRANSLATIONS.rglob("*.po")) for text in complaints(path, wanted)
    ]
    print(*found or [f"{sum(1 for message in wanted if message.id)} messages, all translated"], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
