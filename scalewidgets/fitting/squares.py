"""SciPy's least squares with robust losses: start by start, for sharp objectives and for hard laws."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .check import Ending
from .extended import Extended
from .model import General, LogAffine
from .objective import Objective

Array: TypeAlias = NDArray[np.float64]

PARTS, EVALUATIONS = 5, 80


def least_squares_steps(
    model: LogAffine | General,
    objective: Objective,
    start: Array,
    free: NDArray[np.bool_],
    weights: Array | None = None,
) -> Generator[None, None, Ending]:
    """Minimise with :func:`scipy.optimize.least_squares` from one start.

    Yields between the stages that approach a sharp objective.

    Parameters
    ----------
    model : LogAffine or General
    objective : Objective
        Not ``student_t``.
    start : ndarray, shape (p,)
    free : ndarray of bool, shape (p,)
    weights : ndarray, shape (n,), optional
        Weight of each run, such as its count in a resample; by default that of the model.
    """
    # Here, not above: a prediction from a stored fit need not wait for SciPy.
    from scipy.optimize import least_squares

    weights = model.weight if weights is None else weights
    used = np.flatnonzero(weights > 0)
    weight, whole = weights[used], np.array(start, dtype=np.float64)
    # Least squares proper takes weights into the residuals; a robust loss takes them itself.
    root = np.sqrt(weight) if objective.delta is None and not objective.sharp else np.ones(len(used))
    low, high = model.low[free], model.high[free]
    last = np.zeros(len(used))
    known = model if isinstance(model, Extended) else None
    pull = 0.0

    def at(variables: Array) -> Array:
        whole[free] = variables
        return whole

    @np.errstate(all="ignore")
    def residuals(variables: Array) -> Array:
        out = model.residuals(at(variables)[None], objective)[0][used] * root
        last[:] = np.nan_to_num(out, nan=1e6, posinf=1e6, neginf=-1e6)
        if known is None:
            return np.array(last)
        return np.append(last, np.nan_to_num(pull * known.known_distances(whole), nan=1e6))

    @np.errstate(all="ignore")
    def jacobian(variables: Array) -> Array:
        fitted, slopes = model.jacobian(at(variables))
        out = -slopes[:, free] / fitted[:, None] if objective.log else -slopes[:, free]
        if model.tilt is not None:
            out = out * model.tilt[:, None]
        out = out[used] * root[:, None]
        if known is not None:
            out = np.vstack([out, pull * known.known_slopes(whole)[:, free]])
        return np.asarray(np.nan_to_num(out, nan=0.0, posinf=0.0, neginf=0.0))

    def huber(z: Array) -> Array:
        # Of the residuals that were asked for last: SciPy passes on their squares only.
        factor = weight if objective.symmetric else weight * np.where(last < 0, objective.down, objective.up)
        inside = z <= 1
        # What is known beside the runs comes last, and is square however far off.
        factor, inside[len(last) :] = np.append(factor, np.ones(len(z) - len(last))), True
        size = np.sqrt(np.where(inside, 1.0, z))
        return np.stack(
            [
                factor * np.where(inside, z, 2 * size - 1),
                factor * np.where(inside, 1.0, 1 / size),
                factor * np.where(inside, 0.0, -0.5 / size**3),
            ]
        )

    place = np.clip(start[free], low, high)
    success = True
    plain = objective.symmetric and bool(np.all(weight == 1.0)) and known is None
    stages = _losses(objective, residuals(place)[: len(used)], "huber" if plain else huber)
    # Long descents are cut and taken up again, so that a caller gets its turn.
    for k, (loss, part) in enumerate((loss, part) for loss in stages for part in range(PARTS)):
        if part and success:
            continue
        if k:
            yield
        if known is not None:
            stage = Objective("huber_log", loss["f_scale"]) if "f_scale" in loss else objective
            pull = float(np.sqrt(known.known_weight(stage, objective.total(last, weight))))
        try:
            with np.errstate(all="ignore"):
                result: Any = least_squares(
                    residuals, place, jac=jacobian, bounds=(low, high), method="dogbox", tr_solver="exact",
                    ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=EVALUATIONS, **loss,
                )  # fmt: skip
        except (ValueError, np.linalg.LinAlgError):
            return Ending(start, np.inf, False)
        place, success = result.x, bool(result.success)
    final = model.residuals(at(place)[None], objective)[0]
    if known is not None:
        value = float(known.values(whole[None], weights[None], objective)[0])
        return Ending(whole.copy(), value, success)
    value = objective.total(final[used], weight) if np.all(np.isfinite(final[used])) else np.inf
    return Ending(at(place).copy(), value, success)


def _losses(
    objective: Objective, residuals: Array, huber: str | Callable[[Array], Array]
) -> list[dict[str, Any]]:
    """SciPy's names for the objective; the absolute value is approached in decades."""
    if objective.delta is None and not objective.sharp:
        return [{"loss": "linear"}]
    size = max(float(np.median(np.abs(residuals))), 1e-9)
    last = objective.delta if objective.delta is not None else 1e-7 * size
    scales = [last]
    while scales[-1] < 0.1 * size:
        scales.append(10 * scales[-1])
    return [{"loss": huber, "f_scale": scale} for scale in reversed(scales)]
