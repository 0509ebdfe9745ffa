"""The same fit again and again, each time with other weights: what a click on a run waits for."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..continuation import continuation
from ..job import fitted_model
from ..logaffine import LogAffine
from ..newton import RELATIVE_DECREASE
from ..objective import Objective
from ..profile import Setting
from ..single import POLISH
from ..solve import typical_residual
from ..steps import drained
from . import choice, machine
from .bridge import LIMIT, Frame, address, descend

Array: TypeAlias = NDArray[np.float64]


class Refit:
    """Refits of one model from one start, in rooms that are made once.

    Not to be shared by threads.

    Parameters
    ----------
    model : LogAffine
        With one row of losses.
    objective : Objective
        That the compiled engine serves and minimises directly.
    start : ndarray, shape (p,)
        Variables to start from: the optimum of all runs.
    free : ndarray of bool, shape (p,), optional
        Variables that may move.
    """

    def __init__(
        self, model: LogAffine, objective: Objective, start: Array, free: NDArray[np.bool_] | None = None
    ) -> None:
        held = np.zeros(model.p, dtype=bool) if free is None else ~free
        self.start = np.array(start, dtype=float)
        self.weights, self.variables, self.ending = np.ones(model.n), self.start.copy(), np.empty(3)
        self._frame = Frame(model, objective, held, RELATIVE_DECREASE, POLISH, LIMIT)
        arrays = (self._frame.targets, self.weights, self.variables, self.ending)
        self._arguments = (*self._frame.addresses, *(address(array) for array in arrays))
        self._run = machine.kernel().descend

    def __call__(self, weights: Array) -> tuple[Array, float, bool]:
        """Variables (p,), objective, and whether the stopping rule was met, for weights (n,).

        The array of variables is overwritten by the next call.
        """
        self.weights[:] = weights
        self.variables[:] = self.start
        self._run(*self._arguments)
        value, done, _ = self.ending.tolist()
        return self.variables, value, done == 1.0


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
