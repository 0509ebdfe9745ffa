"""Rules for learning rate and batch, from size, tokens, compute or loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .core import Law
from .registry import law, register
from .symbols import KNOWN_INPUTS, Published, Symbol
from .terms import exponent, signed

__all__ = ["deepseek_hparams", "porian_hparams", "step_law"]

Array: TypeAlias = NDArray[np.float64]

_THEME = "hyper-parameters"
_LR, _BATCH = "learning rate", "batch"


def _scale(meaning: str, unit: str = "", start: tuple[float, float] = (1e-4, 10.0)) -> Symbol:
    return Symbol("c", meaning, unit, start=start)


_STEP = "Predictable Scale, Part I: Step Law, arXiv:2503.04715"
_STEP_N = Symbol("N", "parameters, without embeddings", "parameters", start=(1e7, 1e12), kind="params")
_BOOTSTRAP = "the 1,000 released bootstrap fits of arXiv:2503.04715, averaged"
_SIGNS = (
    " The published exponents of tokens differ in sign between Step Law and Bjorck et al.: "
    "never average them."
)
_LR_SYMBOLS = [
    _scale("learning rate at one parameter and one token"),
    signed("m", "exponent of parameters", (-1.0, 0.0)),
    signed("n", "exponent of tokens", (-0.5, 0.5)),
]

register(
    Law(
        "c * N**m * D**n",
        inputs=[_STEP_N, KNOWN_INPUTS["D"]],
        name="step_law_lr",
        title="Step Law, learning rate",
        output=_LR,
        theme=_THEME,
        cite=_STEP,
        mark="P",
        summary="Best peak learning rate: lower for a larger model, higher for more tokens." + _SIGNS,
        coefficients=_LR_SYMBOLS,
        published=[
            Published("Step Law", {"c": 1.79, "m": -0.713, "n": 0.307}, cite="arXiv:2503.04715", mark="P"),
            Published(
                "Step Law, mean of the bootstrap",
                {"c": 1.79734, "m": -0.712922, "n": 0.307491},
                cite=_BOOTSTRAP,
                mark="R",
                standard_errors={"m": 0.030, "n": 0.019},
                note="The factor is the exponential of the mean intercept.",
            ),
        ],
    )
)

register(
    Law(
        "c * D**m",
        inputs=["D"],
        name="step_law_batch",
        title="Step Law, batch",
        output=_BATCH,
        theme=_THEME,
        cite=_STEP,
        mark="P",
        summary="Best batch in tokens, from the tokens of training alone.",
        coefficients=[_scale("batch of one token", "tokens"), exponent("m", "tokens", (0.1, 1.0))],
        published=[
            Published("Step Law", {"c": 0.58, "m": 0.571}, cite="arXiv:2503.04715", mark="P"),
            Published(
                "Step Law, mean of the bootstrap",
                {"c": 0.580688, "m": 0.570944},
                cite=_BOOTSTRAP,
                mark="R",
                standard_errors={"m": 0.019},
                note="The factor is the exponential of the mean intercept.",
            ),
        ],
    )
)

register(
    Law(
        "c * N**m * D**n",
        inputs=["N", "D"],
        name="bjorck_lr",
        title="Learning rate over a token horizon",
        output=_LR,
        theme=_THEME,
        cite="Bjorck et al. 2024",
        mark="U",
        summary="Best learning rate, lower for more tokens; for 760 M parameters and more." + _SIGNS,
        coefficients=_LR_SYMBOLS,
        published=[
            Published(
                "Bjorck et al.",
                {"c": 1.55e-3, "m": -0.23, "n": -0.32},
                cite="Bjorck et al. 2024",
                mark="U",
                note="In the units of the paper.",
            )
        ],
    )
)

_PORIAN = "Porian et al. 2024, arXiv:2406.19146"
_PORIAN_N = Symbol("N", "parameters of linear layers, head included", "parameters",
                   start=(1e6, 1e11), kind="params")  # fmt: skip

register(
    Law(
        "c / N**m",
        inputs=[_PORIAN_N],
        name="porian_lr",
        title="Learning rate from size",
        output=_LR,
        theme=_THEME,
        cite=f"{_PORIAN}, Fig. 3",
        mark="S",
        summary="Best peak learning rate at compute-optimal tokens. The authors round it to "
        "0.0047 (N / 108 M)^(-1/3), with beta2 0.99 up to 220 M parameters and 0.95 above.",
        coefficients=[
            _scale("learning rate of one parameter", start=(0.01, 100.0)),
            exponent("m", "parameters", (0.1, 1.0)),
        ],
        published=[
            Published("Porian et al.", {"c": 3.7, "m": 0.36}, cite="arXiv:2406.19146, Fig. 3", mark="S"),
            Published(
                "Porian et al., rounded",
                {"c": 0.0047 * 108e6 ** (1 / 3), "m": 1 / 3},
                cite="arXiv:2406.19146",
                mark="S",
                note="0.0047 (N / 108e6)^(-1/3).",
            ),
        ],
    )
)

register(
    Law(
        "c * N**m",
        inputs=[_PORIAN_N],
        name="porian_batch",
        title="Batch from size",
        output=_BATCH,
        theme=_THEME,
        cite=f"{_PORIAN}, Fig. 3",
        mark="S",
        summary="Best batch in sequences of 2048 tokens at compute-optimal tokens.",
        coefficients=[
            _scale("batch of one parameter", "sequences", (1e-5, 1e-1)),
            exponent("m", "parameters", (0.1, 1.0)),
        ],
        published=[
            Published("Porian et al.", {"c": 0.00037, "m": 0.703}, cite="arXiv:2406.19146, Fig. 3", mark="S"),
            Published(
                "Porian et al., rounded",
                {"c": 160 / 108e6 ** (2 / 3), "m": 2 / 3},
                cite="arXiv:2406.19146",
                mark="S",
                note="160 (N / 108e6)^(2/3).",
            ),
        ],
    )
)

register(
    Law(
        "a - b * log(N)",
        inputs=[Symbol("N", "parameters, without embeddings", "parameters", start=(1e3, 1e9), kind="params")],
        name="kaplan_lr",
        title="Kaplan's learning rate",
        output=_LR,
        theme=_THEME,
        cite="Kaplan et al. 2020, arXiv:2001.08361",
        mark="S",
        summary="A rule the authors used, not an optimum; it is zero at 1.2e10 parameters.",
        coefficients=[
            Symbol("a", "learning rate of one parameter", start=(3.2e-3, 1e-2)),
            Symbol("b", "fall with an e-fold of parameters", start=(5e-5, 1.4e-4)),
        ],
        published=[
            Published("Kaplan et al.", {"a": 0.003239, "b": 0.0001395}, cite="arXiv:2001.08361", mark="S")
        ],
    )
)

register(
    Law(
        "c / L**m",
        inputs=[Symbol("L", "loss", "nats per token", start=(1.5, 6.0), kind="loss")],
        name="minicpm_batch",
        title="Batch from the loss",
        output=_BATCH,
        theme=_THEME,
        cite="MiniCPM, Hu et al. 2024, arXiv:2404.06395",
        mark="S",
        summary="Best batch in tokens for a target loss.",
        coefficients=[
            _scale("batch at a loss of 1", "tokens", (1e6, 1e11)), exponent("m", "loss", (1.0, 10.0))
        ],
        published=[Published("MiniCPM", {"c": 1.21e9, "m": 6.24}, cite="arXiv:2404.06395", mark="S")],
    )
)  # fmt: skip

_DEEPSEEK = "DeepSeek LLM 2024, arXiv:2401.02954"


def _deepseek(
    name: str, title: str, output: str, scale: Symbol, values: Mapping[str, float], cite: str, summary: str
) -> None:
    register(
        Law(
            "c / C**m" if output == _LR else "c * C**m",
            inputs=["C"],
            name=name,
            title=f"DeepSeek, {title}",
            output=output,
            theme=_THEME,
            cite=f"{_DEEPSEEK}, {cite}",
            mark="S",
            summary=summary,
            coefficients=[scale, exponent("m", "compute", (0.05, 1.0))],
            published=[Published("DeepSeek", values, cite=f"arXiv:2401.02954, {cite}", mark="S")],
        )
    )


_deepseek(
    "deepseek_lr", "learning rate", _LR, _scale("learning rate at one FLOP"),
    {"c": 0.3118, "m": 0.1250}, "Eq. 1", "Best peak learning rate from compute.",
)  # fmt: skip
_deepseek(
    "deepseek_batch", "batch", _BATCH, _scale("batch at one FLOP", "tokens"),
    {"c": 0.2920, "m": 0.3271}, "Eq. 1", "Best batch in tokens from compute.",
)  # fmt: skip

# -- several answers at once ---


def _published(name: str, inputs: Mapping[str, ArrayLike]) -> Array:
    form = law(name)
    return form.value(inputs, form.published[0].values)


def step_law(params: ArrayLike, tokens: ArrayLike) -> dict[str, Array]:
    """Learning rate and batch by Step Law (arXiv:2503.04715), from its published coefficients.

    Parameters
    ----------
    params : array_like
        N without embeddings.
    tokens : array_like
        D.

    Returns
    -------
    dict
        ``lr`` (peak) and ``batch_tokens``; the laws ``step_law_lr`` and ``step_law_batch``.
    """
    return {
        "lr": _published("step_law_lr", {"N": params, "D": tokens}),
        "batch_tokens": _published("step_law_batch", {"D": tokens}),
    }


def porian_hparams(params: ArrayLike) -> dict[str, Array]:
    """Learning rate and batch by Porian et al. (arXiv:2406.19146, Fig. 3), from their coefficients.

    Parameters
    ----------
    params : array_like
        N of all linear layers, head included.

    Returns
    -------
    dict
        ``lr`` (peak) and ``batch_sequences`` (of 2048 tokens); the laws ``porian_lr`` and ``porian_batch``.
    """
    return {
        "lr": _published("porian_lr", {"N": params}),
        "batch_sequences": _published("porian_batch", {"N": params}),
    }


def deepseek_hparams(flops: ArrayLike) -> dict[str, Array]:
    """Learning rate, batch, model scale and tokens by DeepSeek LLM (arXiv:2401.02954, Eq. 1 and 4).

    Parameters
    ----------
    flops : array_like
        C = M D, with M the FLOP per token, attention included.

    Returns
    -------
    dict
        ``lr``, ``batch_tokens``, ``flops_per_token`` (M) and ``tokens`` (D); the laws ``deepseek_lr``,
        ``deepseek_batch``, ``deepseek_model`` and ``deepseek_data``. M times D misses C by the
        rounding of the published coefficients.
    """
    names = {"lr": "lr", "batch_tokens": "batch", "flops_per_token": "model", "tokens": "data"}
    return {key: _published(f"deepseek_{name}", {"C": flops}) for key, name in names.items()}
