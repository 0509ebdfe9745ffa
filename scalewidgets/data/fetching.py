"""Data that is not bundled: downloaded once, checked, kept; or read from the reader's own copy."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from os import PathLike, environ, walk
from pathlib import Path
from typing import Any

import pandas as pd

from scalewidgets.errors import FetchError, TableError

from .columns import tidy
from .containers import MAX_BYTES
from .loading import facts_of
from .remote_tables import READERS
from .remotes import File, Remote, remote

CACHE_VARIABLE = "SCALEWIDGETS_CACHE"
"""Environment variable with the folder that downloads are kept in."""

MAX_FILES = 2000
"""Files of a reader's folder that are looked at."""


def fetch(name: str, path: str | PathLike[str] | None = None) -> pd.DataFrame:
    """Load public data that is not bundled because its source states no licence.

    The files are downloaded once from a fixed commit, checked and kept in the cache of the system
    (``SCALEWIDGETS_CACHE`` names another folder). Without a connection, give the files yourself.

    Parameters
    ----------
    name : str
        One of ``sw.datasets(bundled=False)``.
    path : path-like, optional
        Your own copy: the file, or a folder that holds the files under whatever names, plain or
        gzipped. They are found by their checksums, and nothing is downloaded.

    Returns
    -------
    DataFrame
        Tidy columns and ``.attrs`` as of :func:`scalewidgets.load`.

    Raises
    ------
    UnknownNameError
        There is no such data.
    FetchError
        A file could not be downloaded, or pooch is not installed. The sentence names the address, where
        to put the file, and its checksum.
    TableError
        The copy under ``path`` is not the file described.
    """
    entry = remote(name)
    if path is None:
        files = {file.path: _downloaded(entry, file) for file in entry.files}
    else:
        if not isinstance(path, str | PathLike):
            raise TableError(
                f"path= is a file or a folder, not {type(path).__name__}.",
                remedy=f"Give where you have {_wanted(entry)}.",
            )
        files = _own(entry, Path(path).expanduser())
    frame = tidy(READERS[name](files), entry.layout)
    frame.attrs.update({**facts_of(entry), "fetched": True})
    return frame


def cache_folder(entry: Remote) -> Path:
    """Where the files of one data set are kept.

    Raises
    ------
    FetchError
        pooch is not installed.
    """
    if environ.get(CACHE_VARIABLE):
        return Path(environ[CACHE_VARIABLE]) / entry.name
    return Path(_pooch(entry).os_cache("scalewidgets")) / entry.name


def _downloaded(entry: Remote, file: File) -> bytes:
    pooch = _pooch(entry)
    target = cache_folder(entry) / file.path
    address = entry.address(file)
    try:
        kept = pooch.retrieve(
            address, known_hash=f"sha256:{file.sha256}", fname=target.name, path=target.parent
        )
        return Path(kept).read_bytes()
    except (PermissionError, FileExistsError, NotADirectoryError, FileNotFoundError) as problem:
        raise FetchError(
            f"{entry.name} cannot be kept in {target.parent} ({(problem.strerror or 'unknown').lower()}).",
            remedy=f"Name another folder in the environment variable {CACHE_VARIABLE}.",
        ) from None
    except OSError as problem:  # no connection, a page that is gone, a full disk
        reason = _reason(problem)
    except ValueError:
        reason = "what came back is not the file with this checksum"
    raise FetchError(
        f"{entry.name} could not be downloaded: {reason}.",
        remedy=f"Save {address} as {target}, or pass path= with your copy. Its SHA-256 is {file.sha256}.",
    ) from None


def _reason(problem: OSError) -> str:
    response = getattr(problem, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    if type(problem).__name__ in ("ChunkedEncodingError", "ContentDecodingError"):
        return "the connection broke off in the middle, and nothing of it was kept"
    if "Connection" in type(problem).__name__ or "Timeout" in type(problem).__name__:
        return "there is no connection to the server"
    return (problem.strerror or type(problem).__name__).lower()


def _pooch(entry: Remote) -> Any:
    try:
        import pooch
    except ImportError:
        file = entry.files[0]
        others = " and the other files" if len(entry.files) > 1 else ""
        raise FetchError(
            "Downloads need pooch, which is not installed.",
            remedy="Install it with: pip install 'scalewidgets[fetch]'. Or save "
            f"{entry.address(file)}{others} yourself and pass path=. Its SHA-256 is {file.sha256}.",
        ) from None
    return pooch


def _own(entry: Remote, path: Path) -> dict[str, bytes]:
    """Read the reader's copy; files are known by their content and not by their names."""
    if not path.exists():
        raise TableError(
            f"{path}: there is no such file or folder.",
            file=path,
            remedy=f"It should hold {_wanted(entry)}.",
        )
    wanted = {file.sha256: file for file in entry.files}
    sizes = {file.bytes for file in entry.files}
    found: dict[str, bytes] = {}
    for candidate in _candidates(path):
        if path.is_dir() and candidate.suffix != ".gz" and candidate.stat().st_size not in sizes:
            continue
        content = _content(candidate)
        known = wanted.get(hashlib.sha256(content).hexdigest())
        if known is not None:
            found[known.path] = content
    missing = [file for file in entry.files if file.path not in found]
    if missing:
        first = missing[0]
        what = "is not" if path.is_file() and len(entry.files) == 1 else "does not hold"
        raise TableError(
            f"{path} {what} {first.path} of {entry.repository} at {entry.commit[:12]}, whose SHA-256 is "
            f"{first.sha256}.",
            file=path,
            remedy=f"Download it from {entry.address(first)}"
            + (f", and {len(missing) - 1} more files beside it." if len(missing) > 1 else "."),
        )
    return {file.path: found[file.path] for file in entry.files}


def _candidates(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files: list[Path] = []
    for folder, folders, names in walk(path):
        folders.sort()
        files += [Path(folder) / name for name in sorted(names)]
        if len(files) >= MAX_FILES:
            break
    return [file for file in files[:MAX_FILES] if file.is_file()]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            return gzip.GzipFile(fileobj=file).read(MAX_BYTES) if zipped else file.read(MAX_BYTES)
    except (OSError, EOFError, zlib.error):
        return b""


def _wanted(entry: Remote) -> str:
    first = entry.files[0].path.rpartition("/")[2]
    more = len(entry.files) - 1
    return first if not more else f"{first} and {more} more files of {entry.repository}"
