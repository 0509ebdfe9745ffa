"""What follows budget, machine and plan, in columns: the twin of the browser's ``allocator-columns.ts``."""

from __future__ import annotations

import numpy as np

from ...units import format_interval, format_quantity
from ..spending import compute, per_unit
from .columns import AROUND, BAND_POINTS, LINE_POINTS, Columns, band_of, first_row
from .lines import along, beside, cost_lines, walls
from .numbers import SAME, Answer, answer, between, ends, fits_words, ranged
from .view import View

WASTE_TOP = 0.55
"""Highest share of the budget on the axis of waste."""
BAR_POINTS = 9


def moving(view: View) -> Columns:
    """Lines of equal cost, the budget, its optimum and the plan, in every figure."""
    found = answer(view)
    return {
        **bought(view, found),
        **spread_over_sizes(view, found),
        **grown(view, found),
        **wasted(view, found),
    }


def bought(view: View, found: Answer) -> Columns:
    """On the map: what the budget buys, where its optimum lies, and the plan."""
    held, split, (left, right) = view.held, view.surface, view.params
    per = per_unit(held.machine.rate, held.machine.dollars_per_hour)["dollars"]
    out = {**cost_lines(view, per), **walls(view)}
    line = np.geomspace(left, right, LINE_POINTS)
    out["budget-line"] = {"x": line, "y": split.tokens(np.array(held.budget), line)}
    out["budget-label"] = along(
        view, held.budget, f"{format_quantity(held.budget / per, 'dollars')} budget", 0.8
    )
    best = found.best
    size, data = float(best.params[0]), float(best.tokens[0])
    low, high = ends(best.params, view.level)
    bar = np.array([] if np.isnan(low) else np.geomspace(low, high, BAR_POINTS))
    out["budget-bar"] = {"x": bar, "y": split.tokens(np.array(found.budget), bar)}
    out["optimum"] = {"x": [size], "y": [data]}
    words, ranges = ranged(best.params, "params", view.level)
    side, push, up = optimum_side(view, size)
    out["optimum-head"] = beside(size, data, "Optimum", side, push, up)
    where = f"{words}{ranges} on {format_quantity(data, 'tokens')}"
    out["optimum-lines"] = beside(size, data, where, side, push, up + 14)
    out["plan"] = {"x": [held.params], "y": [held.tokens]}
    align, dx, dy = plan_side(view, size)
    loss = format_quantity(float(found.plan.loss[0]), "loss", 4)
    worse = float(found.plan.loss[0] - best.loss[0])
    difference = f"{'+' if worse >= 0 else '−'}{format_quantity(abs(worse), 'plain', 2)}"
    low, high = ends(found.plan.loss - best.loss, view.level)
    interval = "" if np.isnan(low) else f" {format_interval(low, high, 'plain', 2)}"
    equal = format_quantity(float(found.equal_flops[0]) / per, "dollars", 3)
    size_said, data_said = format_quantity(held.params, "params"), format_quantity(held.tokens, "tokens", 3)
    head = f"Your plan, {size_said} on {data_said} tokens"
    lines = (
        f"for {format_quantity(found.plan_flops / per, 'dollars', 3)}, loss {loss}, {difference}{interval}\n"
        f"{fits_words(view, found) or f'an optimal run gets there for {equal}'}"
    )
    out["plan-head"] = beside(held.params, held.tokens, head, align, dx, dy)
    out["plan-lines"] = beside(held.params, held.tokens, lines, align, dx, dy + 17)
    return out


def optimum_side(view: View, best: float) -> tuple[str, float, float]:
    """Where the words of the optimum have room: away from the plan."""
    if view.held.params <= best:
        return "left", 14.0, -20.0
    return "right", -14.0, -34.0


def plan_side(view: View, best: float) -> tuple[str, float, float]:
    """Where the words of the plan have room: away from the optimum, inside the frame."""
    left, right = view.params
    at = np.log(view.held.params / left) / np.log(right / left)
    if view.held.params > best:
        return ("left", 16.0, 10.0) if at < 0.45 else ("right", -16.0, 34.0)
    if at > 0.5:
        return "right", -16.0, 14.0
    return "left", -40.0 if at > 0.12 else 4.0, -62.0


