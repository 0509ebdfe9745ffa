"""``sw.fit_families``: one law for several families of runs, some coefficients the same in all."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError, close_matches, either, quoted
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law

from .api import Runs
from .arguments import read_arguments
from .bootstrap import make_kind
from .design import check_design
from .exclusions import read_exclusions
from .families_job import FamiliesJob, family_problem
from .families_outcome import families_result
from .family_fits import FamilyFits
from .job import CHECKED_RESAMPLES
from .likelihoods import SCALES
from .limits import Bounds, known_coefficient, read_ties, tied_law
from .objective import Objective
from .priors import GivenPriors, read_priors
from .problem import Problem, as_table, read_problem
from .progress import Progress
from .rows import PerRow, row_values
from .steps import drained

RUNS_FOR_A_SCALE = 3
"""Runs for every coefficient of a family whose residuals have a scale of their own."""


def fit_families(
    runs: Runs,
    law: str | Law = "chinchilla",
    shared: Iterable[str] = ("E",),
    by: str = "family",
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    resamples: int = 1000,
    *,
    families: Iterable[str] | None = None,
    exclude: str | Iterable[Hashable] | None = "default",
    fixed: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    starts: int = 16,
    seed: int = 0,
    level: float = 0.95,
    tau: float | None = None,
    factor: float | None = None,
    nu: float | str | None = None,
    scale: str = "all",
    sd: PerRow = None,
    weight: PerRow = None,
    cluster: PerRow = None,
    bootstrap: str | None = None,
    bounds: Bounds | None = None,
    tie: Iterable[Iterable[str]] | None = None,
    prior: GivenPriors | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> FamilyFits:
    """Fit one law to several families together, some coefficients the same in all of them.

    Parameters
    ----------
    runs, law, objective, delta, resamples, exclude, fixed, columns, seed, level, tau, factor, nu, sd, \
