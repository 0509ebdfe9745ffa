"""A table of runs as families: models by size, and the checkpoints of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.data.files import source_of
from scalewidgets.data.findings import several
from scalewidgets.errors import StudyError, UnknownNameError, either
from scalewidgets.laws import Law
from scalewidgets.units import format_quantity

Array: TypeAlias = NDArray[np.float64]

ALONE = "runs"
"""Name of the one family of a table that tells none apart."""

COLUMNS = {"N": "params", "D": "tokens", "C": "flops", "U": "unique_tokens", "S": "step"}
"""Column behind each symbol of a law, unless the caller says otherwise."""


@dataclass(frozen=True, eq=False)
class Model:
    """All checkpoints of one size, by rising tokens.

    Attributes
    ----------
    label : str
        The size as a person reads it.
    size : float
        Parameters.
    tokens, loss : ndarray, shape (n,)
    inputs : mapping of str to ndarray, shape (n,)
        By the symbols of the law.
    """

    label: str
    size: float
    tokens: Array
    loss: Array
    inputs: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Family:
    """Models meant to lie on one law, smallest first.

    Attributes
    ----------
    name, title : str
    unit : str
        Of the loss.
    models : tuple of Model
    """

    name: str
    title: str
    unit: str
    models: tuple[Model, ...]

    @property
    def checkpoints(self) -> int:
        """Checkpoints of all models."""
        return sum(len(model.loss) for model in self.models)

    def digest(self) -> str:
        """SHA-256 of everything that a fit of this family depends on."""
        digest = hashlib.sha256(f"{self.name};{len(self.models)};".encode())
        for model in self.models:
            parts = {"tokens": model.tokens, "loss": model.loss, **model.inputs}
            for name in sorted(parts):
                digest.update(f"{name}:{len(parts[name])};".encode())
                digest.update(np.ascontiguousarray(parts[name], dtype="<f8").tobytes())
        return digest.hexdigest()


class Families(NamedTuple):
    """What a table holds for a study, and what it holds besides.

    Attributes
    ----------
    families : tuple of Family
    left_out : tuple of str
        A sentence for each kind of row that no law sees, with how many there are and where.
    """

    families: tuple[Family, ...]
    left_out: tuple[str, ...]


def read_families(
    runs: pd.DataFrame,
    law: Law,
    wanted: Iterable[str] | None,
    columns: Mapping[str, str],
    titles: Mapping[str, str],
) -> Families:
    """Split a table of runs into families.

    Rows that lack a number the law needs are left out; so are families with fewer than three sizes, since
    one is predicted and at least two are fitted. Each is said. A table whose rows belong to no family, as one
    of one's own mostly is, is one family.

    Raises
    ------
    StudyError
        If columns are missing or nothing is left.
    UnknownNameError
        If a family that is asked for is not in the table.
    """
    table = _named(runs)
    names = {symbol: columns.get(symbol, COLUMNS.get(symbol, symbol)) for symbol in law.input_names}
    for column in ("params", "tokens", "loss"):
        if column not in table.columns:
            raise StudyError(
                f"A study follows runs over their tokens; the table has no column {column!r}.",
                remedy="One row a checkpoint: params, tokens, loss, and family where there are several.",
            )
    arrays = {column: _numbers(table, column) for column in ("params", "tokens", "loss")}
    for symbol, column in names.items():
        if column in table.columns:
            arrays[symbol] = _numbers(table, column)
        elif symbol == "C":
            arrays[symbol] = 6 * arrays["params"] * arrays["tokens"]
        else:
            raise StudyError(
                f"The law {law.name} needs {symbol}, and the table has no column {column!r}.",
                remedy=f"Say which column it is: columns={{{symbol!r}: ...}}.",
            )
    known = list(dict.fromkeys(table["family"].dropna()))
    if wanted is not None:
        asked = [wanted] if isinstance(wanted, str) else list(wanted)
        for name in asked:
            if name not in known:
                raise UnknownNameError.of("a family of this table", name, known)
        known = [name for name in known if name in asked]
    family = table["family"].to_numpy(dtype=object)
    units = table["loss_unit"].to_numpy(dtype=object) if "loss_unit" in table.columns else None
    numbers = {symbol: np.isfinite(values) & (values > 0) for symbol, values in arrays.items()}
    usable = np.all(list(numbers.values()), axis=0)
    found, small = [], []
    for name in known:
        rows = np.flatnonzero((family == name) & usable)
        unit = "nats per token" if units is None or not len(rows) else str(units[rows[0]])
        made = _family(str(name), titles.get(str(name), str(name)), unit, law, arrays, rows)
        if len(made.models) >= 3:
            found.append(made)
        elif wanted is not None:
            raise StudyError(
                f"The family {name} has {len(made.models)} sizes; one is predicted from at least two others.",
                remedy="Leave it out, or give the missing sizes.",
            )
        else:
            small.append(f"{name} ({len(made.models)})")
    mine = np.isin(family, np.array(known, dtype=object))
    left_out = _unusable(table, {**names, **dict.fromkeys(("params", "tokens", "loss"))}, numbers, mine)
    if small:
        shown = ", ".join(small[:4]) + (f" and {len(small) - 4} more" if len(small) > 4 else "")
        words = "1 family has" if len(small) == 1 else f"{len(small):,} families have"
        verb = "is" if len(small) == 1 else "are"
        left_out.append(f"{words} fewer than three sizes and {verb} left out: {shown}.")
    homeless = 0 if wanted is not None else int(table["family"].isna().sum())
    if homeless:
        verb = "is" if homeless == 1 else "are"
        left_out.append(f"{several(homeless, 'row', 'belongs', 'belong')} to no family and {verb} left out.")
    if not found:
        raise StudyError(
            " ".join(["No family has three sizes or more, so there is nothing to predict.", *left_out]),
            remedy="Give at least three sizes; where several families are mixed, tell them apart by a column "
            "family.",
        )
    return Families(tuple(found), tuple(left_out))


def _unusable(
    table: pd.DataFrame,
    names: Mapping[str, str | None],
    numbers: Mapping[str, NDArray[np.bool_]],
    mine: NDArray[np.bool_],
) -> list[str]:
    """Which rows of the families lack a number, in words: how many, in which columns, and the first."""
    bad = mine & ~np.all(list(numbers.values()), axis=0)
    if not bad.any():
        return []
    count = int(bad.sum())
    where = dict.fromkeys(
        names.get(symbol) or symbol for symbol, good in numbers.items() if (bad & ~good).any()
    )
    first = source_of(table).row_word(table.index[int(np.argmax(bad))])
    return [
        f"{count:,} of {int(mine.sum()):,} rows {'has' if count == 1 else 'have'} no number above zero in "
        f"{either(where)} and {'is' if count == 1 else 'are'} left out ({first} is the first)."
    ]


def _named(runs: Any) -> pd.DataFrame:
    if not isinstance(runs, pd.DataFrame):
        raise StudyError(
            f"Runs are a table, not {type(runs).__name__}.",
            remedy='Give a DataFrame such as sw.read_runs("runs.csv") or sw.load("hitchhikers"), or '
            'preset="hitchhikers".',
        )
    if "family" in runs.columns and runs["family"].notna().any():
        return runs
    # A table that was read has the column, and nothing in it where its owner had no families.
    table: pd.DataFrame = runs.assign(family=ALONE)
    return table


def _numbers(table: pd.DataFrame, column: str) -> Array:
    try:
        return np.asarray(table[column].to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError):
        raise StudyError(
            f"The column {column!r} is not numbers.",
            column=column,
            remedy="Read the file with sw.read_runs, which says where.",
        ) from None


def _family(
    name: str, title: str, unit: str, law: Law, arrays: Mapping[str, Array], rows: NDArray[np.intp]
) -> Family:
    models = []
    sizes = arrays["params"][rows]
    for size in np.unique(sizes):
        mine = rows[sizes == size]
        # By all numbers, so that the order of the table changes nothing.
        order = np.lexsort((arrays["loss"][mine], arrays["tokens"][mine]))
        mine = mine[order]
        models.append(
            Model(
                format_quantity(float(size), "params"),
                float(size),
                arrays["tokens"][mine],
                arrays["loss"][mine],
                {
                    symbol: arrays[symbol if symbol in arrays else "params"][mine]
                    for symbol in law.input_names
                },
            )
        )
    labels = _distinct([model.label for model in models], [model.size for model in models])
    models = [
        Model(label, m.size, m.tokens, m.loss, m.inputs) for label, m in zip(labels, models, strict=True)
    ]
    return Family(name, title, unit, tuple(models))


def _distinct(labels: Sequence[str], sizes: Sequence[float]) -> list[str]:
    """Labels with as many digits as it takes to tell them apart."""
    for digits in (None, 3, 4, 5, 6):
        made = [format_quantity(size, "params", digits) for size in sizes]
        if len(set(made)) == len(made):
            return made
    return [f"{label} ({k + 1})" for k, label in enumerate(labels)]
