"""The same fit again and again, each time with other weights: what a click on a run waits for."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..continuation import continuation
from ..job import fitted_model
from ..logaffine import LogAffine
from ..newton import RELATIVE_DECREASE
from ..profile import Setting
from ..single import POLISH
from ..solve import typical_residual
from ..steps import drained
from . import choice
from .bridge import LIMIT, descend

Array: TypeAlias = NDArray[np.float64]


class Sets:
    """Fits of many sets of runs, from the optimum of all of them.

    Parameters
    ----------
    setting : Setting
        Of the fit of all runs.
    used : ndarray of bool, shape (rows of the table,)
        Runs that it used.
    """

    def __init__(self, setting: Setting, model: LogAffine, start: Array, used: NDArray[np.bool_]) -> None:
        self.setting, self.model, self.start = setting, model, start
        self._place = np.searchsorted(np.flatnonzero(used), setting.problem.order)

    def descend(self, weights: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Coefficients (B, p) and whether each row met the stopping rule, for weights (B, n).

        Weights are in the order of the table.
        """
        rows = np.repeat(self.start[None], len(weights), axis=0)
        held = ~self.model.is_free(self.setting.fixed)
        steps = descend(
            self.model, self.setting.goal.working, rows, weights[:, self._place], held, RELATIVE_DECREASE,
            POLISH, LIMIT,
        )  # fmt: skip
        variables, _, converged, _ = drained(steps)
        ends = self.model.coefficients(variables)
        for j, name in enumerate(self.setting.problem.law.coefficient_names):
            if name in self.setting.fixed:
                ends[:, j] = self.setting.fixed[name]
        return ends, converged


def sets_of(fit: Any, count: int) -> Sets | None:
    """Refits of ``count`` sets of a fit's runs; ``None`` where the engine does not serve or does not pay."""
    setting: Setting | None = fit.setting
    if setting is None or setting.priors is not None:
        return None
    model = fitted_model(setting.problem, setting.fixed, setting.bounds)
    objective = setting.goal.working
    asked = "compiled" if fit.certificate.engine == "compiled" else choice.read_engine("auto")
    engine, _ = choice.choose(asked, model, objective, False, count)
    if engine != "compiled" or not isinstance(model, LogAffine) or objective.sharp:
        return None
    model.engine = engine
    names = setting.problem.law.coefficient_names
    start = model.variables(np.array([[setting.coefficients[name] for name in names]]))
    if not np.isfinite(start).all() or len(continuation(objective, typical_residual(model, start))) > 1:
        return None
    return Sets(setting, model, start[0], fit.used)
