"""Examples that run, and what a law does along its inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scalewidgets import sequence_law
from scalewidgets.errors import UnknownNameError
from scalewidgets.laws import Law, Published, Symbol

from .markdown import blocks, listed

ROUND = {"N": 7e9, "D": 1.4e12, "C": 1e21, "U": 1e11}
"""Inputs that everybody can place, where the law's own span has them."""

SINGULAR = frozenset({
    *("loss", "error", "accuracy", "coverage", "score", "batch", "learning rate", "metric", "reward"),
    *("capacity", "pass rate"),
})  # fmt: skip
"""Outputs that go with a verb in the singular; others are called the value."""

WIDTH = 96


def example(law: Law) -> str:
    """A block of Python whose last line is the value that its comment says."""
    known = whole_set(law)
    inputs = middle_inputs(law)
    lines = ["import scalewidgets as sw", "", f'law = sw.law("{law.name}")']
    if known is None:
        lines += ["# Values made up for this page: no paper prints a whole set that could be checked."]
        lines += _dict("coefficients", made_up(law))
        given = "coefficients"
    else:
        place = law.verified.index(known)
        lines += [f"known = law.verified[{place}]  # {known.label}"]
        given = "known.values"
    call = f"law.value({_literal(inputs)}, {given})"
    if len(call) > WIDTH - 12:
        lines += _dict("inputs", inputs)
        call = f"law.value(inputs, {given})"
    code = "\n".join([*lines, call])
    return f"```python\n{code}  # {shown(run(code))}\n```"


def sequence_example(law: Law) -> str:
    """For a law over learning-rate schedules: the loss of a schedule, from its steps."""
    try:
        sequence = sequence_law(law.name)
    except UnknownNameError:
        return ""
    lines = ["import scalewidgets as sw", "", f'sequence = sw.sequence_law("{law.name}")']
    if sequence.published:
        lines.append(f"known = sequence.published[0].values  # {sequence.published[0].label}")
    else:
        lines.append("# Values made up for this page: no paper prints a whole set that could be checked.")
        middle = {symbol.name: _rounded(_middle(symbol)) for symbol in sequence.coefficients}
        lines += _dict("known", middle)
    lines += [
        "schedule = sw.schedules.wsd(3e-4, 24_000, decay_from=20_000, warmup=2160)",
        "sequence.value(schedule, [24_000], known)[0]",
    ]
    code = "\n".join(lines)
    return blocks(
        "As a law of a whole schedule, which makes the columns from the learning rate of every step:",
        f"```python\n{code}  # {shown(run(code))}\n```",
        "Curves are fitted by `sw.fit_curves(sw.curves_of(table), law)`.",
    )


def run(code: str) -> Any:
    """Run a block and return the value of its last line."""
    *before, last = code.split("\n")
    names: dict[str, Any] = {}
    exec("\n".join(before), names)
    return eval(last, names)


def shown(value: Any) -> str:
    """Four significant digits: as many as agree on every machine."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("an example of the reference pages has no finite value")
    text = f"{number:.4g}"
    return text.replace("e+", "e").replace("e0", "e").replace("e-0", "e-")


def whole_set(law: Law) -> Published | None:
    """A verified set that has every coefficient: one with standard errors, else the first."""
    wanted = set(law.coefficient_names)
    whole = [known for known in law.verified if set(known.values) == wanted]
    return next((known for known in whole if known.standard_errors), whole[0] if whole else None)


def coefficients_of(law: Law) -> dict[str, float]:
    """Values of a verified set, or made-up ones."""
    known = whole_set(law)
    return made_up(law) if known is None else dict(known.values)


def made_up(law: Law) -> dict[str, float]:
    """The middle of each starting range, rounded."""
    return {symbol.name: _rounded(_middle(symbol)) for symbol in law.coefficients}


def middle_inputs(law: Law) -> dict[str, float]:
    """A round value of each input within its span; shares are equal."""
    values = {}
    for symbol in law.inputs:
        low, high = symbol.start or (1.0, 10.0)
        usual = ROUND.get(symbol.name, math.nan)
        values[symbol.name] = usual if low <= usual <= high else _rounded(_middle(symbol), 1)
    return values | dict.fromkeys(law.simplex, 1 / max(len(law.simplex), 1))


def typical(symbol: Symbol, count: int) -> NDArray[np.float64]:
    """Values over the span of an input, even in the logarithm where it has one."""
    low, high = symbol.start or (1.0, 10.0)
    return np.asarray(np.geomspace(low, high, count) if low > 0 else np.linspace(low, high, count))


def directions(law: Law) -> list[str]:
    """Say which way the law goes along each input over its span, the other inputs at one value."""
    coefficients, at = coefficients_of(law), middle_inputs(law)
    said: dict[str, list[str]] = {}
    for symbol in law.inputs:
        if symbol.name in law.simplex:
            continue
        values = law.value({**at, symbol.name: typical(symbol, 61)}, coefficients)
        said.setdefault(_course(values), []).append(symbol.name)
    whose = "the coefficients of the example" if whole_set(law) is None else "the set of the example"
    what = law.output if law.output in SINGULAR else "value"
    return [
        f"Over the usual {'span' if len(names) == 1 else 'spans'} of {listed(names)}, with {whose}, the "
        f"{what} {course}."
        for course, names in said.items()
    ]


def _course(values: NDArray[np.float64]) -> str:
    values = values[np.isfinite(values)]
    steps = np.diff(values)
    signs = np.sign(np.where(np.abs(steps) <= 1e-9 * np.abs(values[1:]), 0.0, steps))
    turns = [int(sign) for sign in signs if sign]
    order = [sign for i, sign in enumerate(turns) if i == 0 or sign != turns[i - 1]]
    words = {1: "rises", -1: "falls"}
    if not order:
        return "does not change"
    if len(order) > 2:
        return "rises and falls"
    return ", then ".join(words[s] for s in order)


def _middle(symbol: Symbol) -> float:
    """Where an example stands: the middle of the span, but not zero, at which much of a law is gone."""
    low, high = symbol.start or (1.0, 10.0)
    if low > 0:
        return math.sqrt(low * high)
    middle = (low + high) / 2
    return middle if abs(middle) > (high - low) / 20 else middle + (high - low) / 4


def _rounded(value: float, digits: int = 2) -> float:
    return float(f"{value:.{digits}g}")


def _literal(values: dict[str, float]) -> str:
    return "{" + ", ".join(f'"{name}": {_number(value)}' for name, value in values.items()) + "}"


def _number(value: float) -> str:
    if value == int(value) and 1 <= abs(value) < 1e4:
        return str(int(value))
    if 1e-3 <= abs(value) < 1e4 or value == 0:
        return repr(value)
    return f"{value:.6g}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-")


def _dict(name: str, values: dict[str, float]) -> list[str]:
    """An assignment, broken where it is long."""
    line = f"{name} = {_literal(values)}"
    if len(line) <= WIDTH:
        return [line]
    lines, row = [f"{name} = {{"], "   "
    for key, value in values.items():
        item = f' "{key}": {_number(value)},'
        if len(row) + len(item) > WIDTH:
            lines.append(row)
            row = "   "
        row += item
    return [*lines, row, "}"]
