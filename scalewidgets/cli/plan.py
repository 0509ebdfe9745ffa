"""``scalewidgets plan``: a budget, split between parameters and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fit import add_fit_options, fitted
from .values import count, positive, print_json, share

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``plan``."""
    plan = commands.add_parser("plan", help="fit a law, then split a budget between parameters and tokens")
    plan.set_defaults(run=_plan)
    add_fit_options(plan)
    _plan_options(plan)
    plan.add_argument("--json", action="store_true", help="print the plan as JSON")


def _plan_options(parser: argparse.ArgumentParser) -> None:
    budget = parser.add_argument_group("the question (one of)")
    budget.add_argument("--flops", type=positive, metavar="FLOP", help="compute, of training and serving")
    budget.add_argument("--gpu-hours", type=positive, metavar="HOURS", help="hours of one device")
    budget.add_argument("--dollars", type=positive, metavar="USD", help="money")
    budget.add_argument("--days", type=positive, metavar="DAYS", help="a deadline, alone or beside a budget")
    budget.add_argument("--loss", type=positive, metavar="NATS", help="the cheapest model of this loss")
    limits = parser.add_argument_group("limits and machine")
    limits.add_argument("--params", type=positive, metavar="N", help="keep the number of parameters")
    limits.add_argument("--tokens", type=positive, metavar="D", help="keep the number of tokens")
    limits.add_argument("--unique-tokens", type=positive, metavar="D", help="distinct tokens there are")
    limits.add_argument("--serve-tokens", type=positive, default=0.0, metavar="D", help="tokens to serve")
    limits.add_argument("--device", default="H100 SXM", help="default: H100 SXM")
    limits.add_argument("--gpus", type=count, default=1, help="devices at a time (1)")
    limits.add_argument("--utilisation", type=share, default=0.4, help="of the peak, in training (0.4)")
    limits.add_argument("--price", type=positive, metavar="USD", help="an hour of one device")


def _plan(asked: argparse.Namespace) -> int:
    from ..allocation import Machine
    from ..allocation.allocate import allocate

    machine = Machine(asked.device, asked.gpus, asked.utilisation, asked.price)
    plan = allocate(
        fitted(asked),
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
        print_json(plan.to_dict())
    else:
        print(plan.report())
    return 0
