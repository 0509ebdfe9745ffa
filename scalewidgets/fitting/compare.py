"""``sw.compare``: several laws on the same runs, judged by what they say of runs they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scalewidgets.errors import FitError, either, quoted
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law

from .api import Runs, fit_steps
from .certificate import Status
from .comparison import Comparison
from .holdout import HoldOut, blind_steps, find_cut
from .job import Progress
from .judged import MOST_LEFT_OUT, Left, judged, row_of
from .result import Fit
from .scores import DISTINGUISHABLE, LIKELIHOODS, akaike_weights
from .steps import drained

LAWS = ("chinchilla", "chinchilla_tied", "coupled", "kaplan_ND")
"""Laws of N and D that are compared unless the caller names others."""
PHASES = {"fit": (0.0, 0.25), "check": (0.25, 0.1), "resample": (0.35, 0.6), "verify": (0.95, 0.05)}
"""Where each phase of a fit begins, and its share, about as they cost a law that cannot be screened."""


OWNERS = {"huber": "huber_log", "student": "student_t"}
"""Likelihoods that belong to one objective, whose parameter they take."""


@dataclass(frozen=True)
class CompareProgress:
    """Where a comparison stands.

    Attributes
    ----------
    done : float
        Laws that are done, and the share of the present one.
    total : int
        Laws.
    law : str
        Title of the present one.
    doing : str
        What is being done with it: ``250 of 1,000 resamples``, ``predicting blind``.
    """

    done: float
    total: int
    law: str
    doing: str

    @property
    def label(self) -> str:
        """The state in words: ``Coupled, 250 of 1,000 resamples``."""
        return f"{self.law}, {self.doing}"


def compare(
    runs: Runs,
    laws: Iterable[str | Law] | None = None,
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    *,
    holdout: Mapping[str, float] | float | None = None,
    folds: int = 10,
    likelihood: str | None = None,
    resamples: int = 0,
    starts: int = 0,
    seed: int = 0,
    leave_one_out: bool = True,
    progress: Callable[[CompareProgress], object] | None = None,
    **options: Any,
) -> Comparison:
    """Fit several laws to the same runs and judge them.

    Parameters
    ----------
    runs, objective, delta, resamples, starts, seed
        As in :func:`scalewidgets.fit`.
    laws : iterable of str or Law, optional
        By default four laws of parameters and tokens: :data:`LAWS`.
    holdout : mapping or float, optional
        ``{"flops_above": 1e21}``, or ``{"fraction": 0.1}`` (the default): the runs of largest compute are
        predicted by a fit that has not seen them. ``0`` for none.
    folds : int
        Of the k-fold score, drawn by ``seed``; 0 for none.
    likelihood : {"huber", "laplace", "gaussian", "student"}, optional
        Behind AICc and BIC, always of the log residuals and with free scale. By default the one that
        the objective is the most likely answer of: Huber of the same delta for ``huber_log``, Gaussian
        for squares and ``gaussian_log``, Student's t of the same nu for ``student_t`` (a free one is counted
        as one more coefficient), Laplace for the rest. Priors are no part of it, and are named in the notes.
    leave_one_out : bool
        Whether each run is left out in turn; NaN in the table if not.
    progress : callable, optional
        Called with a :class:`CompareProgress` between chunks of work.
    **options
        Further arguments of :func:`scalewidgets.fit`.

    Returns
    -------
    Comparison
        A law that cannot be fitted to the runs is a row that says why.

    Raises
    ------
    FitError
        If the arguments make no sense, or no law has its inputs in the table.

    Notes
    -----
    The hold-out is the test that matters for a forecast: information criteria ask which law describes the
    runs at hand. Runs are taken as independent.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> seen = sw.compare(sw.load("chinchilla"), ["chinchilla", "chinchilla_tied"],
    ...                   holdout={"flops_above": 1e21})
    >>> [f"{error:.2%}" for error in seen.table["holdout"]]
    ['1.05%', '0.84%']
    """
    steps = compare_steps(
        runs, laws, objective, delta, holdout=holdout, folds=folds, likelihood=likelihood,
        resamples=resamples, starts=starts, seed=seed, leave_one_out=leave_one_out, **options,
    )  # fmt: skip
    return drained(steps, progress)


def compare_steps(
    runs: Runs,
    laws: Iterable[str | Law] | None = None,
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    *,
    holdout: Mapping[str, float] | float | None = None,
    folds: int = 10,
    likelihood: str | None = None,
    resamples: int = 0,
    starts: int = 0,
    seed: int = 0,
    leave_one_out: bool = True,
    **options: Any,
) -> Generator[CompareProgress, None, Comparison]:
    """Compare step by step, for a caller with other things to do in between.

    Parameters are those of :func:`compare`. Yields a :class:`CompareProgress` every few milliseconds and
    returns the :class:`Comparison`; closing the generator cancels the work.
    Arguments are checked at the first step.
    """
    chosen = _laws(laws)
    if not isinstance(folds, int) or folds < 0 or folds == 1:
        raise FitError(f"folds={quoted(folds)} is not a number of folds.", remedy="10 is usual; 0 for none.")
    words = likelihood or _likelihood(objective)
    if words not in LIKELIHOODS or OWNERS.get(words, objective) != objective:
        raise FitError(f"likelihood={quoted(likelihood)} is not known here.", remedy="laplace or gaussian.")
    cut = _cut_options(holdout)
    asked = {**options, "resamples": 0, "starts": 0}
    fits: dict[str, Fit] = {}
    refusals: dict[str, FitError] = {}
    notes: list[str] = []
    blinds: dict[str, HoldOut] = {}
    rows: dict[str, dict[str, Any]] = {}
    above: float | None = None
    for place, law in enumerate(chosen):
        state = _States(place, len(chosen), law.title)
        yield state(0.0, "starting")
        try:
            work = fit_steps(runs, law, objective, delta, resamples, starts=starts, seed=seed, **options)
            fit = yield from state.watch(work, 0.0, 0.7)
        except FitError as error:
            refusals[law.name] = error
            rows[law.name] = row_of(law, None, error)
            continue
        fits[law.name] = fit
        if fit.status is Status.REFUSED:
            rows[law.name] = row_of(law, fit, None)
            continue
        if cut is not None and above is None:
            try:
                above = find_cut(fit, *cut)
            except FitError as error:
                cut = None
                notes.append(f"Nothing was held out. {error}")
        if cut is not None and above is not None:
            seen = blind_steps(fit, above, **asked)
            blinds[law.name] = yield from state.watch(seen, 0.7, 0.15, "predicting blind")
        yield state(0.85, "leaving runs out")
        left = Left(folds, leave_one_out, seed, options)
        rows[law.name] = yield from state.watch(
            judged(law, fit, words, delta, left), 0.85, 0.15, "leaving runs out"
        )
    if not fits:
        raise next(iter(refusals.values()))
    sound = [fit for fit in fits.values() if fit.status is not Status.REFUSED]
    if leave_one_out and any(fit.certificate.n_runs > MOST_LEFT_OUT for fit in sound):
        notes.append(f"With more than {MOST_LEFT_OUT:,} runs, runs are left out in folds only.")
    notes += _counted(sound, words)
    table: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "law"
    difference = table["aicc"] - table["aicc"].min()
    table["aicc_difference"] = difference
    table["weight"] = akaike_weights(table["aicc"].to_numpy(dtype=float))
    table["not_distinguishable"] = difference < DISTINGUISHABLE
    table["holdout"] = [blinds[name].error if name in blinds else float("nan") for name in table.index]
    order = ["title", "formula", "status", "reason", "objective", "coefficients", "aicc", "aicc_difference",
             "bic", "weight", "not_distinguishable", "leave_one_out", "k_fold", "holdout", "are", "r2",
             "nmse", "rmse_log"]  # fmt: skip
    described = LIKELIHOODS[words] + (f", delta = {delta:g}" if words == "huber" else "")
    if words == "student":
        free = any(fit.certificate.nu_free for fit in sound)
        described += ", nu free" if free else f", nu = {next(iter(sound)).certificate.nu:g}" if sound else ""
    cut_at = float("nan") if above is None or not blinds else above
    return Comparison(table[order], fits, blinds, described, cut_at, folds, tuple(notes))


@dataclass(frozen=True)
class _States:
    """Progress of one law among several."""

    place: int
    total: int
    title: str

    def __call__(self, share: float, doing: str) -> CompareProgress:
        return CompareProgress(self.place + share, self.total, self.title, doing)

    def watch(
        self, work: Generator[Any, None, Any], start: float, share: float, doing: str | None = None
    ) -> Generator[CompareProgress, None, Any]:
        """Pass on the turns of a part of the work that takes this share of the law's time."""
        reached = 0.0
        while True:
            try:
                at = next(work)
            except StopIteration as stop:
                return stop.value
            if isinstance(at, Progress):
                first, part = PHASES[at.phase]
                # A phase may take several passes; what is done stays done.
                reached = max(reached, first + part * at.done / max(at.total, 1))
            yield self(start + share * reached, doing or at.label)


