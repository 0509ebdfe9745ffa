"""The bytes of a file, taken out of whatever they are packed in, up to a stated size.

A small file can hold a large one: every way of unpacking stops at :data:`MAX_BYTES`, and nothing is
ever written to disk.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple

from scalewidgets.errors import TableError, close_matches, either

from .findings import Source

MAX_BYTES = 500_000_000
"""Largest content of a table, after decompression."""

MAX_DICTIONARY = 2**28
"""Most memory that unpacking an xz file may ask for; its largest ordinary preset asks for 65 MB."""

PACKED = (".gz", ".bz2", ".xz", ".zip")
"""Suffixes that say how a file is packed, not what it is."""

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip"}
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


class Content(NamedTuple):
    """What was in a file, and the suffix of the file that it truly is."""

    data: bytes
    suffix: str
    inner: str | None = None


def content_of(source: Source, given: str, readable: tuple[str, ...]) -> Content:
    """Read a file, unpacked.

    Parameters
    ----------
    source : Source
        For the sentences.
    given : str
        The path.
    readable : tuple of str
        Suffixes of tables, to choose from a folder or an archive.

    Raises
    ------
    TableError
        There is no such file, it is damaged, or it holds more than :data:`MAX_BYTES`.
    """
    path = Path(given).expanduser() if given.startswith("~") else Path(given)
    if "://" in given[:12]:
        raise source.refusal("this is an address, not a file.", "Download it and give the path.")
    try:
        if path.is_dir():
            tables = sorted(entry.name for entry in path.iterdir() if entry.suffix.lower() in readable)[:3]
            raise source.refusal(
                "this is a folder, not a file.",
                f"Name a table in it, such as {either(tables)}." if tables else "Name a CSV or TSV file.",
            )
        if path.exists() and not path.is_file():
            # A pipe or a device would be waited for, or read, without end.
            raise source.refusal("this is not an ordinary file.", "Save the table to a file first.")
        with path.open("rb") as file:
            return _unpacked(source, path, file, readable)
    except TableError:
        raise
    except (OSError, ValueError) as problem:  # a path with a zero byte is a ValueError
        raise _unreadable(source, path, problem) from problem


def _unpacked(source: Source, path: Path, file: BinaryIO, readable: tuple[str, ...]) -> Content:
    start = file.read(8)
    file.seek(0)
    kind = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if kind is not None and suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    try:
        if kind == "zip":
            return _from_zip(source, file, readable)
        if kind == "gzip":
            data = gzip.GzipFile(fileobj=file).read(MAX_BYTES + 1)
        elif kind == "bzip2":
            data = bz2.BZ2File(file).read(MAX_BYTES + 1)
        elif kind == "xz":
            data = _from_xz(file.read(MAX_BYTES + 1))
        else:
            data = file.read(MAX_BYTES + 1)
    except (*_DAMAGED, OSError) as problem:
        if kind is None:
            raise
        if isinstance(problem, NotImplementedError):
            raise _unknown_packing(source) from problem
        raise source.refusal("the compressed file is damaged.", "Download or save it again.") from problem
    return Content(_within(source, data), suffix)


def _within(source: Source, data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise _too_large(source)
    return data


def _too_large(source: Source) -> TableError:
    return source.refusal(
        f"the table is larger than {MAX_BYTES / 1e6:.0f} MB.",
        "Keep the columns that are needed: params, tokens or flops, and loss.",
    )


def _unknown_packing(source: Source) -> TableError:
    return source.refusal(
        "the archive is packed in a way that this Python cannot unpack.", "Unpack it and name the file."
    )


def _from_xz(packed: bytes) -> bytes:
    """Unpack the streams of an xz file one by one, with a limit on size and on memory."""
    pieces, size = [], 0
    while packed.strip(b"\x00") and size <= MAX_BYTES:
        unpacker = lzma.LZMADecompressor(memlimit=MAX_DICTIONARY)
        pieces.append(unpacker.decompress(packed, max_length=MAX_BYTES + 1 - size))
        size += len(pieces[-1])
        if not unpacker.eof:
            if size <= MAX_BYTES:
                raise EOFError
            break
        packed = unpacker.unused_data
    return b"".join(pieces)


def _from_zip(source: Source, file: BinaryIO, readable: tuple[str, ...]) -> Content:
    """Take the one table out of an archive; workbooks and evaluation logs are archives themselves."""
    with zipfile.ZipFile(file) as archive:
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir() and not Path(member.filename).name.startswith((".", "__MACOSX"))
        ]
        names = [member.filename for member in members]
        for mark, suffix in (("[Content_Types].xml", ".xlsx"), ("header.json", ".eval")):
            if mark in names:
                # Sizes can be trusted: unpacking stops at the size that the archive states.
                if sum(member.file_size for member in members) > MAX_BYTES:
                    raise _too_large(source)
                file.seek(0)
                return Content(file.read(), suffix)
        tables = [member for member in members if Path(member.filename).suffix.lower() in readable]
        if len(tables) != 1:
            found = ", ".join(member.filename for member in tables[:4]) if tables else "none"
            raise source.refusal(
                f"the archive should hold one table; it holds {len(tables) or 'none'}"
                + (f" ({found})." if tables else "."),
                "Unpack it and name the file.",
            )
        if tables[0].flag_bits & 1:
            raise source.refusal("the archive is protected by a password.", "Unpack it first.")
        with archive.open(tables[0]) as inner:
            data = inner.read(MAX_BYTES + 1)
        name = tables[0].filename
    return Content(_within(source, data), Path(name).suffix.lower(), name)


def members_of(source: Source, data: bytes, prefix: str) -> dict[str, bytes]:
    """Read every file of an archive whose name begins with ``prefix``."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist() if name.startswith(prefix)}
    except (*_DAMAGED, RuntimeError, OSError) as problem:
        if isinstance(problem, NotImplementedError):
            raise _unknown_packing(source) from problem
        raise source.refusal("the compressed file is damaged.", "Download or save it again.") from problem


def _unreadable(source: Source, path: Path, problem: OSError | ValueError) -> TableError:
    if isinstance(problem, PermissionError):
        return source.refusal("the file may not be read.", "Check its permissions.")
    if not isinstance(problem, FileNotFoundError):
        reason = (getattr(problem, "strerror", None) or str(problem)).lower()
        return source.refusal(f"the file could not be read ({reason}).", "Check the path and try again.")
    folder = path.parent
    if not folder.is_dir():
        return source.refusal(f"there is no folder {folder}.", "Check the path.")
    names = [entry.name for _, entry in zip(range(2000), folder.iterdir(), strict=False)]
    near = close_matches(path.name, names)
    where = "the current folder" if str(folder) == "." else str(folder)
    return source.refusal(
        f"there is no such file in {where}.",
        f"Did you mean {either(near)}?" if near else "Check the name and the folder.",
    )
