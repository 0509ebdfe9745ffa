"""Laws of translation: encoder against decoder, one language among many."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .core import Law
from .registry import register
from .symbols import Symbol
from .terms import amplitude, exponent, floor, signed

Array: TypeAlias = NDArray[np.float64]

__all__ = ["nmt_split"]

_THEME = "translation"
_FERNANDES = "Fernandes et al. 2023, arXiv:2302.09650"


def nmt_split(N: ArrayLike, *, p_e: ArrayLike, p_d: ArrayLike) -> tuple[Array, Array]:
    """Return the best parameters of encoder and decoder for a total, under the law ``nmt_bivariate``.

    Parameters
    ----------
    N : array_like
        Parameters of both together.
    p_e, p_d : array_like
        Exponents of the law.

    Returns
    -------
    encoder, decoder : ndarray of float64
        ``N p_e / (p_e + p_d)`` and the rest.
    """
    total, e, d = (np.asarray(value, dtype=np.float64) for value in (N, p_e, p_d))
    return np.asarray(total * e / (e + d)), np.asarray(total * d / (e + d))


register(
    Law(
        "beta / (N_e**p_e * N_d**p_d) + L_inf",
        inputs=[
            Symbol("N_e", "parameters of the encoder", "parameters", start=(1e6, 1e10), kind="params"),
            Symbol("N_d", "parameters of the decoder", "parameters", start=(1e6, 1e10), kind="params"),
        ],
        name="nmt_bivariate",
        title="Translation, encoder and decoder",
        theme=_THEME,
        cite="Ghorbani et al. 2021, arXiv:2109.07740, as Eq. 2 of arXiv:2302.09650",
        mark="P",
        summary="Encoder and decoder multiply. The best encoder share of a total is p_e / (p_e + p_d), "
        "whatever the total: laws.nmt_split.",
        coefficients=[
            amplitude("beta", "parameter", (1.0, 1e4)),
            exponent("p_e", "encoder parameters", (0.05, 0.6)),
            exponent("p_d", "decoder parameters", (0.05, 0.6)),
            floor("L_inf"),
        ],
    )
)

register(
    Law(
        "beta_p / N**alpha + L_inf",
        inputs=["N"],
        name="nmt_multilingual",
        title="Translation, one of many languages",
        theme=_THEME,
        cite=f"{_FERNANDES}, Eq. 7",
        mark="P",
        summary="Loss on one language pair at one sampling weight p. Exponent and floor are shared over "
        "weights, only beta_p depends on p.",
        coefficients=[
            amplitude("beta_p", "parameter", (1.0, 1e4)),
            exponent("alpha", "parameters", (0.05, 0.6)),
            floor("L_inf"),
        ],
    )
)

register(
    Law(
        "N * (beta_1 / beta_p)**(1 / alpha)",
        inputs=["N"],
        name="nmt_effective",
        title="Translation, parameters that a language gets",
        theme=_THEME,
        output="parameters",
        cite=f"{_FERNANDES}, Eq. 9-10",
        mark="P",
        summary="Size of a model of this pair alone with the same loss; divided by N it is the pair's share "
        "of the model, close to its sampling weight out of English.",
        coefficients=[
            amplitude("beta_1", "parameter, trained alone,", (1.0, 10.0)),
            amplitude("beta_p", "parameter", (1.0, 10.0)),
            exponent("alpha", "parameters", (0.1, 0.6)),
        ],
    )
)

register(
    Law(
        "p + c1 * p**c2 * (1 - p)**c3",
        inputs=[Symbol("p", "sampling weight of the pair", low=0.0, high=1.0, start=(0.05, 0.95))],
        name="nmt_share",
        title="Translation, share of the model by weight",
        theme=_THEME,
        output="share of parameters",
        cite=f"suggested for the curves of {_FERNANDES}",
        mark="U",
        summary="A smooth curve through (0, 0) and (1, 1) for nmt_effective over N, to predict other "
        "weights.",
        coefficients=[
            signed("c1", "amplitude of what is shared", (-0.5, 1.0)),
            exponent("c2", "the weight", (0.2, 2.0)),
            exponent("c3", "the other weights", (0.2, 2.0)),
        ],
    )
)
