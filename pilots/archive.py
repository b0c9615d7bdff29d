"""Zip files that are the same bytes for the same parts, and a reader that no zip file can hurt."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from pilots.errors import BadPack

MADE = (2026, 1, 1, 0, 0, 0)  # fixed: the same parts are the same bytes, whenever they were packed
MOST_PARTS = 32
MOST_BYTES = 256 * 1024 * 1024  # unpacked, all parts together
MOST_RATIO = 200
_SMALL = 1024 * 1024  # a part of this size may be as compressible as it likes


def write_archive(parts: Mapping[str, bytes], *, compressed: bool = True) -> bytes:
    """The parts in the order given, without times, owners or comments."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, MADE)
            info.create_system, info.external_attr = 3, 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
            archive.writestr(info, data, compresslevel=6)
    return out.getvalue()


def read_archive(data: bytes) -> dict[str, bytes]:
    """The parts by name. Raises BadPack before unpacking anything that is not what it says, is too big or points elsewhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check(archive, infos, len(data))
            return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError, OverflowError) as error:
        raise BadPack(f"this is not a zip file that can be read: {error}") from None


def _check(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], size: int) -> None:
    names = [info.filename for info in infos]
    if len(names) > MOST_PARTS:
        raise BadPack(f"the zip file has {len(names)} parts; a pack has at most {MOST_PARTS}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadPack(f"{twice[0]} is in the zip file twice")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise BadPack(f"the zip file would unpack to more than {MOST_BYTES // 1024 // 1024} MB")
    for info in infos:
        _check_part(info)
    if (
        archive.comment
        or sum(_taken(info) for info in infos) != archive.start_dir
        or not _ends_where_it_should(archive, infos, size)
    ):
        raise BadPack("the zip file holds bytes that belong to no part of it")


def _check_part(info: zipfile.ZipInfo) -> None:
    if info.file_size > _SMALL and info.file_size > MOST_RATIO * max(1, info.compress_size):
        raise BadPack(f"{info.filename} is packed more tightly than any honest file")
    if info.flag_bits & ~0x800:
        raise BadPack(f"{info.filename} is encrypted or written in an unusual way")
    if info.is_dir() or info.filename.startswith("/") or "\\" in info.filename or ".." in info.filename.split("/"):
        raise BadPack(f"{info.filename!r} is not the name of a part")
    if info.extra or info.comment or info.date_time != MADE:
        raise BadPack(f"{info.filename} carries more than its content")


def _taken(info: zipfile.ZipInfo) -> int:
    """Bytes of a part: local header, name, content."""
    return 30 + len(info.filename.encode()) + info.compress_size


def _ends_where_it_should(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], size: int) -> bool:
    directory = sum(46 + len(info.filename.encode()) for info in infos)
    return archive.start_dir + directory + 22 == size