weight, cluster, bootstrap, bounds, tie, progress
        As in :func:`scalewidgets.fit`; a coefficient that is fixed, bounded or tied is so in every family,
        and what is tied to a shared coefficient is shared.
    shared : iterable of str
        Coefficients that are the same in all families, such as ``["E"]`` or ``["alpha", "beta"]``. With
        none the families are fitted one by one, with all of them as one table.
    by : str
        Column that names the family of each run; runs without a name are left out.
    families : iterable of str, optional
        Those to be fitted; by default all that the column names.
    starts : int
        Independent starts that the joint optimum is checked from; 0 for no check.
    prior : mapping of str to tuple, optional
        As in :func:`scalewidgets.fit`. The prior of a shared coefficient counts once, that of any other in
        every family; all are weighed by the scale of the penalties of all runs.
    scale : {"all", "family"}
        For a likelihood (``gaussian_log``, ``student_t``): whether the residuals of all families have one
        scale, and one ``nu`` where that is free, or those of each family their own. A family that scatters
        more then counts less, and each must have three runs for every coefficient.

    Returns
    -------
    FamilyFits
        A mapping from the name of a family to its :class:`Fit`, with the shared coefficients, their
        intervals, and a test of what sharing them costs.

    Raises
    ------
    FitError
        If the arguments make no sense: an unknown coefficient, a single family, a family with too few runs.

    Notes
    -----
    The objective is the sum over all runs of all families; of a likelihood, the negative logarithm of that of
    all runs at the best scale, or scales. Each family is fitted for itself, and all runs as
    one; shared coefficients from both are tried on every family, and damped Newton goes down from the best
    few of them in all coefficients at once. A step eliminates the coefficients that are a family's own
    (Schur's complement), so it costs what steps of the single families cost. Resamples draw from each family
    as many runs as it has.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> runs = sw.load("overtraining")
    >>> seen = sw.fit_families(runs, shared=["E"], resamples=0, starts=0)
    >>> len(seen), f"{seen.coefficients['E']:.3f}"
    (3, '1.648')
    """
    steps = fit_families_steps(
        runs, law, shared, by, objective, delta, resamples, families=families, exclude=exclude, fixed=fixed,
        columns=columns, starts=starts, seed=seed, level=level, tau=tau, factor=factor, nu=nu,
        scale=scale, sd=sd, weight=weight, cluster=cluster, bootstrap=bootstrap, bounds=bounds, tie=tie,
        prior=prior,
    )  # fmt: skip
    return drained(steps, progress)


def fit_families_steps(
    runs: Runs,
    law: str | Law = "chinchilla",
    shared: Iterable[str] = ("E",),
    by: str = "family",
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    resamples: int = 1000,
    *,
    families: Iterable[str] | None = None,
    exclude: str | Iterable[Hashable] | None = "default",
    fixed: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    starts: int = 16,
    seed: int = 0,
    level: float = 0.95,
    tau: float | None = None,
    factor: float | None = None,
    nu: float | str | None = None,
    scale: str = "all",
    sd: PerRow = None,
    weight: PerRow = None,
    cluster: PerRow = None,
    bootstrap: str | None = None,
    bounds: Bounds | None = None,
    tie: Iterable[Iterable[str]] | None = None,
    prior: GivenPriors | None = None,
) -> Generator[Progress, None, FamilyFits]:
    """Fit step by step, for a caller with other things to do in between; see :func:`fit_families`."""
    found = find_law(law)
    asked = read_arguments(
        found, objective, delta, tau, factor, nu, fixed=fixed, bounds=bounds, sd=sd, resamples=resamples,
        starts=starts, seed=seed, level=level,
    )  # fmt: skip
    goal, held = asked.goal, asked.fixed
    whose = _scale(scale, goal)
    priors = read_priors(found, prior, held)
    ties = read_ties(found, tie, {"fixed": held, "bounds": asked.bounds, "prior": priors})
    full, found = found, tied_law(found, ties)
    common = _shared(full, found, shared, held, ties)
    kind = make_kind(bootstrap, goal, cluster is not None)
    table, members, notes = _members(as_table(runs), by, families)
    chosen = np.flatnonzero(members)
    part = table[members]
    left_out: str | list[Hashable] | None
    if exclude is None or isinstance(exclude, str):
        left_out = exclude
    else:
        every = read_exclusions(pd.DataFrame(table, copy=False), exclude, table.attrs)[0]
        left_out = [label for label, _ in every if label in part.index]
    whole = read_problem(
        part, found, left_out, columns, sd=_cut("sd", sd, table, chosen),
        weight=_cut("weight", weight, table, chosen), cluster=_cut("cluster", cluster, table, chosen),
    )  # fmt: skip
    whole = replace(whole, notes=(*whole.notes, *notes))
    problems = _problems(whole, part[by].astype(str).to_numpy(dtype=object))
    alone = _refuse_small(problems, found, common, held, whose)
    job = FamiliesJob(
        whole,
        problems,
        common,
        goal,
        held,
        asked.seed,
        bounds=asked.bounds,
        law=found,
        full=full,
        ties=ties,
        priors=priors,
        kind=kind,
        alone=alone,
        scale=whose,
    )
    yield from job.solve()
    if asked.starts and job.free.any():
        yield from job.check(asked.starts)
    if asked.resamples and job.free.any():
        yield from job.resample(asked.resamples)
        if asked.starts:
            most = job.staged_starts if job.staged else CHECKED_RESAMPLES
            yield from job.verify(min(most, asked.resamples))
    if goal.free:
        yield from job.degrees()
    return families_result(job, asked.level, by)


def _scale(scale: str, goal: Objective) -> str | None:
    """Whose the scale of the residuals is; ``None`` where none is fitted along."""
    if not isinstance(scale, str) or scale not in SCALES:
        matches = close_matches(str(scale), SCALES)
        raise FitError(
            f"scale={quoted(scale)} says neither that all families have one scale nor that each has its own.",
            remedy=f"Did you mean {either(matches)}?" if matches else f"Choose {either(SCALES)}.",
        )
    if scale == "family" and not goal.likelihood:
        raise FitError(
            f"scale= belongs to the likelihoods gaussian_log and student_t, not to {goal.name}.",
            remedy="Leave scale= out.",
        )
    return scale if goal.likelihood else None


def _shared(
    law: Law, tied: Law, shared: Iterable[str], held: Mapping[str, float], ties: Mapping[str, str]
) -> tuple[str, ...]:
    """Coefficients of the tied law that are shared."""
    if isinstance(shared, str):
        raise FitError(f"shared={quoted(shared)} is not a list.", remedy=f"Write shared=[{shared!r}].")
    names = [known_coefficient(law, name, "shared") for name in shared]
    for name in names:
        if name in held:
            raise FitError(
                f"{name} is in fixed= and so the same in all families already.",
                remedy="Leave it out of shared=.",
            )
    leaders = {ties.get(name, name) for name in names}
    return tuple(name for name in tied.coefficient_names if name in leaders)


def _members(
    table: pd.DataFrame, by: str, families: Iterable[str] | None
) -> tuple[pd.DataFrame, NDArray[np.bool_], tuple[str, ...]]:
    """Rows of the table that belong to a family that is fitted, and notes."""
    if by not in table.columns:
        names = [str(name) for name in table.columns]
        matches = close_matches(str(by), names)
        raise FitError(
            f"by={quoted(by)} is not a column of the table.",
            column=str(by),
            remedy=f"Did you mean {either(matches)}?"
            if matches
            else f"Its columns are {', '.join(names[:12])}.",
        )
    named = table[by].notna().to_numpy(dtype=bool)
    labels = table[by].astype(str).to_numpy(dtype=object)
    notes = () if named.all() else (f"{int((~named).sum())} rows that belong to no family were left out.",)
    known = sorted(set(labels[named]))
    if families is not None:
        wanted = [str(name) for name in ([families] if isinstance(families, str) else families)]
        for name in wanted:
            if name not in known:
                matches = close_matches(name, known)
                raise FitError(
                    f"{quoted(name)} in families= is not among those that the column {quoted(by)} names.",
                    remedy=f"Did you mean {either(matches)}?"
                    if matches
                    else f"It names {either(known[:8])}.",
                )
        known = [name for name in known if name in wanted]
    if len(known) < 2:
        only = f"The column {quoted(by)} names one family, {known[0]}" if known else "There is no family"
        raise FitError(f"{only}: nothing is there to be shared.", remedy="sw.fit fits a single family.")
    return table, named & np.isin(labels, known), notes


def _cut(word: str, given: PerRow, table: pd.DataFrame, chosen: NDArray[np.intp]) -> Any:
    return given if given is None or isinstance(given, str) else row_values(word, given, table)[chosen]


def _problems(whole: Problem, labels: NDArray[Any]) -> dict[str, Problem]:
    """Problem of each family, by name."""
    of_rows = labels[whole.order]
    return {
        name: family_problem(whole, np.asarray(labels == name), np.asarray(of_rows == name))
        for name in sorted(set(labels))
    }


def _refuse_small(
    problems: Mapping[str, Problem],
    law: Law,
    shared: tuple[str, ...],
    held: Mapping[str, float],
    scale: str | None,
) -> frozenset[str]:
    """Refuse families that cannot determine what is their own; give those that could be fitted alone."""
    free = [name for name in law.coefficient_names if name not in held]
    own = [name for name in free if name not in shared]
    alone = set()
    for name, problem in problems.items():
        refusal = check_design(problem, len(own), informed=bool(shared))
        if refusal is not None:
            raise FitError(
                f"The family {name} cannot be fitted. {refusal.reason}",
                remedy=f"{refusal.remedy} Or leave the family out by families=, or share more coefficients.",
            )
        if problem.rows.cluster is not None and problem.rows.cluster.max() == 0:
            raise FitError(
                f"All {problem.n} rows of the family {name} belong to one cluster, so nothing says how its "
                "runs differ.",
                remedy="Leave the family out by families=, or cluster= out.",
            )
        if scale == "family" and problem.n < RUNS_FOR_A_SCALE * len(free):
            # A resample of few runs may be met exactly: a scale of its own would then be zero.
            raise FitError(
                f"The family {name} has {problem.n} runs, which do not tell {len(free)} coefficients from a "
                "scale of its own.",
                remedy=f'Take scale="all"; one of its own takes {RUNS_FOR_A_SCALE * len(free)} runs.',
            )
        if check_design(problem, len(free)) is None:
            alone.add(name)
    return frozenset(alone)
