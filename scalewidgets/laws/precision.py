"""Laws of precision: training in few bits, and quantising afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import FormulaError

from .core import Law
from .registry import law, register
from .symbols import Published, Symbol
from .terms import exponent, signed, surface

__all__ = ["critical_tokens", "precision_opt"]

Array: TypeAlias = NDArray[np.float64]

_THEME = "precision and compression"
_KUMAR = "Kumar et al. 2024, arXiv:2411.04330"
_BASE = {"A": 4299.0, "alpha": 0.4965, "B": 18060.0, "beta": 0.4965, "E": 2.7648}
_WEIGHTS = {"gamma_w": 2.6745, "n_w": 0.3037}
_BITS = {**_WEIGHTS, "gamma_a": 2.2102, "n_a": 1.4072, "gamma_kv": 0.9578, "n_kv": 2.4185}
_AFTER = {"C_T": 0.0598, "gamma_D": 0.5068, "gamma_N": 0.3439, "gamma_post": 0.5907}
_OFFSETS = (
    "The offsets enter as exp(-P/gamma + n): of the two signs only this one gives the 7 to 8 bits that "
    "the paper finds optimal. alpha and beta were tied."
)
_USE_BITS = "Each part of the model works as if it had fewer parameters the fewer bits it has; inf is exact."

_W = "(1 - exp(-P_w / gamma_w + n_w))"
_SHARE = f"{_W} * (1 - exp(-P_a / gamma_a + n_a)) * (1 - exp(-P_kv / gamma_kv + n_kv))"


def _bits(name: str, of: str) -> Symbol:
    return Symbol(name, f"precision of the {of}", "bits", start=(4.0, 16.0))


def _bit_symbols(name: str, of: str) -> list[Symbol]:
    return [
        Symbol(f"gamma_{name}", f"bits over which the {of} become exact", "bits", start=(0.5, 3.0)),
        signed(f"n_{name}", f"offset of the {of}", (-1.0, 0.3)),
    ]


_PARTS = {"w": "weights", "a": "activations", "kv": "key-value cache"}
_PART_BITS = [_bits(f"P_{name}", of) for name, of in _PARTS.items()]
_PART_SYMBOLS = [symbol for name, of in _PARTS.items() for symbol in _bit_symbols(name, of)]

register(
    Law(
        f"E + A / (N * {_SHARE})**alpha + B / D**beta",
        inputs=["N", "D", *_PART_BITS],
        name="precision",
        title="Training precision",
        theme=_THEME,
        cite=f"{_KUMAR}, Eq. 3-4",
        mark="P",
        summary=f"{_USE_BITS} For 3 bits and more; N and D as in Chinchilla.",
        coefficients=[*surface(), *_PART_SYMBOLS],
        published=[
            Published(
                "Kumar et al., integers",
                {**_BASE, **_BITS},
                cite="arXiv:2411.04330, App. K, Table 2",
                mark="P",
                note=_OFFSETS,
            )
        ],
    )
)

register(
    Law(
        f"N * {_SHARE}",
        inputs=["N", *_PART_BITS],
        name="precision_params",
        title="Effective parameters at low precision",
        output="effective parameters",
        theme=_THEME,
        cite=f"{_KUMAR}, Eq. 3-4",
        mark="P",
        summary=f"{_USE_BITS} With offsets of zero it is the equation as the main text states it.",
        coefficients=_PART_SYMBOLS,
        published=[
            Published(
                "Kumar et al., integers",
                _BITS,
                cite="arXiv:2411.04330, App. K, Table 2",
                mark="P",
                note=_OFFSETS,
            )
        ],
    )
)

register(
    Law(
        f"E + A / (N * {_W})**alpha + B / D**beta",
        inputs=["N", "D", _bits("P_w", "weights")],
        name="precision_weights",
        title="Training precision of the weights",
        theme=_THEME,
        cite=f"{_KUMAR}, Eq. 3",
        mark="P",
        summary="Only the weights are at low precision; activations and cache are exact.",
        coefficients=[*surface(), *_bit_symbols("w", "weights")],
        published=[
            Published(
                "Kumar et al., integer weights",
                {**_BASE, **_WEIGHTS},
                cite="arXiv:2411.04330, App. K, Table 2",
                mark="P",
                note=_OFFSETS,
            ),
            Published(
                "Kumar et al., floating-point weights",
                {"gamma_w": 2.8111, "n_w": 0.1240},
                cite="arXiv:2411.04330, App. K",
                mark="P",
                note="Sensitivity and offset only.",
            ),
        ],
    )
)

_PTQ = "C_T * D**gamma_D / N**gamma_N * exp(-P_post / gamma_post)"
_POST = Symbol("P_post", "precision after training", "bits", start=(3.0, 8.0))
_PTQ_SYMBOLS = [
    Symbol("C_T", "amplitude of the loss from quantisation", "nats per token", start=(1e-3, 1.0)),
    exponent("gamma_D", "tokens, which make a model harder to quantise", (0.1, 1.0)),
    exponent("gamma_N", "parameters, which make it easier", (0.1, 1.0)),
    Symbol("gamma_post", "bits over which the loss from quantisation falls", "bits", start=(0.3, 2.0)),
]
_OPTION = "The appendix also lists an offset of 1.1277 in the exponent; the equation is without."

register(
    Law(
        _PTQ,
        inputs=["N", "D", _POST],
        name="precision_ptq",
        title="Loss added by quantising after training",
        output="loss increase",
        theme=_THEME,
        cite=f"{_KUMAR}, Eq. 2",
        mark="P",
        summary="Grows with the tokens a model was trained on: past some point more data hurt a model that "
        "will be quantised.",
        coefficients=_PTQ_SYMBOLS,
        published=[
            Published(
                "Kumar et al.", _AFTER, cite="arXiv:2411.04330, App. K, Table 2", mark="P", note=_OPTION
            )
        ],
    )
)

register(
    Law(
        f"E + A / N**alpha + B / D**beta + {_PTQ}",
        inputs=["N", "D", _POST],
        name="precision_post",
        title="Trained exact, then quantised",
        theme=_THEME,
        cite=f"{_KUMAR}, Eq. 2 on top of Chinchilla",
        mark="P",
        summary="Not monotone in tokens: the loss rises again where quantisation adds more than "
        "another token removes.",
        coefficients=[*surface(), *_PTQ_SYMBOLS],
        published=[
            Published(
                "Kumar et al.",
                {**_BASE, **_AFTER},
                cite="arXiv:2411.04330, App. K, Table 2",
                mark="P",
                note=f"{_OPTION} alpha and beta were tied.",
            )
        ],
    )
)


_QUANTISED = (
    f"C_T * D**gamma_D / (N * {_W})**gamma_N * max(exp(-P_post / gamma_post) - exp(-P_w / gamma_post), 0)"
)

register(
    Law(
        f"E + A / (N * {_W})**alpha + B / D**beta + {_QUANTISED}",
        inputs=["N", "D", _bits("P_w", "weights"), _POST],
        name="precision_unified",
        title="Trained at low precision, then quantised",
        theme=_THEME,
        cite=f"after {_KUMAR}, Eq. 9-10",
        mark="U",
        summary="Training in few bits makes a model robust: quantising adds nothing that training has not "
        "added already. Eq. 9-10 say so with the noises of both; that each is exp(-P / gamma_post), as "
        "after exact training, is a reading of them.",
        coefficients=[*surface(), *_bit_symbols("w", "weights"), *_PTQ_SYMBOLS],
    )
)


def critical_tokens(params: Array | float, bits: Array | float, coefficients: Mapping[str, float]) -> Array:
    """Tokens from which on more training data hurt a model that will be quantised.

    Parameters
    ----------
    params : float or ndarray
        N.
    bits : float or ndarray
        Precision after training; arrays broadcast.
    coefficients : mapping of str to float
        Of the law ``precision_post``.

    Returns
    -------
    ndarray of float64
        D at which the law is lowest: the token term falls as fast as the loss from quantisation rises.

    Notes
    -----
    ``beta B D^-beta = gamma_D delta_PTQ(D)``, Kumar et al. 2024, arXiv:2411.04330, with Eq. 2, solved for D.
    """
    c = coefficients
    size, after = np.asarray(params, dtype=np.float64), np.asarray(bits, dtype=np.float64)
    log_d = (
        np.log(c["beta"] * c["B"] / (c["gamma_D"] * c["C_T"]))
        + c["gamma_N"] * np.log(size)
        + after / c["gamma_post"]
    ) / (c["gamma_D"] + c["beta"])
    return np.asarray(np.exp(log_d))


def precision_opt(coefficients: Mapping[str, float], most: float = 64.0) -> float:
    """Precision, one for weights, activations and cache, that is best for a training compute.

    Compute grows as ``N D P``, so at fixed compute and tokens the best precision has the most effective
    parameters for a bit: it is the same for every compute.

    Parameters
    ----------
    coefficients : mapping of str to float
        Of the law ``precision_params``; others are left aside.
    most : float
        Largest precision considered, in bits.

    Returns
    -------
    float
        Bits; 7.0 from the published coefficients, not a whole number in general.

    Raises
    ------
    FormulaError
        If effective parameters for a bit have no peak between 3 bits, where the law begins, and ``most``.

    Notes
    -----
    Kumar et al. 2024, arXiv:2411.04330, whose cost is ``C = (6/16) N D P``.
    """
    from scipy.optimize import minimize_scalar

    form = law("precision_params")
    known = {name: coefficients[name] for name in form.coefficient_names}

    def per_bit(bits: Array) -> Array:
        inputs = {"N": np.float64(1.0), "P_w": bits, "P_a": bits, "P_kv": bits}
        return np.asarray(form.value(inputs, known) / bits)

    # Below some bits an offset makes a factor negative, and a product of two such is no share: look above.
    grid = np.geomspace(3.0, most, 400)
    peak = int(np.argmax(per_bit(grid)))
    if peak in (0, len(grid) - 1):
        raise FormulaError(
            f"No precision between 3 and {most:g} bits is best: the end at {grid[peak]:g} is.",
            remedy="The law holds from 3 bits on.",
        )
    found = minimize_scalar(
        lambda bits: -float(per_bit(np.float64(bits))),
        bounds=(grid[peak - 1], grid[peak + 1]),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(found.x)
