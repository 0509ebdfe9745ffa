"""The command line: ``scalewidgets fit``, ``plan``, ``study``, ``datasets`` and ``replicate``.

Rooms are imported when a command needs them, so that listing the tables takes no time. What goes
wrong is a sentence on the error stream and an exit code: 2 for a request or a table that cannot be
used, 1 for a fit that has no trustworthy answer or a published figure that is out of tolerance.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import ScaleWidgetsError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

    from .data.registry import Dataset
    from .data.remotes import Remote
    from .fitting import Fit

OBJECTIVES = (
    "huber_log", "squared_log", "squared_raw", "absolute_log", "quantile", "asymmetric", "gaussian_log",
    "student_t",
)  # fmt: skip
"""Those of the fit, said here so that ``--help`` need not import it; a test holds the two together."""

EPILOG = """\
examples:
  scalewidgets datasets
  scalewidgets datasets chinchilla
  scalewidgets fit --dataset chinchilla --law chinchilla --json
  scalewidgets fit runs.csv --law chinchilla --objective huber_log --delta 1e-3 --resamples 1000
  scalewidgets study --preset hitchhikers --families gpt3 --resamples 200
  scalewidgets study checkpoints.csv --fractions 0.4,1 --executor processes --file made.study
  scalewidgets fit runs.csv --columns params=size:B loss=val_ce
  scalewidgets plan --dataset chinchilla --dollars 1e6 --gpus 512 --serve-tokens 1e12
  scalewidgets replicate
  scalewidgets replicate chinchilla schedules/fitted-25M --json

