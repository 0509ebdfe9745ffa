"""Can these runs determine this law? Asked before the fit, of the design, and after it, of the answer.

Runs on one line of tokens per parameter cannot tell what size does from what data do: with 240 runs at
D = 20 N and noise of 0.4 % the exponent of N is known to +-157.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.laws import Law

from .columns import output_key
from .extended import Extended
from .jacobian import Slopes, slopes_at
from .model import General, LogAffine
from .moments import median
from .objective import Objective
from .problem import Problem
from .spread import Refusal, collinear, one_value

Array: TypeAlias = NDArray[np.float64]

CONDITION = 1e4
"""Condition of the centred, column-scaled Jacobian from which on the runs say nothing.

33 for the 240 Chinchilla runs, 250 for those between 15 and 25 tokens per parameter.
"""
BLOCK = 4096
"""Runs of a long table that are looked at in one go."""
EXPONENT_ERROR = 0.3
"""Standard error of an exponent, as a share of it, from which on it is called unknown.

The 240 Chinchilla runs: .03. Their 35 between 15 and 25 tokens per parameter: .34. 240 runs within
+-0.15 decades of 20 with 0.4 % noise: .04.
"""
EXPONENT_SPAN = 4.0
"""Ratio of the ends of an exponent's 95 % interval from which on it is called unknown."""


@dataclass(frozen=True)
class Identifiability:
    """How well the runs determine the coefficients at the optimum.

    Attributes
    ----------
    condition : float
        Of the Jacobian of the log loss in centred log variables, columns scaled to one length.
    errors : dict of str to float
        First-order standard error of each nonlinear coefficient, approximate.
    sloppy : tuple of str
        Coefficients of the direction that the runs determine worst.
    """

    condition: float
    errors: Mapping[str, float]
    sloppy: tuple[str, ...]


def check_design(problem: Problem, free: int, informed: bool = False) -> Refusal | None:
    """Look for what makes a fit impossible before any work is done.

    Parameters
    ----------
    problem : Problem
    free : int
        Number of coefficients to be fitted.
    informed : bool
        Whether priors may tell apart what the runs do not; the answer is then judged, not the design.
    """
    if problem.n == 0:
        if not problem.exclusions:
            return Refusal("No run is left to fit: the table is empty.", "Add some.")
        what = "The run was" if len(problem.runs) == 1 else f"All {len(problem.runs):,} runs were"
        return Refusal(f"No run is left to fit. {what} left out.", "exclude=None brings all back.")
    bad = _bad_number(problem)
    if bad is not None:
        return bad
    distinct = _distinct(problem, free + 1)
    if distinct < free + 1:
        many = f"{distinct} different runs" if distinct != 1 else "One run"
        return Refusal(
            f"{many} cannot determine {free} coefficients and say how well they fit.",
            f"At least {free + 1} are needed, better several times as many.",
        )
    if problem.loss.max() == problem.loss.min():
        return Refusal(
            f"All {problem.n} runs have the same loss, {problem.loss[0]:g}, so nothing depends on anything.",
            "Check the loss column.",
        )
    if free < 2 or informed:
        return None
    return one_value(problem) or collinear(problem)


def _distinct(problem: Problem, enough: int) -> int:
    """Count the different runs; of a long table only until there are enough."""
    distinct = 0
    columns = [*problem.inputs.values(), problem.loss]
    for first in range(0, problem.n, BLOCK):
        # Rows are sorted: equal ones are neighbours, also across the ends of a block.
        block = [values[max(first - 1, 0) : first + BLOCK] for values in columns]
        changed = block[0][1:] != block[0][:-1]
        for values in block[1:]:
            changed |= values[1:] != values[:-1]
        distinct += int(np.count_nonzero(changed)) + (first == 0)
        if distinct >= enough:
            break
    return distinct