def _laws(laws: Iterable[str | Law] | None) -> list[Law]:
    if isinstance(laws, str | Law):
        raise FitError("Laws are a list.", remedy='Write laws=["chinchilla", "kaplan_ND"].')
    chosen = [find_law(law) for law in (LAWS if laws is None else laws)]
    if not chosen:
        raise FitError("There is no law to compare.", remedy='Write laws=["chinchilla", "kaplan_ND"].')
    names = [law.name for law in chosen]
    for name in names:
        if names.count(name) > 1:
            raise FitError(f"The law {quoted(name)} is named twice.")
    return chosen


def _counted(fits: list[Fit], likelihood: str) -> list[str]:
    """What AICc and BIC count beside the coefficients, and what they cannot."""
    notes = []
    free = [f"{fit.certificate.nu:.3g} for {fit.law.title}" for fit in fits if fit.certificate.nu_free]
    if free and likelihood == "student":
        notes.append(
            "AICc and BIC count the free degrees of freedom as one more coefficient: "
            f"nu is {', '.join(free)}."
        )
    for fit in fits:
        if fit.certificate.priors:
            names = either(list(fit.certificate.priors)).replace(" or ", " and ")
            notes.append(
                f"{fit.law.title} has a prior of {names}. AICc and BIC are of the runs alone and count each "
                "coefficient in full, so they speak against a law with priors more than they should."
            )
    return notes


def _likelihood(objective: str) -> str:
    if objective == "huber_log":
        return "huber"
    if objective == "student_t":
        return "student"
    return "gaussian" if objective.startswith(("squared", "gaussian")) else "laplace"


def _cut_options(holdout: Mapping[str, float] | float | None) -> tuple[float | None, float | None] | None:
    """Read ``holdout=`` as (above, fraction); ``None`` for no hold-out."""
    if holdout is None:
        return None, 0.1
    if isinstance(holdout, Mapping):
        if len(holdout) == 1 and set(holdout) <= {"flops_above", "fraction"}:
            return holdout.get("flops_above"), holdout.get("fraction")
    elif isinstance(holdout, int | float) and not isinstance(holdout, bool) and holdout >= 0:
        if holdout == 0:
            return None
        return (None, float(holdout)) if holdout < 1 else (float(holdout), None)
    raise FitError(
        f"holdout={quoted(holdout)} is not understood.",
        remedy='Write {"flops_above": 1e21} or {"fraction": 0.1}.',
    )
