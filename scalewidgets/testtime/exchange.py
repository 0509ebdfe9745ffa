"""Training against inference: one axis of dollars from the first training token to the last answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalewidgets.allocation import cost as compute_cost
from scalewidgets.allocation import flops, inference_aware
from scalewidgets.errors import QuantityError, TableError, quoted

from .checks import Array, positive, whole
from .curve import coverage_curve
from .results import Value, table


@dataclass(frozen=True)
class Rates:
    """Dollars for one useful FLOP of training, of reading prompts and of writing answers."""

    training: float
    prefill: float
    decode: float


def flop_rates(
    *,
    peak_flops: float,
    price_per_hour: float,
    utilisation_training: float,
    utilisation_prefill: float,
    utilisation_decode: float,
    inference_price_per_hour: float | None = None,
) -> Rates:
    """Dollars for a FLOP on a device, by :func:`scalewidgets.allocation.cost`.

    Parameters
    ----------
    peak_flops, price_per_hour : float
        Of one device; ``inference_price_per_hour`` where serving pays another price.
    utilisation_training, utilisation_prefill, utilisation_decode : float
        Share of the peak that each reaches, above 0 to 1. Writing token by token reaches far less than the
        others; there are no defaults, measure them.
    inference_price_per_hour : float, optional

    Returns
    -------
    Rates

    Raises
    ------
    QuantityError
        For amounts that are not above zero, or a utilisation above 1.
    """
    serving = price_per_hour if inference_price_per_hour is None else inference_price_per_hour

    def dollars(share: float, price: float) -> float:
        paid = compute_cost(1.0, peak_flops=peak_flops, utilisation=share, price_per_hour=price).dollars
        assert paid is not None
        return float(paid)

    return Rates(
        dollars(utilisation_training, price_per_hour),
        dollars(utilisation_prefill, serving),
        dollars(utilisation_decode, serving),
    )


def inference_multiplier(size_ratio: ArrayLike, load: ArrayLike) -> Array:
    """How much more inference a small model may do for the FLOP of one M times larger: ``M + 3 (M-1)/R``.

    Parameters
    ----------
    size_ratio : array_like
        Size of the larger model over the smaller, M, at the same training tokens; 1 or more.
    load : array_like
        Tokens of inference over tokens of training, R.

    Raises
    ------
    QuantityError
        For amounts that are not above zero, or M below 1.

    Notes
    -----
    From the budget of Snell et al. 2024, arXiv:2408.03314, section 7: 6 N D of training, 2 N D_inf of
    inference.
    """
    ratio, share = positive("The size ratio M", size_ratio), positive("The load R", load)
    if (ratio < 1).any():
        raise QuantityError("The size ratio M is below 1.", remedy="Divide the larger size by the smaller.")
    return np.asarray(ratio + 3 * (ratio - 1) / share)


def lifetime_dollars(
    params: ArrayLike,
    tokens: ArrayLike,
    *,
    queries: ArrayLike,
    samples: ArrayLike,
    prompt: ArrayLike,
    output: ArrayLike,
    rates: Rates,
) -> tuple[Array, Array]:
    """Dollars of training a model, and of serving it over its life.

    Parameters
    ----------
    params, tokens : array_like
        N and D; of a mixture of experts, the active parameters.
    queries, samples : array_like
        Queries over the life of the model, and samples of each.
    prompt, output : array_like
        Tokens of a prompt, read once for a query, and of a sample.
    rates : Rates

    Returns
    -------
    training, serving : ndarray
        ``6 N D`` and ``2 N (tokens read and written)`` at their rates.

    Raises
    ------
    QuantityError
        For amounts that are not above zero.
    """
    size, asked = positive("The number of parameters", params), positive("The number of queries", queries)
    read = asked * positive("The prompt", prompt)
    written = asked * whole("The samples", samples, least=1) * positive("The answer", output)
    serving = 2 * size * (read * rates.prefill + written * rates.decode)
    return np.asarray(flops(size, tokens) * rates.training), np.asarray(serving)


@dataclass(frozen=True, eq=False, repr=False)
class TrainOrSample(Value):
    """The cheapest model of a target loss for each number of samples.

    Attributes
    ----------
    samples : ndarray, shape (K,)
        Those at which the target can be reached.
    params, tokens : ndarray, shape (K,)
    training, serving : ndarray, shape (K,)
        Dollars.
    queries : float
    """

    samples: Array
    params: Array
    tokens: Array
    training: Array
    serving: Array
    queries: float

    @property
    def total(self) -> Array:
        """Dollars of training and serving together."""
        return np.asarray(self.training + self.serving)

    @property
    def best(self) -> int:
        """Position of the cheapest."""
        return int(np.argmin(self.total))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        i = self.best
        return (
            f"For {self.queries:,.3g} queries: {self.params[i]:.3g} parameters, {self.tokens[i]:.3g} tokens, "
            f"{self.samples[i]:,.0f} samples a query; ${self.training[i]:,.4g} to train and "
            f"${self.serving[i]:,.4g} to serve.",
            f"That is ${self.total[i] / self.queries:.3g} for an answer, training included.",
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each number of samples."""
        names = ("params", "tokens", "training", "serving", "total")
        return table({"samples": self.samples, **{name: getattr(self, name) for name in names}}, "samples")


