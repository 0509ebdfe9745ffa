"""Laws of robots and of science: imitation, time series, molecules."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Symbol
from .terms import amplitude, exponent, floor

_THEME = "science and robotics"

register(
    Law(
        "a / x**b",
        inputs=[Symbol("x", "environments, or objects, demonstrated in", start=(1.0, 100.0))],
        name="robot_imitation",
        title="Imitation by environments",
        theme=_THEME,
        output="1 - score",
        cite="arXiv:2410.18647",
        mark="U",
        summary="Gap to a perfect normalised score. Demonstrations in one environment saturate: new "
        "environments and objects count.",
        coefficients=[Symbol("a", "gap at one", start=(0.1, 1.0)), exponent("b", "the number", (0.1, 1.5))],
    )
)

register(
    Law(
        "(x_c / x)**alpha",
        inputs=[Symbol("x", "parameters, compute or data", start=(1e3, 1e12))],
        name="time_series",
        title="Time-series models",
        theme=_THEME,
        cite="arXiv:2405.15124 and arXiv:2410.12360",
        mark="U",
        summary="A power law without a floor, with exponents of their own inside and outside of the training "
        "distribution.",
        coefficients=[
            Symbol("x_c", "scale", "unit of x", start=(1e-3, 1e6)),
            exponent("alpha", "x", (0.01, 0.5)),
        ],
    )
)

register(
    Law(
        "E + A / N**alpha + B / D_s**beta + G / C_t**gamma",
        inputs=[
            "N",
            Symbol("D_s", "training samples", "samples", start=(1e5, 1e10)),
            Symbol("C_t", "training compute, in any unit", start=(1.0, 1e10)),
        ],
        name="unimol2",
        title="Molecular pre-training",
        theme=_THEME,
        cite="Uni-Mol2, arXiv:2406.14969",
        mark="U",
        summary="A sum of powers of size, data and compute. Compute is nearly the product of the others, so "
        "that all three are hard to tell apart.",
        coefficients=[
            floor(),
            amplitude("A", "parameter", (1.0, 1e4)),
            amplitude("B", "sample", (1.0, 1e4)),
            amplitude("G", "compute", (0.1, 1e3)),
            exponent("alpha", "parameters", (0.1, 1.0)),
            exponent("beta", "samples", (0.1, 1.0)),
            exponent("gamma", "compute", (0.1, 1.0)),
        ],
    )
)
