"""Laws of fewer weights: sparsity, pruning, and the capacity of compressed representations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scalewidgets.errors import FormulaError

from .core import Law
from .registry import register
from .symbols import KNOWN_INPUTS, Published, Symbol
from .terms import amplitude, exponent, floor, share, signed, surface

__all__ = ["mean_params"]

_THEME = "precision and compression"

_SPARSITY = Symbol("S", "share of weights that are zero", low=0.0, high=1.0, start=(0.05, 0.95))
_SPARSE_SYMBOLS = [
    Symbol("a_S", "amplitude of what density costs", start=(1.0, 1e3)),
    exponent("b_S", "density", (0.1, 2.0)),
    Symbol("c_S", "amplitude at full sparsity", start=(1.0, 1e3)),
    exponent("b_N", "non-zero parameters", (0.05, 1.0)),
]
_T5 = {"a_S": 16.8, "b_S": 0.722, "c_S": 45.0, "b_N": 0.245, "a_D": 6.90e8, "b_D": 0.203, "c": 0.651}
_VIT = {"a_S": 294.0, "b_S": 0.821, "c_S": 468.0, "b_N": 0.392, "a_D": 2.37e8, "b_D": 0.890, "c": 4.517}

register(
    Law(
        "(a_S * (1 - S)**b_S + c_S) / N**b_N + (a_D / D)**b_D + c",
        inputs=[Symbol("N", "non-zero parameters", "parameters", start=(1e6, 1e10), kind="params"),
                KNOWN_INPUTS["D"], _SPARSITY],
        name="sparsity",
        title="Sparse weights",
        theme=_THEME,
        cite="Frantar et al. 2023, arXiv:2309.08520, Eq. 1",
        mark="S",
        summary="At a fixed number of non-zero weights more sparsity is always better: an optimum appears "
        "only once the dense phase of training is paid for.",
        coefficients=[
            *_SPARSE_SYMBOLS,
            Symbol("a_D", "scale of tokens", "tokens", start=(1e6, 1e11), kind="tokens"),
            exponent("b_D", "tokens", (0.05, 1.5)),
            floor("c"),
        ],
        published=[
            Published("Frantar et al., T5 on C4", _T5, cite="arXiv:2309.08520", mark="U"),
            Published("Frantar et al., ViT on JFT", _VIT, cite="arXiv:2309.08520", mark="U"),
        ],
    )
)  # fmt: skip

register(
    Law(
        "((a_S * (1 - S)**b_S + c_S) / (a_S + c_S))**(-1 / b_N)",
        inputs=[_SPARSITY],
        name="sparsity_gain",
        title="What a non-zero weight of a sparse model is worth",
        output="dense parameters per non-zero parameter",
        theme=_THEME,
        cite="by algebra from Frantar et al. 2023, arXiv:2309.08520, Eq. 1",
        mark="R",
        summary="Dense parameters that give the loss of one non-zero parameter of a sparse model.",
        coefficients=_SPARSE_SYMBOLS,
    )
)

register(
    Law(
        "E + A / N_mean**alpha + B / D**beta",
        inputs=[Symbol("N_mean", "active parameters, averaged over training tokens", "parameters",
                       start=(1e7, 1e12), kind="params"), KNOWN_INPUTS["D"]],
        name="avg_params",
        title="Pruned while trained",
        theme=_THEME,
        cite="The Journey Matters, arXiv:2501.12486",
        mark="S",
        summary="Chinchilla with the mean number of active parameters over training (see mean_params); "
        "compute is 6 N_mean D. The size that is served is the final one and smaller.",
        coefficients=surface(),
    )
)  # fmt: skip

register(
    Law(
        "E + A / (N * rho)**alpha + B / D**beta",
        inputs=["N", "D", share("rho", "capacity of the representation", (0.1, 1.0))],
        name="compressed",
        title="Compressed representation",
        theme=_THEME,
        cite="Unified Scaling Laws for Compressed Representations, arXiv:2506.01863",
        mark="P",
        summary="A model in a compressed format works like one of N rho parameters. Capacities of "
        "independent compressions multiply. For training in the format, not for quantisation afterwards.",
        coefficients=surface(),
    )
)

register(
    Law(
        "L_sat * tanh(F * (-log2(GMSE) / 2)**C)",
        inputs=[share("GMSE", "mean squared error on a standard normal variable", (1e-4, 0.9))],
        name="compression_capacity",
        title="Capacity of a compressed representation",
        output="capacity",
        theme=_THEME,
        cite="Unified Scaling Laws for Compressed Representations, arXiv:2506.01863",
        mark="U",
        summary="Capacity from nothing but the error on Gaussian data, in halvings of its root. "
        "The roles of the coefficients are the paper's; the hyperbolic tangent was not seen in its text.",
        coefficients=[
            share("L_sat", "capacity of an exact representation", (0.5, 1.0)),
            Symbol("F", "capacity per bit", start=(0.1, 2.0)),
            exponent("C", "bits", (0.5, 1.5)),
        ],
    )
)

register(
    Law(
        "L0 + (1 / rho)**gamma * (N_C / N0**alpha + D_C / D**beta + E)",
        inputs=[
            Symbol("N0", "parameters before pruning", "parameters", start=(1e8, 1e11), kind="params"),
            Symbol("D", "tokens after pruning", "tokens", start=(1e8, 1e12), kind="tokens"),
            share("rho", "share of parameters pruned", (0.05, 0.9)),
            Symbol("L0", "loss before pruning", "nats per token", start=(1.5, 4.0), kind="loss"),
        ],
        name="p2_law",
        title="Pruned, then trained on",
        theme=_THEME,
        cite="P2 law, arXiv:2411.10272",
        mark="S",
        summary="The loss that pruning leaves, and how post-training takes it back. "
        "A later version of the paper may hold one more factor of N0.",
        coefficients=[
            amplitude("N_C", "parameter", (1.0, 1e4)),
            amplitude("D_C", "token", (1.0, 1e4)),
            signed("E", "loss that pruning leaves for good", (-0.3, 0.5), unit="nats per token"),
            exponent("alpha", "parameters", (0.05, 1.0)),
            exponent("beta", "tokens", (0.05, 1.0)),
            signed("gamma", "exponent of the share pruned", (-2.0, 1.0)),
        ],
    )
)


register(
    Law(
        "a_0 * P_0 * (1 - r)**alpha",
        inputs=[share("a_0", "accuracy before pruning", (0.3, 0.9)), share("r", "share of parameters pruned",
                (0.05, 0.7))],
        name="pruned_accuracy",
        title="Accuracy after pruning",
        output="accuracy",
        theme=_THEME,
        cite="arXiv:2504.04342",
        mark="U",
        summary="Accuracy that pruning leaves of that before. It goes to zero, not to chance: for a modest "
        "share only. The formula was not read in the paper.",
        coefficients=[
            Symbol("P_0", "share of the accuracy that is kept by the first cut", start=(0.5, 1.2)),
            exponent("alpha", "the share kept", (0.05, 2.0)),
        ],
    )
)  # fmt: skip


def mean_params(fraction: ArrayLike, params: ArrayLike) -> float:
    """Active parameters averaged over training, for the law ``avg_params`` and for ``C = 6 N_mean D``.

    Parameters
    ----------
    fraction : array_like, shape (n,)
        Share of the training tokens seen, rising from 0 to 1.
    params : array_like, shape (n,)
        Active parameters there; straight lines in between.

    Returns
    -------
    float

    Raises
    ------
    FormulaError
        If the shares do not rise from 0 to 1, or the two do not belong together.

    Notes
    -----
    ``(1/D)`` times the integral of N over tokens, The Journey Matters, arXiv:2501.12486.
    """
    at, sizes = np.asarray(fraction, dtype=np.float64), np.asarray(params, dtype=np.float64)
    if at.ndim != 1 or at.shape != sizes.shape or len(at) < 2:
        raise FormulaError("A schedule of sizes is as many parameters as shares of training, two or more.")
    if at[0] != 0 or at[-1] != 1 or not (np.diff(at) >= 0).all():
        raise FormulaError(
            "The shares of training do not rise from 0 to 1.", remedy="Give the first and last size."
        )
    return float(np.sum(np.diff(at) * (sizes[1:] + sizes[:-1]) / 2))
