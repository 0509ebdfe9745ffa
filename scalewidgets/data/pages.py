"""The description page of a data set, the same in Python, on the command line and in the documentation.

This module does without pandas.
"""

from __future__ import annotations

from collections.abc import Iterable

from scalewidgets.errors import UnknownNameError

from .columns import Column
from .registry import Dataset, registry
from .remotes import Remote, remotes

KINDS = {
    "runs": "losses of training runs",
    "curves": "losses along training under learning-rate schedules",
    "streams": "losses by size and parallel streams",
    "losses": "losses of one network on several data sets",
    "mixtures": "losses under shares of several domains",
    "fine-tuning": "losses after fine-tuning",
    "scores": "scores on benchmarks",
    "samples": "samples and successes of each problem",
    "attempts": "single samples",
    "systems": "accuracy and cost of configurations",
    "resamples": "resampled coefficients",
}
"""Each kind of table in words; other kinds are shown by their name."""


def dataset(name: str) -> Dataset | Remote:
    """Return what is known about a data set, bundled or to be fetched.

    Parameters
    ----------
    name : str
        One of ``sw.datasets()`` or ``sw.datasets(bundled=False)``.

    Returns
    -------
    Dataset or Remote
        Its facts as attributes. Printed, or shown by a notebook, it is the description page: what it is,
        columns with units, quirks that were corrected, what was left out, terms and citation.

    Raises
    ------
    UnknownNameError
        There is no such data set.

    Examples
    --------
    >>> dataset("chinchilla").rows
    245
    """
    known: dict[str, Dataset | Remote] = {**registry(), **remotes()}
    if not isinstance(name, str) or name not in known:
        raise UnknownNameError.of("a dataset", name, known)
    return known[name]


def page(entry: Dataset | Remote) -> str:
    """Write the description page of a data set as Markdown."""
    bundled = isinstance(entry, Dataset)
    verb = "load" if bundled else "fetch"
    size = f"{entry.bytes / 1e3:,.1f} kB {'compressed' if bundled else 'to download'}"
    parts = [
        f"# {entry.title}",
        f'```python\nsw.{verb}("{entry.name}")\n```',
        entry.description,
        _table(
            ("rows", "families", "models", "kind", "size", "licence"),
            [
                (
                    f"{entry.rows:,}",
                    f"{entry.families:,}",
                    f"{entry.models:,}",
                    f"{entry.kind}: {KINDS[entry.kind]}" if entry.kind in KINDS else entry.kind,
                    size,
                    entry.licence,
                )
            ],
        ),
        "## Columns",
        "Columns of this kind of table that are not listed are there and empty.",
        _table(("column", "unit", "meaning"), map(_column, _filled(entry))),
        "## Corrected, and good to know",
        _list(entry.notes),
    ]
    if isinstance(entry, Dataset) and entry.default_exclusions:
        excluded = entry.default_exclusions
        parts += [f"Proposed for exclusion from fits: {len(excluded['index'])} rows, {excluded['reason']}."]
    if isinstance(entry, Dataset) and entry.codes:
        codes = (f"`{code}` {rows:,}" for code, rows in entry.codes.items())
        parts += [f"Codes in the column note, with their rows: {', '.join(codes)}."]
    parts += ["## Left out", _list(entry.left_out)]
    parts += [
        "## Source",
        f"{entry.citation}.",
        f"<{entry.url}>",
        _list(f"`{name}`" for name in entry.sources),
    ]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """Write the list of all data sets as Markdown, with links to their pages."""
    head = ("name", "what", "rows", "models", "licence")
    return (
        "\n\n".join(
            [
                "# Data sets",
                "Bundled, `sw.load(name)`:",
                _table(head, map(_row, registry().values())),
                "Downloaded from a fixed commit and checked, or read from your copy, `sw.fetch(name)`:",
                _table(head, map(_row, remotes().values())),
            ]
        )
        + "\n"
    )


def _row(entry: Dataset | Remote) -> tuple[str, ...]:
    link = f"[{entry.name}]({entry.name}.md)"
    return (link, entry.title, f"{entry.rows:,}", f"{entry.models:,}", entry.licence)


def _filled(entry: Dataset | Remote) -> list[Column]:
    return [column for column in entry.layout if column.name in entry.columns]


def _column(column: Column) -> tuple[str, ...]:
    return (f"`{column.name}`", column.unit, column.meaning)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _list(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
