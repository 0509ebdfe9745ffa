"""From a job that is done to a result: judged, certified, and refused where that is due."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.laws import Law

from . import bootstrap, design
from .certificate import Certificate, Status
from .check import SAME
from .columns import output_key
from .extended import Extended
from .jacobian import slopes_at
from .job import Job
from .objective import Objective
from .problem import Problem
from .profile import Setting
from .result import Fit
from .rows import effective_n

Array: TypeAlias = NDArray[np.float64]

STOPPED = "the next step promised less than 1e-14 of the objective"


def result(job: Job, level: float) -> Fit:
    """Put everything together."""
    problem, model, law, rows = job.problem, job.model, job.law, job.problem.rows
    names = problem.law.coefficient_names
    variables = job.solution.variables
    coefficients = dict(zip(names, map(float, model.coefficients(variables[None])[0]), strict=True))
    coefficients.update(job.fixed)
    draws = model.coefficients(job.draws) if len(job.draws) else np.empty((0, len(names)))
    for name, value in job.fixed.items():
        draws[:, names.index(name)] = value
    fitted = problem.law.value(problem.inputs, coefficients)
    residuals = np.log(problem.loss) - np.log(fitted)
    slopes = slopes_at(model, variables)
    on_bound = _on_bound(job, slopes.shares)
    loose = job.free
    if on_bound:
        loose = loose & np.array([name not in on_bound for name in design.variable_names(model)])
    seen = design.identifiability(model, job.objective, variables, loose, slopes)
    intervals: dict[str, tuple[float, float]] = {}
    if len(draws):
        # Of all at once: each call takes as long as a few refits.
        ends = np.quantile(draws, (0.025, 0.975), axis=0).T.tolist()
        intervals = {
            name: (low, high) for name, (low, high) in zip(names, ends, strict=True) if name not in job.fixed
        }
    status, reason = _judge(job, on_bound, seen, coefficients, intervals)
    uneven = not np.logical_and.reduce(rows.weight == 1.0)
    weighted = rows.tilt is not None or rows.cluster is not None or uneven
    tilted = residuals if rows.tilt is None else residuals * rows.tilt
    certificate = certificate_of(
        problem,
        job.goal,
        job.fixed,
        job.seed,
        gap=job.gap,
        starts=job.agreement.starts if job.agreement else 0,
        agreeing=job.agreement.agreeing if job.agreement else 0,
        basins=job.agreement.basins if job.agreement else 0,
        iterations=job.solution.iterations,
        stopping=STOPPED if job.solution.converged else "no step lowered the objective any further",
        condition=seen.condition,
        exponent_errors=dict(seen.errors),
        resamples=len(draws),
        resamples_converged=int(job.draws_converged.sum()),
        resamples_checked=job.verified,
        resample_gap=job.resample_gap,
        notes=(*problem.notes, *design.remarks(problem), *job.notes),
        resampled=job.kind,
        effective_n=effective_n(rows, tilted) if weighted else None,
        bounds=dict(job.bounds),
        ties=dict(job.ties),
        nu=job.nu,
        nu_free=job.objective.free,
        nu_interval=interval_of(job.nus, level),
        engine=job.engine,
        resample_rivals=job.rivals,
        resamples_screened=job.screened,
        resample_valleys=job.several,
        resamples_searched=job.searched,
        resamples_unsettled=job.unsettled,
        **_priors(job, coefficients),
    )
    noise = bootstrap.residual_noise(tilted, len(draws), job.seed, rows.weight)
    series, reach = labelled(problem, residuals), reach_of(problem)
    raw = job.goal.residuals(problem.loss, fitted)
    objective = job.goal.total(raw if rows.tilt is None else raw * rows.tilt, rows.weight)
    setting = Setting(problem, job.goal, job.fixed, job.bounds, job.ties, law, dict(coefficients), job.priors)
    # Tied coefficients come back under their own names.
    column = [names.index(job.ties.get(name, name)) for name in law.coefficient_names]
    coefficients = {name: coefficients[job.ties.get(name, name)] for name in law.coefficient_names}
    draws = draws[:, column]
    for array in (draws, noise, problem.used):
        array.setflags(write=False)
    return Fit(
        law, coefficients, objective, status, reason, certificate, draws, noise, series, problem.used,
        problem.runs, level, reach, setting,
    )  # fmt: skip


def labelled(problem: Problem, residuals: Array) -> pd.Series[float]:
    """Residuals under the labels of the runs, in the order of the table."""
    every, index = np.empty(len(problem.runs)), problem.runs.index
    every[problem.order] = residuals
    if len(residuals) < len(every):
        every, index = every[problem.used], index[problem.used]
    return pd.Series(every, index=index, name="residual")


def reach_of(problem: Problem) -> dict[str, tuple[float, float]]:
    """Smallest and largest of each input, and of the compute where it is known."""
    reach = {
        name: (float(np.minimum.reduce(v)), float(np.maximum.reduce(v))) for name, v in problem.inputs.items()
    }
    if problem.flops is not None:
        ends = float(np.minimum.reduce(problem.flops)), float(np.maximum.reduce(problem.flops))
        # Both are finite only if all are.
        reach |= {"C": ends} if math.isfinite(ends[0]) and math.isfinite(ends[1]) else {}
    return reach


def interval_of(values: Array, level: float) -> tuple[float, float] | None:
    """Central interval of what resamples gave; ``None`` without them."""
    if not len(values):
        return None
    low, high = np.quantile(values, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)


def _priors(job: Job, coefficients: Mapping[str, float]) -> dict[str, Any]:
    """What the certificate says of the priors."""
    if job.priors is None or job.bare is None or not isinstance(job.model, Extended):
        return {}
    names = job.problem.law.coefficient_names
    without = dict(zip(names, job.model.coefficients(job.bare.variables[None])[0], strict=True))
    distances = job.model.known_distances(job.solution.variables)
    scale = job.priors.scale
    return {
        "priors": {
            name: {
                "kind": prior.kind, "centre": prior.centre, "spread": prior.spread,
                "distance": prior.distance(coefficients[name]), "without": float(without[name]),
                "moved": prior.distance(coefficients[name], float(without[name])),
            }
            for name, prior in job.priors.each.items()
        },
        "prior_scale": scale,
        "prior_term": 0.5 * float(distances @ distances) * (1.0 if scale is None else scale),
    }  # fmt: skip


def _on_bound(job: Job, shares: Array | None) -> dict[str, str]:
    """Coefficients that ended where their range does, each with a sentence.

    ``shares`` are the largest ones of the terms of a law of straight lines.
    """
    model, law = job.model, job.problem.law
    variables = job.solution.variables
    names = design.variable_names(model)
    found: dict[str, str] = {}
    if shares is not None:
        for name, share in zip(law.linear, shares.tolist(), strict=True):
            if share < 1e-6 and name not in job.fixed:
                found[name] = f"{name} has gone to zero: the law without its term fits as well"
    near = 1e-6 * np.maximum(1.0, np.abs(variables))
    ends = (0, model.low, "lower"), (1, model.high, "upper")
    there = [job.free & (np.abs(variables - bound) <= near) for _, bound, _ in ends]
    for j in np.flatnonzero(there[0] | there[1]):
        name = names[j]
        for end, _, word in ends:
            if not there[end][j] or name in found:
                continue
            given = job.bounds.get(name)
            found[name] = (
                f"{name} stands at the {word} end of its range"
                if given is None
                else f"{name} stands at its {word} bound, {given[end]:g}"
            )
    return found


def _judge(
    job: Job,
    on_bound: Mapping[str, str],
    seen: design.Identifiability,
    coefficients: Mapping[str, float],
    intervals: Mapping[str, Any],
) -> tuple[Status, str]:
    refusal = design.not_identified(job.problem, seen, coefficients, intervals)
    if refusal is not None:
        return Status.NOT_IDENTIFIED, str(refusal)
    if not job.solution.converged and (job.gap is None or job.gap > SAME):
        return Status.NOT_CONVERGED, (
            "The solver stopped before it reached an optimum. Fix a coefficient, or choose a simpler law."
        )
    if on_bound:
        text = "; ".join(on_bound.values())
        if set(on_bound) <= set(job.bounds):
            return (
                Status.ON_BOUND,
                f"{text}. The runs would have it further out; widen bounds= to see how far.",
            )
        return Status.ON_BOUND, f"{text}. Intervals do not mean much there; choose a law without it."
    if job.agreement is not None and job.agreement.several:
        return Status.CONVERGED, job.agreement.several
    return Status.CONVERGED, "The optimum was found and every coefficient is determined."


def certificate_of(
    problem: Problem, objective: Objective, fixed: Mapping[str, float], seed: int, **found: Any
) -> Certificate:
    """Certificate of a fit before anything was fitted, but for what was ``found``."""
    used = {name: problem.columns[name] for name in problem.columns if name in ("N", "D", "C")}
    used |= {name: problem.columns[name] for name in (*problem.inputs, output_key(problem.law))}
    cluster = problem.rows.cluster
    return Certificate(**{
        "objective": objective.name, "delta": objective.delta, "description": objective.description,
        "convention": problem.convention, "counted": problem.counted, "rule": problem.rule, "gap": None,
        "starts": 0, "agreeing": 0, "basins": 0, "iterations": 0, "stopping": "nothing was fitted",
        "condition": float("nan"), "exponent_errors": {}, "n_runs": problem.n,
        "n_excluded": len(problem.exclusions), "exclusions": problem.exclusions,
        "data_hash": problem.data_hash, "columns": used, "fixed": dict(fixed), "seed": seed, "resamples": 0,
        "resamples_converged": 0, "resamples_checked": 0, "resample_gap": None, "notes": problem.notes,
        "weights": problem.rows.words, "clusters": None if cluster is None else int(cluster.max()) + 1,
    } | found)  # fmt: skip


def refused(
    problem: Problem,
    objective: Objective,
    fixed: Mapping[str, float],
    seed: int,
    level: float,
    reason: str,
    law: Law | None = None,
) -> Fit:
    """Make the result that says why there is none."""
    law = law or problem.law
    names = law.coefficient_names
    return Fit(
        law, dict.fromkeys(names, float("nan")), float("nan"), Status.REFUSED, reason,
        certificate_of(problem, objective, fixed, seed), np.empty((0, len(names))), np.empty(0),
        pd.Series([], dtype=float, name="residual"), problem.used, problem.runs, level,
    )  # fmt: skip
