"""``sw.fit``: one call from a table of runs to a fitted law, and its step-by-step twin."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from typing import Any, TypeAlias

import pandas as pd

from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law

from .arguments import read_arguments
from .bootstrap import make_kind
from .compiled.choice import read_engine
from .design import check_design
from .job import CHECKED_RESAMPLES, Job, Progress
from .limits import Bounds, read_ties, tied_law
from .objective import make_objective
from .outcome import refused, result
from .priors import GivenPriors, read_priors
from .problem import read_problem
from .result import Fit
from .rows import PerRow
from .steps import drained

Runs: TypeAlias = pd.DataFrame | Mapping[str, Any]


def fit(
    runs: Runs,
    law: str | Law = "chinchilla",
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    resamples: int = 1000,
    *,
    exclude: str | Iterable[Hashable] | None = "default",
    fixed: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    starts: int = 64,
    seed: int = 0,
    level: float = 0.95,
    tau: float | None = None,
    factor: float | None = None,
    nu: float | str | None = None,
    sd: PerRow = None,
    weight: PerRow = None,
    cluster: PerRow = None,
    bootstrap: str | None = None,
    bounds: Bounds | None = None,
    tie: Iterable[Iterable[str]] | None = None,
    prior: GivenPriors | None = None,
    engine: str = "auto",
    progress: Callable[[Progress], object] | None = None,
) -> Fit:
    """Fit a scaling law to runs.

    Parameters
    ----------
    runs : DataFrame or mapping of str to array
        One row a run, with ``params`` (N), ``tokens`` (D) and ``loss`` (nats per token), or ``flops``
        (C) in place of ``tokens``: then D = C / 6N.
    law : str or Law
        A name of ``sw.catalogue()``, or a law of one's own.
    objective : {"huber_log", "squared_log", "squared_raw", "absolute_log", "quantile", "asymmetric", \
"gaussian_log", "student_t"}
        Penalty on the residuals, *summed* over runs; or a negative log-likelihood, its scale fitted along.
    delta : float
        For ``huber_log`` and ``asymmetric``: the log residual at which the penalty turns from square to
        straight.
    resamples : int
        Bootstrap refits that intervals rest on; 0 for none.
    exclude : "default", None or index labels
        Runs to leave out; by default those that the literature leaves out of a bundled table.
    fixed : mapping of str to float, optional
        Coefficients to hold at a value.
    columns : mapping of str to str, optional
        Column of an input where its name is another: ``{"N": "params_non_embed"}``; ``L`` is the loss.
    starts : int
        Independent starts that the optimum is checked from; 0 for no check. Fewer are taken
        for tables of many thousand runs.
    seed : int
        Of everything random; the same seed gives the same numbers.
    level : float
        Default level of intervals.
    tau : float, optional
        For ``quantile``: share of the runs below the curve, by default 0.5.
    factor : float, optional
        For ``asymmetric``: how many times more a run below the curve counts (its loss was over-predicted),
        by default 10.
    nu : float or "free", optional
        For ``student_t``: degrees of freedom, by default 4. ``"free"`` fits them along with the scale,
        between 1 and 100; the certificate then has ``nu`` and its interval over resamples.
    sd : str or array_like, optional
        Standard deviation of the log loss of each run: a column, or a value a row. Residuals are taken in
        units of it, relative to the typical (geometric mean) one, so ``delta`` keeps its meaning.
    weight : str or array_like, optional
        Factor on the penalty of each run; 2 is the same as the run twice. Not together with ``sd``.
    cluster : str or array_like, optional
        What belongs together, such as ``"run"`` for checkpoints: whole clusters are resampled.
    bootstrap : {"rows", "clusters", "residuals", "parametric"}, optional
        What a resample draws; by default clusters where they are given, else rows. ``"residuals"`` and
        ``"parametric"`` put made residuals on the fitted losses: drawn from those of the table, or from the
        density that the objective stands for (see Notes). Both are in units of ``sd``, take the scatter
        for even, and draw a run once whatever its ``weight``; neither goes with clusters.
    bounds : mapping of str to (low, high), optional
        Ranges of coefficients; ``None`` leaves an end open. A fit that ends on one says so.
    tie : list of tuples of str, optional
        Coefficients that are to be equal: ``[("alpha", "beta")]``.
    prior : mapping of str to tuple, optional
        What is known of coefficients before the runs: ``("normal", mean, sd)`` of the coefficient, or
        ``("lognormal", median, factor)``, where the factor is one standard deviation of its logarithm (1.1:
        some 10 %). Half the squared distance, in standard deviations, is added to a log-likelihood; for
        other objectives it is multiplied by the scale of the penalties first (see Notes).
    engine : {"auto", "numpy", "compiled"}
        What computes the fit. The compiled engine (``pip install "scalewidgets[fast]"``) serves sums of power
        laws and every objective but ``student_t``, without priors; its objectives agree with NumPy's to
        1e-12. ``"auto"`` takes it for many resamples once it was compiled on this machine, which
        ``"compiled"`` does when first asked for (half a minute); the certificate says which engine it was.
    progress : callable, optional
        Called with a :class:`Progress` between chunks of work.

    Returns
    -------
    Fit
        Also when no fit can be made: see its ``status`` and ``reason``.

    Raises
    ------
    FitError
        If the arguments make no sense: an unknown objective, a missing column; or if the compiled engine
        is asked for and Numba is not installed.
    UnknownNameError
        If there is no such law.

    Notes
    -----
    Amplitudes are profiled out on a grid of the exponents, and the local minima refined by damped
    Newton with the exact Hessian and relative stopping rules. On the 240 points of arXiv:2404.10102 this
    gives the sum of Huber penalties 0.0010182740178006, below that of the published coefficients
    of arXiv:2203.15556 (0.00123) and of the replication (0.00102 for a fit of another objective).

    A prior is weighed by the density that the objective stands for. With ``gaussian_log`` and ``student_t``
    the fit minimises the negative log posterior, the scale of the residuals fitted along. A sum T of other
    penalties is ``s`` times a negative log-likelihood, of the density ``exp(-penalty / s) / Z(s)``: the fit
    minimises ``T + s P``, with P the sum of ``z^2 / 2`` over priors and s the most likely scale at the fit
    without priors (for squares, their variance). The ``objective`` of the result is T alone;
    the certificate has ``prior_scale`` and ``prior_term``. A prior is normal in the coefficient or in its
    logarithm, as given, and the optimum is the mode on that scale. In each resample the centres are drawn
    from the priors, as if each prior was one more observation.

    The same density is what a parametric bootstrap draws from: normal for squares, Huber's (Huber 1964,
    Ann. Math. Stat. 35, 73), Laplace, asymmetric Laplace for quantiles (Yu and Moyeed 2001, Stat. Probab.
    Lett. 54, 437), Huber's in two widths for ``asymmetric``, Student's t. The scale is the most likely one,
    and what is drawn is larger by ``sqrt(n / (n - p))`` for the p coefficients that bent to the residuals.
    The certificate says so where the residuals are not distributed like it.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> result = sw.fit(sw.load("chinchilla"), resamples=0, starts=0)
    >>> round(result.coefficients["alpha"], 4)
    0.3473
    """
    steps = fit_steps(
        runs, law, objective, delta, resamples, exclude=exclude, fixed=fixed, columns=columns,
        starts=starts, seed=seed, level=level, tau=tau, factor=factor, nu=nu, sd=sd, weight=weight,
        cluster=cluster, bootstrap=bootstrap, bounds=bounds, tie=tie, prior=prior, engine=engine,
    )  # fmt: skip
    return drained(steps, progress)


def fit_steps(
    runs: Runs,
    law: str | Law = "chinchilla",
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    resamples: int = 1000,
    *,
    exclude: str | Iterable[Hashable] | None = "default",
    fixed: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    starts: int = 64,
    seed: int = 0,
    level: float = 0.95,
    tau: float | None = None,
    factor: float | None = None,
    nu: float | str | None = None,
    sd: PerRow = None,
    weight: PerRow = None,
    cluster: PerRow = None,
    bootstrap: str | None = None,
    bounds: Bounds | None = None,
    tie: Iterable[Iterable[str]] | None = None,
    prior: GivenPriors | None = None,
    engine: str = "auto",
) -> Generator[Progress, None, Fit]:
    """Fit step by step, for a caller with other things to do in between.

    Parameters are those of :func:`fit`. Yields a :class:`Progress` about every 15 ms (for tables of a
    few hundred runs) and returns the :class:`Fit`; closing the generator cancels the fit.
    Arguments are checked at the first step.
    """
    found = find_law(law)
    asked = read_arguments(
        found, objective, delta, tau, factor, nu, fixed=fixed, bounds=bounds, sd=sd, resamples=resamples,
        starts=starts, seed=seed, level=level,
    )  # fmt: skip
    goal, held, limits, resamples, starts = (
        asked.goal, asked.fixed, asked.bounds, asked.resamples, asked.starts,
    )  # fmt: skip
    seed = asked.seed
    priors = read_priors(found, prior, held)
    ties = read_ties(found, tie, {"fixed": held, "bounds": limits, "prior": priors})
    kind, engine = make_kind(bootstrap, goal, cluster is not None), read_engine(engine)
    fitted = tied_law(found, ties)
    problem = read_problem(runs, fitted, exclude, columns, sd=sd, weight=weight, cluster=cluster)
    refusal = check_design(problem, len(fitted.coefficients) - len(held), bool(priors))
    if refusal is not None:
        return refused(problem, goal, held, seed, level, str(refusal), found)
    job = Job(
        problem, goal, held, seed, bounds=limits, ties=ties, law=found, kind=kind, priors=priors,
        engine=engine, refits=resamples,
    )  # fmt: skip
    yield from job.solve()
    if starts:
        yield from job.check(starts)
    if resamples and job.free.any():
        yield from job.resample(resamples)
        if starts:
            yield from job.verify(min(CHECKED_RESAMPLES, resamples))
    if goal.free:
        yield from job.degrees()
    return result(job, asked.level)


def objective_value(
    law: str | Law,
    coefficients: Mapping[str, float],
    runs: Runs,
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    *,
    exclude: str | Iterable[Hashable] | None = "default",
    columns: Mapping[str, str] | None = None,
    tau: float | None = None,
    factor: float | None = None,
    nu: float | str | None = None,
    sd: PerRow = None,
    weight: PerRow = None,
) -> float:
    """Objective of given coefficients on runs; parameters as in :func:`fit`.

    Two coefficient sets that look different may fit equally well: compare this, not them.
    """
    goal = make_objective(objective, delta, tau, factor, nu)
    found = find_law(law)
    problem = read_problem(runs, found, exclude, columns, sd=sd, weight=weight)
    residuals = goal.residuals(problem.loss, found.value(problem.inputs, coefficients))
    tilt = problem.rows.tilt
    return goal.total(residuals if tilt is None else residuals * tilt, problem.rows.weight)
