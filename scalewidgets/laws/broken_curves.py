"""Curves that bend: broken power laws, and the families M1 to M4 for data scaling of errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.errors import FormulaError

from .core import Law
from .registry import register
from .symbols import Symbol
from .terms import exponent, signed

__all__ = ["bnsl", "m4"]

_THEME = "learning curves"
_ALABDULMOHSIN = "Alabdulmohsin et al. 2022, arXiv:2209.06640"
_MOST_BREAKS = 9
_HALVINGS = 128
_X = Symbol("x", "what is scaled: parameters, samples, steps, compute", start=(1.0, 1e12))


def bnsl(breaks: int = 1) -> Law:
    """Return the broken neural scaling law with a number of breaks.

    ``y = a + b x^-c0 prod_i (1 + (x/d_i)^(1/f_i))^(-c_i f_i)``, of Caballero et al. 2023,
    arXiv:2210.14891, Eq. 1.

    Parameters
    ----------
    breaks : int
        From 1 to 9. Each adds a place ``d``, a change of slope ``c`` of either sign, and a width ``f``
        (0 is sharp); beyond k breaks the local slope is ``-(c0 + c1 + ... + ck)``.

    Returns
    -------
    Law
        Of the input ``x``, with the coefficients a, b, c0, c1, d1, f1, c2, ...

    Raises
    ------
    FormulaError
        If ``breaks`` is not a whole number in that range.

    Notes
    -----
    The bracket is written as ``max(1, x/d)^-c (1 + (min(x, d)/max(x, d))^(1/f))^(-c f)``: the same number,
    without the overflow of ``(x/d)^(1/f)`` at a sharp break, which would turn into a silent zero.
    """
    if isinstance(breaks, bool) or not isinstance(breaks, int) or not 1 <= breaks <= _MOST_BREAKS:
        raise FormulaError(
            f"A broken scaling law has from 1 to {_MOST_BREAKS} breaks, not {breaks!r}.",
            remedy="A curve without a break is power_const, power_N or power_D.",
        )
    numbers = range(1, breaks + 1)
    factors = "".join(
        f" * max(1, x / d{i})**(-c{i}) * (1 + (min(x, d{i}) / max(x, d{i}))**(1 / f{i}))**(-c{i} * f{i})"
        for i in numbers
    )
    symbols = [
        Symbol("a", "limit for large x", start=(1e-3, 1.0)),
        Symbol("b", "amplitude of the power", start=(0.1, 100.0)),
        signed("c0", "exponent before the first break", (0.02, 1.0)),
    ]
    for i in numbers:
        where = "the break" if breaks == 1 else f"break {i}"
        symbols += [
            signed(f"c{i}", f"added to the exponent at {where}", (-0.5, 1.0)),
            Symbol(f"d{i}", f"place of {where}", "unit of x", start=(10.0, 1e8)),
            Symbol(f"f{i}", f"width of {where}, 0 is sharp", start=(0.05, 1.0)),
        ]
    return Law(
        f"a + b * x**(-c0){factors}",
        inputs=[_X],
        name="bnsl" if breaks == 1 else f"bnsl_{breaks}",
        title="Broken power law" if breaks == 1 else f"Broken power law, {breaks} breaks",
        theme=_THEME,
        output="metric",
        cite="Caballero et al. 2023, arXiv:2210.14891, Eq. 1",
        mark="P",
        summary="Straight pieces in log-log, joined smoothly; it can rise and fall again (double descent). "
        "Breaks near the end of the data are not identified. laws.bnsl(breaks=2) has more.",
        coefficients=symbols,
    )


def m4(
    x: ArrayLike, *, beta: ArrayLike, c: ArrayLike, alpha: ArrayLike, eps_inf: ArrayLike, eps_0: ArrayLike
) -> NDArray[np.float64]:
    """Error under M4, which is implicit: ``(eps - eps_inf) / (eps_0 - eps)^alpha = beta x^c``.

    It runs from the error of guessing at small x to a floor at large x. ``alpha = 0`` is M2. The inverse, how
    many samples an error needs, is explicit: the law ``m4_samples``. Of Alabdulmohsin et al. 2022,
    arXiv:2209.06640.

    Parameters
    ----------
    x : array_like
        Size of the training set, above zero.
    beta : array_like
        Amplitude, above zero.
    c : array_like
        Exponent, below zero.
    alpha : array_like
        How abruptly the curve leaves the error of guessing; not negative.
    eps_inf, eps_0 : array_like
        Irreducible error and error of guessing, ``eps_inf < eps_0``.

    Returns
    -------
    ndarray of float64
        Broadcast shape.

    Raises
    ------
    FormulaError
        If a value is outside its range; NaN gives NaN.
    """
    x_, b, c_, a, low, high = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (x, beta, c, alpha, eps_inf, eps_0))
    )
    for wrong, says in (
        (x_ <= 0, "x is above zero"),
        (b <= 0, "beta is above zero"),
        (c_ >= 0, "c is below zero"),
        (a < 0, "alpha is not negative"),
        (low >= high, "eps_inf is below eps_0"),
    ):
        if np.any(wrong):
            raise FormulaError(f"In M4 {says}.")
    # With u = ln((eps - eps_inf) / (eps_0 - eps)) the equation reads alpha softplus(u) - softplus(-u) = t:
    # rising in u, so the root is unique, and no digits are lost close to either end.
    with np.errstate(all="ignore"):
        t = np.log(b) + c_ * np.log(x_) + (a - 1) * np.log(high - low)
        left = np.where(t < (a - 1) * np.log(2.0), t - a * np.log(2.0), 0.0)
        right = np.where(left < 0, 0.0, (t + np.log(2.0)) / np.where(a > 0, a, 1.0))
        for _ in range(_HALVINGS):
            middle = (left + right) / 2
            above = a * np.logaddexp(0, middle) - np.logaddexp(0, -middle) > t
            left, right = np.where(above, left, middle), np.where(above, middle, right)
        share = np.exp(-np.logaddexp(0, -(left + right) / 2))
        return np.asarray(np.where(a > 0, low + (high - low) * share, low + b * x_**c_) + 0 * t)


register(bnsl())

for _name, _formula, _title, _summary in (
    ("m1", "beta * x**c", "M1, a power", "A power law without a floor."),
    ("m2", "eps_inf + beta * x**c", "M2, a power and a floor", "A power law above a floor."),
    (
        "m3",
        "beta * (1 / x + gamma)**(-c)",
        "M3, a power that levels off",
        "A power law in a sample size that saturates at 1 / gamma: it levels off at beta gamma^-c.",
    ),
):
    _symbols = [
        Symbol("beta", "amplitude", start=(0.1, 100.0)),
        signed("c", "exponent of the training set", (-1.0, -0.1), high=0.0),
    ]
    if _name == "m2":
        _symbols.insert(0, Symbol("eps_inf", "irreducible error", start=(0.01, 0.5)))
    if _name == "m3":
        _symbols.append(Symbol("gamma", "inverse of the sample size that counts", start=(1e-9, 1e-4)))
    register(
        Law(
            _formula,
            inputs=[Symbol("x", "size of the training set", "samples", start=(1e3, 1e10))],
            name=_name,
            title=_title,
            theme=_THEME,
            output="error",
            cite=_ALABDULMOHSIN,
            mark="S",
            summary=f"{_summary} The exponent c is negative. Choose among M1 to M4 by extrapolation error.",
            coefficients=_symbols,
        )
    )

register(
    Law(
        "((eps - eps_inf) / (beta * (eps_0 - eps)**alpha))**(1 / c)",
        inputs=[Symbol("eps", "error that is asked for, between eps_inf and eps_0", start=(0.3, 0.5))],
        name="m4_samples",
        title="M4, samples for an error",
        theme=_THEME,
        output="samples",
        cite=_ALABDULMOHSIN,
        mark="S",
        summary="M4 runs from the error of guessing to a floor. It gives the error only implicitly, by the "
        "function laws.m4; this is its inverse, which is explicit.",
        coefficients=[
            Symbol("eps_inf", "irreducible error", start=(0.01, 0.2)),
            Symbol("eps_0", "error of guessing", start=(0.7, 1.0)),
            Symbol("beta", "amplitude", start=(0.5, 50.0)),
            signed("c", "exponent of the training set", (-1.0, -0.2), high=0.0),
            exponent("alpha", "the distance from guessing", (0.05, 2.0)),
        ],
    )
)