exit codes: 0 a converged fit, 1 a fit without a trustworthy answer or a figure out of tolerance, 2 bad input
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``scalewidgets``; by default those of the process.

    Returns
    -------
    int
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    try:
        code: int = asked.run(asked)
        sys.stdout.flush()
        return code
    except ScaleWidgetsError as refusal:
        print(f"scalewidgets: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("scalewidgets: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; nothing more can be written, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scalewidgets",
        description="Fit scaling laws to training runs, and derive published figures anew.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"scalewidgets {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    fit = commands.add_parser("fit", help="fit a law to a table of runs")
    fit.set_defaults(run=_fit)
    _fit_options(fit)
    fit.add_argument("--json", action="store_true", help="print the fit as JSON")

    plan = commands.add_parser("plan", help="fit a law, then split a budget between parameters and tokens")
    plan.set_defaults(run=_plan)
    _fit_options(plan)
    _plan_options(plan)
    plan.add_argument("--json", action="store_true", help="print the plan as JSON")

    study = commands.add_parser("study", help="fit a law to many selections of checkpoints, predict the rest")
    study.set_defaults(run=_study)
    _study_options(study)

    listing = commands.add_parser("datasets", help="list the public data, or describe one data set")
    listing.set_defaults(run=_datasets)
    listing.add_argument("name", nargs="?", metavar="NAME", help="show the description page of this one")
    listing.add_argument("--json", action="store_true", help="print all that is known of them as JSON")

    again = commands.add_parser("replicate", help="derive published figures from the bundled tables")
    again.set_defaults(run=_replicate)
    again.add_argument(
        "names", nargs="*", metavar="NAME", help="a study, or study/figure; by default all (some 10 s)"
    )
    again.add_argument("--json", action="store_true", help="print the scoreboard as JSON")
    return parser


def _fit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", nargs="?", metavar="FILE", help="CSV or TSV file with one row per run")
    parser.add_argument("--dataset", metavar="NAME", help="a bundled table instead of a file")
    parser.add_argument("--family", metavar="NAME", help="only the runs of this family")
    parser.add_argument("--law", default="chinchilla", metavar="NAME", help="default: chinchilla")
    parser.add_argument("--objective", default="huber_log", choices=OBJECTIVES, help="default: huber_log")
    parser.add_argument("--delta", type=_positive, default=1e-3, help="Huber threshold on log loss (1e-3)")
    parser.add_argument("--tau", type=_share, help="quantile: share of the runs below the curve (0.5)")
    parser.add_argument(
        "--factor", type=_positive, help="asymmetric: how much more over-predictions count (10)"
    )
    parser.add_argument("--nu", type=_positive, help="student_t: degrees of freedom (4)")
    parser.add_argument("--resamples", type=_count, default=1000, help="bootstrap resamples (1000)")
    parser.add_argument("--seed", type=_count, default=0, help="seed of the resamples (0)")
    parser.add_argument("--level", type=_share, default=0.95, help="level of the intervals (0.95)")
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


def _plan_options(parser: argparse.ArgumentParser) -> None:
    budget = parser.add_argument_group("the question (one of)")
    budget.add_argument("--flops", type=_positive, metavar="FLOP", help="compute, of training and serving")
    budget.add_argument("--gpu-hours", type=_positive, metavar="HOURS", help="hours of one device")
    budget.add_argument("--dollars", type=_positive, metavar="USD", help="money")
    budget.add_argument("--days", type=_positive, metavar="DAYS", help="a deadline, alone or beside a budget")
    budget.add_argument("--loss", type=_positive, metavar="NATS", help="the cheapest model of this loss")
    limits = parser.add_argument_group("limits and machine")
    limits.add_argument("--params", type=_positive, metavar="N", help="keep the number of parameters")
    limits.add_argument("--tokens", type=_positive, metavar="D", help="keep the number of tokens")
    limits.add_argument("--unique-tokens", type=_positive, metavar="D", help="distinct tokens there are")
    limits.add_argument("--serve-tokens", type=_positive, default=0.0, metavar="D", help="tokens to serve")
    limits.add_argument("--device", default="H100 SXM", help="default: H100 SXM")
    limits.add_argument("--gpus", type=_count, default=1, help="devices at a time (1)")
    limits.add_argument("--utilisation", type=_share, default=0.4, help="of the peak, in training (0.4)")
    limits.add_argument("--price", type=_positive, metavar="USD", help="an hour of one device")


def _study_options(study: argparse.ArgumentParser) -> None:
    study.add_argument("table", nargs="?", metavar="FILE", help="CSV or TSV file with one row per checkpoint")
    study.add_argument("--dataset", metavar="NAME", help="a bundled table instead of a file")
    study.add_argument("--preset", metavar="NAME", help="hitchhikers: protocol and runs of arXiv:2410.11840")
    study.add_argument("--families", metavar="NAMES", help="comma-separated; by default all")
    study.add_argument("--law", default="chinchilla", metavar="NAME", help="default: chinchilla")
    study.add_argument("--objective", choices=OBJECTIVES, help="default: squared_raw")
    study.add_argument("--fractions", metavar="SHARES", help="shares of the run: 0.4,1 (0.1 to 1)")
    study.add_argument("--models", metavar="COUNTS", help="numbers of models to fit: 2,3,6 (2 to all)")
    study.add_argument("--choices", metavar="HOW", help="smallest, nearest or every (smallest)")
    study.add_argument(
        "--drop", type=float, metavar="TOKENS", help="tokens at the start that no law sees (0)"
    )
    study.add_argument("--scored", type=_share, metavar="SHARE", help="last share of the run scored (0.3)")
    study.add_argument("--resamples", type=_count, help="resamples behind each interval (0)")
    study.add_argument("--seed", type=_count, help="seed of the resamples (0)")
    study.add_argument("--executor", choices=("processes",), help="spread the laws over the cores")
    study.add_argument("--file", metavar="FILE", help="keep what is done here, and go on from it")
    study.add_argument("--out", metavar="FILE", help="write the table of all laws as CSV")
    study.add_argument("--columns", nargs="+", default=[], metavar="NAME=COLUMN[:UNIT]", help="as for fit")
    study.add_argument("--json", action="store_true", help="print the study as JSON")


def _datasets(asked: argparse.Namespace) -> int:
    from .data.pages import dataset, page
    from .data.registry import registry
    from .data.remotes import remotes

    if asked.name is not None:
        entry = dataset(asked.name)
        print(json.dumps(_facts(entry), indent=1, ensure_ascii=False) if asked.json else page(entry), end="")
        print(end="\n" if asked.json else "")
        return 0
    bundled, others = list(registry().values()), list(remotes().values())
    if asked.json:
        facts = [*map(_facts, bundled), *map(_facts, others)]
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return 0
    for entry in bundled:
        _summary(entry)
    print("\nNot bundled, downloaded and checked by scalewidgets.fetch(name):")
    for entry in others:
        _summary(entry)
    return 0


def _facts(entry: Dataset | Remote) -> dict[str, Any]:
    """All that is known of a data set, for a script."""
    from dataclasses import asdict

    from .data.registry import Dataset

    facts = asdict(entry)
    for key in ("own", "files"):
        if key in facts:
            facts[key] = [part._asdict() for part in facts[key]]
    return {**facts, "bundled": isinstance(entry, Dataset)}


def _summary(entry: Dataset | Remote) -> None:
    print(f"{entry.name}  {entry.title}")
    print(
        f"    {entry.rows:,} rows, {_counted(entry.models, 'model', 'models')}, "
        f"{_counted(entry.families, 'family', 'families')}, licence {entry.licence}"
    )
    for text in (entry.description, entry.citation):
        print(textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    "))


def _replicate(asked: argparse.Namespace) -> int:
    from .replications import Study, replicate

    def said(done: int, total: int, study: Study) -> None:
        print(f"scalewidgets: {done + 1} of {total}, {study.title}", file=sys.stderr, flush=True)

    board = replicate(asked.names or None, progress=said)
    if asked.json:
        print(json.dumps(board.to_dict(), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print(board.report(), end="")
    return 0 if board.ok else 1


def _fitted(asked: argparse.Namespace) -> Fit:
    """Read the table and fit the law that were asked for; doubts about the table go to the error stream."""
    runs = _runs(asked)

    from .fitting import fit

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
        exclude=_exclusions(asked.exclude, runs),
        seed=asked.seed,
        level=asked.level,
    )


def _fit(asked: argparse.Namespace) -> int:
    result = _fitted(asked)
    if asked.json:
        print(json.dumps(_plain(result.to_dict()), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print(result.report())
    if result.status.name != "CONVERGED":
        print(f"scalewidgets: {result.reason}", file=sys.stderr)
        return 1
    return 0


def _plan(asked: argparse.Namespace) -> int:
    from .allocation import Machine
    from .allocation.allocate import allocate

    machine = Machine(asked.device, asked.gpus, asked.utilisation, asked.price)
    plan = allocate(
        _fitted(asked),
        flops=asked.flops,
        gpu_hours=asked.gpu_hours,
        dollars=asked.dollars,
        days=asked.days,
        loss=asked.loss,
        params=asked.params,
        tokens=asked.tokens,
        unique_tokens=asked.unique_tokens,
        serve_tokens=asked.serve_tokens,
        machine=machine,
    )
    if asked.json:
        print(json.dumps(plan.to_dict(), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print(plan.report())
    return 0


def _study(asked: argparse.Namespace) -> int:
    from .studies import study

    runs = None
    if asked.table is not None or asked.dataset is not None or asked.preset is None:
        runs = _table(asked)
    given = {
        "choices": asked.choices, "drop": asked.drop, "scored": asked.scored, "objective": asked.objective,
        "resamples": asked.resamples, "seed": asked.seed,
        "fractions": _numbers("--fractions", asked.fractions, float),
        "model_counts": _numbers("--models", asked.models, int),
    }  # fmt: skip
    made = study(
        runs,
        asked.law,
        asked.families.split(",") if asked.families else None,
        executor=asked.executor,
        preset=asked.preset,
        file=asked.file,
        **{name: value for name, value in given.items() if value is not None},
    )
    if asked.out is not None:
        made.to_frame().to_csv(asked.out, index=False)
    if asked.json:
        print(json.dumps(_plain(made.to_dict()), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print(made.report(), end="")
    return 0 if any("coefficients" in record for _, _, record in made.cells) else 1


def _numbers(option: str, text: str | None, kind: type) -> list[Any] | None:
    if text is None:
        return None
    try:
        return [kind(word) for word in text.split(",")]
    except ValueError:
        raise ScaleWidgetsError(
            f"{option} {text!r} are not numbers.", remedy="Separate them by commas: 2,3,6."
        ) from None


def _runs(asked: argparse.Namespace) -> pd.DataFrame:
    """Load the table that was asked for, narrowed to one family where it has several."""
    runs = _table(asked)
    families = list(runs["family"].dropna().unique())
    if asked.family is not None:
        if asked.family not in families:
            raise UnknownNameError.of("a family of this table", asked.family, families)
        attributes, runs = runs.attrs, runs[runs["family"] == asked.family]
        runs.attrs.update(attributes)
    elif asked.dataset is not None and len(families) > 1:
        shown = ", ".join(families[:8]) + (", ..." if len(families) > 8 else "")
        raise ScaleWidgetsError(
            f"{asked.dataset} holds {len(families)} families, and a law is fitted to one.",
            remedy=f"Choose one with --family: {shown}.",
        )
    return runs


def _table(asked: argparse.Namespace) -> pd.DataFrame:
    """Load the table that was asked for."""
    if (asked.table is None) == (asked.dataset is None):
        raise ScaleWidgetsError(
            "Exactly one table is needed.",
            remedy="Name a FILE or a --dataset; `scalewidgets datasets` lists them.",
        )
    if asked.dataset is not None:
        if asked.columns:
            raise ScaleWidgetsError("--columns is for a FILE; the columns of a bundled table are known.")
        from .data import load

        runs: pd.DataFrame = load(asked.dataset)
    else:
        from .data import read_runs

        runs = read_runs(asked.table, columns=_columns(asked.columns) or None)
    return runs


def _columns(words: Sequence[str]) -> dict[str, object]:
    from .data.recognise import unit_factor

    given: dict[str, object] = {}
    for word in words:
        name, equals, column = word.partition("=")
        if not (name and equals and column):
            raise ScaleWidgetsError(f"--columns {word!r} is not NAME=COLUMN.", remedy="Write params=size:B.")
        before, _, unit = column.rpartition(":")
        # A colon may also belong to the name of the column, as in eval:loss.
        given[name] = (before, unit) if before and unit_factor(unit) is not None else column
    return given


def _exclusions(text: str, runs: pd.DataFrame) -> str | list[Any] | None:
    """Turn ``--exclude`` into what :func:`scalewidgets.fit` takes; rows count as the reader counts."""
    if text == "default":
        return text
    if text == "none":
        return None
    from .data.files import source_of

    first = source_of(runs).first_row or 0
    labels = []
    for word in text.split(","):
        try:
            row = int(word)
        except ValueError:
            raise ScaleWidgetsError(
                f"--exclude {word.strip()!r} is not a row number.", remedy="Write default, none, or 41,52."
            ) from None
        if row - first not in runs.index:
            raise ScaleWidgetsError(f"--exclude names row {row}, which the table does not have.")
        labels.append(row - first)
    return labels


def _plain(value: Any) -> Any:
    """Make a result JSON can hold: NumPy becomes Python, what is not a finite number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _positive(text: str) -> float:
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text} must be greater than zero")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be between 0 and 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} must not be negative")
    return value


if __name__ == "__main__":
    raise SystemExit(main())
