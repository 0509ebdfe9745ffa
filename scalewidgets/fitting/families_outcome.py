"""From a joint fit that is done to its result: judged family by family, and tested against none shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import either
from scalewidgets.units import format_quantity

from . import bootstrap, design, likelihoods
from .certificate import Status
from .check import SAME
from .density import deviance
from .families_job import FamiliesJob
from .family_fits import FamilyFits
from .job import Job
from .joint_setting import JointSetting
from .logaffine import LogAffine
from .outcome import STOPPED, certificate_of, interval_of, labelled, reach_of
from .problem import Problem
from .restriction import Restriction
from .result import Fit
from .rows import effective_n
from .scores import criteria

Array: TypeAlias = NDArray[np.float64]


def families_result(job: FamiliesJob, level: float, by: str) -> FamilyFits:
    """Put everything together."""
    model, law = job.model, job.model.law
    names = law.coefficient_names
    variables = job.solution.variables
    natural, draws = model.natural(variables[None])[0], model.natural(job.draws)
    for name, value in job.fixed.items():
        natural[:, names.index(name)] = value
        draws[..., names.index(name)] = value
    bounds = _on_bound(job)
    condition, errors = _errors(job, bounds)
    seen = replace(
        certificate_of(job.problem, job.goal, job.fixed, job.seed),
        gap=job.gap,
        starts=job.agreement.starts if job.agreement else 0,
        agreeing=job.agreement.agreeing if job.agreement else 0,
        basins=job.agreement.basins if job.agreement else 0,
        iterations=job.solution.iterations,
        stopping=STOPPED if job.solution.converged else "no step lowered the objective any further",
        condition=condition,
        resamples=len(job.draws),
        resamples_converged=int(job.draws_converged.sum()),
        resamples_checked=job.verified,
        resample_gap=job.resample_gap,
        resamples_searched=job.searched,
        resamples_unsettled=job.unsettled,
        notes=(*job.problem.notes, *design.remarks(job.problem), *job.notes),
        resampled=job.kind,
        bounds=dict(job.bounds),
        ties=dict(job.ties),
        nu=job.nu,
        nu_free=job.objective.free,
        nu_interval=interval_of(job.nus, level),
        **_weighed(job),
    )
    share = None
    if job.scale is not None:
        share = dict(zip(job.problems, likelihoods.negative_log(model, variables, job.goal), strict=True))
        seen = replace(seen, notes=(*seen.notes, _scales(job)))
    fits = {}
    for f, (family, problem) in enumerate(job.problems.items()):
        coefficients = dict(zip(names, map(float, natural[f]), strict=True))
        identified = design.Identifiability(condition, errors[family], ())
        one = _view(job, family, problem, coefficients, draws[:, f], bounds, identified, seen, level)
        fits[family] = one if share is None else replace(one, objective=share[family])
    status, reason = _overall(job, fits)
    common = tuple(name for name in job.law.coefficient_names if job.ties.get(name, name) in job.shared)
    shared = {name: float(natural[0, names.index(job.ties.get(name, name))]) for name in common}
    # Of the runs alone, whatever priors add.
    likelihood = job.scale is not None or job.given
    total = sum(fit.objective for fit in fits.values()) if likelihood else model.exact(variables, job.goal)
    return FamilyFits(
        law=job.law,
        by=by,
        shared=common,
        coefficients=shared,
        fits=fits,
        objective=float(total),
        status=status,
        reason=reason,
        certificate=seen,
        restriction=_restriction(job),
        level=level,
        separate={name: _named(job, _alone(one)) for name, one in job.separate.items()},
        setting=JointSetting(
            model, job.goal.working, variables, job.free, tuple(p.rows.cluster for p in job.problems.values())
        ),
    )


def _scales(job: FamiliesJob) -> str:
    """What was found of the scale of the residuals, as a sentence."""
    model, objective = job.model, job.objective
    residuals = model.residuals(job.solution.variables[None], objective)
    found = likelihoods.log_scales(model, residuals, model.weight[None], objective)
    sizes = [format_quantity(float(np.exp(0.5 * log2[0])), "percent") for log2, _ in found]
    if job.scale == "all":
        return f"The residuals of all families have one scale, fitted along: {sizes[0]}."
    each = ", ".join(f"{name} {size}" for name, size in zip(job.problems, sizes, strict=True))
    return f"The residuals of each family have a scale of their own, fitted along: {each}."


def _named(job: FamiliesJob, found: Mapping[str, float]) -> dict[str, float]:
    """Values of all coefficients, those that are tied under their own names."""
    return {name: found[job.ties.get(name, name)] for name in job.law.coefficient_names}


def _weighed(job: FamiliesJob) -> dict[str, Any]:
    """What the certificate says of all priors together."""
    if job.priors is None:
        return {}
    distances, scale = job.model.known_distances(job.solution.variables), job.priors.scale
    return {
        "prior_scale": scale,
        "prior_term": 0.5 * float(distances @ distances) * (1.0 if scale is None else scale),
    }


def _known(job: FamiliesJob, family: str, coefficients: Mapping[str, float]) -> dict[str, Any]:
    """What the certificate of a family says of each prior."""
    if job.bare is None:
        return {}
    place = job.model.names.index(family)
    names = job.model.law.coefficient_names
    without = dict(zip(names, job.model.natural(job.bare.variables[None])[0, place], strict=True))
    return {
        name: {
            "kind": prior.kind, "centre": prior.centre, "spread": prior.spread,
            "distance": prior.distance(coefficients[name]), "without": float(without[name]),
            "moved": prior.distance(coefficients[name], float(without[name])),
        }
        for name, prior in job.given.items()
    }  # fmt: skip


def _alone(job: Job) -> dict[str, float]:
    """Coefficients of a family fitted for itself."""
    natural = job.model.coefficients(job.solution.variables[None])[0]
    return dict(zip(job.problem.law.coefficient_names, map(float, natural), strict=True)) | dict(job.fixed)


def _view(
    job: FamiliesJob,
    family: str,
    problem: Problem,
    coefficients: dict[str, float],
    draws: Array,
    on_bound: Mapping[str, Mapping[str, str]],
    identified: design.Identifiability,
    whole: Any,
    level: float,
) -> Fit:
    """One family as a fit."""
    law, names, rows = job.model.law, job.model.law.coefficient_names, problem.rows
    fitted = law.value(problem.inputs, coefficients)
    residuals = np.log(problem.loss) - np.log(fitted)
    tilted = residuals if rows.tilt is None else residuals * rows.tilt
    raw = job.goal.residuals(problem.loss, fitted)
    objective = job.goal.total(raw if rows.tilt is None else raw * rows.tilt, rows.weight)
    intervals = {
        name: tuple(map(float, np.quantile(draws[:, j], (0.025, 0.975))))
        for j, name in enumerate(names)
        if len(draws) and name not in job.fixed
    }
    status, reason = _judge(job, problem, on_bound.get(family, {}), identified, coefficients, intervals)
    others = len(job.problems) - 1
    common = f"; {either(job.shared).replace(' or ', ' and ')} shared with them" if job.shared else ""
    weighted = rows.tilt is not None or rows.cluster is not None or bool(np.any(rows.weight != 1.0))
    mine = certificate_of(problem, job.goal, job.fixed, job.seed)
    certificate = replace(
        whole,
        n_runs=problem.n,
        n_excluded=mine.n_excluded,
        exclusions=mine.exclusions,
        data_hash=mine.data_hash,
        clusters=mine.clusters,
        exponent_errors=_spread(job, identified.errors),
        priors=_known(job, family, coefficients),
        effective_n=effective_n(rows, tilted) if weighted else None,
        **_degrees(job, family, level),
        notes=(*whole.notes, f"Fitted together with {others} other families{common}."),
    )
    series, reach = labelled(problem, residuals), reach_of(problem)
    noise = bootstrap.residual_noise(tilted, len(draws), job.seed, rows.weight)
    column = [names.index(job.ties.get(name, name)) for name in job.law.coefficient_names]
    draws = np.ascontiguousarray(draws[:, column])
    coefficients = _named(job, coefficients)
    for array in (draws, noise):
        array.setflags(write=False)
    return Fit(
        job.law, coefficients, objective, status, reason, certificate, draws, noise, series, problem.used,
        problem.runs, level, reach,
    )  # fmt: skip


def _degrees(job: FamiliesJob, family: str, level: float) -> dict[str, Any]:
    """Degrees of freedom of a family that has its own."""
    if family not in job.degrees_of:
        return {}
    nu, drawn = job.degrees_of[family]
    return {"nu": nu, "nu_interval": interval_of(drawn, level)}


def _spread(job: FamiliesJob, errors: Mapping[str, float]) -> dict[str, float]:
    """First-order errors, those of tied exponents under their own names."""
    own = {name: errors[leader] for name, leader in job.ties.items() if leader in errors}
    return {**errors, **own}


def _on_bound(job: FamiliesJob) -> dict[str, dict[str, str]]:
    """For each family the coefficients that ended where their range does, each with a sentence."""
    model, law = job.model, job.model.law
    found: dict[str, dict[str, str]] = {name: {} for name in model.names}
    for f, (family, part) in enumerate(zip(model.names, model.models, strict=True)):
        if not isinstance(part, LogAffine):
            continue
        shares = part.shares(model.part(job.solution.variables[None], f))[0]
        for name, share in zip(law.linear, shares, strict=True):
            if share < 1e-6 and name not in job.fixed and name not in job.shared:
                found[family][name] = f"{name} has gone to zero: the law without its term fits as well"
    place = job.solution.variables
    near = 1e-6 * np.maximum(1.0, np.abs(place))
    for j, (name, owner) in enumerate(model.labels()):
        if not job.free[j]:
            continue
        for end, bound, word in ((0, model.low[j], "lower"), (1, model.high[j], "upper")):
            if abs(place[j] - bound) > near[j]:
                continue
            given = job.bounds.get(name)
            words = (
                f"{name} stands at the {word} end of its range"
                if given is None
                else f"{name} stands at its {word} bound, {given[end]:g}"
            )
            for family in model.names if owner is None else (owner,):
                found[family].setdefault(name, words)
    return found


def _errors(
    job: FamiliesJob, on_bound: Mapping[str, Mapping[str, str]]
) -> tuple[float, dict[str, dict[str, float]]]:
    """Condition of all coefficients together, and first-order errors of each family's exponents."""
    model, labels = job.model, job.model.labels()
    loose = job.free & ~np.array(
        [any(name in on_bound[f] for f in ((owner,) if owner else model.names)) for name, owner in labels]
    )
    errors: dict[str, dict[str, float]] = {name: {} for name in model.names}
    if not loose.any():
        return 1.0, errors
    fitted, slopes = model.jacobian(job.solution.variables)
    sensitivity = (slopes / fitted[:, None])[:, loose]
    residuals = np.log(model.loss) - np.log(fitted)
    n, p = sensitivity.shape
    spare = n / max(n - p, 1)
    if job.objective.square:
        noise = float(np.sqrt(np.mean(residuals**2) * spare))
    else:
        noise = 1.4826 * float(np.median(np.abs(residuals))) * np.sqrt(np.pi / 2 * spare)
    # A prior is one more observation, in units of its own standard deviation.
    sensitivity = np.vstack([sensitivity, noise * model.known_slopes(job.solution.variables)[:, loose]])
    length = np.linalg.norm(sensitivity, axis=0)
    shown = [labels[j] for j in np.flatnonzero(loose)]
    exponents = design.exponents(model.law)
    if not np.all(np.isfinite(length)) or np.any(length == 0):
        return np.inf, {name: dict.fromkeys(exponents, np.inf) for name in model.names}
    _, singular, directions = np.linalg.svd(sensitivity / length, full_matrices=False)
    if len(singular) < p or singular[-1] <= 1e-12 * singular[0]:
        return np.inf, {name: dict.fromkeys(exponents, np.inf) for name in model.names}
    spread = noise * np.sqrt(np.sum((directions.T / singular) ** 2, axis=1)) / length
    natural = model.natural(job.solution.variables[None])[0]
    for (name, owner), error in zip(shown, spread, strict=True):
        if name not in exponents:
            continue
        for f, family in enumerate(model.names):
            if owner not in (None, family):
                continue
            part = model.models[f]
            logged = not isinstance(part, LogAffine) and design.is_logged(part, name)
            size = natural[f, model.law.coefficient_names.index(name)] if logged else 1.0
            errors[family][name] = float(error * size)
    return float(singular[0] / singular[-1]), errors


