"""``scalewidgets pareto``: which configurations are not beaten in cost and accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .tables import log_of
from .values import count, positive, print_json, share

if TYPE_CHECKING:
    import argparse

    from ..testtime import Frontier


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``pareto``."""
    pareto = commands.add_parser("pareto", help="which systems are not beaten in cost and accuracy")
    pareto.set_defaults(run=_pareto)
    pareto.add_argument("table", nargs="?", metavar="FILE", help="one row a system, or a repeat of it")
    pareto.add_argument("--dataset", metavar="NAME", help="a bundled table of systems instead of a file")
    pareto.add_argument("--cost", default="cost_usd", metavar="COLUMN", help="default: cost_usd")
    pareto.add_argument("--value", default="accuracy", metavar="COLUMN", help="default: accuracy")
    pareto.add_argument("--by", metavar="COLUMN", help="what a system is; by default its name")
    pareto.add_argument("--budget", type=positive, metavar="COST", help="what is best for that much?")
    pareto.add_argument("--reach", type=share, metavar="VALUE", help="what is cheapest for that much?")
    pareto.add_argument("--level", type=share, default=0.95, help="level of the intervals (0.95)")
    pareto.add_argument("--seed", type=count, default=0, help="seed of the draws (0)")
    pareto.add_argument("--columns", nargs="+", default=[], metavar="NAME=COLUMN[:UNIT]", help="as for fit")
    pareto.add_argument("--json", action="store_true", help="print the frontier as JSON")


def _pareto(asked: argparse.Namespace) -> int:
    from ..testtime import frontier

    found = frontier(
        log_of(asked, "read_systems"),
        cost=asked.cost,
        value=asked.value,
        by=asked.by,
        level=asked.level,
        seed=asked.seed,
    )
    if asked.json:
        print_json({**found.to_dict(), **_answers(found, asked)})
        return 0 if found.names else 1
    print(found.report(), end="")
    answers = _answers(found, asked)
    if "best" in answers:
        print(f"\nBest at {asked.budget:g}: {answers['best'] or 'nothing is that cheap'}")
        mixed = answers["mixing"]
        if mixed["cheap"] and mixed["cheap"] != mixed["dear"]:
            print(
                f"By mixing: {mixed['share']:.0%} to {mixed['dear']}, the rest to {mixed['cheap']}, "
                f"{asked.value} {mixed['value']:.4g}"
            )
    if "cheapest" in answers:
        print(f"\nCheapest for {asked.reach:g}: {answers['cheapest'] or 'nothing reaches it'}")
    return 0 if found.names else 1


def _answers(found: Frontier, asked: argparse.Namespace) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if asked.budget is not None:
        names = ("cheap", "dear", "share", "value")
        out["best"] = found.best(asked.budget)
        out["mixing"] = dict(zip(names, found.mixing(asked.budget), strict=True))
    if asked.reach is not None:
        out["cheapest"] = found.cheapest(asked.reach)
    return out
