"""Exponential and logarithm that the compiler can vectorise, and how kernels are decorated.

Calls into the C library end every attempt to run eight numbers at a time; polynomials do not.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

# Sums may be taken in any order, products be added without rounding in between. Nothing else is relaxed:
# infinities mean "outside the law's domain".
# Python never calls these functions: ways to do so would be compiled for each.
_common = {"error_model": "numpy", "nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
summing = njit(**_common, fastmath={"reassoc", "contract", "nsz"})
exact = njit(**_common, fastmath={"contract"})
plain = njit(**_common)
written = njit(**_common, inline="always")
"""For what is called in one place: each function is optimised together with all that it calls, so that every
level of calls costs the compiler as much as the machine code itself."""

FURTHEST = 700.0
"""Largest exponent, either way."""

_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it leaves the nearest integer in the lowest bits
_BIAS, _TWICE_BIAS, _MANTISSA_BITS = np.uint64(1023), np.uint64(2046), np.uint64(52)
_ROOT_HALF = np.uint64(0x3FE6A09E667F3BCD)
_TO_ROOT_HALF = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
_MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
_TWO_52 = np.uint64(0x4330000000000000)
_TWO_52_AND_BIAS = 4503599627370496.0 + 1023.0


@intrinsic
def _bits(context: Any, x: Any) -> Any:
    """Bits of a float, as an unsigned integer."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.uint64(types.float64), build


@intrinsic
def _float(context: Any, x: Any) -> Any:
    """Float with these bits."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.uint64), build


@intrinsic
def root(context: Any, x: Any) -> Any:
    """Square root by the processor's own instruction, not the C library's function."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        function = builder.module.declare_intrinsic("llvm.sqrt", [ir.DoubleType()])
        return builder.call(function, arguments)

    return types.float64(types.float64), build


@intrinsic
def ahead(context: Any, pointer: Any, count: Any) -> Any:
    """Pointer to what lies so many numbers further on."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.int64), build


def _from_place(kind: Any) -> Any:
    pointer = types.CPointer(kind)

    def at(context: Any, place: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(pointer))

        return pointer(types.int64), build

    return intrinsic(at)


reals_at, whole_at = _from_place(types.float64), _from_place(types.int64)
"""Pointers to what lies at an address."""


@exact
def exp(x):
    """Exponential to about 1.2 units in the last place; its argument is kept within -700 and 700.

    ``x = k log 2 + r``; on ``|r| <= log(2)/2`` the Chebyshev interpolant of ``(exp(r) - 1 - r) / r**2``
    is off by 2e-17.
    """
    y = min(max(x, -FURTHEST), FURTHEST)
    shifted = y * _LOG2E + _ROUND
    k = shifted - _ROUND
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW
    p = 2.510038549551032e-08
    p = p * r + 2.7620088445409746e-07
    p = p * r + 2.7557268459997064e-06
    p = p * r + 2.4801521295954376e-05
    p = p * r + 0.00019841269863053618
    p = p * r + 0.0013888888917213717
    p = p * r + 0.008333333333330062
    p = p * r + 0.04166666666662413
    p = p * r + 0.16666666666666669
    p = p * r + 0.5000000000000001
    return ((r * r) * p + r + 1.0) * _float((_bits(shifted) + _BIAS) << _MANTISSA_BITS)


@exact
def log_and_inverse(x):
    """Logarithm and inverse of a positive number to about 2 units in the last place, by one division.

    ``x = 2**k m`` with m within a factor of root two of one, and ``log m = 2 artanh s`` by the Chebyshev
    interpolant of ``(2 artanh s - 2 s) / s**3`` in ``s**2``, off by 5e-18.
    """
    moved = _bits(x) + _TO_ROOT_HALF
    exponent = moved >> _MANTISSA_BITS
    k = _float(exponent | _TWO_52) - _TWO_52_AND_BIAS
    m = _float((moved & _MANTISSA) + _ROOT_HALF)
    more = m + 1.0
    both = 1.0 / (m * more)
    s = (m - 1.0) * (m * both)
    z = s * s
    q = 0.14616585424888623
    q = q * z + 0.15331710618210773
    q = q * z + 0.18182889455674947
    q = q * z + 0.22222211130259878
    q = q * z + 0.2857142862600327
    q = q * z + 0.39999999999899444
    q = q * z + 0.666666666666667
    inverse = (more * both) * _float((_TWICE_BIAS - exponent) << _MANTISSA_BITS)
    return k * _LN2_HIGH + (k * _LN2_LOW + (s * z * q + 2.0 * s)), inverse


@summing
def dot(a, b, count):
    """Sum of products of the first ``count`` numbers."""
    out = 0.0
    for i in range(count):
        out += a[i] * b[i]
    return out
