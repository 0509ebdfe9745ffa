"""The command line: ``scalewidgets fit``, ``plan``, ``answer``, ``pareto``, ``study`` and more.

A command is a module: its options, and what it does. Rooms are imported when a command needs them, so
that listing the tables takes no time. What goes wrong is a sentence on the error stream and an exit
code: 2 for a request or a table that cannot be used, 1 for a fit that has no trustworthy answer or a
published figure that is out of tolerance.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .._version import __version__
from ..errors import ScaleWidgetsError
from . import answer, datasets, fit, pareto, plan, replicate, study

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
  scalewidgets answer samples.jsonl --budget 0.01 --price small=0.0005 large=0.01 --verifier 0.9 0.02
  scalewidgets answer --dataset pythia_math --budget 0.0003 --device "H100 SXM" --utilisation 0.2 \
      --prompt-tokens 80 --output-tokens 240 --judged 200 180 800 8
  scalewidgets pareto --dataset agents --budget 2 --reach 0.9
  scalewidgets replicate
  scalewidgets replicate chinchilla schedules/fitted-25M --json

exit codes: 0 a converged fit, 1 a fit without a trustworthy answer or a figure out of tolerance or a budget
that pays for no sample, 2 bad input
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
    for command in (fit, plan, answer, pareto, study, datasets, replicate):
        command.add(commands)
    return parser
