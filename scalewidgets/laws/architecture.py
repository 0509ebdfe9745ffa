"""Laws of the shape of a model: experts, sparsity, width and depth, parallel streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .core import Law
from .registry import law, register
from .symbols import KNOWN_INPUTS, Published, Symbol
from .terms import amplitude, exponent, floor, share, signed

__all__ = ["clark_cutoff", "clark_dense_params"]

Array: TypeAlias = NDArray[np.float64]

_THEME = "architecture"
_CLARK = "Clark et al. 2022, arXiv:2202.01169"
_EXPERTS = Symbol("E", "experts", start=(1.0, 512.0))
_SATURATION = [
    Symbol("E_start", "effective experts of a dense model", start=(1.2, 5.0)),
    Symbol("E_max", "effective experts of infinitely many", start=(100.0, 1000.0)),
]
_HAT = "(1 / (1 / (E - 1 + 1 / (1 / E_start - 1 / E_max)) + 1 / E_max))"


def _router(
    label: str, a: float, b: float, c: float, d: float, start: float, most: float, cutoff: str
) -> Published:
    return Published(
        label,
        {"a": a, "b": b, "c": c, "d": d, "E_start": start, "E_max": most},
        cite="arXiv:2202.01169, Table 3",
        mark="S",
        note="130 B tokens. That logarithms are base 10 was recomputed: with natural logarithms the loss of "
        f"a 100 M model would be below 1. Unrounded, routing stops helping at {cutoff} parameters.",
    )


_ROUTERS = [
    _router("Clark et al., S-BASE", -0.082, -0.108, 0.009, 1.104, 1.847, 314.478, "937 B"),
    _router("Clark et al., RL-R", -0.083, -0.126, 0.012, 1.111, 1.880, 469.982, "85 B"),
    _router("Clark et al., HASH", -0.087, -0.136, 0.012, 1.157, 4.175, 477.741, "83 B"),
]

register(
    Law(
        f"10**(a * log10(N) + b * log10({_HAT}) + c * log10(N) * log10({_HAT}) + d)",
        inputs=[
            Symbol("N", "parameters of the dense model the experts were put into", "parameters",
                   start=(1e7, 1e11), kind="params"),
            _EXPERTS,
        ],
        name="clark_moe",
        title="Routed experts",
        theme=_THEME,
        cite=f"{_CLARK}, Eq. 1",
        mark="S",
        summary="Experts help, less and less with their number and with the size of the model. "
        "Logarithms are base 10. For one number of training tokens.",
        coefficients=[
            signed("a", "exponent of parameters", (-0.15, -0.03)),
            signed("b", "exponent of effective experts", (-0.2, -0.05)),
            signed("c", "how the gain of experts fades with size", (0.002, 0.02)),
            signed("d", "logarithm of the loss of one parameter and one expert", (0.8, 1.5)),
            *_SATURATION,
        ],
        published=_ROUTERS,
    )
)  # fmt: skip

register(
    Law(
        _HAT,
        inputs=[_EXPERTS],
        name="clark_experts",
        title="Effective experts",
        output="effective experts",
        theme=_THEME,
        cite=f"{_CLARK}, Eq. 1",
        mark="S",
        summary="From E_start for a dense model to E_max for infinitely many experts.",
        coefficients=_SATURATION,
        published=[
            Published(
                known.label,
                {name: known.values[name] for name in ("E_start", "E_max")},
                cite=known.cite,
                mark=known.mark,
            )
            for known in _ROUTERS
        ],
    )
)

register(
    Law(
        "c + (g / G**gamma + a) / N**alpha + b / D**beta",
        inputs=[
            Symbol("N", "active parameters, without embeddings", "parameters", start=(1e7, 1e11),
                   kind="params"),
            KNOWN_INPUTS["D"],
            Symbol("G", "granularity: experts in the place of one", start=(1.0, 64.0)),
        ],
        name="moe_granularity",
        title="Granularity of experts",
        theme=_THEME,
        cite="Krajewski et al. 2024, arXiv:2402.07871, Eq. 9",
        mark="S",
        summary="Many small experts beat few large ones until the router costs more than it brings: the best "
        "granularity needs a cost with the router in it.",
        coefficients=[
            floor("c"),
            Symbol("g", "what granularity can remove", "nats per token", start=(0.1, 100.0)),
            exponent("gamma", "granularity", (0.1, 1.5)),
            amplitude("a", "parameter", (1.0, 1e5)),
            exponent("alpha", "parameters", (0.05, 1.0)),
            amplitude("b", "token", (1.0, 1e6)),
            exponent("beta", "tokens", (0.05, 1.0)),
        ],
        published=[
            Published(
                "Krajewski et al., 64 experts in the place of one layer",
                {"a": 18.1, "alpha": 0.115, "b": 30.8, "beta": 0.147, "g": 2.1, "gamma": 0.58, "c": 0.47},
                cite="arXiv:2402.07871, Table 1",
                mark="S",
                note="Huber delta 0.1, with weight decay on the coefficients.",
            ),
        ],
    )
)  # fmt: skip

register(
    Law(
        "a / N**alpha + b / D**beta + c / (1 - S)**lam + d / ((1 - S)**delta * N**gamma) + e",
        inputs=[
            Symbol("N", "parameters, all experts counted", "parameters", start=(1e7, 1e12), kind="params"),
            KNOWN_INPUTS["D"],
            share("S", "sparsity: share of experts that a token does not use", (0.05, 0.98)),
        ],
        name="moe_sparsity",
        title="Sparsity of experts",
        theme=_THEME,
        cite="Abnar et al. 2025, arXiv:2501.12370, Eq. 6",
        mark="S",
        summary="Loss from all parameters, tokens and the share of experts that rest. "
        "R2 on held-out runs is 68 % in the paper.",
        coefficients=[
            amplitude("a", "parameter", (1.0, 1e6)),
            exponent("alpha", "parameters", (0.05, 1.0)),
            amplitude("b", "token", (1.0, 1e6)),
            exponent("beta", "tokens", (0.05, 1.0)),
            amplitude("c", "density", (0.01, 2.0)),
            signed("lam", "exponent of density; below zero sparsity costs less and less", (-0.5, 0.5)),
            amplitude("d", "joint", (1.0, 1e3)),
            exponent("delta", "density in the joint term", (0.05, 0.5)),
            exponent("gamma", "parameters in the joint term", (0.05, 0.5)),
            floor("e"),
        ],
        published=[
            Published(
                "Abnar et al.",
                {
                    "a": 16612.5, "alpha": 0.5962, "b": 5455.67, "beta": 0.3954, "c": 0.4598,
                    "lam": -0.1666, "d": 17.26, "delta": 0.1603, "gamma": 0.1595, "e": 0.94,
                },
                cite="arXiv:2501.12370, Table 3",
                mark="S",
            ),
        ],
    )
)  # fmt: skip

_GEMSTONES = "Gemstones, McLeish et al. 2025, arXiv:2502.06857"
_WIDTH = Symbol("width", "width of the residual stream", start=(256.0, 8192.0))
_DEPTH = Symbol("depth", "layers", start=(3.0, 100.0))
_SHAPE = [
    floor(),
    amplitude("A", "width", (1.0, 1e5)),
    exponent("alpha", "width", (0.1, 2.0)),
    amplitude("B", "depth", (0.1, 1e3)),
    exponent("beta", "depth", (0.1, 2.0)),
]
_SLOPES = (
    " In the paper the best share of parameters moves with the choice of runs, "
    "its exponent in compute from 0.458 to 0.799."
)

register(
    Law(
        "E + A / width**alpha + B / depth**beta + C / D**gamma",
        inputs=[_WIDTH, _DEPTH, KNOWN_INPUTS["D"]],
        name="gemstones_wd",
        title="Width and depth",
        theme=_THEME,
        cite=f"{_GEMSTONES}, released code",
        mark="P",
        summary="Width and depth instead of parameters, so that the best shape can be asked for." + _SLOPES,
        coefficients=[
            *_SHAPE, amplitude("C", "token", (1.0, 1e7)), exponent("gamma", "tokens", (0.1, 1.0))
        ],
    )
)  # fmt: skip

register(
    Law(
        "E + A / width**alpha + B / depth**beta + C / N**gamma + T / D**delta",
        inputs=[_WIDTH, _DEPTH, "N", "D"],
        name="gemstones_wdp",
        title="Width, depth and parameters",
        theme=_THEME,
        cite=f"{_GEMSTONES}, released code",
        mark="P",
        summary="Parameters beside width and depth, which hold most of them: expect the three to trade off."
        + _SLOPES,
        coefficients=[
            *_SHAPE,
            amplitude("C", "parameter", (1.0, 1e7)), exponent("gamma", "parameters", (0.1, 1.0)),
            amplitude("T", "token", (1.0, 1e7)), exponent("delta", "tokens", (0.1, 1.0)),
        ],
    )
)  # fmt: skip

_PARSCALE = "arXiv:2505.10475"
_STREAMS = Symbol("P", "parallel streams", start=(1.0, 8.0))
_PARSCALE_N = Symbol("N", "parameters, without embeddings", "parameters", start=(1e8, 1e11), kind="params")
_STACK = {"E": 0.691191, "A": 1.130725e7, "alpha": 0.189350, "k": 0.393453}
_PILE = {"E": 1.288578, "A": 1.975250e8, "alpha": 0.196279, "k": 0.334442}
_SCALE = Symbol("A", "scale of parameters", "parameters", start=(1e6, 1e9), kind="params")
_K = Symbol("k", "what an e-fold of streams adds, in models", start=(0.1, 1.0))


def _streams(label: str, values: Mapping[str, float], names: tuple[str, ...]) -> Published:
    return Published(
        f"Parallel streams, {label}",
        {name: values[name] for name in names},
        cite=f"{_PARSCALE}, refitted to the losses in the released code",
        mark="R",
        note="Streams 1 to 8, sizes 0.5 to 4.4 B; the released code keeps A in units of 1e9.",
    )


register(
    Law(
        "E + (A / (N * (k * log(P) + 1)))**alpha",
        inputs=[_PARSCALE_N, _STREAMS],
        name="parscale",
        title="Parallel streams",
        theme=_THEME,
        cite=f"{_PARSCALE}, released code",
        mark="P",
        summary="P copies of the input run through one model work like k ln P more models. At one number of "
        "training tokens; N rises a little with P.",
        coefficients=[floor(), _SCALE, exponent("alpha", "parameters", (0.05, 1.0)), _K],
        published=[
            _streams("Stack-V2 Python", _STACK, ("E", "A", "alpha", "k")),
            _streams("Pile", _PILE, ("E", "A", "alpha", "k")),
        ],
    )
)

register(
    Law(
        "N * (k * log(P) + 1)",
        inputs=[_PARSCALE_N, _STREAMS],
        name="parscale_params",
        title="Parameters that parallel streams stand for",
        output="equivalent parameters",
        theme=_THEME,
        cite=f"{_PARSCALE}, released code",
        mark="P",
        summary="Size of a model with one stream and the same loss.",
        coefficients=[_K],
        published=[_streams("Stack-V2 Python", _STACK, ("k",)), _streams("Pile", _PILE, ("k",))],
    )
)

register(
    Law(
        "E + (A / N)**alpha * ((P - 1) * rho + 1) / P",
        inputs=[_PARSCALE_N, _STREAMS],
        name="parscale_diversity",
        title="Parallel streams, by the correlation of their errors",
        theme=_THEME,
        cite=f"{_PARSCALE}, the theory behind the fitted form",
        mark="S",
        summary="What averaging P streams can bring: nothing if their errors are one (rho = 1), "
        "a P-fold smaller reducible loss if they are independent (rho = 0).",
        coefficients=[
            floor(),
            _SCALE,
            exponent("alpha", "parameters", (0.05, 1.0)),
            share("rho", "correlation of the errors of two streams", (0.05, 0.95)),
        ],
    )
)


def clark_cutoff(coefficients: Mapping[str, float]) -> float:
    """Size of the dense model from which on routing no longer helps, ``10**(-b / c)``.

    Parameters
    ----------
    coefficients : mapping of str to float
        ``b`` and ``c`` of the law ``clark_moe``.

    Returns
    -------
    float
        Parameters; from the rounded published coefficients 1e12, 3.2e10 and 2.2e11, where the paper has
        937 B, 85 B and 83 B from unrounded ones (arXiv:2202.01169).
    """
    return float(10 ** (-coefficients["b"] / coefficients["c"]))


def clark_dense_params(params: ArrayLike, experts: ArrayLike, coefficients: Mapping[str, float]) -> Array:
    """Size of the dense model with the loss of a routed one: ``L(N_dense, 1) = L(N, E)``.

    Parameters
    ----------
    params, experts : array_like
        N and E of the routed model; they broadcast.
    coefficients : mapping of str to float
        Of the law ``clark_moe``.

    Returns
    -------
    ndarray of float64
        Parameters (arXiv:2202.01169, effective parameter count).
    """
    form = law("clark_moe")
    log_loss = np.log10(form.value({"N": params, "E": experts}, coefficients))
    # At one expert the law is a line in log10 N.
    first, second = np.log10(form.value({"N": [1.0, 10.0], "E": 1.0}, coefficients))
    return np.asarray(10 ** ((log_loss - first) / (second - first)), dtype=np.float64)
