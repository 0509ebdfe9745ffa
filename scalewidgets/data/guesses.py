"""What a column is, or which unit it is in, where its name does not say: read off its values.

A guess is made only where one reading stands clear of the others, and it is always said.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from .values import numbers, parse

Array = npt.NDArray[np.float64]

LOOKED_AT = 2_000
"""Rows that a guess looks at, spread evenly over the table."""

TOY = {"params": 1e5, "tokens": 1e6, "flops": 1e12}
"""A column that nowhere exceeds this may be in billions; one that does is taken as it is."""

_SIZED = re.compile(r"\s*\d+(?:\.\d+)?\s*(?:[kmbt]|bn)\s*", re.IGNORECASE)
_SIZE_IN_NAME = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?[kmb])(?![a-z0-9])", re.IGNORECASE)

_NO_COUNT = re.compile(
    r"fl[o]ps?|compute|byte|bits?(?:_|$)|second|time|hour|step|iter|batch|example|sample|sequence|seq_|document|"
    r"vocab|context|memory|cost|price|usd|(?:^|_)per_|(?<!non_)(?<!no_)(?<!non)(?<!out_)embed",
)
_NO_LOSS = re.compile(
    r"bit(?:s|_|$)|byte|char|word|(?:^|_)acc(?:uracy)?(?:_|$)|error|rate(?:_|$)|(?:^|_)lr|grad|norm|time|hour|"
    r"cost|price|usd|temperature|dropout|ratio|exponent|decay|score|bleu|(?:^|_)f1"
)
"""Words in a name that say that a column is something else, whatever its values look like."""

_UNITS: Mapping[str, tuple[str, ...]] = {
    "params": ("1", "1e6", "1e9"),
    "tokens": ("1", "1e6", "1e9", "1e12", "log10"),
    "flops": ("1", "1e9", "1e12", "1e15", "1e18", "1e21", "8.64e19", "log10"),
}
PLAUSIBLE = {"params": (1e3, 5e12), "tokens": (1e4, 2e14), "flops": (1e9, 1e28)}
_NAMES = {
    "1e6": "millions",
    "1e9": "billions",
    "1e12": "trillions",
    "8.64e19": "petaFLOP-days",
    "log10": "decimal logarithms",
}

PER_PARAM = (0.02, 1e6)
"""Tokens per parameter of any table, at its median."""

EXPECTED = (1.69, 406.4, 410.7, 0.34, 0.28)
"""E, A, B, alpha, beta of Hoffmann et al. 2022, arXiv:2203.15556, eq. 10: not a prediction, only a
yardstick. Other corpora differ by some 30 %; a unit that is wrong by a thousand differs by far more."""

NEAR, CLEAR, TIMES = 0.3, 0.05, 1.5
"""A unit is inferred where the losses lie this near the yardstick, and every other unit further off by
CLEAR and by a factor of TIMES. Of 36 bundled families with sizes and tokens divided by 1e6, 1e9 or 1e12
in every combination (203 tables), 152 are then read right, 51 are left open and none is read wrong."""


LETTERS = {1e6: "M", 1e9: "B", 1e12: "T"}
"""What ``columns=`` calls a unit."""


def in_words(factor: float) -> str:
    """``1e+09 (billions)``."""
    name = next((_NAMES[unit] for unit in _NAMES if unit != "log10" and float(unit) == factor), "")
    return f"{factor:g}{name and f' ({name})'}"


class Unit(NamedTuple):
    """The unit of one column: its factor, or a decimal logarithm, and what to call it."""

    factor: float
    log10: bool
    name: str


def spread(values: Array) -> Array:
    """At most :data:`LOOKED_AT` entries, from the whole length."""
    return np.asarray(values[:: max(1, len(values) // LOOKED_AT)], dtype=np.float64)


def units(columns: Mapping[str, Array], loss: Array, unstated: Sequence[str]) -> dict[str, Unit]:
    """Infer the units of counts that are too small to be plain numbers.

    Parameters
    ----------
    columns : mapping
        Params, tokens and flops as far as they are in the table, each above zero.
    loss : ndarray
        Nats per token, above zero.
    unstated : sequence of str
        Columns whose unit nobody stated. Only those that stay below :data:`TOY` are looked at, and
        logarithms are looked for in columns that lie between 5 and 30.

    Returns
    -------
    dict
        Column to unit where the losses, and 6ND where compute is known, fit one combination of units
        and no other; else empty.
    """
    open_to = [name for name in unstated if float(np.max(columns[name])) < TOY[name]]
    if not open_to or len(columns) < 2:
        return {}
    sample = {name: spread(values) for name, values in columns.items()}
    losses = spread(loss)
    scored: list[tuple[float, dict[str, str]]] = []
    for chosen in product(*(_UNITS[name] for name in open_to)):
        wanted = dict(zip(open_to, chosen, strict=True))
        read = {name: _read(values, wanted.get(name, "1")) for name, values in sample.items()}
        distance = _distance(read, losses, open_to)
        if distance is not None:
            scored.append((distance, wanted))
    scored.sort(key=lambda entry: entry[0])
    if not scored or scored[0][0] > NEAR:
        return {}
    if len(scored) > 1 and scored[1][0] < max(scored[0][0] + CLEAR, scored[0][0] * TIMES):
        return {}
    return {
        name: Unit(
            1.0 if unit == "log10" else float(unit), unit == "log10", _NAMES.get(unit, f"units of {unit}")
        )
        for name, unit in scored[0][1].items()
        if unit != "1"
    }


def _read(values: Array, unit: str) -> Array:
    if unit == "log10":
        inside = (values > 4).all() and (values < 30).all()
        return np.asarray(10.0**values if inside else np.full_like(values, np.nan))
    return values * float(unit)


def _distance(read: Mapping[str, Array], loss: Array, open_to: Sequence[str]) -> float | None:
    """How far the losses lie from what such runs reach; ``None`` if no run could be like this."""
    for name in open_to:
        low, high = PLAUSIBLE[name]
        if not ((read[name] >= low) & (read[name] <= high)).all():
            return None
    known = dict(read)
    if len(known) == 3:
        ratio = float(np.median(np.abs(np.log(known["flops"] / (6.0 * known["params"] * known["tokens"])))))
        if ratio > np.log(2.5):
            return None
    if "tokens" not in known:
        known["tokens"] = known["flops"] / (6.0 * known["params"])
    elif "params" not in known:
        known["params"] = known["flops"] / (6.0 * known["tokens"])
    if not (known["tokens"] >= 1).all() or not (known["params"] >= 1).all():
        return None
    if not PER_PARAM[0] < float(np.median(known["tokens"] / known["params"])) < PER_PARAM[1]:
        return None
    e, a, b, alpha, beta = EXPECTED
    expected = e + a / known["params"] ** alpha + b / known["tokens"] ** beta
    off = np.log(loss / expected)
    # A tokenizer or a corpus shifts all losses together; a unit that is wrong bends them.
    return float(off.std() + 0.3 * abs(off.mean()))


def sizes_in_names(names: pd.Series) -> tuple[Array, str] | None:
    """Sizes that stand in the names of runs, as in ``gpt-160m``, and the first name; all or none."""
    codes, spellings = pd.factorize(names.to_numpy(dtype=object))
    if (codes < 0).any() or not len(spellings):
        return None
    found = []
    for name in spellings:
        size = _SIZE_IN_NAME.search(str(name))
        value = parse(size[1], suffixes=True) if size else None
        if value is None:
            return None
        found.append(value)
    return np.array(found)[codes], str(spellings[0])


def columns_by_values(
    frame: pd.DataFrame, unread: Sequence[Hashable], wanted: Sequence[str]
) -> dict[str, Hashable]:
    """Find counts and a loss among columns with names that say nothing.

    Parameters
    ----------
    frame : DataFrame
    unread : sequence
        Columns that were not recognised.
    wanted : sequence of str
        Of params, tokens, flops and loss, what is missing.

    Returns
    -------
    dict
        Tidy name to column, for what only one column can be.
    """
    counts: list[tuple[float, Hashable]] = []
    flops: list[Hashable] = []
    losses: list[Hashable] = []
    some = frame.iloc[:: max(1, len(frame) // LOOKED_AT)]
    for column in unread[:200]:
        cells = some[column]
        if not isinstance(cells, pd.Series) or cells.isna().any() or len(cells) < 2:
            continue
        read = numbers(cells, suffixes=True, decimal_comma=bool(frame.attrs.get("decimal_comma")))
        values = read.floats
        name = re.sub(r"[^0-9a-z]+", "_", str(column).casefold())
        if read.is_text.any() or not (values > 0).all() or len(set(values)) < 2:
            continue
        sized = bool(read.has_unit.all()) and all(_SIZED.fullmatch(str(cell)) for cell in cells)
        if sized or ((values >= 1e6).all() and (values < 1e15).all()):
            if not _NO_COUNT.search(name):
                counts.append((float(np.median(values)), column))
        elif (values >= 1e15).all() and (values < 1e28).all():
            flops.append(column)
        elif (
            not _NO_LOSS.search(name)
            and (values > 0.5).all()
            and (values < 12).all()
            and not (values % 1 == 0).all()
            and len(set(values)) > 2
        ):
            losses.append(column)
    counts.sort(key=lambda entry: entry[0])
    found: dict[str, Hashable] = {}
    sizes = [name for name in ("params", "tokens") if name in wanted]
    if len(counts) == len(sizes) or (len(sizes) == 2 and len(counts) == 1 and not flops):
        found.update({name: column for name, (_, column) in zip(sizes, counts, strict=False)})
    if "flops" in wanted and len(flops) == 1:
        found["flops"] = flops[0]
    if "loss" in wanted and len(losses) == 1:
        found["loss"] = losses[0]
    return found
