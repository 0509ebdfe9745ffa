"""Counts of several models on the same problems, and what resampling these problems yields.

Everything that a screen moves without a kernel starts from here: counts, not samples, so that ten thousand
samples of a problem are two numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from scalewidgets.errors import TableError, quoted

from .beta_fit import BetaFit, fit_beta_binomial, newton
from .checks import Array
from .results import Value, table
from .until import sampling_of

__all__ = ["Tally", "resample_weights", "tally"]

RESAMPLES, FITTED = 1000, 200
"""Resamples of the problems; those of them whose beta-binomial is fitted again."""
MOST_WEIGHTS = 2_000_000
"""Numbers in a table of resamples, at most: with more problems there are fewer resamples."""
MOST_PROBLEMS = 5000


@dataclass(frozen=True, eq=False, repr=False)
class Tally(Value):
    """How many of how many samples of each problem were right, model by model.

    Attributes
    ----------
    title : str
        Of the table.
    benchmark : str
    models : tuple of str
        By rising size where all sizes are known, else by rising pass@1.
    params : ndarray, shape (m,)
        Parameters of each; NaN where they are not known.
    problems : tuple of str
        Those that every model was asked.
    n, c : ndarray, shape (m, M)
        Samples and successes.
    dollars, tokens, seconds : ndarray, shape (m,)
        Recorded of one sample on average; NaN where nothing was.
    notes : tuple of str
        What was left out.
    """

    title: str
    benchmark: str
    models: tuple[str, ...]
    params: Array
    problems: tuple[str, ...]
    n: Array
    c: Array
    dollars: Array
    tokens: Array
    seconds: Array
    notes: tuple[str, ...] = field(default=())

    @property
    def least(self) -> Array:
        """Largest k that is counted, model by model: the fewest samples of a problem; shape (m,)."""
        return np.asarray(self.n.min(axis=1))

    @property
    def rates(self) -> Array:
        """Successes over samples, shape (m, M)."""
        return np.asarray(self.c / self.n)

    @property
    def sampling(self) -> tuple[str, ...]:
        """How the samples of each model seem to have been drawn (:func:`sampling_of`)."""
        return tuple(sampling_of(n, c) for n, c in zip(self.n, self.c, strict=True))

    @cached_property
    def weights(self) -> Array:
        """How often each problem counts in each resample, shape (R, M)."""
        rows = int(min(RESAMPLES, max(200, MOST_WEIGHTS // len(self.problems))))
        return resample_weights(len(self.problems), rows)

    @cached_property
    def fits(self) -> tuple[BetaFit, ...]:
        """Beta-binomial of each model."""
        return tuple(fit_beta_binomial(n, c) for n, c in zip(self.n, self.c, strict=True))

    @cached_property
    def shapes(self) -> Array:
        """Shapes (a, b) of each model, shape (m, 1 + F, 2): of the fit, then of resamples; NaN if refused."""
        drawn = self.weights[:FITTED]
        out = np.full((len(self.models), 1 + len(drawn), 2), np.nan)
        for place, fit in enumerate(self.fits):
            if not np.isfinite(fit.a):
                continue
            n, c = self.n[place], self.c[place]
            pairs, of = np.unique(np.stack([n, c]), axis=1, return_inverse=True)
            counted = np.zeros((len(drawn), pairs.shape[1]))
            np.add.at(counted.T, of.ravel(), drawn.T)
            some = np.asarray(counted[:, pairs[1] > 0].sum(axis=1) > 0)
            found, _ = newton(pairs[0], pairs[1], counted, start=np.log([fit.a, fit.b]))
            out[place, 0] = fit.a, fit.b
            out[place, 1:] = np.where(some[:, None], np.exp(found), np.nan)
        return out

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know."""
        few, many = int(self.n.min()), int(self.n.max())
        span = f"{few:,}" if few == many else f"{few:,} to {many:,}"
        return (
            f"{len(self.models)} models on {len(self.problems):,} problems, {span} samples of each.",
            *self.notes,
        )

    def to_frame(self) -> pd.DataFrame:
        """One row for each model."""
        return table(
            {
                "model": list(self.models),
                "params": self.params,
                "least_samples": self.least,
                "pass_at_1": self.rates.mean(axis=1),
                "unsolved": (self.c == 0).sum(axis=1),
                "sampling": list(self.sampling),
            },
            "model",
        )