def _bad_number(problem: Problem) -> Refusal | None:
    named = [(problem.columns.get(name, name), values, name) for name, values in problem.inputs.items()]
    named.append((problem.columns[output_key(problem.law)], problem.loss, ""))
    with np.errstate(all="ignore"):
        sums = {column: float(np.add.reduce(values)) for column, values, _ in named}
    for column, values, symbol in named:
        positive = not symbol or problem.law.symbol(symbol).positive
        positive = positive and not (symbol and _smooth_at_zero(problem.law, symbol))
        # Nearly always nothing is wrong, which the smallest and the sum say: the sum of numbers that are all
        # finite may overflow, and is then looked at closer.
        if math.isfinite(sums[column]) and (not positive or values.min() > 0):
            continue
        wrong = ~np.isfinite(values) | ((values <= 0) if positive else False)
        if not wrong.any():
            continue
        labels = problem.labels
        rows = sorted(np.flatnonzero(wrong), key=lambda i: int(problem.order[i]))
        first = float(values[rows[0]])
        what = "is missing" if np.isnan(first) else f"is {first:g}"
        more = {1: "", 2: ", and one more row is like it"}.get(
            len(rows), f", and {len(rows) - 1} more rows are like it"
        )
        shown = ", ".join(repr(labels[i]) for i in rows[:3]) + (", ..." if len(rows) > 3 else "")
        return Refusal(
            f"In row {labels[rows[0]]} the {column} {what}{more}; the law needs finite"
            f"{', positive' if positive else ''} numbers.",
            f"Mend the table, or leave the rows out: exclude=[{shown}].",
        )
    return None


def _smooth_at_zero(law: Law, share: str) -> bool:
    """Whether a share may be zero: a domain that a mixture leaves out, in a law that is smooth there."""
    if share not in law.simplex:
        return False
    inputs = [np.float64(name != share) for name in law.input_names]
    starts = [symbol.start or (0.5, 1.5) for symbol in law.coefficients]
    with np.errstate(all="ignore"):
        value, slopes = law.compiled.value_and_gradient(*inputs, *(np.float64(np.mean(s)) for s in starts))
    return bool(np.isfinite([value, *slopes]).all())


