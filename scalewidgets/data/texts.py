"""From bytes to text, after the checks that keep a file that is no text from costing time."""

from __future__ import annotations

import re

import numpy as np

from .findings import Finding, Source

MAX_LINE = 1_000_000
"""Longest line of a text table, in bytes: more is not a table but something else in one line."""

SAVE_AS_CSV = "Save it as CSV (UTF-8), or read it with pandas and pass the DataFrame."

_SIGNATURES = {
    b"PK\x03\x04": "an archive inside an archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x89PNG": "a picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip file inside a gzip file",
    b"\x89HDF": "an HDF5 file",
    b"(\xb5/\xfd": "a zstandard file, which is not unpacked here",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3": "an SQLite database",
}
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_ESCAPED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


def text_of(source: Source, content: bytes, *, long_lines: bool = False) -> tuple[str, list[Finding]]:
    """Decode a text.

    Parameters
    ----------
    source : Source
        For the sentences.
    content : bytes
        UTF-8, UTF-16 or UTF-32; or, with a warning, Windows-1252 throughout.
    long_lines : bool
        Whether a line may be longer than :data:`MAX_LINE`: in JSON it may.

    Raises
    ------
    TableError
        The content is empty, no text, in more than one encoding, or one endless line.
    """
    if not content.strip():
        raise source.refusal("the file is empty.", "Give one row per run: params, tokens or flops, and loss.")
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise source.refusal(f"this is {what}, not a CSV or TSV file.", SAVE_AS_CSV)
    wide = _wide(content)
    if wide is not None:
        return _wide_text(source, content, wide, long_lines), []
    if not long_lines:
        _check_lines(source, content)
    null = content.find(b"\x00")
    if null >= 0:
        raise source.refusal(
            f"line {_line(content, null)} holds a zero byte, so this is not a text file.", SAVE_AS_CSV
        )
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as problem:
        bad = _line(content, problem.start)
        return _western(source, content, bad, content[problem.start])


def _wide(content: bytes) -> str | None:
    """UTF-16 or UTF-32, by its mark or, without one, by every other byte being zero."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    start = np.frombuffer(content[:2000], np.uint8)
    if len(start) < 4:
        return None
    zero = start == 0
    if zero[1::2].mean() > 0.8 and not zero[::2].any():
        return "utf-16-le"
    return "utf-16-be" if zero[::2].mean() > 0.8 and not zero[1::2].any() else None


def _wide_text(source: Source, content: bytes, encoding: str, long_lines: bool) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise source.refusal(
            f"the file is not whole {encoding.upper()[:6]} text (byte {problem.start:,} is the first bad).",
            "Save it again with the encoding UTF-8.",
        ) from problem
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise source.refusal(f"line {line} holds a zero byte, so this is not a text file.", SAVE_AS_CSV)
    if not long_lines:
        _check_lines(source, text.encode("utf-8"))
    if not text.strip():
        raise source.refusal("the file is empty.", "Give one row per run: params, tokens or flops, and loss.")
    return text


def _western(source: Source, content: bytes, bad: int, byte: int) -> tuple[str, list[Finding]]:
    """Read Windows-1252 where it can be nothing else; a mixture of encodings is refused."""
    remedy = "Save the file with the encoding UTF-8, or read it with pandas and pass the DataFrame."
    escaped = content.decode("utf-8", "surrogateescape")
    proper = _BEYOND_ASCII.search(escaped)
    if proper and not _CONTROL.search(content):
        good = escaped.count("\n", 0, proper.start()) + 1
        raise source.refusal(
            f"two encodings are mixed: line {bad} is not UTF-8 text (byte {byte:#04x}), line {good} is.",
            remedy,
        )
    try:
        if proper or _CONTROL.search(content):
            raise UnicodeError
        text = content.decode("cp1252")
    except UnicodeError:
        raise source.refusal(f"line {bad} is not UTF-8 text (byte {byte:#04x}).", remedy) from None
    letters = len(_ESCAPED.findall(escaped))
    return text, [
        source.finding(
            "warning",
            f"Line {bad} is the first with letters that are not UTF-8 ({letters:,} in all); the file is read "
            "as Windows-1252, the encoding of Western European spreadsheets.",
            "If names look wrong, save it as CSV UTF-8.",
        )
    ]


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _check_lines(source: Source, content: bytes) -> None:
    end = b"\n" if b"\n" in content else b"\r"
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord(end))
    lengths = np.diff(ends, prepend=-1, append=len(content))
    longest = int(np.argmax(lengths))
    if lengths[longest] > MAX_LINE:
        raise source.refusal(
            f"line {longest + 1} is {int(lengths[longest]):,} characters long, which no table of runs is.",
            "Check that the file has one line per run.",
        )
