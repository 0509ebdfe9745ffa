"""Laws of vision: compute, shape of the transformer, comparison of recipes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FormulaError, quoted

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import exponent, signed

Array: TypeAlias = NDArray[np.float64]

__all__ = ["sovit_optimum", "sovit_shape"]

_THEME = "vision and multimodal"
_CORE_DAYS = "thousands of TPUv3 core-days"
_SOVIT = "Alabdulmohsin et al. 2023, arXiv:2305.13035"

_COMPUTE_T = Symbol("t", "training compute, in any unit", start=(1.0, 1e6))
_SHAPE_X = Symbol("x", "width, depth or MLP size", start=(10.0, 1e4))


def _shape_symbols(of: str = "", suffix: str = "") -> list[Symbol]:
    dimension = of or "the dimension"
    return [
        Symbol(f"alpha{suffix}", f"amplitude of what {dimension} removes", start=(0.1, 10.0)),
        exponent(f"a{suffix}", f"{dimension}, in what it removes", (0.1, 1.0)),
        Symbol(f"beta{suffix}", f"amplitude of what {dimension} costs", start=(1e-4, 0.1)),
        exponent(f"b{suffix}", f"{dimension}, in what it costs", (0.1, 1.0)),
    ]


_SHAPE_COMMON = [
    exponent("c", "compute", (0.1, 0.6)),
    Symbol("xi", "what compute alone removes", start=(0.01, 1.0)),
    Symbol("eps", "irreducible error", start=(0.01, 0.5)),
]


def sovit_optimum(
    t: ArrayLike, *, alpha: ArrayLike, a: ArrayLike, beta: ArrayLike, b: ArrayLike, c: ArrayLike
) -> Array:
    """Return the best value of one shape dimension for a compute, under the law ``sovit``.

    Parameters
    ----------
    t : array_like
        Compute, in the unit of the fit.
    alpha, a, beta, b, c : array_like
        Coefficients of the law.

    Returns
    -------
    ndarray of float64
        ``x* = (alpha a t^c / (beta b))^(1/(a+b))``: it grows as ``t^s``, ``s = c / (a + b)``.

    Notes
    -----
    arXiv:2305.13035, Eq. 4.
    """
    t_, al, a_, be, b_, c_ = (np.asarray(value, dtype=np.float64) for value in (t, alpha, a, beta, b, c))
    return np.asarray((al * a_ * t_**c_ / (be * b_)) ** (1 / (a_ + b_)))


def sovit_shape(dimensions: Sequence[str] = ("width", "depth", "mlp")) -> Law:
    """Return the joint law of several shape dimensions and compute.

    ``f = sum_k alpha_k x_k^-a_k + (sum_k beta_k x_k^b_k + xi) t^-c + eps``, of arXiv:2305.13035, Eq. 3.

    Parameters
    ----------
    dimensions : sequence of str
        Names; the inputs are ``x_width``, ``x_depth``, ..., and the compute t.

    Returns
    -------
    Law

    Raises
    ------
    FormulaError
        If the dimensions do not make names.
    """
    names = list(dimensions)
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*", name):
            raise FormulaError(
                f"The dimension {quoted(name)} cannot be part of a symbol.", remedy="Use letters and digits."
            )
    if isinstance(dimensions, str) or not names or len(set(names)) < len(names):
        raise FormulaError("Dimensions are a list of different names.", remedy='Write ["width", "depth"].')
    gains = " + ".join(f"alpha_{name} / x_{name}**a_{name}" for name in names)
    costs = " + ".join(f"beta_{name} * x_{name}**b_{name}" for name in names)
    usual = tuple(names) == ("width", "depth", "mlp")
    return Law(
        f"{gains} + ({costs} + xi) / t**c + eps",
        inputs=[_COMPUTE_T, *(Symbol(f"x_{name}", name, start=(10.0, 1e4)) for name in names)],
        name="sovit_shape" if usual else f"sovit_shape[{','.join(names)}]",
        title="Shape of a vision transformer, all dimensions",
        theme=_THEME,
        output="error",
        cite=f"{_SOVIT}, Eq. 3",
        mark="P",
        summary="Error from width, depth, MLP size and compute. Each dimension has a best value that grows "
        "as a power of the compute. laws.sovit_shape([...]) has other dimensions.",
        coefficients=[
            *(symbol for name in names for symbol in _shape_symbols(name, f"_{name}")),
            *_SHAPE_COMMON,
        ],
    )


register(
    Law(
        "a * (C_days + d)**(-b) + c",
        inputs=[
            Symbol(
                "C_days",
                "training compute",
                _CORE_DAYS,
                start=(1e-3, 100.0),
                label="C",
                latex="C",
            ),
        ],
        name="zhai",
        title="Vision transformers by compute",
        theme=_THEME,
        output="error",
        cite="Zhai et al. 2021, arXiv:2106.04560",
        mark="S",
        summary="Error of the frontier: a plateau at small compute, a power law, a floor.",
        coefficients=[
            Symbol("a", "amplitude", start=(0.05, 1.0)),
            Symbol(
                "d",
                "compute below which the error is flat",
                _CORE_DAYS,
                start=(1e-3, 0.1),
            ),
            exponent("b", "compute", (0.1, 1.0)),
            Symbol("c", "irreducible error", start=(0.01, 0.3)),
        ],
        published=[
            Published(
                "Zhai et al., fine-tuned on ImageNet",
                {"a": 0.26, "d": 0.01, "b": 0.35, "c": 0.09},
                cite="attributed to arXiv:2106.04560, not read there",
                mark="U",
                note="The unit of compute is not certain either.",
            )
        ],
    )
)

register(
    Law(
        "a * (x + b)**c + d",
        inputs=[Symbol("x", "compute or samples seen", start=(1e6, 1e21))],
        name="shifted_power",
        title="Shifted power law",
        theme=_THEME,
        output="error",
        cite="Nezhurina et al. 2025, arXiv:2506.04598",
        mark="P",
        summary="A power law with a shift, which flattens its start, and a floor; the exponent c is not "
        "positive. To compare two recipes: fit both lower envelopes, extrapolate, see whether the intervals "
        "part.",
        coefficients=[
            Symbol("a", "amplitude", start=(1.0, 100.0)),
            Symbol("b", "shift", "unit of x", start=(1e3, 1e18)),
            signed("c", "exponent", (-0.5, -0.05), high=0.0),
            Symbol("d", "irreducible error", start=(0.01, 1.0)),
        ],
    )
)

register(
    Law(
        "alpha / x**a + (beta * x**b + xi) / t**c + eps",
        inputs=[_SHAPE_X, _COMPUTE_T],
        name="sovit",
        title="Shape of a vision transformer",
        theme=_THEME,
        output="error",
        cite=f"{_SOVIT}, Eq. 2",
        mark="P",
        summary="Error from one shape dimension and compute: too small a dimension loses capacity, too large "
        "a one costs compute. laws.sovit_optimum gives the best x, which grows as t^(c / (a + b)).",
        coefficients=[*_shape_symbols(), *_SHAPE_COMMON],
    )
)
register(sovit_shape())

register(
    Law(
        "x_0 * tau**s",
        inputs=[Symbol("tau", "compute over that of the starting shape", start=(1.0, 1e4), kind="ratio")],
        name="sovit_scaling",
        title="Shape dimension by compute",
        theme=_THEME,
        output="dimension",
        cite=f"{_SOVIT}, Eq. 4",
        mark="P",
        summary="How one dimension grows with compute. Depth, width and MLP size grow at different rates.",
        coefficients=[
            Symbol("x_0", "value at the starting shape", start=(5.0, 5e3)),
            exponent("s", "compute", (0.1, 1.0)),
        ],
        published=[
            Published(
                f"Alabdulmohsin et al., {of}",
                {"s": s},
                cite="arXiv:2305.13035",
                mark="P",
                note="Exponent, on ImageNet 10-shot error.",
            )
            for of, s in (("depth", 0.45), ("width", 0.22), ("MLP size", 0.6))
        ],
    )
)
