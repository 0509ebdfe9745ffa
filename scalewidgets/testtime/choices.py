"""From a table of samples and a price to the ways of answering that :func:`advise` compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from scalewidgets.errors import QuantityError, TableError, UnknownNameError, quoted

from .exchange import Rates
from .options import Option, option
from .prices import PriceList

__all__ = ["options_of"]

_WORDS = {
    "once": "{}",
    "verifier": "{} behind the verifier",
    "vote": "{} by vote",
    "oracle": "{} behind a perfect verifier",
}


def options_of(
    samples: pd.DataFrame,
    *,
    price: float | Mapping[str, float] | None = None,
    prices: PriceList | None = None,
    rates: Rates | None = None,
    prompt: float | None = None,
    output: float | None = None,
    batch: bool = False,
    selectors: Sequence[str] | None = None,
    t: float | None = None,
    f: float | None = None,
    judged: tuple[int, int, int, int] | None = None,
    check_price: float = 0.0,
    fallback: bool = True,
    most: int = 1000,
    seed: int = 0,
) -> list[Option]:
    """Ways to answer with the models of a table: once, by vote, or behind a verifier.

    Parameters
    ----------
    samples : DataFrame
        ``samples`` layout: ``problem_id``, ``n_samples``, ``n_correct``, and ``model`` where there are
        several.
    price : float or mapping of str to float, optional
        Dollars of one sample, of all models or of each.
    prices : PriceList, optional
        Dollars for a million tokens instead; tokens are ``prompt`` and ``output``, or the means of the
        columns ``prompt_tokens`` and ``completion_tokens``.
    rates : Rates, optional
        Dollars for a FLOP instead (:func:`flop_rates`): 2 FLOP for each parameter and token, ``params`` being
        a column. Without any of the three, the column ``cost_usd`` is taken.
    prompt, output : float, optional
        Tokens of a prompt and of one sample.
    batch : bool
        Whether answers may wait, at the batch prices of the list.
    selectors : sequence of str, optional
        Of ``"once"``, ``"verifier"``, ``"vote"`` and ``"oracle"``. By default once, and behind the verifier
        if one is described.
    t, f : float, optional
        Shares of right and of wrong answers that the verifier accepts, taken as exact.
    judged, check_price, fallback, most, seed
        As in :func:`option`.

    Returns
    -------
    list of Option

    Raises
    ------
    TableError
        For a missing column, or samples of several benchmarks.
    QuantityError
        For a price that is not known or not above zero, or a verifier of which only one rate is given.
    UnknownNameError
        For an unknown selector, or a model without a price.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> from scalewidgets import testtime as tt
    >>> paid = {"Pythia-1B": 1e-6, "Pythia-12B": 1.2e-5}
    >>> ways = tt.options_of(sw.load("pythia_math"), price=paid, t=0.9, f=0.01)
    >>> [way.name for way in ways][:2]
    ['Pythia-1B', 'Pythia-1B behind the verifier']
    """
    counts = _checked(samples)
    described = judged is not None or t is not None or f is not None
    if described and judged is None and (t is None or f is None):
        raise QuantityError(
            "A verifier has two rates, and one of them is not given.",
            remedy="Give t and f, or judged: right samples, those accepted, wrong ones, those accepted.",
        )
    if batch and prices is None:
        raise QuantityError(
            "Batch prices are those of a price list.", remedy="Give prices, or leave batch out."
        )
    wanted = tuple(selectors) if selectors is not None else ("once", *(("verifier",) if described else ()))
    for name in wanted:
        if name not in _WORDS:
            raise UnknownNameError.of("a selector", name, _WORDS)
    if "verifier" in wanted and not described:
        raise QuantityError("Nothing is known of the verifier.", remedy="Give t and f, or judged.")
    out = []
    for model, rows in counts.groupby("model", sort=False):
        if isinstance(price, Mapping) and model not in price:
            continue
        paid = _price(str(model), rows, price, prices, rates, prompt, output, batch)
        for name in wanted:
            checked = name in ("verifier", "oracle")
            out.append(
                option(
                    _WORDS[name].format(model), paid, n=rows["n_samples"], c=rows["n_correct"], selector=name,
                    t=1.0 if t is None else t, f=0.0 if f is None else f,
                    judged=judged if name == "verifier" else None,
                    check_price=check_price if checked else 0.0, fallback=fallback, most=most, seed=seed,
                )
            )  # fmt: skip
    if not out:
        raise QuantityError(
            "No model of the table has a price.",
            remedy=f"Name some of {', '.join(map(str, counts['model'].unique()[:5]))}.",
        )
    if isinstance(price, Mapping):
        for name in price:
            if name not in set(counts["model"]):
                raise UnknownNameError.of("a model of this table", name, list(counts["model"].unique()))
    return out


def _checked(samples: pd.DataFrame) -> pd.DataFrame:
    for column in ("n_samples", "n_correct"):
        if column not in samples.columns:
            raise TableError(
                f"The table has no column {quoted(column)}.",
                column=column,
                remedy='Read it with sw.read_samples(..., per="problem").',
            )
    if not len(samples):
        raise TableError("The table has no rows.", remedy="Give samples of at least one problem.")
    asked = samples["benchmark"].dropna().unique() if "benchmark" in samples.columns else ()
    if len(asked) > 1:
        seen = ", ".join(map(str, asked[:4]))
        raise TableError(
            f"The table holds several benchmarks ({seen}).",
            column="benchmark",
            remedy="Choose one: an average over different problems answers no question.",
        )
    named = "model" in samples.columns and samples["model"].notna().any()
    return samples if named else samples.assign(model="the model")


def _price(
    model: str,
    rows: pd.DataFrame,
    price: float | Mapping[str, float] | None,
    prices: PriceList | None,
    rates: Rates | None,
    prompt: float | None,
    output: float | None,
    batch: bool,
) -> float:
    """Dollars of one sample of a model, from what is known of it; 0 and unknown are not free."""
    if price is not None:
        return float(price[model] if isinstance(price, Mapping) else price)
    if prices is None and rates is None:
        return _known(rows, "cost_usd", model, "Give price, prices or rates.")
    read = prompt if prompt is not None else _known(rows, "prompt_tokens", model, "Give prompt.")
    wrote = output if output is not None else _known(rows, "completion_tokens", model, "Give output.")
    if prices is not None:
        return prices[model].dollars(read, wrote, batch=batch)
    assert rates is not None
    size = _known(rows, "params", model, "Give price or prices.")
    return 2 * size * (read * rates.prefill + wrote * rates.decode)


def _known(rows: pd.DataFrame, column: str, model: str, remedy: str) -> float:
    found = pd.to_numeric(rows[column], errors="coerce") if column in rows.columns else pd.Series(dtype=float)
    found = found[found > 0]
    if found.empty:
        raise QuantityError(
            f"The table says nothing in {quoted(column)} of {model}, and what is not known is not free.",
            remedy=remedy,
        )
    return float(np.mean(found))
