"""The best model for a compute: closed form where the law has one, a search on C = 6ND elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.laws import Law

from .lines import CELLS, lowest
from .problem import FLOPS_PER_PARAM_TOKEN

Array: TypeAlias = NDArray[np.float64]
Values: TypeAlias = Mapping[str, ArrayLike]

_STEP = 0.25
"""Decades of compute to either side over which the exponent of a law without closed form is taken."""
_BLOCK = 2**18


@dataclass(frozen=True)
class Optimum:
    """The best model for a compute; arrays of one shape.

    Attributes
    ----------
    params, tokens, loss : ndarray
        N*, D* and L*. NaN where no size inside ``10 < N < C / 60`` is better than its neighbours;
        for a law of compute alone only the loss is known.
    exponent : ndarray
        a in ``N* ~ C^a``, at this compute.
    """

    params: Array
    tokens: Array
    loss: Array
    exponent: Array

    @property
    def ratio(self) -> Array:
        """Best tokens per parameter."""
        return np.asarray(self.tokens / self.params)


def chinchilla_form(law: Law) -> tuple[str | None, str, str, str, str] | None:
    """Names (E or None, A, alpha, B, beta) if the law is a floor and one power each of N and D."""
    terms, rest = law.terms
    if set(law.input_names) != {"N", "D"} or rest != "0":
        return None
    found: dict[str, tuple[str, str]] = {}
    floor = None
    for coefficient, basis in terms:
        matched = [
            (symbol, name)
            for symbol in ("N", "D")
            for name in law.coefficient_names
            if basis == f"{symbol}**(-{name})"
        ]
        if basis == "1" and floor is None:
            floor = coefficient
        elif matched and matched[0][0] not in found:
            found[matched[0][0]] = (coefficient, matched[0][1])
        else:
            return None
    return (floor, *found["N"], *found["D"]) if len(found) == 2 else None


def optimum(law: Law, coefficients: Values, flops: ArrayLike) -> Optimum:
    """Best params and tokens for a compute under C = 6ND.

    Parameters
    ----------
    law : Law
        Of N and D, of N and C or D and C, or of C alone.
    coefficients : mapping of str to array_like
        One value each, or columns of resamples, shape (R, 1), that broadcast against ``flops``.
    flops : array_like

    Notes
    -----
    For ``E + A/N^alpha + B/D^beta``, with ``G = (alpha A / (beta B))^(1/(alpha+beta))`` and
    ``a = beta/(alpha+beta)``: ``N* = G (C/6)^a``, ``D* = (C/6)^(1-a) / G`` (arXiv:2203.15556, Eq. 4).
    """
    compute = np.asarray(flops, dtype=np.float64)
    values = {name: np.asarray(value, dtype=np.float64) for name, value in coefficients.items()}
    shape = np.broadcast_shapes(compute.shape, *(value.shape for value in values.values()))
    nothing = np.full(shape, np.nan)
    form = chinchilla_form(law)
    if form is not None:
        return _closed(form, values, compute, shape)
    known = set(law.input_names)
    if known == {"C"}:
        return Optimum(nothing, nothing, law.value({"C": compute}, values), nothing)
    if not known <= {"N", "D", "C"}:
        return Optimum(nothing, nothing, nothing, nothing)
    size, loss = _search(law, values, compute, shape)
    ends = [_search(law, values, compute * 10.0**step, shape)[0] for step in (-_STEP, _STEP)]
    exponent = np.log10(ends[1] / ends[0]) / (2 * _STEP)
    return Optimum(size, compute / (FLOPS_PER_PARAM_TOKEN * size), loss, exponent)


def best_loss(law: Law, coefficients: Values, flops: ArrayLike, ratio: float | None = None) -> Array:
    """Loss of the best model for a compute, or of the one with ``ratio`` tokens per parameter."""
    compute = np.asarray(flops, dtype=np.float64)
    values = {name: np.asarray(value, dtype=np.float64) for name, value in coefficients.items()}
    if ratio is not None:
        size = np.sqrt(compute / (FLOPS_PER_PARAM_TOKEN * ratio))
        return law.value(_inputs(law, size, compute), values)
    shape = np.broadcast_shapes(compute.shape, *(value.shape for value in values.values()))
    form = chinchilla_form(law)
    if form is not None:
        return _closed(form, values, compute, shape).loss
    if set(law.input_names) == {"C"}:
        return law.value({"C": compute}, values)
    return _search(law, values, compute, shape)[1]


def _closed(
    form: tuple[str | None, str, str, str, str],
    values: Mapping[str, Array],
    compute: Array,
    shape: tuple[int, ...],
) -> Optimum:
    floor, *names = form
    big_a, alpha, big_b, beta = (values[name] for name in names)
    with np.errstate(all="ignore"):
        g = (alpha * big_a / (beta * big_b)) ** (1 / (alpha + beta))
        a = beta / (alpha + beta)
        size = g * (compute / FLOPS_PER_PARAM_TOKEN) ** a
        data = (compute / FLOPS_PER_PARAM_TOKEN) ** (1 - a) / g
        loss = big_a / size**alpha + big_b / data**beta + (0.0 if floor is None else values[floor])
    return Optimum(*(np.array(np.broadcast_to(part, shape)) for part in (size, data, loss, a)))


def _inputs(law: Law, size: Array, compute: Array) -> dict[str, Array]:
    known = {"N": size, "C": compute, "D": compute / (FLOPS_PER_PARAM_TOKEN * size)}
    return {name: known[name] for name in law.input_names}


def _search(
    law: Law, values: Mapping[str, Array], compute: Array, shape: tuple[int, ...]
) -> tuple[Array, Array]:
    """Size and loss of the best model, over the whole line of a compute; in blocks of moderate size."""
    count = int(np.prod(shape, dtype=int))
    flat = {name: np.broadcast_to(value, shape).reshape(-1) for name, value in values.items()}
    budget = np.broadcast_to(compute, shape).reshape(-1)
    size, loss = np.empty(count), np.empty(count)
    step = max(1, _BLOCK // CELLS)
    for first in range(0, count, step):
        cut = slice(first, first + step)
        size[cut], loss[cut] = _search_block(law, {k: v[cut] for k, v in flat.items()}, budget[cut])
    return size.reshape(shape), loss.reshape(shape)


def _search_block(law: Law, values: Mapping[str, Array], compute: Array) -> tuple[Array, Array]:
    given = {k: v[:, None] for k, v in values.items()}
    edge = np.full(len(compute), np.log(10.0))

    def loss(x: Array) -> Array:
        return law.value(_inputs(law, np.exp(x), compute[:, None]), given)

    place, found, side = lowest(loss, edge, np.log(compute / FLOPS_PER_PARAM_TOKEN) - edge)
    return np.where(side == 0, np.exp(place), np.nan), np.where(side == 0, found, np.nan)
