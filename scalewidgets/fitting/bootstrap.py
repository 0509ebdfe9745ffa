"""Uncertainty by refitting resampled runs.

Runs are drawn with replacement (arXiv:2404.10102 draws 4,000 times); a resample is a row of integer
weights, so the table is never copied. Whole clusters can be drawn instead, or new losses made from the fitted
ones: with residuals drawn from the table, or from the density that the objective stands for
(:func:`~.density.drawn`). With ``sd=`` the residuals are drawn in units of it, so that a noisy run is noisy
in each resample; with ``weight=`` a run is still one run, drawn once, and counts by its weight in the scale
of the density and in the refit. Residuals of a fit are too small by the coefficients that bent to them: made
ones are larger by ``sqrt(n / (n - p))``, which is right to first order for any density
``exp(-penalty / s)``. Every
resample is refitted from the optimum of all runs, and a random sample of them is checked from independent
starts, because intervals of resamples that never left their start look splendid.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted

from . import density
from .compiled import bridge
from .extended import Extended
from .model import General, LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

KINDS = {
    "rows": "runs drawn with replacement",
    "clusters": "clusters of runs drawn with replacement",
    "residuals": "residuals drawn with replacement and put on the fitted losses",
    "parametric": "residuals drawn from the density that the objective stands for",
}
"""Names of the bootstraps, and what each one draws."""

FAR = 0.05
"""Difference of two distribution functions that intervals feel."""


def make_kind(kind: str | None, objective: Objective, clustered: bool) -> str:
    """Check the kind of bootstrap; by default clusters where there are any, else rows.

    Raises
    ------
    FitError
        If the name is unknown, or does not go with the clusters or the objective.
    """
    if kind is None:
        return "clusters" if clustered else "rows"
    if not isinstance(kind, str) or kind not in KINDS:
        matches = close_matches(str(kind), KINDS)
        raise FitError(
            f"bootstrap={quoted(kind)} is not a kind of bootstrap.",
            remedy=f"Did you mean {either(matches)}?" if matches else f"Choose one of {either(KINDS)}.",
        )
    if clustered and kind != "clusters":
        raise FitError(
            f'bootstrap="{kind}" takes rows for independent, and cluster= says that they are not.',
            remedy='Choose bootstrap="clusters", or leave cluster= out.',
        )
    if kind == "clusters" and not clustered:
        raise FitError(
            'bootstrap="clusters" needs to know the cluster of each row.', remedy='Say so by cluster="run".'
        )
    return kind


def counts(n: int, resamples: int, block: int, seed: int, *, compiled: bool = False) -> Iterator[Array]:
    """Blocks of integer weights, shape (block, n) each, ``resamples`` rows in all.

    The stream depends on the seed and on n alone, not on how it is cut into blocks or what counts.
    """
    rng = np.random.default_rng([seed, 0])
    # A few at a time: what is drawn is counted while it is still in the cache.
    some = max(1, (2**14 if compiled else 2**16) // n)
    for first in range(0, resamples, block):
        rows = min(block, resamples - first)
        out = np.empty((rows, n))
        for k in range(0, rows, some):
            part = out[k : k + some]
            if compiled:
                # The same numbers as the longer ones.
                bridge.tally(rng.integers(0, n, part.shape, dtype=np.uint32), part)
                continue
            drawn = rng.integers(0, n, part.shape)
            drawn += n * np.arange(len(part))[:, None]
            part[:] = np.bincount(drawn.ravel(), minlength=part.size).reshape(part.shape)
        yield out


def resampled(
    kind: str,
    model: LogAffine | General,
    objective: Objective,
    optimum: Array,
    cluster: NDArray[np.intp] | None,
    resamples: int,
    block: int,
    seed: int,
    pool: tuple[Array, Array] | None = None,
) -> Iterator[tuple[int, LogAffine | General, Array]]:
    """Blocks of resamples: how many, the model to fit, and weights of shape (block, n) or (1, n).

    ``pool`` gives residuals and weights that tell the distribution of a parametric resample, by default
    those of the model.
    """
    blocks = _drawn(kind, model, objective, optimum, cluster, resamples, block, seed, pool)
    return model.redrawn(blocks, resamples, seed) if isinstance(model, Extended) else blocks


def _drawn(
    kind: str,
    model: LogAffine | General,
    objective: Objective,
    optimum: Array,
    cluster: NDArray[np.intp] | None,
    resamples: int,
    block: int,
    seed: int,
    told: tuple[Array, Array] | None,
) -> Iterator[tuple[int, LogAffine | General, Array]]:
    n = model.n
    if kind in ("rows", "clusters"):
        units = n if cluster is None else int(cluster.max()) + 1
        compiled = bridge.serves(model, objective)
        for drawn in counts(units, resamples, block, seed, compiled=compiled):
            rows = drawn if cluster is None else np.ascontiguousarray(drawn[:, cluster])
            yield len(rows), model, rows if np.all(model.weight == 1.0) else rows * model.weight
        return
    rng = np.random.default_rng([seed, 8])
    fitted = model.value(optimum[None])[0]
    residuals = model.residuals(optimum[None], objective)[0]
    # Residuals of a fit are smaller than the scatter, by the coefficients that bent to them.
    spare = np.sqrt(n / max(n - model.p, 1))
    where, counted = told or (residuals, model.weight)
    pool = residuals[_not_through(residuals, model.p, objective)]
    for first in range(0, resamples, block):
        count = min(block, resamples - first)
        scatter = (
            pool[rng.integers(0, len(pool), (count, n))]
            if kind == "residuals"
            else density.drawn(rng, (count, n), where, counted, objective)
        )
        scatter = spare * scatter if model.tilt is None else spare * scatter / model.tilt
        loss = fitted * np.exp(scatter) if objective.log else fitted + scatter
        yield count, model.with_loss(loss), model.weight[None]


def _not_through(residuals: Array, coefficients: int, objective: Objective) -> NDArray[np.intp]:
    """Places of the residuals but those of the runs that the fit passes through.

    A penalty that is straight away from zero pulls the curve onto about as many runs as there are
    coefficients. Their residuals say nothing of the scatter, and left in they crowd the centre of the
    distribution, which is what the spread of such a fit hangs on: intervals come out 10 % too short.
    """
    straight = 1.0
    if objective.delta is not None:
        straight = float(np.mean(np.abs(residuals) > objective.delta))
    elif not objective.sharp:
        straight = 0.0
    through = min(round(coefficients * straight), len(residuals) // 2)
    return np.sort(np.argsort(np.abs(residuals))[through:])


def unlike(model: LogAffine | General, objective: Objective, optimum: Array) -> float | None:
    """How far residuals are from the density of a parametric resample, where that is more than chance.

    The largest difference of the distribution functions (Kolmogorov and Smirnov), beyond :data:`FAR` and
    what one fit in twenty shows; the runs that a straight penalty passes through left out.
    """
    residuals = model.residuals(optimum[None], objective)[0]
    kept = _not_through(residuals, model.p, objective)
    off = density.distance(residuals[kept], model.weight[kept], objective)
    return off if off > max(FAR, 1.36 / np.sqrt(len(kept))) else None


def residual_noise(residuals: Array, resamples: int, seed: int, weight: Array | None = None) -> Array:
    """One log residual for each resample, drawn with replacement: the scatter of a single run."""
    if not resamples:
        return np.empty(0)
    share = None if weight is None or np.all(weight == weight[0]) else weight / weight.sum()
    rng = np.random.default_rng([seed, 1])
    if share is None:  # what choice() does, without its checks
        return np.asarray(residuals[rng.integers(0, len(residuals), resamples)])
    return np.asarray(rng.choice(residuals, resamples, p=share))