def remarks(problem: Problem) -> list[str]:
    """Weak spots of a design that a fit cannot see: few values of an input, rows of one run."""
    out = []
    words = {"N": "model sizes", "D": "numbers of tokens", "C": "amounts of compute"}
    for name, values in problem.inputs.items():
        # A few values tell nearly always, and a million take a tenth of a second to look through.
        for stride in (1 + len(values) // 64, 1 + len(values) // 4096, 1):
            seen = len(set(values[::stride].tolist()))
            if seen > 3:
                break
        if seen <= 3:
            what = words.get(name, f"values of {name}")
            out.append(f"The runs have only {seen} {what}: no run is left to test the exponent of {name}.")
    if problem.rows.cluster is not None:
        groups = int(problem.rows.cluster.max()) + 1
        if groups < 10:
            out.append(f"Only {groups} clusters: intervals from so few are too narrow.")
    elif "run" in problem.bare.columns:
        column = problem.bare["run"]
        runs: list[object] = column.to_numpy(dtype=object)[problem.used].tolist()
        named = set(runs)
        # Mostly every run has a row of its own: names and one sign of a missing one are then all there is.
        apart = isinstance(column.dtype, pd.StringDtype) and 2 * (len(named) - 1) > len(runs)
        known = set() if apart else {run for run in named if isinstance(run, str)}
        if len(known) and 2 * len(known) <= len(runs):
            trained = "one run" if len(known) == 1 else f"{len(known):,} runs"
            out.append(
                f"The {len(runs):,} rows are checkpoints of {trained}; rows of one run are not independent, "
                'so the intervals are too narrow. With cluster="run" whole runs are resampled.'
            )
    return out


def tokens_per_param(problem: Problem) -> tuple[float, float] | None:
    """Smallest and largest D / N, if the law has both."""
    if not {"N", "D"} <= set(problem.inputs):
        return None
    ratio = problem.inputs["D"] / problem.inputs["N"]
    return float(ratio.min()), float(ratio.max())


def identifiability(
    model: LogAffine | General,
    objective: Objective,
    variables: Array,
    free: NDArray[np.bool_],
    slopes: Slopes | None = None,
) -> Identifiability:
    """Look at the Jacobian at the optimum.

    Parameters
    ----------
    model : LogAffine or General
    objective : Objective
    variables : ndarray, shape (p,)
    free : ndarray of bool, shape (p,)
        Variables that were fitted and are not on a bound.
    slopes : Slopes, optional
        What :func:`slopes_at` gives at these variables, where it is known.
    """
    names = [name for name, moves in zip(variable_names(model), free, strict=True) if moves]
    n, p = model.n, len(names)
    if p == 0:
        return Identifiability(1.0, {}, ())
    slopes = slopes_at(model, variables) if slopes is None else slopes
    fitted, sensitivity = slopes.fitted, slopes.sensitivity
    sensitivity = sensitivity if len(names) == len(free) else sensitivity[:, free]
    residuals = (model.log_loss if isinstance(model, LogAffine) else np.log(model.loss)) - np.log(fitted)
    if objective.square:
        noise = float(np.sqrt(residuals @ residuals / max(n - p, 1)))
    else:
        # Median regression: the price in variance of not trusting the tails is pi / 2.
        noise = 1.4826 * median(np.abs(residuals)) * math.sqrt(math.pi / 2 * n / max(n - p, 1))
    if isinstance(model, Extended):
        sensitivity = np.vstack([sensitivity, noise * model.known_slopes(variables)[:, free]])
    length = np.sqrt(np.add.reduce(sensitivity * sensitivity))
    if not np.all(np.isfinite(length)) or np.any(length == 0):
        return Identifiability(np.inf, dict.fromkeys(names, np.inf), tuple(names))
    _, singular, directions = np.linalg.svd(sensitivity / length, full_matrices=False)
    condition = float(singular[0] / singular[-1]) if singular[-1] > 0 else np.inf
    worst = np.abs(directions[-1])
    sloppy = tuple(names[i] for i in np.argsort(-worst) if worst[i] > 0.3 * worst.max())
    if condition > 1e12:
        return Identifiability(condition, dict.fromkeys(names, np.inf), sloppy)
    inverse = directions.T / singular
    errors = noise * np.sqrt(np.sum(inverse * inverse, axis=1)) / length
    asked, linear = exponents(model.law), model.law.linear
    logged = [name in linear or (isinstance(model, General) and is_logged(model, name)) for name in names]
    # Exponents are mostly variables as they are: what they are worth is then not asked.
    needed = any(log and name in asked for name, log in zip(names, logged, strict=True))
    values = _values(model, variables, names) if needed else [1.0] * len(names)
    nonlinear = {
        name: float(error * value if log else error)
        for name, error, log, value in zip(names, errors, logged, values, strict=True)
        if name in asked
    }
    return Identifiability(condition, nonlinear, sloppy)


def exponents(law: Law) -> tuple[str, ...]:
    """Coefficients that are exponents; the shape of a law hangs on them."""
    return tuple(symbol.name for symbol in law.coefficients if symbol.kind == "exponent")


def variable_names(model: LogAffine | General) -> tuple[str, ...]:
    """Coefficient behind each variable of the solver."""
    law = model.law
    return (*law.linear, *law.nonlinear) if isinstance(model, LogAffine) else law.coefficient_names


def is_logged(model: General, name: str) -> bool:
    """Whether a general model holds the logarithm of this coefficient."""
    return bool(model.logged[model.law.coefficient_names.index(name)])


def _values(model: LogAffine | General, variables: Array, names: list[str]) -> list[float]:
    natural = dict(zip(model.law.coefficient_names, model.coefficients(variables[None])[0], strict=True))
    return [float(natural[name]) for name in names]


def not_identified(
    problem: Problem,
    found: Identifiability,
    coefficients: Mapping[str, float],
    intervals: Mapping[str, tuple[float, float]],
) -> Refusal | None:
    """Judge whether the coefficients at the optimum deserve the name.

    Parameters
    ----------
    problem : Problem
    found : Identifiability
    coefficients : mapping of str to float
    intervals : mapping of str to (float, float)
        95 % intervals from resamples, where there are any.
    """
    unknown = []
    for name in exponents(problem.law):
        low, high = intervals.get(name, (np.nan, np.nan))
        wide = high > EXPONENT_SPAN * low if np.isfinite(low) and low > 0 else np.isfinite(low) and high > 0
        if wide or found.errors.get(name, 0.0) > EXPONENT_ERROR * abs(coefficients[name]):
            unknown.append(name)
    if not unknown and not found.condition > CONDITION:
        return None
    ratio = tokens_per_param(problem)
    if ratio is not None and ratio[1] < 10 * ratio[0]:
        return Refusal(
            f"The {problem.n} runs lie between {ratio[0]:.3g} and {ratio[1]:.3g} tokens per parameter, "
            "so size and data cannot be told apart.",
            "Add runs off this line, on both sides.",
        )
    names = ", ".join(unknown or found.sloppy)
    spans = "; ".join(
        f"{name} lies anywhere between {intervals[name][0]:.2g} and {intervals[name][1]:.2g}"
        for name in unknown
        if name in intervals
    )
    return Refusal(
        f"The {problem.n} runs do not determine {names}" + (f": {spans}." if spans else "."),
        "Add runs over a wider range of the inputs, or fix a coefficient.",
    )
