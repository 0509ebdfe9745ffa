"""``scalewidgets fit``: a law, fitted to a table of runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .tables import exclusions, runs_of
from .values import count, positive, print_json, share

if TYPE_CHECKING:
    import argparse

    from ..fitting import Fit

OBJECTIVES = (
    "huber_log", "squared_log", "squared_raw", "absolute_log", "quantile", "asymmetric", "gaussian_log",
    "student_t",
)  # fmt: skip
"""Those of the fit, said here so that ``--help`` need not import it; a test holds the two together."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``fit``."""
    fit = commands.add_parser("fit", help="fit a law to a table of runs")
    fit.set_defaults(run=_fit)
    add_fit_options(fit)
    fit.add_argument("--json", action="store_true", help="print the fit as JSON")


def add_fit_options(parser: argparse.ArgumentParser) -> None:
    """Add what says which table, which law and how to fit it."""
    parser.add_argument("table", nargs="?", metavar="FILE", help="CSV or TSV file with one row per run")
    parser.add_argument("--dataset", metavar="NAME", help="a bundled table instead of a file")
    parser.add_argument("--family", metavar="NAME", help="only the runs of this family")
    parser.add_argument("--law", default="chinchilla", metavar="NAME", help="default: chinchilla")
    parser.add_argument("--objective", default="huber_log", choices=OBJECTIVES, help="default: huber_log")
    parser.add_argument("--delta", type=positive, default=1e-3, help="Huber threshold on log loss (1e-3)")
    parser.add_argument("--tau", type=share, help="quantile: share of the runs below the curve (0.5)")
    parser.add_argument(
        "--factor", type=positive, help="asymmetric: how much more over-predictions count (10)"
    )
    parser.add_argument("--nu", type=positive, help="student_t: degrees of freedom (4)")
    parser.add_argument("--resamples", type=count, default=1000, help="bootstrap resamples (1000)")
    parser.add_argument("--seed", type=count, default=0, help="seed of the resamples (0)")
    parser.add_argument("--level", type=share, default=0.95, help="level of the intervals (0.95)")
    parser.add_argument(
        "--exclude",
        default="default",
        metavar="ROWS",
        help="default (what the literature leaves out of a bundled table), none, or rows as refusals "
        "and reports count them: 41,52",
    )
    parser.add_argument(
        "--columns",
        nargs="+",
        default=[],
        metavar="NAME=COLUMN[:UNIT]",
        help="which column is which, where its name does not say: params=size:B",
    )


def fitted(asked: argparse.Namespace) -> Fit:
    """Read the table and fit the law that were asked for; doubts about the table go to the error stream."""
    runs = runs_of(asked)

    from ..fitting import fit

    if not asked.json:
        for finding in runs.attrs.get("findings", ()):
            if finding.level != "note":
                print(f"scalewidgets: warning: {finding}", file=sys.stderr)
    return fit(
        runs,
        law=asked.law,
        objective=asked.objective,
        delta=asked.delta,
        tau=asked.tau,
        factor=asked.factor,
        nu=asked.nu,
        resamples=asked.resamples,
        exclude=exclusions(asked.exclude, runs),
        seed=asked.seed,
        level=asked.level,
    )


def _fit(asked: argparse.Namespace) -> int:
    result = fitted(asked)
    if asked.json:
        print_json(result.to_dict())
    else:
        print(result.report())
    if result.status.name != "CONVERGED":
        print(f"scalewidgets: {result.reason}", file=sys.stderr)
        return 1
    return 0