def resample_weights(problems: int, rows: int, seed: int = 0) -> Array:
    """How often each problem is drawn in each of many draws of as many problems, the same on every machine.

    Parameters
    ----------
    problems, rows : int
    seed : int

    Returns
    -------
    ndarray, shape (rows, problems)

    Notes
    -----
    Draw i takes problem ``floor(h(i) M / 2**32)``, h the finaliser of MurmurHash3 on a counter: a browser
    makes the same table instead of carrying it.
    """
    count = rows * problems
    x = np.arange(count, dtype=np.uint32) + np.uint32((seed * 0x9E3779B9) & 0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x ^= x >> np.uint32(shift)
        x *= np.uint32(factor)
    x ^= x >> np.uint32(16)
    chosen = np.floor(x.astype(np.float64) * (problems / 2.0**32)).astype(np.intp)
    row = np.repeat(np.arange(rows), problems)
    found = np.bincount(row * problems + chosen, minlength=count).reshape(rows, problems)
    return np.asarray(found, dtype=np.float64)


def tally(samples: pd.DataFrame) -> Tally:
    """Bring a table of samples to counts of every model on the same problems.

    Parameters
    ----------
    samples : DataFrame
        ``samples`` layout (``problem_id``, ``n_samples``, ``n_correct``, optionally ``model``, ``params``,
        ``benchmark``, costs), or ``attempts`` with one row a sample and ``correct``.

    Returns
    -------
    Tally

    Raises
    ------
    TableError
        For a missing column, several benchmarks, counts that cannot be, or models without common problems.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> print(tally(sw.load("pythia_math")).sentences[0])
    7 models on 128 problems, 10,000 samples of each.
    """
    frame = _counted(samples)
    benchmark = _one_benchmark(frame)
    names = frame["model"].astype(str) if "model" in frame and frame["model"].notna().any() else None
    frame = frame.assign(
        model="the model" if names is None else names, problem_id=frame["problem_id"].astype(str)
    )
    sums = frame.groupby(["model", "problem_id"], sort=False)[["n_samples", "n_correct"]].sum()
    wide = sums.unstack("model")  # noqa: PD010 - sums of one row each: nothing is left to pivot
    common = wide["n_samples"].notna().all(axis=1) & (wide["n_samples"] > 0).all(axis=1)
    notes = []
    if not common.any():
        raise TableError(
            "No problem has samples of every model, so they cannot be compared.",
            column="problem_id",
            remedy="Keep the models that were asked the same problems.",
        )
    if not common.all():
        notes.append(
            f"{int((~common).sum()):,} of {len(common):,} problems are left out: some models were not asked."
        )
    wide = wide[common]
    if len(wide) > MOST_PROBLEMS:
        kept = np.linspace(0, len(wide) - 1, MOST_PROBLEMS).astype(np.intp)
        notes.append(f"{MOST_PROBLEMS:,} of {len(wide):,} problems are used, evenly chosen.")
        wide = wide.iloc[kept]
    models = [str(name) for name in wide["n_samples"].columns]
    n, c = (wide[part][models].to_numpy(dtype=float).T for part in ("n_samples", "n_correct"))
    if (c > n).any() or (c < 0).any():
        raise TableError(
            "There are more successes than samples.",
            column="n_correct",
            remedy="Give n_correct up to n_samples.",
        )
    means = {
        name: _mean(frame, name, models) for name in ("params", "cost_usd", "completion_tokens", "seconds")
    }
    params = means["params"]
    known = bool(np.isfinite(params).all()) and len(set(params.tolist())) == len(models)
    order = np.argsort(params if known else (c / n).mean(axis=1), kind="stable")
    return Tally(
        str(samples.attrs.get("title") or samples.attrs.get("source_name") or "Your samples"),
        benchmark, tuple(models[i] for i in order), params[order], tuple(str(p) for p in wide.index),
        np.ascontiguousarray(n[order]), np.ascontiguousarray(c[order]), means["cost_usd"][order],
        means["completion_tokens"][order], means["seconds"][order], tuple(notes),
    )  # fmt: skip


def _counted(samples: pd.DataFrame) -> pd.DataFrame:
    """One row for each model and problem; rows are copied, never changed."""
    if not len(samples):
        raise TableError("The table has no rows.", remedy="Give samples of at least one problem.")
    if "problem_id" not in samples:
        raise TableError(
            'The table has no column "problem_id".',
            column="problem_id",
            remedy="Read it with sw.read_samples.",
        )
    frame: pd.DataFrame = samples
    if not {"n_samples", "n_correct"} <= set(frame.columns):
        if "correct" not in frame:
            raise TableError(
                "The table says neither counts (n_samples, n_correct) nor verdicts (correct).",
                column="n_correct",
                remedy="Read it with sw.read_samples.",
            )
        right = pd.to_numeric(frame["correct"], errors="coerce")
        if not right.isin([0, 1]).all():
            raise TableError(
                'The column "correct" holds something other than 0 and 1.',
                column="correct",
                remedy="Give 1 where the sample solves the problem, else 0; leave unknown rows out.",
            )
        frame = frame.assign(n_samples=1.0, n_correct=right.astype(float))
    for column in ("n_samples", "n_correct"):
        numbers = pd.to_numeric(frame[column], errors="coerce")
        bad = numbers.isna() | (numbers < 0) | (numbers != numbers.round())
        if bad.any():
            row = frame.index[int(np.flatnonzero(bad)[0])]
            raise TableError(
                f"The column {quoted(column)} holds {frame[column][bad].iloc[0]!r} at row {row}.",
                column=column,
                remedy="Give whole numbers of 0 or more.",
            )
        frame = frame.assign(**{column: numbers.astype(float)})
    return frame


def _one_benchmark(frame: pd.DataFrame) -> str:
    if "benchmark" not in frame:
        return ""
    seen = [str(name) for name in frame["benchmark"].dropna().unique()]
    if len(seen) > 1:
        raise TableError(
            f"The table holds several benchmarks ({', '.join(seen[:4])}), whose problems are not alike.",
            column="benchmark",
            remedy=f"Keep the rows of one: samples[samples.benchmark == {seen[0]!r}].",
        )
    return seen[0] if seen else ""


def _mean(frame: pd.DataFrame, column: str, models: list[str]) -> Array:
    if column not in frame:
        return np.full(len(models), np.nan)
    numbers = pd.to_numeric(frame[column], errors="coerce")
    # What costs nothing is not known to be free.
    means = numbers.where(numbers > 0).groupby(frame["model"]).mean()
    return np.asarray(means.reindex(models), dtype=float)
