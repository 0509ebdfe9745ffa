"""What a batch of runs comes to, in numbers and words: the twin of ``advisor-numbers.ts``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...allocation.next_runs import ANSWERS as SYMBOLS
from ...units import format_interval, format_quantity, split_quantity
from ..spending import spent
from .view import Array, Runs, View

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NOW, BATCH, RANDOM, FRONTIER, LARGE = (
    "now",
    "batch",
    "random",
    "on the frontier",
    "one large on the frontier",
)
TRAINED, EVERY = "trained", "all"
NEAR_LIMIT = 1.01
"""Factor beyond the tokens per parameter of the runs within which a run is still inside."""


@dataclass(frozen=True)
class Row:
    """An interval of the answer."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Seen:
    """What the controls come to.

    Attributes
    ----------
    rows : dict of str to Row
        Designs by name, and what the check gave.
    without : tuple of Row
        With each run of the batch left out.
    best : Row
        With the advised batch, wherever the one on screen is.
    lucky : (Row, Row) or None
        The random designs at both ends of 95 %.
    narrower : float
        Share of the interval's width, on a log scale, that the batch takes off.
    spread_now, spread_after : ndarray, shape (q,)
        Standard deviations of the free coefficients.
    digits : int or None
        Of intervals, where the usual number would not tell them apart.
    """

    rows: dict[str, Row]
    without: tuple[Row, ...]
    best: Row
    lucky: tuple[Row, Row] | None
    narrower: float
    spread_now: Array
    spread_after: Array
    digits: int | None


def seen(view: View) -> Seen:
    """Everything that the batch on screen does to the answer."""
    known, advice = view.known, view.advice
    centre = float(np.log(advice.value))
    slope = advice.slope

    def row(variance: float) -> Row:
        width = view.z * float(np.sqrt(max(variance, 0.0)))
        return Row(float(np.exp(centre)), float(np.exp(centre - width)), float(np.exp(centre + width)))

    def left(runs: Runs) -> float:
        if not runs:
            return float(slope @ known.inverse @ slope)
        n, d = np.array(runs, dtype=float).T
        return float(slope @ known.with_runs(n, d).inverse @ slope)

    batch = view.batch
    after = known.with_runs(*np.array(batch, dtype=float).T)
    variance, remains = left(()), float(slope @ after.inverse @ slope)
    rows = {NOW: row(variance), BATCH: row(remains)}
    relation, shrink = advice.relation, (known.scatter / advice.scatter) ** 2
    lucky = None
    for name in (RANDOM, FRONTIER, LARGE):
        made = advice.drawn.get(name)
        if made is not None and len(made):
            gains = relation.gains(made) * shrink
            rows[name] = row(variance - float(np.median(gains)))
            if name == RANDOM:
                ends = np.quantile(gains, [0.975, 0.025])
                lucky = (row(variance - float(ends[0])), row(variance - float(ends[1])))
    if view.check is not None and not view.own:
        for name, key in ((TRAINED, "batch"), (EVERY, "all")):
            if key in view.check.index:
                found = view.check.loc[key]
                rows[name] = Row(float(found["value"]), float(found["low"]), float(found["high"]))
    without = tuple(row(left((*batch[:k], *batch[k + 1 :]))) for k in range(len(batch)))
    return Seen(
        rows=rows,
        without=without,
        best=row(left(view.advised)),
        lucky=lucky,
        narrower=1 - float(np.sqrt(remains / variance)),
        spread_now=np.sqrt(np.diag(known.inverse)),
        spread_after=np.sqrt(np.maximum(np.diag(after.inverse), 0.0)),
        digits=digits_of(rows[NOW], rows[BATCH], view.held.answer),
    )


def bare(row: Row, kind: str, unit_of: float, digits: int | None = None) -> str:
    """An interval in the unit of another number, without that unit: a sentence has said it."""
    said = format_interval(row.low, row.high, kind, digits, unit_of=unit_of)
    return f"{said.partition(']')[0]}]"


def said(found: Seen, row: Row, kind: str) -> str:
    """An interval as this screen says it: all have the unit of the interval that the batch leaves."""
    return bare(row, kind, found.rows[BATCH].high, found.digits)


def middle_said(found: Seen, row: Row, kind: str) -> str:
    """The middle of an interval with the unit that all have on this screen."""
    number, unit = split_quantity(row.value, kind, found.digits, unit_of=found.rows[BATCH].high)
    return f"{number} {unit}".strip()


def digits_of(now: Row, after: Row, kind: str) -> int | None:
    """Digits that tell the interval after from the one now: more than usual where they are close."""
    told = (d for d in (None, 3, 4, 5) if bare(now, kind, after.high, d) != bare(after, kind, after.high, d))
    return next(told, None)