def spread_over_sizes(view: View, found: Answer) -> Columns:
    """Loss over size at the budget, with its band, its optimum and the plan."""
    size = float(found.best.params[0]) * np.geomspace(1 / AROUND, AROUND, BAND_POINTS)
    tokens = view.rough.tokens(np.array(found.budget), size)
    loss = view.rough.loss(size[None, :], tokens[None, :])
    low, high = band_of(loss, view.level)
    bar = ends(found.best.params, view.level)
    known = not np.isnan(bar[0])
    best = float(found.best.loss[0])
    room = bool(size[-1] < view.params[1] / 2.5)
    return {
        "iso-budget": {"x": size, "y": loss[0]},
        "iso-band": {"x": size, "low": low, "high": high},
        "iso-budget-label": beside(
            float(size[-1]) if room else view.params[1],
            float(loss[0, -1]) if room else best,
            compute(found.budget).removesuffix(" FLOP"),
            *(("left", 6.0, 0.0) if room else ("right", -4.0, 16.0)),
        ),
        "iso-answer": {"x": [float(found.best.params[0])], "y": [best]},
        "iso-bar": {"x": [bar[0]] * known, "x1": [bar[1]] * known, "y": [best] * known},
        "iso-plan": {"x": [view.held.params], "y": [float(found.plan.loss[0])]},
    }


def grown(view: View, found: Answer) -> Columns:
    """Over compute: where the budget stands."""
    budget = found.budget
    bottom, top = view.growth
    return {
        "grow-budget": {"x": [budget], "y": [bottom], "y1": [top]},
        "grow-params": {"x": [budget], "y": [float(found.best.params[0])]},
        "grow-tokens": {"x": [budget], "y": [float(found.best.tokens[0])]},
    }


def waste_range(view: View, best: float) -> tuple[float, float]:
    """Sizes of the figure of waste: around the best one, the plan's among them."""
    return min(best / AROUND / 2, view.held.params / 1.4), max(best * AROUND, view.held.params * 1.4)


def wasted(view: View, found: Answer) -> Columns:
    """What a run of every size wastes at the budget, as a share of it."""
    held, best = view.held, float(found.best.params[0])
    low, high = waste_range(view, best)
    # Sizes that the memory does not hold have no price.
    size = np.geomspace(low, min(high, held.most_params), BAND_POINTS)
    loss = view.rough.loss(size[None, :], view.rough.tokens(np.array(found.budget), size)[None, :])
    share = np.maximum(1 - view.rough.cheapest_within(loss, held.most_params) / found.budget, 0.0)
    bottom, top = band_of(share, view.level)
    per = per_unit(held.machine.rate, held.machine.dollars_per_hour)["dollars"]
    own = float(found.waste[0]) * found.plan_flops / found.budget
    strip = ends(found.best.params, view.level)
    # At a limit there is no interval to shade.
    known = int(strip[1] - strip[0] > SAME * best)
    seen = own <= WASTE_TOP
    saved = float(found.waste[0]) * found.plan_flops / per
    at = np.log(held.params / low) / np.log(high / low)
    y = min(own, WASTE_TOP * 0.8)
    # Outside of the valley, where there is room.
    outside = 0.3 < at < 0.5
    align, dx = ("right", -12.0) if outside else ("left", 12.0)
    words = between(found.waste, found.plan_flops / per, view.level).strip()
    return {
        "waste-curve": {"x": size, "y": share[0]},
        "waste-band": {"x": size, "low": bottom, "high": top},
        "waste-strip": {
            "x": list(strip) * known,
            "low": [0.0, 0.0] * known,
            "high": [WASTE_TOP, WASTE_TOP] * known,
        },
        "waste-strip-label": {
            "x": [best] * known,
            "y": [WASTE_TOP] * known,
            "text": [f"optimum, {100 * view.level:g} %"] * known,
        },
        "waste-answer": {"x": [best], "y": [float(max(answer_waste(view, found), 0.0))]},
        "waste-plan": {"x": [held.params] * seen, "y": [own] * seen},
        "waste-over": {"x": [held.params] * (not seen), "y": [WASTE_TOP] * (not seen)},
        "waste-head": beside(held.params, y, "Your plan", align, dx, -17.0),
        "waste-value": beside(held.params, y, format_quantity(saved, "dollars", 3), align, dx, -2.0),
        "waste-lines": beside(held.params, y, words, align, dx, 13.0),
    }


def answer_waste(view: View, found: Answer) -> float:
    """What the optimum wastes: nothing but where its search ends."""
    loss = found.best.loss[:1, None]
    return (
        1 - float(first_row(view.surface).cheapest_within(loss, view.held.most_params)[0, 0]) / found.budget
    )


def waste_ticks(view: View) -> dict[float, str]:
    """Shares of the budget, named by their dollars."""
    per = per_unit(view.held.machine.rate, view.held.machine.dollars_per_hour)["dollars"]
    dollars = view.held.spent / per
    return {k / 10: format_quantity(dollars * k / 10, "dollars") for k in range(6)}
