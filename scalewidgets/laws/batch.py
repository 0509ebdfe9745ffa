"""Laws of the batch: what it costs, when it is too large, and the weight decay that goes with it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import exponent, signed

__all__ = ["cheapest_batch", "ema_timescale", "weight_decay"]

Array: TypeAlias = NDArray[np.float64]

_THEME = "hyper-parameters"
_MCCANDLISH = "McCandlish et al. 2018, arXiv:1812.06162"
_B = Symbol("B", "batch", "tokens", start=(1e4, 1e8), kind="tokens")
_B_CRIT = Symbol("B_crit", "critical batch", "tokens", start=(1e4, 1e8), kind="tokens")

register(
    Law(
        "S_min * (1 + B_crit / B)",
        inputs=[_B],
        name="mccandlish",
        title="Steps at a batch size",
        output="steps",
        theme=_THEME,
        cite=_MCCANDLISH,
        mark="S",
        summary="Optimiser steps to one loss. At the critical batch they are twice the least, and so are the "
        "tokens (mccandlish_data).",
        coefficients=[Symbol("S_min", "least steps", "steps", start=(1e3, 1e6)), _B_CRIT],
    )
)

register(
    Law(
        "D_min * (1 + B / B_crit)",
        inputs=[_B],
        name="mccandlish_data",
        title="Tokens at a batch size",
        output="tokens",
        theme=_THEME,
        cite=_MCCANDLISH,
        mark="S",
        summary="Tokens to one loss. Fitted to the tokens that runs of several batch sizes need, it gives "
        "the critical batch.",
        coefficients=[Symbol("D_min", "least tokens", "tokens", start=(1e8, 1e13), kind="tokens"), _B_CRIT],
    )
)

register(
    Law(
        "D_min * S / (S - S_min)",
        inputs=[Symbol("S", "optimiser steps, more than S_min", "steps", start=(2e5, 1e7))],
        name="mccandlish_tradeoff",
        title="Tokens and steps to one loss",
        output="tokens",
        theme=_THEME,
        cite=_MCCANDLISH,
        mark="S",
        summary="(S / S_min - 1) (D / D_min - 1) = 1, whatever the batch: fewer steps cost tokens. "
        "The critical batch is D_min / S_min.",
        coefficients=[
            Symbol("D_min", "least tokens", "tokens", start=(1e8, 1e13), kind="tokens"),
            Symbol("S_min", "least steps", "steps", start=(1e3, 1.5e5)),
        ],
    )
)

_ZHANG = (
    "Critical batch: steps 20 % above what linear scaling promises. The paper finds that it follows the "
    "tokens, not the parameters; the two forms here agree at 20 tokens per parameter."
)


def _critical(name: str, of: str, word: str, c: float) -> None:
    register(
        Law(
            f"c * {of}**m",
            inputs=[of],
            name=name,
            title=f"Critical batch, from {word}s",
            output="batch",
            theme=_THEME,
            cite="Zhang et al. 2024, arXiv:2410.21676",
            mark="U",
            summary=_ZHANG,
            coefficients=[
                Symbol("c", f"batch of one {word}", "tokens", start=(0.1, 1e3)),
                exponent("m", f"{word}s", (0.1, 1.0)),
            ],
            published=[Published("Zhang et al.", {"c": c, "m": 0.47}, cite="arXiv:2410.21676", mark="U")],
        )
    )


_critical("critical_batch", "D", "token", 22.91)
_critical("critical_batch_N", "N", "parameter", 93.20)

# -- Power Lines ---

_POWER_LINES = "Power Lines, Bergsma et al. 2025, arXiv:2505.13738"
_EXPONENT_ONLY = "Exponent only: ratios can be computed from it."
_TAU_SYMBOLS = [
    Symbol("c", "timescale at one token per parameter", start=(0.1, 10.0)),
    signed("m", "exponent of tokens per parameter", (-1.0, -0.1)),
]
_TAU = [
    Published(
        "Bergsma et al., exponent",
        {"m": -0.527},
        cite="arXiv:2505.13738",
        mark="S",
        note=f"{_EXPONENT_ONLY} Bootstrap 10 to 90 %: -0.529 to -0.507; R2 0.975.",
    ),
    Published("Bergsma et al.", {"c": 1.084, "m": -0.527}, cite="arXiv:2505.13738", mark="U"),
]

register(
    Law(
        "c * TPP**m",
        inputs=[Symbol("TPP", "tokens per parameter", start=(1.0, 1e4), kind="ratio")],
        name="power_lines",
        title="Best timescale of weight decay",
        output="share of training",
        theme=_THEME,
        cite=_POWER_LINES,
        mark="S",
        summary="Share of training over which AdamW should average its weights, B / (lr x decay x D). "
        "The more tokens per parameter, the smaller.",
        coefficients=_TAU_SYMBOLS,
        published=_TAU,
    )
)

register(
    Law(
        "B / (eta * D * c * (D / N)**m)",
        inputs=["N", "D", _B, Symbol("eta", "peak learning rate", start=(1e-5, 1e-1))],
        name="power_lines_decay",
        title="Best weight decay",
        output="weight decay",
        theme=_THEME,
        cite=f"{_POWER_LINES}, with AdamW's timescale B / (lr x decay x D)",
        mark="S",
        summary="Linear in the batch up to the critical batch.",
        coefficients=_TAU_SYMBOLS,
        published=_TAU,
    )
)


def _power_line(name: str, title: str, tokens: str, c: float, m: float) -> None:
    register(
        Law(
            "c * D**m",
            inputs=[Symbol("D", tokens, "tokens", start=(1e9, 1e14), kind="tokens")],
            name=name,
            title=f"{title}, in sequences",
            output="batch",
            theme=_THEME,
            cite=_POWER_LINES,
            mark="S",
            summary="In sequences of 2048 tokens. Both batches follow the tokens, not the parameters.",
            coefficients=[
                Symbol("c", "batch at one token", "sequences", start=(1e-4, 10.0)),
                exponent("m", "tokens", (0.1, 1.0)),
            ],
            published=[
                Published(
                    "Bergsma et al., exponent",
                    {"m": m},
                    cite="arXiv:2505.13738",
                    mark="S",
                    note=_EXPONENT_ONLY,
                ),
                Published("Bergsma et al.", {"c": c, "m": m}, cite="arXiv:2505.13738", mark="U"),
            ],
        )
    )


_power_line("power_lines_batch", "Best batch", "training tokens", 0.0306, 0.383)
_power_line("power_lines_critical", "Critical batch", "tokens a small batch needs", 0.0471, 0.462)


def ema_timescale(batch: ArrayLike, lr: ArrayLike, decay: ArrayLike, tokens: ArrayLike) -> Array:
    """Share of training over which AdamW averages its weights, ``B / (lr * decay * D)``.

    Parameters
    ----------
    batch, tokens : array_like
        B and D, both in tokens.
    lr, decay : array_like
        Peak learning rate and weight decay.

    Returns
    -------
    ndarray of float64
        Arrays broadcast (arXiv:2505.13738).
    """
    b, rate, lam, d = (np.asarray(given, dtype=np.float64) for given in (batch, lr, decay, tokens))
    return np.asarray(b / (rate * lam * d))


def weight_decay(batch: ArrayLike, lr: ArrayLike, tokens: ArrayLike, timescale: ArrayLike) -> Array:
    """Weight decay that gives AdamW a timescale: the inverse of :func:`ema_timescale`."""
    return ema_timescale(batch, lr, timescale, tokens)


def cheapest_batch(critical: ArrayLike, per_token: ArrayLike, per_step: ArrayLike) -> Array:
    """Batch at which a run to one loss costs least.

    Parameters
    ----------
    critical : array_like
        Critical batch, in tokens.
    per_token, per_step : array_like
        Price of a token and price of an optimiser step (of waiting for it), in one currency.

    Returns
    -------
    ndarray of float64
        ``sqrt(per_step * critical / per_token)`` tokens: the least of
        ``per_token * tokens + per_step * steps`` under the laws ``mccandlish`` and ``mccandlish_data``,
        with ``D_min = S_min * B_crit``.
    """
    b, token, step = (np.asarray(given, dtype=np.float64) for given in (critical, per_token, per_step))
    return np.asarray(np.sqrt(step * b / token))