def train_or_sample(
    target_loss: float,
    coefficients: Mapping[str, float],
    *,
    queries: float,
    prompt: float,
    output: float,
    rates: Rates,
    samples: ArrayLike = 1,
) -> TrainOrSample:
    """Cheapest way to a loss in dollars: a larger model, longer training, or more samples of each answer.

    Parameters
    ----------
    target_loss : float
    coefficients : mapping of str to float
        E, A, B, alpha, beta; with G and gamma, samples help by ``G / k**gamma`` (the law ``t2``).
    queries, prompt, output, rates
        As in :func:`lifetime_dollars`.
    samples : array_like
        Numbers of samples to try.

    Returns
    -------
    TrainOrSample

    Raises
    ------
    QuantityError
        If no number of samples reaches the loss, or G comes without gamma.

    Notes
    -----
    For each k, the model of :func:`scalewidgets.allocation.inference_aware` (arXiv:2401.00448) at the loss
    that is left to it, with served tokens in units of a training FLOP's price; the sample term is that of
    arXiv:2604.01411.
    """
    if ("G" in coefficients) != ("gamma" in coefficients):
        raise QuantityError("G and gamma come together.", remedy="Give both, or neither.")
    tried = np.atleast_1d(whole("The samples", samples, least=1)).ravel()
    surface = {name: coefficients[name] for name in ("E", "A", "B", "alpha", "beta") if name in coefficients}
    left = np.full(tried.size, float(target_loss))
    if "G" in coefficients:
        left = left - coefficients["G"] * tried ** -coefficients["gamma"]
    kept = left > coefficients.get("E", 0.0)
    if not kept.any():
        raise QuantityError(
            f"No number of samples up to {tried.max():,.0f} reaches the loss {target_loss:g}.",
            remedy="Ask for a higher loss, or try more samples.",
        )
    tried, left = tried[kept], left[kept]
    asked = float(positive("The number of queries", queries))
    in_training = (prompt * rates.prefill + tried * output * rates.decode) / rates.training
    best = inference_aware(left, asked * in_training, surface)
    training, serving = lifetime_dollars(
        best.params, best.tokens, queries=asked, samples=tried, prompt=prompt, output=output, rates=rates
    )
    return TrainOrSample(tried, best.params, best.tokens, training, serving, asked)


def answer_costs(
    samples: pd.DataFrame,
    k: ArrayLike,
    *,
    queries: float,
    prompt: float,
    output: float,
    rates: Rates,
    level: float = 0.95,
) -> pd.DataFrame:
    """Coverage and dollars of an answer, training included, of every model of a table and every k.

    Parameters
    ----------
    samples : DataFrame
        ``samples`` layout with ``model``, ``params``, ``train_tokens``, ``n_samples``, ``n_correct``, such as
        ``sw.load("pythia_math")``.
    k : array_like
        Samples of each answer, at most those recorded.
    queries : float
        Answers over the life of a model: training is shared by them.
    prompt, output, rates
        As in :func:`lifetime_dollars`.
    level : float
        Of the intervals of coverage.

    Returns
    -------
    DataFrame
        One row for each model and k: ``system``, ``model``, ``k``, ``dollars`` (an answer), ``training``,
        ``serving`` (of them), ``accuracy`` (coverage: with a perfect verifier), ``low``, ``high``,
        ``accuracy_se``. Ready for :func:`frontier`.

    Raises
    ------
    TableError
        For a missing column.
    QuantityError
        For k above the samples of a problem.
    """
    needed = ("model", "params", "train_tokens", "n_samples", "n_correct")
    absent = [name for name in needed if name not in samples.columns]
    if absent:
        raise TableError(f"The table has no column {quoted(absent[0])}.", column=absent[0])
    asked = np.atleast_1d(whole("k", k, least=1)).ravel()
    parts = []
    for model, rows in samples.groupby("model", sort=False):
        curve = coverage_curve(rows["n_samples"], rows["n_correct"], asked, level=level)
        training, serving = lifetime_dollars(
            float(rows["params"].iloc[0]), float(rows["train_tokens"].iloc[0]), queries=queries,
            samples=asked, prompt=prompt, output=output, rates=rates,
        )  # fmt: skip
        each = np.broadcast_to(training / queries, asked.shape)
        parts.append(
            table(
                {
                    "system": [f"{model} x {count:,.0f}" for count in asked],
                    "model": [str(model)] * asked.size,
                    "k": asked.astype(int),
                    "dollars": each + serving / queries,
                    "training": each,
                    "serving": serving / queries,
                    "accuracy": curve.value,
                    "low": curve.sample_low,
                    "high": curve.sample_high,
                    "accuracy_se": curve.sample_se,
                }
            )
        )
    made: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return made


def break_even_queries(
    training_small: float, per_query_small: float, training_large: float, per_query_large: float
) -> float:
    """Queries from which the model that is dearer to train is cheaper in all; infinity if it never is.

    Raises
    ------
    QuantityError
        For dollars that are not above zero.
    """
    first, second = (float(positive("The training", v)) for v in (training_small, training_large))
    low, high = (float(positive("The price of a query", v)) for v in (per_query_small, per_query_large))
    if second <= first:
        return 0.0 if high <= low else float("inf")
    return (second - first) / (low - high) if low > high else float("inf")
