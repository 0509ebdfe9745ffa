"""Price lists: dollars for a million tokens, each with its day. There are no prices in the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as _date
from os import PathLike

import numpy as np
import pandas as pd

from scalewidgets.conversions import above_zero
from scalewidgets.data.files import read_table
from scalewidgets.errors import TableError, UnknownNameError, quoted

from .checks import positive
from .results import Value, table

__all__ = ["Price", "PriceList", "implied_prices", "price_list"]


@dataclass(frozen=True)
class Price:
    """What one model's tokens cost.

    Attributes
    ----------
    model : str
    input, output : float
        Dollars for a million tokens of prompt and of answer.
    cached : float
        Dollars for a million tokens of a prompt that the provider still holds; the input price if it
        offers none.
    batch : float
        Factor on all prices when answers may wait, 1 if there is no such offer.
    date : str
        Day of the prices, ISO.
    """

    model: str
    input: float
    output: float
    cached: float
    batch: float
    date: str

    def dollars(
        self, input_tokens: float, output_tokens: float, cached_tokens: float = 0.0, *, batch: bool = False
    ) -> float:
        """Dollars for tokens of prompt, answer and cached prompt."""
        million = self.input * input_tokens + self.output * output_tokens + self.cached * cached_tokens
        return float(million / 1e6 * (self.batch if batch else 1.0))

    @property
    def per_token(self) -> dict[str, float]:
        """Dollars for one token, by the names of :func:`~scalewidgets.testtime.parallel_dollars`."""
        return {
            "input_price": self.input / 1e6,
            "output_price": self.output / 1e6,
            "cached_price": self.cached / 1e6,
        }


@dataclass(frozen=True, eq=False, repr=False)
class PriceList(Value):
    """Prices of several models.

    Attributes
    ----------
    prices : dict of str to Price
    """

    prices: dict[str, Price]

    def __getitem__(self, model: str) -> Price:
        if model not in self.prices:
            raise UnknownNameError.of("a model of this price list", model, self.prices)
        return self.prices[model]

    def with_price(
        self,
        model: str,
        *,
        date: str,
        input: float,
        output: float,
        cached: float | None = None,
        batch: float = 1.0,
    ) -> PriceList:
        """Return the list with one price set anew; the day has to be said.

        Raises
        ------
        QuantityError
            For a price that is not above zero.
        TableError
            For a day that is not one.
        """
        return PriceList({**self.prices, model: _price(model, input, output, cached, batch, date)})

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        days = sorted({price.date for price in self.prices.values()})
        if not days:
            return ("The price list is empty.",)
        span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
        return (f"Prices of {len(self.prices)} models in dollars for a million tokens, of {span}.",)

    def to_frame(self) -> pd.DataFrame:
        """One row for each model; edit it, or its file, and read it back with :func:`price_list`."""
        rows = self.prices.values()
        names = ("model", "input", "output", "cached", "batch", "date")
        return table({name: [getattr(row, name) for row in rows] for name in names}, "model")


def price_list(
    source: str | PathLike[str] | pd.DataFrame | Mapping[str, Mapping[str, object]],
    *,
    date: str | None = None,
) -> PriceList:
    """Read a price list.

    Parameters
    ----------
    source : path-like, DataFrame or mapping
        A file such as ``prices.csv`` (any format of :func:`scalewidgets.read_runs`), a table, or a mapping:
        columns (or keys) ``input`` and ``output`` in dollars for a million tokens, optionally ``cached``,
        ``batch`` and ``date``; models as the index, the column ``model``, or the keys.
    date : str, optional
        Day of the prices, ISO, for rows without one of their own.

    Returns
    -------
    PriceList

    Raises
    ------
    TableError
        For a missing column, or a price without a day.
    QuantityError
        For a price that is not above zero.

    Examples
    --------
    >>> prices = price_list({"small": {"input": 0.5, "output": 1.5}}, date="2024-04-09")
    >>> prices["small"].dollars(1e6, 1e6)
    2.0
    """
    if isinstance(source, str | PathLike):
        frame = read_table(source)
    elif isinstance(source, pd.DataFrame):
        frame = source
    else:
        frame = pd.DataFrame.from_dict(dict(source), orient="index")
    if "model" in frame.columns:
        frame = frame.set_index("model")
    for column in ("input", "output"):
        if column not in frame.columns:
            raise TableError(
                f"The price list has no column {quoted(column)}.",
                column=column,
                remedy="Give input and output in dollars for a million tokens.",
            )
    found = {}
    for model, row in frame.iterrows():
        seen = {str(key): value for key, value in row.items() if not pd.isna(value) and value != ""}
        day = seen.get("date", date)
        if day is None:
            raise TableError(
                f"The price of {model} has no day.", column="date", remedy='Say date="2024-04-09".'
            )
        missing = [name for name in ("input", "output") if name not in seen]
        if missing:
            raise TableError(
                f"{model} has no price of its {missing[0]}; what is not known is not free.",
                column=missing[0],
                remedy="Leave the model out, or give the price.",
            )
        cached, batch = seen.get("cached"), seen.get("batch", 1.0)
        found[str(model)] = _price(str(model), seen["input"], seen["output"], cached, batch, str(day))
    return PriceList(found)


def implied_prices(systems: pd.DataFrame, *, miss: float = 1e-6) -> PriceList:
    """Prices that a table of runs implies: cost regressed on prompt and completion tokens, model by model.

    Parameters
    ----------
    systems : DataFrame
        ``systems`` layout with ``base_model``, ``cost_usd``, tokens and ``date``.
    miss : float
        Largest relative miss at which a pair of prices is believed: models whose runs mix several prices, or
        were cached, do not come out.

    Returns
    -------
    PriceList
        Of the models whose every run fits, with at least three runs; perhaps none.

    Raises
    ------
    TableError
        For a missing column.
    """
    from scipy.optimize import nnls

    needed = ("base_model", "cost_usd", "prompt_tokens", "completion_tokens", "date")
    absent = [name for name in needed if name not in systems.columns]
    if absent:
        raise TableError(f"The table has no column {quoted(absent[0])}.", column=absent[0])
    known = systems.dropna(subset=list(needed))
    known = known[known["cost_usd"] > 0]
    found = {}
    for model, rows in known.groupby("base_model"):
        if len(rows) < 3:
            continue
        cost = rows["cost_usd"].to_numpy(dtype=float)
        tokens = rows[["prompt_tokens", "completion_tokens"]].to_numpy(dtype=float) / 1e6
        pair, _ = nnls(tokens / cost[:, None], np.ones(len(rows)))
        if np.abs(tokens @ pair / cost - 1).max() <= miss and (pair > 0).all():
            day = max(str(item) for item in rows["date"])
            found[str(model)] = _price(str(model), pair[0], pair[1], None, 1.0, day)
    return PriceList(found)


def _price(model: str, paid_in: object, paid_out: object, cached: object, batch: object, day: str) -> Price:
    one = float(positive(f"The input price of {model}", paid_in))  # type: ignore[arg-type]
    two = float(positive(f"The output price of {model}", paid_out))  # type: ignore[arg-type]
    hit = one if cached is None else float(above_zero("The cached price", cached, or_zero=True))  # type: ignore[arg-type]
    factor = float(positive("The batch factor", batch))  # type: ignore[arg-type]
    try:
        _date.fromisoformat(day if len(day) > 7 else f"{day}-01")
    except ValueError:
        raise TableError(
            f"{quoted(day)} is not a day.", column="date", remedy='Write "2024-04-09".'
        ) from None
    return Price(model, one, two, hit, factor, day)
