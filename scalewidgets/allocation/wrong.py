"""The price of being wrong: what a model costs above the cheapest model of the same loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError

from .machine import Machine
from .surface import Surface

Array: TypeAlias = NDArray[np.float64]


ROUNDING = 1e-12
"""Waste that is none."""
MOST = 400
"""Resamples behind an interval of the waste."""


@dataclass(frozen=True)
class Wrong:
    """Models that are not the best ones, and what they waste; arrays of one shape, or numbers.

    Attributes
    ----------
    params, tokens, loss : ndarray
    flops, total : ndarray
        Training compute, and training and serving together.
    optimal : ndarray
        Compute (of both) with which the best model reaches the same loss.
    waste, waste_low, waste_high : ndarray
        ``1 - optimal / total``, and its interval over the resamples.
    dollars : ndarray
        What an optimal model of the same loss would save.
    loss_low, loss_high : ndarray
        Interval of the loss at this model.
    """

    params: Array
    tokens: Array
    loss: Array
    loss_low: Array
    loss_high: Array
    flops: Array
    total: Array
    optimal: Array
    waste: Array
    waste_low: Array
    waste_high: Array
    dollars: Array


def wrong_at(
    surface: Surface,
    machine: Machine,
    budget: float,
    params: ArrayLike | None,
    tokens: ArrayLike | None,
    level: float,
) -> Wrong:
    """Price models; see :meth:`Plan.wrong`."""
    size, data = _models(surface, budget, params, tokens)
    shape = size.shape
    flat_size, flat_data = size.reshape(1, -1), data.reshape(1, -1)
    # A thousand resamples are more than an interval of the waste needs, where each asks for a search.
    surface = surface.thinned(MOST)
    loss = surface.loss(flat_size, flat_data)
    total = surface.total(flat_size, flat_data)[0]
    optimal = surface.free().cheapest(loss if loss.shape[1] > 1 else loss[:, 0]).reshape(loss.shape)
    # Rounding alone can put the cheapest model a hair above or below the best one itself.
    waste = 1 - optimal / total
    waste = np.where(waste < ROUNDING, 0.0, waste)

    def ends(values: Array) -> tuple[Array, Array]:
        if len(values) < 2:
            return np.full(shape, np.nan), np.full(shape, np.nan)
        low, high = np.nanquantile(values[1:], [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low.reshape(shape), high.reshape(shape)

    price = np.asarray(machine.cost(total).dollars, dtype=np.float64)
    flops = surface.flops(flat_size, flat_data)[0]
    return Wrong(
        size, data, loss[0].reshape(shape), *ends(loss), flops.reshape(shape), total.reshape(shape),
        optimal[0].reshape(shape), waste[0].reshape(shape), *ends(waste), (waste[0] * price).reshape(shape),
    )  # fmt: skip


def regret_of(surface: Surface, params: float, tokens: float, level: float) -> dict[str, float]:
    """Waste of one model if each resample were the truth; see :meth:`Plan.regret`."""
    if surface.rows < 2:
        return {}
    size, data = np.full((surface.rows, 1), params), np.full((surface.rows, 1), tokens)
    loss = surface.loss(size, data)[:, 0]
    total = surface.total(size, data)[:, 0]
    waste = np.maximum(1 - surface.free().cheapest(loss) / total, 0.0)[1:]
    return {
        "mean": float(waste.mean()),
        "median": float(np.median(waste)),
        "high": float(np.quantile(waste, (1 + level) / 2)),
    }


def _models(
    surface: Surface, budget: float, params: ArrayLike | None, tokens: ArrayLike | None
) -> tuple[Array, Array]:
    if params is None:
        if tokens is None:
            raise QuantityError("There is no model to price.", remedy="Give params=, tokens= or both.")
        data = above_zero("The number of tokens", tokens)
        # Size that the budget leaves: total cost grows with the size.
        low, high = np.zeros(data.shape), np.full(data.shape, np.log(1e30))
        for _ in range(80):
            middle = (low + high) / 2
            dear = surface.total(np.exp(middle), data) > budget
            low, high = np.where(dear, low, middle), np.where(dear, middle, high)
        return np.exp(low), data
    size = above_zero("The number of parameters", params)
    if tokens is not None:
        both = np.broadcast_arrays(size, above_zero("The number of tokens", tokens))
        return np.asarray(both[0], dtype=np.float64), np.asarray(both[1], dtype=np.float64)
    data = surface.tokens(np.asarray(budget), size)
    if (data <= 0).any():
        worst = float(size[data <= 0].min()) if size.ndim else float(size)
        raise QuantityError(
            f"Serving a model of {worst:.3g} parameters takes the whole budget.",
            remedy="Give a larger budget, fewer tokens to serve, or a smaller model.",
        )
    return size, data
