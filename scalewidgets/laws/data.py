"""Laws of limited data: repeated tokens, and unlimited compute on a fixed data set."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .core import Law
from .registry import register
from .symbols import KNOWN_INPUTS, Published, Symbol
from .terms import amplitude, exponent, floor

__all__ = ["repeated_parts"]

_THEME = "data"
_MUENNIGHOFF = "Muennighoff et al. 2023, arXiv:2305.16264"
_KIM = "Kim et al. 2025, arXiv:2509.14786"
_BASE = {"E": 1.8691437, "A": 520.82495, "B": 1487.7161, "alpha": 0.3526596, "beta": 0.3526596}
_R_D = 15.387756
_R_N = 5.309743

_UNIQUE = KNOWN_INPUTS["U"]
_R_D_STAR = Symbol("R_D_star", "repetitions after which repeating stops paying", start=(3.0, 60.0))
_R_N_STAR = Symbol("R_N_star", "multiples after which excess parameters stop paying", start=(1.0, 30.0))

# Parameters that the unique tokens could use: alpha A U_N**-alpha = beta B U_D**-beta, at most N.
_U_N = "min(N, (alpha * A * min(U, D)**beta / (beta * B))**(1 / alpha))"


def _worth(amount: str, unique: str, star: str) -> str:
    """Text of ``unique`` and what the rest of ``amount`` is still worth."""
    return f"{unique} * (1 + {star} * (1 - exp((1 - {amount} / {unique}) / {star})))"


_N_EFF = _worth("N", _U_N, "R_N_star")
_D_EFF = _worth("D", "min(U, D)", "R_D_star")

register(
    Law(
        f"E + A / ({_N_EFF})**alpha + B / ({_D_EFF})**beta",
        inputs=["N", "D", _UNIQUE],
        name="data_constrained",
        title="Repeated data",
        theme=_THEME,
        cite=f"{_MUENNIGHOFF}, Eq. 5-6, 16-20",
        mark="P",
        summary="Chinchilla in which repeated tokens, and parameters beyond what the unique tokens could "
        "use, count for less and less. D counts repetitions, U does not. Never worse with more epochs: it "
        "cannot show over-fitting.",
        coefficients=[
            floor(),
            amplitude("A", "parameter", (10.0, 1e5)),
            amplitude("B", "token", (10.0, 1e5)),
            exponent("alpha", "parameters", (0.2, 1.0)),
            exponent("beta", "tokens", (0.2, 1.0)),
            _R_D_STAR,
            _R_N_STAR,
        ],
        published=[
            Published(
                "Muennighoff et al.",
                {**_BASE, "R_D_star": _R_D, "R_N_star": _R_N},
                cite="arXiv:2305.16264, released code",
                mark="P",
                note="ln A = 6.255414, ln B = 7.3049974, ln E = 0.6254804, fitted to 54 single-epoch runs "
                "with one exponent; then the two decay constants to 182 runs, without those that repetition "
                "made worse.",
            )
        ],
    )
)

register(
    Law(
        "U * (min(epochs, 1) + R_D_star * (1 - exp(-max(epochs - 1, 0) / R_D_star)))",
        inputs=[_UNIQUE, Symbol("epochs", "passes over the unique tokens", start=(1.0, 100.0))],
        name="effective_data",
        title="Worth of repeated tokens",
        theme=_THEME,
        output="tokens",
        cite=f"{_MUENNIGHOFF}, Eq. 5",
        mark="P",
        summary="Fresh tokens that several epochs are worth: 4 epochs are nearly 4, and no number of them "
        "more than 1 + R_D_star times the unique tokens.",
        coefficients=[_R_D_STAR],
        published=[
            Published(
                "Muennighoff et al.",
                {"R_D_star": _R_D},
                cite="arXiv:2305.16264, released code",
                mark="P",
            )
        ],
    )
)

register(
    Law(
        "min(N, U_N) + U_N * R_N_star * (1 - exp(-max(N / U_N - 1, 0) / R_N_star))",
        inputs=[
            "N",
            Symbol(
                "U_N",
                "parameters that the unique tokens could use",
                "parameters",
                start=(1e7, 1e12),
                kind="params",
            ),
        ],
        name="effective_params",
        title="Worth of excess parameters",
        theme=_THEME,
        output="parameters",
        cite=f"{_MUENNIGHOFF}, Eq. 16-20",
        mark="P",
        summary="Parameters that a model too large for its data is worth.",
        coefficients=[_R_N_STAR],
        published=[
            Published(
                "Muennighoff et al.",
                {"R_N_star": _R_N},
                cite="arXiv:2305.16264, released code",
                mark="P",
            )
        ],
    )
)

register(
    Law(
        "A / N_billion**alpha + E",
        inputs=[Symbol("N_billion", "parameters", "billions", start=(0.01, 100.0), label="N", latex="N")],
        name="infinite_compute",
        title="Limited data, unlimited compute",
        theme=_THEME,
        cite=_KIM,
        mark="S",
        summary="Models of any size on a fixed data set, epochs and weight decay tuned for each (up to 30 "
        "times the usual decay). N is in billions.",
        coefficients=[
            amplitude("A", "parameter", (0.01, 10.0)),
            exponent("alpha", "parameters", (0.2, 2.0)),
            floor(meaning="loss of a model without limit on this data set"),
        ],
        published=[
            Published(
                "Kim et al., 200M tokens",
                {"A": 0.05, "alpha": 1.02, "E": 3.43},
                cite="arXiv:2509.14786",
                mark="S",
                note="N in billions: it reproduces 3.60 at 0.3 B. The floor belongs to these 200M tokens; "
                "over token budgets floors fall as a power with exponent 0.23 to 0.24.",
            )
        ],
    )
)

register(
    Law(
        "A_K / K**alpha_K + E_K",
        inputs=[Symbol("K", "models in the ensemble", "models", low=1.0, start=(1.0, 32.0))],
        name="infinite_ensemble",
        title="Ensemble on limited data",
        theme=_THEME,
        cite=_KIM,
        mark="S",
        summary="Averaged logits of K models of one size, each trained on the same data. The exponent is "
        "near 1.",
        coefficients=[
            amplitude("A_K", "ensemble", (0.01, 10.0)),
            exponent("alpha_K", "the number of models", (0.3, 2.0)),
            floor("E_K", "loss of an ensemble without limit"),
        ],
        published=[
            Published(
                "Kim et al., models of 300M, 200M tokens",
                {"E_K": 3.34},
                cite="arXiv:2509.14786",
                mark="S",
                note="Asymptote only; seeds vary by 0.02. Sizes and members without limit: 3.17.",
            )
        ],
    )
)


def repeated_parts(
    N: ArrayLike,
    D: ArrayLike,
    U: ArrayLike,
    *,
    A: ArrayLike,
    B: ArrayLike,
    alpha: ArrayLike,
    beta: ArrayLike,
    R_D_star: ArrayLike,
    R_N_star: ArrayLike,
) -> dict[str, NDArray[np.float64]]:
    """Quantities on the way to the loss of ``data_constrained``.

    Parameters
    ----------
    N, D, U : array_like
        Parameters, tokens with repetitions, unique tokens.
    A, B, alpha, beta, R_D_star, R_N_star : array_like
        Coefficients of the law.

    Returns
    -------
    dict
        ``U_N``, parameters that the unique tokens could use; ``R_D``, ``R_N``, repetitions of tokens and
        parameters beyond the first; ``D_eff``, ``N_eff``, what they are worth. Broadcast shape.

    Notes
    -----
    Muennighoff et al. 2023, arXiv:2305.16264, Eq. 16-20. U_N is the size at which the unique
    tokens, seen once, are compute-optimal: ``alpha A N^-alpha = beta B U^-beta``.
    """
    n, d, u, a, b, al, be, rd, rn = (
        np.asarray(value, dtype=np.float64) for value in (N, D, U, A, B, alpha, beta, R_D_star, R_N_star)
    )
    u = np.minimum(u, d)
    u_n = np.minimum(n, (al * a * u**be / (be * b)) ** (1 / al))
    r_d, r_n = d / u - 1, n / u_n - 1
    parts = {
        "U_N": u_n,
        "R_D": r_d,
        "R_N": r_n,
        "D_eff": u * (1 - rd * np.expm1(-r_d / rd)),
        "N_eff": u_n * (1 - rn * np.expm1(-r_n / rn)),
    }
    return dict(zip(parts, np.broadcast_arrays(*parts.values()), strict=True))
