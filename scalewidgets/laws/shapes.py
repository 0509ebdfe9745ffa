"""Laws of any of width, depth, parameters and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from scalewidgets.errors import FormulaError, quoted

from .core import Law
from .symbols import KNOWN_INPUTS, Symbol
from .terms import amplitude, exponent, floor

__all__ = ["shape_law"]

_PARTS = {  # what the input is; its amplitude, exponent and the range of the amplitude
    "width": (Symbol("width", "width of the residual stream", start=(256.0, 8192.0)), "A", "alpha", 1e5),
    "depth": (Symbol("depth", "layers", start=(3.0, 100.0)), "B", "beta", 1e3),
    "params": (KNOWN_INPUTS["N"], "C", "gamma", 1e7),
    "tokens": (KNOWN_INPUTS["D"], "T", "delta", 1e7),
}


def shape_law(parts: Sequence[str]) -> Law:
    """Return the law with a power of each of some of width, depth, parameters and tokens, above a floor.

    Parameters
    ----------
    parts : sequence of str
        Any of ``"width"``, ``"depth"``, ``"params"``, ``"tokens"``, each once, in any order.

    Returns
    -------
    Law
        ``E + A / width**alpha + B / depth**beta + C / N**gamma + T / D**delta``, or what was asked for of it.

    Raises
    ------
    FormulaError
        If there is no part, or one that is not known or is named twice.

    Notes
    -----
    McLeish et al. 2025, arXiv:2502.06857, released code. Parameters are nearly width squared times depth:
    with all three, expect them to trade off.
    """
    asked = [parts] if isinstance(parts, str) else list(parts)
    for name in asked:
        if name not in _PARTS:
            raise FormulaError(
                f"{quoted(name)} is no part of a shape.", remedy=f"Choose among {', '.join(_PARTS)}."
            )
    if not asked or len(set(asked)) < len(asked):
        raise FormulaError("The parts of a shape are one or more, each once.")
    kept = {name: part for name, part in _PARTS.items() if name in asked}
    terms = [f"{scale} / {symbol.name}**{power}" for symbol, scale, power, _ in kept.values()]
    return Law(
        " + ".join(["E", *terms]),
        inputs=[symbol for symbol, *_ in kept.values()],
        name=f"gemstones[{','.join(kept)}]",
        title="Shape: " + ", ".join(kept),
        theme="architecture",
        cite="Gemstones, McLeish et al. 2025, arXiv:2502.06857, released code",
        mark="P",
        summary="A floor and a power of each part of the shape. Where the best shape lies moves with the "
        "choice of runs: look at the intervals.",
        coefficients=[
            floor(),
            *(
                symbol
                for name, (_, scale, power, most) in kept.items()
                for symbol in (amplitude(scale, name, (0.1, most)), exponent(power, name, (0.1, 2.0)))
            ),
        ],
    )
