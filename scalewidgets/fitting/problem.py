"""From a table of runs to the arrays of a fit: which rows, which columns, by which convention."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError
from scalewidgets.laws import Law
from scalewidgets.laws.shares import refuse_wrong_shares

from .columns import column_names, numbers, output_key, present
from .exclusions import read_exclusions, rows_of
from .rows import PerRow, Rows, read_rows

Array: TypeAlias = NDArray[np.float64]

FLOPS_PER_PARAM_TOKEN = 6.0
"""C = 6 N D (arXiv:2001.08361, section 2.1)."""

LONG = 10_000
"""Rows from which on a table is sorted the fast way."""

_COUNTED = {
    "params": "N counts all parameters",
    "params_non_embed": "N leaves out embeddings",
    "params_active": "N counts the parameters used for one token",
}


@dataclass(frozen=True)
class Problem:
    """The numbers of a fit, rows in canonical order, and how they were read.

    Attributes
    ----------
    law : Law
    runs : DataFrame
        The table as given.
    used : ndarray of bool, shape (len(runs),)
    order : ndarray of int
        Position in the table of each row of the arrays. Rows are sorted by their numbers, so that the
        order of the table changes nothing, resamples included.
    inputs, loss
        Arrays of shape (n,), float64.
    flops : ndarray or None
        Compute of each run, where it is known.
    rule, counted : str
        How C, N and D belong together; what N counts. Empty for a law without N.
    exclusions : tuple of (label, reason)
    data_hash : str
        SHA-256 of the used numbers.
    notes : tuple of str
        What a reader should know about how the table was read.
    rows : Rows
        Weight, tilt and cluster of each row of the arrays.
    bare : DataFrame
        The table without its attributes, which pandas copies in depth for every column that is taken.
    """

    law: Law
    runs: pd.DataFrame
    columns: Mapping[str, str]
    used: NDArray[np.bool_]
    order: NDArray[np.intp]
    inputs: Mapping[str, Array]
    loss: Array
    flops: Array | None
    rule: str
    counted: str
    exclusions: tuple[tuple[Hashable, str], ...]
    data_hash: str
    notes: tuple[str, ...]
    rows: Rows = field(default_factory=lambda: Rows(np.ones(0)))
    bare: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    def __post_init__(self) -> None:
        if len(self.rows.weight) != len(self.loss):
            object.__setattr__(self, "rows", replace(self.rows, weight=np.ones(len(self.loss))))

    @property
    def n(self) -> int:
        """Number of runs used."""
        return len(self.loss)

    @property
    def labels(self) -> list[Hashable]:
        """Index labels of the rows of the arrays."""
        return [self.runs.index[i] for i in self.order]

    @property
    def convention(self) -> str:
        """Conventions of N, D and C in one line."""
        return ", ".join(part for part in (self.counted, self.rule) if part)


def read_problem(
    runs: pd.DataFrame | Mapping[str, object],
    law: Law,
    exclude: str | Iterable[Hashable] | None,
    columns: Mapping[str, str] | None,
    *,
    sd: PerRow = None,
    weight: PerRow = None,
    cluster: PerRow = None,
) -> Problem:
    """Read the columns a law needs, and what is said of each row.

    Raises
    ------
    FitError
        If columns or rows that are asked for do not exist, or are not numbers.
    """
    table = as_table(runs)
    bare = pd.DataFrame(table, copy=False) if table.attrs else table
    names, output = column_names(law, columns, bare), output_key(law)
    exclusions, notes = read_exclusions(bare, exclude, table.attrs)
    used = np.ones(len(table), dtype=bool)
    if exclusions:
        used = ~rows_of(table.index, [label for label, _ in exclusions])

    def read(column: str) -> Array:
        values = numbers(bare, column)
        return values[used] if exclusions else values

    found: dict[str, Array | None] = {
        symbol: read(names[symbol]) for symbol in ("N", "D", "C") if names[symbol] in table.columns
    }
    derived = _complete(found)
    inputs: dict[str, Array] = {}
    for symbol in law.inputs:
        values = found.get(symbol.name)
        if values is None and symbol.name not in ("N", "D", "C"):
            values = read(present(table, names[symbol.name], symbol.name))
        if values is None:
            present(table, names[symbol.name], symbol.name)
        inputs[symbol.name] = np.asarray(values, dtype=float)
    if law.simplex:
        # Before the rows are sorted, so that the refusal names the row as the table has it.
        refuse_wrong_shares({name: inputs[name] for name in law.simplex})
    loss = read(present(table, names[output], output, output))
    rows = read_rows(table, used, sd, weight, cluster)
    said = {"weight": rows.weight} if weight is not None else {}
    said |= {"sd": 1.0 / rows.tilt} if rows.tilt is not None else {}
    more = () if rows.cluster is None else (rows.cluster,)
    order = row_order((*more, *said.values(), loss, *reversed(list(inputs.values()))))
    rows = replace(
        rows,
        weight=rows.weight if weight is None else rows.weight[order],
        tilt=None if rows.tilt is None else rows.tilt[order],
        cluster=None if rows.cluster is None else rows.cluster[order],
    )
    said = {name: values[order] for name, values in said.items()}
    inputs = {name: values.take(order) for name, values in inputs.items()}
    loss, flops = loss.take(order), found.get("C")
    counted = ""
    if "N" in inputs:
        counted = _COUNTED.get(names["N"], f"N is the column {names['N']}")
    rule = _rule(found, derived, bare, used) if "N" in inputs or "C" in derived else ""
    return Problem(
        law, table, names, used, np.flatnonzero(used)[order] if exclusions else order, inputs, loss,
        None if flops is None else flops.take(order), rule, counted, exclusions,
        data_hash({**inputs, **said}, loss), notes, rows, bare,
    )  # fmt: skip


def row_order(keys: tuple[NDArray[Any], ...]) -> NDArray[np.intp]:
    """Order of rows by several keys, the last one first: ``np.lexsort``, sooner for long tables.

    One fast sort by the leading bits of the last key; only rows that it leaves tied go through all keys.
    """
    first = keys[-1]
    if len(first) < LONG or first.dtype != np.float64 or not (np.isfinite(first) & (first >= 0)).all():
        return np.lexsort(keys)
    # Numbers from zero up are in the order of their bits. Digits of 16 bits are sorted by counting: a third
    # less time for a million rows than a sort of the numbers.
    bits = (first + 0.0).view(np.uint64)
    bits -= bits.min()
    lead = (bits >> np.uint64(max(0, int(bits.max()).bit_length() - 32))).astype(np.uint32)
    order = np.argsort(lead.astype(np.uint16), kind="stable")
    order = order.take(np.argsort((lead >> np.uint32(16)).astype(np.uint16).take(order), kind="stable"))
    tied = np.zeros(len(first), dtype=bool)
    sorted_lead = lead.take(order)
    same = sorted_lead[1:] == sorted_lead[:-1]
    tied[:-1] |= same
    tied[1:] |= same
    rows = order[tied]
    order[tied] = rows[np.lexsort(tuple(key[rows] for key in keys))]
    return order


_FIRST = {"N": 0, "D": 1, "C": 2}


def data_hash(inputs: Mapping[str, Array], loss: Array) -> str:
    """SHA-256 of sorted rows as little-endian float64, column by column, names included.

    N, D and C come before the other columns: the order in which most laws read them, so that rows which were
    put in order for the fit are seldom sorted a second time.
    """
    digest = hashlib.sha256()
    names = sorted(inputs, key=lambda name: (_FIRST.get(name, len(_FIRST)), name))
    columns = {**{name: inputs[name] for name in names}, "loss": loss}
    sorted_already = _in_order(list(columns.values()))
    order = None if sorted_already else row_order(tuple(reversed(list(columns.values()))))
    for name, values in columns.items():
        digest.update(f"{name}:{len(values)};".encode())
        digest.update(np.ascontiguousarray(values if order is None else values[order], dtype="<f8").data)
    return digest.hexdigest()


def _in_order(keys: list[Array]) -> bool:
    """Whether rows are sorted by several keys, the first one first."""
    tied: NDArray[np.intp] | None = None
    for key in keys:
        left, right = (key[:-1], key[1:]) if tied is None else (key[tied], key[tied + 1])
        # Also false for what has no order: NaN goes the long way.
        if not (left <= right).all():
            return False
        same = np.flatnonzero(left == right)
        tied = same if tied is None else tied[same]
        if not len(tied):
            return True
    return True


def as_table(runs: pd.DataFrame | Mapping[str, object]) -> pd.DataFrame:
    """Return runs as a table."""
    if isinstance(runs, pd.DataFrame):
        return runs
    if isinstance(runs, Mapping):
        if runs and all(np.isscalar(values) for values in runs.values()):
            raise FitError(
                "Runs are a table, and each column given is a single value.",
                remedy='Give a list for each column: {"params": [...], "tokens": [...], "loss": [...]}.',
            )
        try:
            table: pd.DataFrame = pd.DataFrame(dict(runs))
        except ValueError as error:
            raise FitError(f"The columns do not make a table: {error}.") from None
        return table
    raise FitError(
        f"Runs are a table, not {type(runs).__name__}.",
        remedy='Give a DataFrame with the columns params, tokens and loss, such as sw.load("chinchilla").',
    )


def _complete(found: dict[str, Array | None]) -> set[str]:
    """Fill N, D or C from the other two where a column is missing or has gaps; say which."""
    derived = set()
    for symbol in ("D", "C"):
        n, d, c = found.get("N"), found.get("D"), found.get("C")
        values = found.get(symbol)
        if n is None or (values is not None and not np.isnan(values).any()):
            continue
        other = c if symbol == "D" else d
        if other is None:
            continue
        with np.errstate(all="ignore"):
            said = other / (FLOPS_PER_PARAM_TOKEN * n) if symbol == "D" else FLOPS_PER_PARAM_TOKEN * n * other
        found[symbol] = said if values is None else np.where(np.isnan(values), said, values)
        derived.add(symbol)
    return derived


def _rule(
    found: Mapping[str, Array | None], derived: set[str], table: pd.DataFrame, used: NDArray[np.bool_]
) -> str:
    n, d, c = found.get("N"), found.get("D"), found.get("C")
    if n is None or d is None:
        return ""
    noted = table["note"].to_numpy(dtype=object)[used] if "note" in table.columns else np.array([])
    if "D" in derived or (len(noted) and bool(np.all(noted == "D=C/6N"))):
        return "D = C / 6N"
    if "C" in derived or c is None:
        return "C = 6ND"
    with np.errstate(all="ignore"):
        ratio = np.abs(c / (FLOPS_PER_PARAM_TOKEN * n * d) - 1)
    return "C = 6ND" if np.nanmax(ratio, initial=0.0) < 1e-3 else "C as reported"
