"""How wrong would the fit have been? Fit the small runs, predict the large ones, look at the miss."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.errors import FitError, quoted
from scalewidgets.laws import Law
from scalewidgets.units import format_quantity

from .api import Runs
from .api import fit as fit_law
from .certificate import Status, plain
from .columns import output_key
from .job import Progress
from .result import Fit
from .scores import are, scores
from .steps import drained
from .warm import run_arrays, without_steps

Array: TypeAlias = NDArray[np.float64]

SCHEMA = "scalewidgets.holdout/1"


@dataclass(frozen=True, eq=False, repr=False)
class HoldOut:
    """A fit that has not seen the runs of largest compute, and how it predicts them.

    Attributes
    ----------
    fit : Fit
        Of the runs up to the cut.
    above : float
        The cut in FLOP: runs above it were held out.
    scores : dict of str to float
        ``are`` (mean absolute relative error), ``median_are``, ``r2``, ``nmse``, ``rmse_log``, ``bias``.
    table : DataFrame
        One row a held-out run by its index label, by rising compute: inputs of the law, ``flops``,
        ``loss``, ``predicted``, ``low``, ``high`` (a single run; NaN without resamples), ``are`` and
        ``log_residual``.
    """

    fit: Fit
    above: float
    scores: Mapping[str, float]
    table: pd.DataFrame

    @property
    def error(self) -> float:
        """Blind error: mean absolute relative error over the held-out runs (0.01 is 1 %)."""
        return self.scores["are"]

    @property
    def law(self) -> Law:
        """The law."""
        return self.fit.law

    @property
    def sentence(self) -> str:
        """What came out, in one sentence."""
        seen, blind = self.fit.certificate.n_runs, len(self.table)
        if self.fit.status is Status.REFUSED:
            return (
                f"No fit to the {seen} runs up to {format_quantity(self.above, 'flops')}. {self.fit.reason}"
            )
        error = format_quantity(self.error, "percent")
        return (
            f"{self.law.title} fitted to the {seen} runs up to {format_quantity(self.above, 'flops')} misses "
            f"the {blind} above by {error} on average."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        frame: pd.DataFrame = self.table.copy()
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts at full precision."""
        return {
            "schema": SCHEMA,
            "above": plain(self.above),
            "scores": plain(dict(self.scores)),
            "fit": self.fit.to_dict(),
            "runs": frame_records(self.table),
        }

    def report(self) -> str:
        """Return the sentence, the scores and the fit, as plain text."""
        lines = [self.sentence]
        if len(self.table):
            side = "above" if self.scores["bias"] > 0 else "below"
            lines.append(
                f"Median miss {format_quantity(self.scores['median_are'], 'percent')}; predictions lie "
                f"{format_quantity(abs(self.scores['bias']), 'percent')} {side} the runs on average."
            )
        return "\n".join(lines) + "\n\n" + self.fit.report()

    def __repr__(self) -> str:
        return f"<HoldOut {self.law.name}: {self.error:.3%} on {len(self.table)} runs>"

    def _repr_html_(self) -> str:
        return f"<div>{escape(self.sentence)}</div>" + frame_html(self.table)


def holdout(
    runs: Runs,
    law: str | Law = "chinchilla",
    above: float | None = None,
    *,
    fraction: float | None = None,
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    resamples: int = 0,
    starts: int = 0,
    **options: Any,
) -> HoldOut:
    """Fit the runs up to a compute and predict those above.

    Parameters
    ----------
    runs, law, objective, delta, resamples, starts
        As in :func:`scalewidgets.fit`. Runs that the fit leaves out are not scored either.
    above : float, optional
        Cut in FLOP.
    fraction : float, optional
        Instead of ``above``: about this share of the runs, those of largest compute, is held out; runs
        of equal compute stay together. By default a tenth.
    **options
        Further arguments of :func:`scalewidgets.fit`.

    Returns
    -------
    HoldOut

    Raises
    ------
    FitError
        If the compute of the runs is not known, or the cut leaves nothing on one side.
    """
    whole = fit_law(runs, law, objective, delta, resamples=0, starts=0, **options)
    asked = dict(options, resamples=resamples, starts=starts)
    return blind(whole, find_cut(whole, above, fraction), **asked)


