"""Runs that could be made, and what other choices among them would have done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError
from scalewidgets.fitting import Fit
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN
from scalewidgets.units import format_quantity

from .batches import Found, random_batches, well_spent
from .information import Candidates, Information
from .machine import Machine
from .runs import fitted_runs
from .surface import Surface

Array: TypeAlias = NDArray[np.float64]
Batches: TypeAlias = NDArray[np.intp]

RANDOM = 400
"""Random batches that a design is compared with."""
NEAR = 1.5
"""Factor in tokens per parameter within which a run counts as on the frontier."""
SIZES, LENGTHS = 16, 16
"""Grid of candidates, where none are given."""
RATIOS = (0.3, 3000.0)
"""Tokens per parameter of that grid."""


def candidate_table(
    fit: Fit, given: pd.DataFrame | Mapping[str, Any] | None, machine: Machine, setup: float, limit: float
) -> pd.DataFrame:
    """Return the runs that could be made with their price, set-up included: those given, or a grid."""
    if given is None:
        sizes, lengths, _ = fitted_runs(fit)
        widths = np.geomspace(sizes.min(), 4 * sizes.max(), SIZES)
        n, d = np.meshgrid(widths, np.geomspace(lengths.min() / 2, 4 * lengths.max(), LENGTHS))
        params, tokens = n.ravel(), d.ravel()
        fine = (tokens / params >= RATIOS[0]) & (tokens / params <= RATIOS[1])
        params, tokens = params[fine], tokens[fine]
    else:
        frame = pd.DataFrame(given)
        missing = [name for name in ("params", "tokens") if name not in frame]
        if missing:
            raise QuantityError(
                f"The candidates have no column {' and no '.join(missing)}.", remedy="Give params and tokens."
            )
        params = above_zero("A candidate's number of parameters", frame["params"])
        tokens = above_zero("A candidate's number of tokens", frame["tokens"])
    flops = FLOPS_PER_PARAM_TOKEN * params * tokens
    price = np.asarray(machine.cost(flops).dollars) + float(above_zero("The set-up", setup, or_zero=True))
    table: pd.DataFrame = pd.DataFrame(
        {
            "params": params,
            "tokens": tokens,
            "tokens_per_param": tokens / params,
            "flops": flops,
            "dollars": price,
        }
    )
    if given is not None and "loss" in frame:
        table["loss"] = pd.to_numeric(frame["loss"], errors="coerce").to_numpy(dtype=float)
    return table[table["dollars"] <= limit].reset_index(drop=True) if given is None else table


def compared_designs(
    known: Information,
    relation: Candidates,
    table: pd.DataFrame,
    found: Found,
    ends: Callable[[float], tuple[float, float]],
    most: int,
    limit: float,
    seed: int,
) -> tuple[pd.DataFrame, dict[str, Batches]]:
    """The batch beside what else the money could have bought, and the batches that this is measured on."""
    frontier = on_frontier(known, table)
    rows: dict[str, dict[str, float]] = {}
    made: dict[str, Batches] = {}

    def say(name: str, gain: float, dollars: float, **more: float) -> None:
        low, high = ends(gain)
        rows[name] = {"low": low, "high": high, "dollars": dollars, **more}

    say("now", 0.0, 0.0)
    say("batch", found.gain, float(relation.price[found.batch].sum()))
    for name, among in (("random", None), ("on the frontier", frontier)):
        made[name] = well_spent(relation, random_batches(relation, most, seed, among), limit, RANDOM)
        if len(made[name]):
            gains = relation.gains(made[name])
            luckiest, unluckiest = (ends(float(g)) for g in np.quantile(gains, [0.975, 0.025]))
            say(
                name,
                float(np.median(gains)),
                np.nan,
                best_low=luckiest[0],
                best_high=luckiest[1],
                worst_low=unluckiest[0],
                worst_high=unluckiest[1],
                designs=len(gains),
            )
    fine = frontier[relation.price[frontier] <= limit]
    if len(fine):
        largest = fine[int(np.argmax(relation.price[fine]))]
        made["one large on the frontier"] = np.array([[largest]], dtype=np.intp)
        say("one large on the frontier", relation.gain(np.array([largest])), float(relation.price[largest]))
    frame: pd.DataFrame = pd.DataFrame.from_dict(rows, orient="index")
    frame.attrs["spend"] = limit
    return frame, made


def on_frontier(known: Information, table: pd.DataFrame) -> Batches:
    """Places of the candidates near the best tokens per parameter of their compute."""
    compute = table["flops"].to_numpy()
    ideal = Surface(known.law, {name: np.full((len(compute), 1), v) for name, v in known.centre.items()})
    best = ideal.best(compute)
    ratio = table["tokens_per_param"].to_numpy() / (best.tokens / best.params)
    return np.flatnonzero((ratio < NEAR) & (ratio > 1 / NEAR))


def coefficient_table(known: Information, params: Array, tokens: Array) -> pd.DataFrame:
    """Return the standard deviation of each free coefficient before and after some runs."""
    after = known.with_runs(params, tokens).inverse
    columns = {
        "value": [known.centre[name] for name in known.names],
        "logged": known.logged,
        "now": np.sqrt(np.diag(known.inverse)),
        "after": np.sqrt(np.maximum(np.diag(after), 0.0)),
    }
    frame: pd.DataFrame = pd.DataFrame(columns, index=list(known.names))
    return frame


def remarks(fit: Fit, batch: pd.DataFrame) -> tuple[str, ...]:
    """Say what an advice leans on."""
    params, tokens, _ = fitted_runs(fit)
    ratio = tokens / params
    own = batch["tokens_per_param"]
    out = batch[(own < ratio.min() / 1.01) | (own > ratio.max() * 1.01)]
    notes = []
    if len(out):
        many = "One of the runs leans" if len(out) == 1 else f"{len(out)} of the runs lean"
        ends = " to ".join(format_quantity(float(end), "ratio") for end in (ratio.min(), ratio.max()))
        notes.append(f"{many} on the law outside the {ends} tokens per parameter of the runs.")
    if float(ratio.max() / ratio.min()) < 3:
        notes.append("The runs lie close to one line of tokens per parameter: their own interval is a guess.")
    notes.append("The intervals take the law as true: they do not cover the law being wrong.")
    return tuple(notes)


def conventions(fit: Fit, known: Information, machine: Machine, setup: float) -> tuple[str, ...]:
    """Say what every number of an advice rests on."""
    return (
        f"linearised at the fit of {int(np.sum(fit.used)):,} runs",
        f"log losses scatter by {format_quantity(known.scatter, 'percent', 2)}, equal for all",
        "C = 6ND", f"{format_quantity(setup, 'dollars')} set-up a run", str(machine),
    )  # fmt: skip
