"""Reference optima: where the fit of every bundled family that has one ends, to twenty digits.

    python -m benchmarks.optima --check module:function     # hold any fitter against them
    python -m benchmarks.optima --write                     # compute them anew

The function is given ``params``, ``tokens`` and ``loss`` (arrays of shape (n,)) and returns a mapping of A,
B, E, alpha and beta. The job is that of ``job.py``: the law of arXiv:2203.15556, the sum of Huber
penalties of the log residuals, delta 1e-3.

The optima do not rest on the engine: it only says where to start. Newton's method goes on from there in
arithmetic of fifty digits until the gradient is gone, and the end counts only if every eigenvalue of the
Hessian is positive there. That it is the lowest end is what ``gaps.py`` holds against SciPy's many starts.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from mpmath import mp, mpf

import scalewidgets as sw
from scalewidgets.fitting import Status
from scalewidgets.fitting.problem import read_problem

from .gaps import families, variables
from .job import DELTA, Points, points_of, value

FILE = Path(__file__).with_name("optima.json")
DIGITS = 20
NAMES = ("A", "B", "E", "alpha", "beta")
Fitter = Callable[[np.ndarray, np.ndarray, np.ndarray], Mapping[str, float]]


def columns(runs: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return params, tokens and loss (n,) of the runs that the fit uses, in the order of the table."""
    problem = read_problem(runs, sw.law("chinchilla"), "default", None)
    return problem.inputs["N"], problem.inputs["D"], problem.loss


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of the columns one after the other, as little-endian doubles."""
    return hashlib.sha256(b"".join(np.asarray(v, dtype="<f8").tobytes() for v in arrays)).hexdigest()


def newton(params: Any, tokens: Any, loss: Any, start: np.ndarray, limit: int = 60) -> tuple[list[mpf], mpf]:
    """Return (a, b, e, alpha, beta) at which the gradient is zero to forty digits, and the objective there.

    Raises
    ------
    ArithmeticError
        If Newton's method does not arrive, or arrives where the Hessian is not positive definite.
    """
    with mp.workdps(50):
        sizes, data, seen = ([mp.log(mpf(float(v))) for v in column] for column in (params, tokens, loss))
        delta, at = mpf(repr(DELTA)), mp.matrix([mpf(float(v)) for v in start])
        for _ in range(limit):
            total, slope, bend = _derivatives(at, sizes, data, seen, delta)
            step = mp.lu_solve(bend, -slope)
            if mp.norm(step, mp.inf) < mpf(10) ** -38:
                if min(mp.eigsy(bend, eigvals_only=True)) <= 0:
                    raise ArithmeticError("the Hessian is not positive definite where the gradient is zero")
                return list(at), total
            # A run may change its zone on the way: the step is halved until the objective falls.
            while mp.norm(step, mp.inf) > mpf(10) ** -30:
                trial = at + step
                if _derivatives(trial, sizes, data, seen, delta, value_only=True)[0] <= total:
                    break
                step = step / 2
            at = at + step
    raise ArithmeticError(f"Newton's method has not arrived after {limit} steps")


def _derivatives(
    at: Any, sizes: list[mpf], data: list[mpf], seen: list[mpf], delta: mpf, value_only: bool = False
) -> tuple[mpf, Any, Any]:
    a, b, e, alpha, beta = at
    total, slope, bend = mpf(0), mp.zeros(5, 1), mp.zeros(5, 5)
    floor = mp.exp(e)
    for size, tokens, loss in zip(sizes, data, seen, strict=True):
        of_size, of_data = mp.exp(a - alpha * size), mp.exp(b - beta * tokens)
        fitted = of_size + of_data + floor
        residual = loss - mp.log(fitted)
        inside = abs(residual) <= delta
        pull = residual if inside else (delta if residual > 0 else -delta)
        total += pull * (residual - pull / 2)
        if value_only:
            continue
        p, q, r = of_size / fitted, of_data / fitted, floor / fitted
        # Derivatives of the log of the fitted loss: shares p, q, r, and their own derivatives.
        g = (p, q, r, -size * p, -tokens * q)
        for i in range(5):
            slope[i] -= pull * g[i]
            for j in range(i + 1):
                term = _second(i, j, p, q, r, size, tokens) - g[i] * g[j]
                entry = (g[i] * g[j] if inside else mpf(0)) - pull * term
                bend[i, j] += entry
                if i != j:
                    bend[j, i] += entry
    return total, slope, bend


def _second(i: int, j: int, p: mpf, q: mpf, r: mpf, size: mpf, tokens: mpf) -> mpf:
    """Second derivative of the fitted loss over the fitted loss: only within one of the three terms."""
    term = (0, 1, 2, 0, 1)
    if term[i] != term[j]:
        return mpf(0)
    share = (p, q, r)[term[i]]
    by = (mpf(1), mpf(1), mpf(1), -size, -tokens)
    return share * by[i] * by[j]


def compute() -> dict[str, Any]:
    """Return the record of every family whose fit has converged."""
    out = {}
    for name, runs in families().items():
        fit = sw.fit(runs, resamples=0)
        if fit.status is not Status.CONVERGED:
            continue
        params, tokens, loss = columns(runs)
        at, objective = newton(params, tokens, loss, variables(dict(fit.coefficients)))
        with mp.workdps(50):
            natural = [mp.exp(at[0]), mp.exp(at[1]), mp.exp(at[2]), at[3], at[4]]
            said = {key: mp.nstr(v, DIGITS) for key, v in zip(NAMES, natural, strict=True)}
            out[name] = {
                "runs": len(loss),
                "sha256": digest(params, tokens, loss),
                "coefficients": said,
                "objective": mp.nstr(objective, DIGITS),
            }
    return out


def read() -> dict[str, Any]:
    """Return the kept optima by family."""
    known: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))["optima"]
    return known


def engine(params: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> Mapping[str, float]:
    """Fit by the engine: what is held against the optima unless another fitter is named."""
    return sw.fit({"params": params, "tokens": tokens, "loss": loss}, exclude=None, resamples=0).coefficients


def gap(found: Mapping[str, float], optimum: Mapping[str, Any], points: Points) -> float:
    """Objective of some coefficients over that of the optimum, minus one; infinite for NaN."""
    reached = value(variables({name: float(found[name]) for name in NAMES}), points)
    return reached / float(optimum["objective"]) - 1 if np.isfinite(reached) else float("inf")


def check(fitter: Fitter) -> list[tuple[str, int, float, float]]:
    """Return family, runs, gap and the largest relative error of a coefficient, for each optimum."""
    out = []
    known = read()
    for name, runs in families().items():
        if name in known:
            params, tokens, loss = columns(runs)
            found = fitter(params, tokens, loss)
            right = known[name]["coefficients"]
            error = max(abs(float(found[key]) / float(right[key]) - 1) for key in NAMES)
            out.append((name, len(loss), gap(found, known[name], points_of(params, tokens, loss)), error))
    return out


def main() -> None:
    """Compute the optima, or hold a fitter against them."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--write", action="store_true", help="compute the optima and keep them")
    options.add_argument("--check", metavar="MODULE:FUNCTION", help="a fitter; by default the engine")
    asked = options.parse_args()
    if asked.write:
        said = {
            "law": "L = E + A / N^alpha + B / D^beta",
            "objective": f"sum over runs of Huber(log L - log fitted), delta {DELTA}; natural logarithms",
            "columns": "params, tokens and loss, in the order of the table; sha256 of them as float64, <f8",
            "optima": compute(),
        }
        FILE.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        return
    fitter: Fitter = engine
    if asked.check:
        module, _, name = asked.check.partition(":")
        fitter = getattr(importlib.import_module(module), name)
    rows = check(fitter)
    print(f"{'family':58} {'runs':>6} {'gap':>9} {'worst coefficient':>18}")
    for family, count, off, error in rows:
        print(f"{family:58} {count:6,} {off:9.1e} {error:18.1e}")
    print(f"{sum(off <= 1e-10 for *_, off, _ in rows)} of {len(rows)} within 1e-10 of the optimum")


if __name__ == "__main__":
    main()