def rolling_holdout(
    runs: Runs,
    law: str | Law = "chinchilla",
    cutoffs: Iterable[float] | None = None,
    *,
    objective: str = "huber_log",
    delta: float | None = 1e-3,
    **options: Any,
) -> pd.DataFrame:
    """Blind error for several cuts, from little compute seen to nearly all of it.

    Parameters
    ----------
    runs, law, objective, delta, **options
        As in :func:`holdout`.
    cutoffs : iterable of float, optional
        In FLOP; by default at each tenth of the runs by compute from the fourth to the ninth.

    Returns
    -------
    DataFrame
        One row a cut: ``above``, runs ``seen`` and ``scored``, ``status``, the decades of compute between
        the cut and the largest run (``reach``), the scores, and ``next_are``: the error on the runs
        up to the next cut only.
    """
    whole = fit_law(runs, law, objective, delta, resamples=0, starts=0, **options)
    compute = _compute(whole)
    given = np.quantile(compute, np.arange(0.4, 0.95, 0.1)) if cutoffs is None else np.array(list(cutoffs))
    cuts = np.unique(np.asarray(given, dtype=np.float64))
    rows = []
    for cut, following in zip(cuts, [*cuts[1:], np.inf], strict=True):
        made = blind(whole, find_cut(whole, float(cut), None), **options)
        near = made.table[made.table["flops"] <= following]
        rows.append(
            {
                "above": float(cut),
                "seen": made.fit.certificate.n_runs,
                "scored": len(made.table),
                "status": made.fit.status.value,
                "reach": float(np.log10(compute.max() / cut)),
                **made.scores,
                "next_are": float(near["are"].mean()) if len(near) else float("nan"),
            }
        )
    frame: pd.DataFrame = pd.DataFrame(rows)
    return frame


def find_cut(whole: Fit, above: float | None, fraction: float | None) -> float:
    """Compute above which runs are held out; checked so that runs lie on both sides."""
    compute = _compute(whole)
    if above is not None and fraction is not None:
        raise FitError("above= and fraction= say the same thing.", remedy="Give one of them.")
    if above is None:
        share = 0.1 if fraction is None else fraction
        if not (isinstance(share, int | float) and 0 < share < 1):
            raise FitError(f"The share to hold out is {quoted(share)}.", remedy="0.1 is a tenth of the runs.")
        ordered = np.sort(compute)
        above = float(ordered[max(0, len(ordered) - 1 - max(1, round(share * len(ordered))))])
    try:
        cut = float(above)
    except (TypeError, ValueError):
        raise FitError(f"The cut is {quoted(above)}, not a number of FLOP.") from None
    if not (cut < compute.max() and cut >= compute.min()):
        raise FitError(
            f"With a cut at {format_quantity(cut, 'flops')} no run is left on one side.",
            remedy=f"The runs have {compute.min():.3g} to {format_quantity(compute.max(), 'flops')}.",
        )
    return cut


def blind(whole: Fit, above: float, **options: Any) -> HoldOut:
    """Hold out the runs of a fit above a compute; options override those of the fit."""
    return drained(blind_steps(whole, above, **options))


def blind_steps(whole: Fit, above: float, **options: Any) -> Generator[Progress, None, HoldOut]:
    """Do the same step by step."""
    options.pop("exclude", None)
    arrays = run_arrays(whole)
    held = whole.used & (arrays["C"] > above)
    made = yield from without_steps(whole, held, **options)
    rows = np.flatnonzero(held)[np.argsort(arrays["C"][held], kind="stable")]
    inputs: dict[str, Any] = {name: arrays[name][rows] for name in whole.law.input_names}
    loss = arrays[output_key(whole.law)][rows]
    missing = np.full(len(rows), np.nan)
    said, low, high = missing, missing, missing
    if made.status is not Status.REFUSED:
        seen = made.predict(**inputs)
        said, low, high = seen.value, seen.run_low, seen.run_high
    columns = {made.certificate.columns.get(name, name): values for name, values in inputs.items()}
    table: pd.DataFrame = pd.DataFrame(
        {
            **columns,
            "flops": arrays["C"][rows],
            "loss": loss,
            "predicted": said,
            "low": low,
            "high": high,
            "are": are(loss, said),
            "log_residual": np.log(loss) - np.log(said),
        },
        index=whole.runs.index[rows],
    )
    return HoldOut(made, above, scores(loss, said), table)


def frame_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON-able dictionaries, the index under its name or ``label``."""
    name = str(table.index.name or "label")
    columns = [str(column) for column in table.columns]
    return [
        {
            name: plain(label),
            **{c: plain(table[column].iloc[i]) for c, column in zip(columns, table.columns, strict=True)},
        }
        for i, label in enumerate(table.index)
    ]


def frame_html(table: pd.DataFrame, most: int = 60) -> str:
    """Escaped HTML of a table, numbers at a readable precision."""
    head = "".join(f"<th>{escape(str(column))}</th>" for column in ("", *table.columns))
    body = []
    for i, label in enumerate(table.index[:most]):
        cells = [str(label), *(cell(table[column].iloc[i]) for column in table.columns)]
        body.append("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in cells) + "</tr>")
    more = f"<div>and {len(table) - most:,} more rows</div>" if len(table) > most else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{more}"


def cell(value: Any) -> str:
    """One number or word of a table as a reader sees it."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else ""
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return ""
        return f"{value:.4g}"
    return str(value)


def _compute(whole: Fit) -> Array:
    compute = run_arrays(whole)["C"][whole.used]
    if not len(compute) or np.isnan(compute).any():
        raise FitError(
            "Runs are held out by their compute, which is not known for all of them.",
            remedy="Add a flops column, or both params and tokens.",
        )
    return np.asarray(compute)