def state_of(view: View) -> dict[str, Any]:
    """Everything that sentence, table, figures and trust line say, by key."""
    held, found = view.held, seen(view)
    kind = held.answer
    rows, count = found.rows, len(view.batch)
    price = price_of(view)
    now, after = rows[NOW], rows[BATCH]
    unit = split_quantity(after.high, kind, found.digits)[1]
    state: dict[str, Any] = {
        **spent(held.flops, held.unit, view.per),
        "answer.symbol": SYMBOLS[kind],
        "answer.count": count_words(count),
        "answer.dollars": money(price),
        "answer.price": price,
        "answer.now": said(found, now, kind),
        "answer.after": said(found, after, kind),
        "answer.unit": f"\N{NO-BREAK SPACE}{unit}" if unit else "",
        "answer.value": after.value,
        "answer.low": after.low,
        "answer.high": after.high,
        "answer.narrower": found.narrower,
        "answer.best": said(found, found.best, kind),
        "answer.others": others(found, kind, count),
        "answer.own": view.own,
        "answer.searched": True,
        "answer.same": True,
        "answer.over": bool(price > held.spend * 1.000001),
        "answer.reach": reach_words(held.flops / view.edge),
        **simulated_words(view),
        **leaning(view.batch, view.ratios),
        "batch.setups": setup_words(count, held.setup),
        "batch.setup_price": money(count * held.setup),
    }
    for k, (n, d) in enumerate(view.batch):
        state |= {
            f"batch.{k}.params": format_quantity(n, "params", 3),
            f"batch.{k}.tokens": format_quantity(d, "tokens", 3),
            f"batch.{k}.ratio": format_quantity(d / n, "ratio", 2),
            f"batch.{k}.price": money(view.price(n, d)),
            f"batch.{k}.without": said(found, found.without[k], kind),
        }
    return state


def price_of(view: View) -> float:
    """Dollars for the batch on screen, set-ups included."""
    return sum(view.price(n, d) + view.held.setup for n, d in view.batch)


def simulated_words(view: View) -> dict[str, Any]:
    """What refitting simulated runs gave, now and after the advised batch."""
    if view.simulated is None:
        return {"answer.is_simulated": False, "answer.simulated": ""}
    now, after = (
        Row(float("nan"), float(row["low"]), float(row["high"]))
        for row in (view.simulated.loc["now"], view.simulated.loc["after"])
    )
    kind = view.held.answer
    words = (
        f"Simulated refits: {bare(now, kind, after.high)} to {format_interval(after.low, after.high, kind)}"
    )
    return {"answer.is_simulated": True, "answer.simulated": words}


def money(dollars: float) -> str:
    """Dollars as a price tag has them: cents only where there are few dollars."""
    return format_quantity(float(np.floor(dollars + 0.5)) if dollars >= 10 else dollars, "dollars")


def count_words(count: int) -> str:
    """These runs, as the sentence counts them."""
    return "this run" if count == 1 else f"these {count} runs"


def counted(count: int) -> str:
    """A small number in letters."""
    return COUNTS[count] if count < len(COUNTS) else f"{count}"


def others(found: Seen, kind: str, count: int) -> str:
    """What as many other runs would leave of the interval."""
    rows = found.rows
    first = counted(count).capitalize()
    leave = "leaves" if count == 1 else "leave"
    parts = []
    if RANDOM in rows:
        parts.append(f"{first} at random {leave} {said(found, rows[RANDOM], kind)}")
    if FRONTIER in rows:
        parts.append(
            f"{counted(count) if parts else first} on the frontier {said(found, rows[FRONTIER], kind)}"
        )
    return f" {', '.join(parts)}." if parts else ""


def setup_words(count: int, setup: float) -> str:
    """The row of set-ups in the table."""
    return f"{count} × {money(setup)}"


def reach_words(times: float) -> str:
    """How far the question lies beyond the largest run."""
    if times <= 1.02:
        return "inside the runs"
    return f"{np.log10(times):.1f} decades beyond the runs"


def leaning(batch: Runs, ratios: tuple[float, float]) -> dict[str, Any]:
    """Which runs lean on the law outside the tokens per parameter of the data, and how far out they are."""
    low, high = ratios
    own = [d / n for n, d in batch]
    out = [k for k, r in enumerate(own) if r < low / NEAR_LIMIT or r > high * NEAR_LIMIT]
    if not out:
        return {"answer.leans": False, "answer.leaning": ""}
    farthest = max((own[k] for k in out), key=lambda r: max(low / r, r / high))
    runs = "Run" if len(out) == 1 else "Runs"
    trust = "trusts" if len(out) == 1 else "trust"
    ratio = format_quantity(farthest, "ratio", 2)
    known = f"{format_quantity(low, 'ratio', 2)} to {format_quantity(high, 'ratio', 2)}"
    which = f"{runs} {listed([k + 1 for k in out])}"
    words = f"{which} {trust} the law at {ratio} tokens per parameter; the data have {known}"
    return {"answer.leans": True, "answer.leaning": words}


def listed(numbers: Sequence[int]) -> str:
    """Numbers as a person lists them."""
    said = [str(n) for n in numbers]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