def _judge(
    job: FamiliesJob,
    problem: Problem,
    on_bound: Mapping[str, str],
    identified: design.Identifiability,
    coefficients: Mapping[str, float],
    intervals: Mapping[str, Any],
) -> tuple[Status, str]:
    alone = replace(identified, condition=1.0)
    refusal = design.not_identified(problem, alone, coefficients, intervals)
    if refusal is not None:
        return Status.NOT_IDENTIFIED, str(refusal)
    if not job.solution.converged and (job.gap is None or job.gap > SAME):
        return (
            Status.NOT_CONVERGED,
            "The solver stopped before it reached an optimum. Share more, or fix one.",
        )
    if on_bound:
        return Status.ON_BOUND, f"{'; '.join(on_bound.values())}. Intervals do not mean much there."
    return Status.CONVERGED, "The optimum of all families was found and every coefficient is determined."


def _overall(job: FamiliesJob, fits: Mapping[str, Fit]) -> tuple[Status, str]:
    """The worst that was said of any family."""
    for status in (Status.NOT_CONVERGED, Status.NOT_IDENTIFIED, Status.ON_BOUND):
        there = [name for name, fit in fits.items() if fit.status is status]
        if there:
            more = f" So it is in {len(there)} of {len(fits)} families." if len(there) > 1 else ""
            return status, f"{there[0]}: {fits[there[0]].reason}{more}"
    if job.agreement is not None and job.agreement.several:
        return Status.CONVERGED, job.agreement.several
    return Status.CONVERGED, "The optimum of all families was found and every coefficient is determined."


def _restriction(job: FamiliesJob) -> Restriction | None:
    """Compare with every family for itself; ``None`` where nothing is shared, or one cannot stand alone."""
    count, m = len(job.problems), int(job.free[: job.model.m].sum())
    if not m or len(job.separate) < count:
        return None
    own = int(job.free.sum()) - m
    degrees = (count - 1) * m
    joint, apart = job.unweighed.value, job.separate_value
    weight = float(job.model.weight.sum())
    rise = 0.0
    if joint > apart * (1 + 1e-12) + job.floor:
        rise = float(deviance(job.objective, np.array([joint]), max(apart, job.floor), weight)[0])
    scales = (count if job.scale == "family" else 1) * (2 if job.objective.free else 1)
    k, n = m + own + scales, job.problem.n
    with_it, without = criteria(rise, n, k), criteria(0.0, n, k + degrees)
    return Restriction(
        shared=job.shared,
        families=count,
        together=joint,
        apart=apart,
        deviance=rise,
        degrees=degrees,
        p_value=_tail(rise, degrees),
        aicc_difference=with_it["aicc"] - without["aicc"],
        bic_difference=with_it["bic"] - without["bic"],
    )


def _tail(deviance_: float, degrees: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees, deviance_))
