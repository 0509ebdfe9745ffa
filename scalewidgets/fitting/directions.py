"""Which coefficients the runs tell apart, and along which direction they say least.

``A`` and ``alpha`` of a power law give way to each other: on the Chinchilla runs their correlation is .999
(arXiv:2404.10102), and either alone is known far worse than any loss that both predict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError

from .extended import Extended
from .job import fitted_model
from .profile import Setting, turned

if TYPE_CHECKING:
    from .result import Fit

Array: TypeAlias = NDArray[np.float64]

APART = 0.99
"""Correlation from which on two coefficients are called hardly told apart."""
SHOWN = 0.1
"""Share of the largest change along a direction from which on a coefficient is named."""
ENOUGH = 50
"""Resamples from which on their covariance is taken; with fewer, that of first order."""
DRAWN, FIRST_ORDER = "over resamples", "first order"
"""Where the covariance is from; first order is least squares of log residuals, with the fit's scatter."""


def directions(setting: Setting, draws: Array) -> pd.DataFrame:
    """Eigen-directions of the coefficients, the worst determined first; see :meth:`Fit.directions`."""
    names, spread, values, logged, label = _spread(setting, draws)
    sizes = np.where(logged, 1.0, np.abs(values))
    heights, vectors = np.linalg.eigh(spread / np.outer(sizes, sizes))
    order = np.argsort(-heights)
    errors = np.sqrt(np.maximum(heights[order], 0.0))
    steps = vectors.T[order] * errors[:, None] * sizes
    # The sign of a direction is nobody's: its largest change is a rise.
    largest = np.argmax(np.abs(steps / sizes), axis=1)
    steps *= np.sign(steps[np.arange(len(steps)), largest])[:, None]
    frame: pd.DataFrame = pd.DataFrame(steps, columns=list(names))
    frame.insert(0, "standard_error", errors)
    frame.index.name = "direction"
    frame.attrs["label"] = label
    frame.attrs["logarithmic"] = [name for name, log in zip(names, logged, strict=True) if log]
    return frame


def correlations(setting: Setting, draws: Array) -> dict[tuple[str, str], float]:
    """Correlation of each pair of coefficients, amplitudes by their logarithm, the closest first."""
    names, spread, *_ = _spread(setting, draws)
    root = np.sqrt(np.diag(spread))
    with np.errstate(all="ignore"):
        corr = spread / np.outer(root, root)
    found = {
        (one, other): float(corr[i, j])
        for i, one in enumerate(names)
        for j, other in enumerate(names[:i])
        if np.isfinite(corr[i, j])
    }
    return {
        (other, one): found[one, other] for one, other in sorted(found, key=lambda pair: -abs(found[pair]))
    }


def sentences(fit: Fit) -> list[str]:
    """Pairs that are hardly told apart, and the worst direction, as a reader is told; may be none."""
    if fit.setting is None:
        return []
    try:
        close = [(pair, r) for pair, r in correlations(fit.setting, fit.resamples).items() if abs(r) >= APART]
        if not close:
            return []
        table = directions(fit.setting, fit.resamples)
    except FitError:
        return []
    label = {symbol.name: symbol.label for symbol in fit.law.coefficients}
    pairs = ", ".join(f"{label[a]} from {label[b]} (correlation {r:.4f})" for (a, b), r in close[:4])
    worst, logged = table.iloc[0].drop("standard_error"), set(table.attrs["logarithmic"])
    sizes = {
        name: abs(step) if name in logged else abs(step / fit.coefficients[name])
        for name, step in worst.items()
    }
    named = [str(name) for name in sorted(sizes, key=lambda name: -sizes[name])]
    named = [name for name in named if sizes[name] > SHOWN * max(sizes.values())]
    moves = ", ".join(f"{label[name]} {_moved(float(worst[name]), name in logged)}" for name in named)
    return [
        f"Hardly told apart: {pairs}. Trust what follows from both, such as a predicted loss or the best "
        "size, more than either alone.",
        f"Worst determined direction: {moves} together (one standard error, {table.attrs['label']}).",
    ]


def _moved(step: float, logarithmic: bool) -> str:
    """A change in words: a factor, in per cent where it is close to one, or what is added."""
    if not logarithmic:
        return f"{step:+.2g}"
    if abs(step) < 0.05:
        return f"{100 * np.expm1(step):+.2g} %"
    return f"\N{MULTIPLICATION SIGN} {np.exp(step):.3g}"


def _spread(setting: Setting, draws: Array) -> tuple[tuple[str, ...], Array, Array, NDArray[np.bool_], str]:
    """Names, covariance, values, whether the logarithm is meant, of what moves; and where that is from."""
    law = setting.problem.law
    names = tuple(name for name in law.coefficient_names if name not in setting.fixed)
    if not names:
        raise FitError("All coefficients of this fit are fixed: there is no direction to move in.")
    values = np.array([setting.coefficients[name] for name in names])
    symbols = [law.symbol(name) for name in names]
    logged = np.array([symbol.positive and symbol.kind != "exponent" for symbol in symbols])
    if len(draws) >= ENOUGH:
        seen = draws[:, [setting.law.coefficient_names.index(name) for name in names]]
        with np.errstate(all="ignore"):
            seen = np.where(logged, np.log(np.where(logged, seen, 1.0)), seen)
        if np.isfinite(seen).all():
            return names, np.atleast_2d(np.cov(seen.T)), values, logged, DRAWN
    half = _first_order(setting, names)
    half = half / np.where(logged, values, 1.0)[:, None]
    return names, half @ half.T, values, logged, FIRST_ORDER


def _first_order(setting: Setting, names: tuple[str, ...]) -> Array:
    """Root (k, p) of the first-order covariance of some coefficients, natural scale."""
    problem = setting.problem
    model = fitted_model(problem, setting.fixed, setting.bounds, setting.priors)
    every = problem.law.coefficient_names
    best = model.variables(np.array([[setting.coefficients[name] for name in every]]))
    free = model.is_free(setting.fixed)
    fitted, slopes = model.jacobian(best[0])
    residuals = np.log(model.loss) - np.log(fitted)
    weight = model.weight if model.tilt is None else model.weight * model.tilt**2
    spare = max(len(residuals) - int(free.sum()), 1)
    if setting.goal.square:
        noise = float(np.sqrt(residuals @ residuals / spare))
    else:
        noise = 1.4826 * float(np.median(np.abs(residuals))) * np.sqrt(np.pi / 2 * len(residuals) / spare)
    matrix = (slopes / fitted[:, None])[:, free] * np.sqrt(weight)[:, None]
    if isinstance(model, Extended):  # a prior is one more observation
        matrix = np.vstack([matrix, noise * model.known_slopes(best[0])[:, free]])
    length = np.linalg.norm(matrix, axis=0)
    if not np.all(np.isfinite(length)) or np.any(length == 0):
        raise FitError("Some coefficient does not count at the optimum: its direction is open.")
    _, singular, axes = np.linalg.svd(matrix / length, full_matrices=False)
    if len(singular) < len(length) or singular[-1] <= 1e-12 * singular[0]:
        raise FitError("Some direction is not determined at all.", remedy="See the status of the fit.")
    half = turned(model, best, free, setting) @ (axes.T / singular / length[:, None]) * noise
    return np.asarray(half[[every.index(name) for name in names]])
