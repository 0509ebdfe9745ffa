"""Compute of training and serving a transformer, by the conventions of the papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN

Array: TypeAlias = NDArray[np.float64]


def flops(params: ArrayLike, tokens: ArrayLike) -> Array:
    """Compute of training, ``6 N D``: 2 FLOP forward and 4 backward per parameter and token.

    Raises
    ------
    QuantityError
        For params or tokens that are not above zero.

    Notes
    -----
    arXiv:2001.08361, section 2.1. Of a mixture of experts, give the active parameters.
    """
    size = above_zero("The number of parameters", params)
    return np.asarray(FLOPS_PER_PARAM_TOKEN * size * above_zero("The number of tokens", tokens))


def kaplan_params(layers: ArrayLike, width: ArrayLike) -> Array:
    """Parameters without embeddings, ``12 n_layer d**2``, of attention as wide as d and an MLP of 4 d.

    Raises
    ------
    QuantityError
        For an argument that is not above zero.

    Notes
    -----
    arXiv:2001.08361, Eq. 2.1.
    """
    depth = above_zero("The number of layers", layers)
    return np.asarray(12.0 * depth * above_zero("The width", width) ** 2)


def kaplan_forward_flops(layers: ArrayLike, width: ArrayLike, context: ArrayLike) -> Array:
    """Compute of one token forward, ``2 N + 2 n_layer n_ctx d``, N of :func:`kaplan_params`.

    Raises
    ------
    QuantityError
        For an argument that is not above zero.

    Notes
    -----
    arXiv:2001.08361, Eq. 2.2. The second part, attention, is small while d is above n_ctx / 12.
    """
    inner = kaplan_params(layers, width)
    attention = above_zero("The context", context) * np.asarray(layers) * np.asarray(width)
    return np.asarray(2.0 * inner + 2.0 * attention)


@dataclass(frozen=True)
class ExactFlops:
    """Forward compute of one sequence by part, from :func:`flops_exact`.

    Attributes
    ----------
    embedding, attention, mlp, head : ndarray
        FLOP of one sequence forward, all layers together.
    tokens : ndarray
        Length of the sequence.
    params : ndarray
        Matrices of the layers and, if counted, the embedding once (a tied head).
    """

    embedding: Array
    attention: Array
    mlp: Array
    head: Array
    tokens: Array
    params: Array

    @property
    def forward(self) -> Array:
        """FLOP of one sequence forward."""
        return np.asarray(self.embedding + self.attention + self.mlp + self.head)

    @property
    def train(self) -> Array:
        """FLOP of training on one sequence: backward costs twice forward."""
        return np.asarray(3.0 * self.forward)

    @property
    def per_token(self) -> Array:
        """FLOP of training on one token."""
        return np.asarray(self.train / self.tokens)

    def ratio_to_6n(self, params: ArrayLike | None = None) -> Array:
        """Compute per token over 6 N, N the parameters counted here or those given."""
        size = self.params if params is None else above_zero("The number of parameters", params)
        return np.asarray(self.per_token / (FLOPS_PER_PARAM_TOKEN * size))


def flops_exact(
    *,
    layers: ArrayLike,
    d_model: ArrayLike,
    ffw: ArrayLike,
    kv: ArrayLike,
    heads: ArrayLike,
    seq: ArrayLike,
    vocab: ArrayLike = 0,
    kv_heads: ArrayLike | None = None,
    gated: bool = False,
    causal: bool = False,
) -> ExactFlops:
    """Compute of a transformer, matrix by matrix.

    Parameters
    ----------
    layers, d_model, ffw : array_like
        Layers, width of the residual stream, width of the MLP.
    kv, heads : array_like
        Width of a head and number of heads.
    seq : array_like
        Tokens of a sequence.
    vocab : array_like
        Entries of the vocabulary; 0 leaves embedding and head out.
    kv_heads : array_like, optional
        Heads of keys and values if fewer than ``heads`` (grouped queries).
    gated : bool
        Whether the MLP has three matrices (SwiGLU) instead of two.
    causal : bool
        Whether only the half of attention that a causal mask leaves is counted. The paper counts all.

    Returns
    -------
    ExactFlops

    Raises
    ------
    QuantityError
        For an argument that is not above zero (``vocab``: below zero).

    Notes
    -----
    arXiv:2203.15556, Appendix F.
    """
    depth = above_zero("The number of layers", layers)
    width = above_zero("The width", d_model)
    inner = above_zero("The width of the MLP", ffw)
    head = above_zero("The width of a head", kv)
    count = above_zero("The number of heads", heads)
    length = above_zero("The length of a sequence", seq)
    words = above_zero("The vocabulary", vocab, or_zero=True)
    shared = count if kv_heads is None else above_zero("The number of key and value heads", kv_heads)
    matrices = 3.0 if gated else 2.0
    queries = head * count
    projections = width * head * (count + 2 * shared) + queries * width
    # Logits, softmax and reduction over values: each is of every pair of tokens.
    pairs = length**2 * (2 * queries + 3 * count + 2 * queries) * (0.5 if causal else 1.0)
    table = 2 * length * words * width
    return ExactFlops(
        embedding=np.asarray(table),
        attention=np.asarray(depth * (2 * length * projections + pairs)),
        mlp=np.asarray(depth * 2 * length * matrices * width * inner),
        head=np.asarray(table),
        tokens=length,
        params=np.asarray(depth * (projections + matrices * width * inner) + words * width),
    )


def flops_deepseek(layers: ArrayLike, width: ArrayLike, seq: ArrayLike) -> Array:
    """Compute of training on one token, ``M = 72 n_layer d**2 + 12 n_layer d l_seq``; C = M D.

    Raises
    ------
    QuantityError
        For an argument that is not above zero.

    Notes
    -----
    arXiv:2401.02954, Eq. 2: 6 N without embeddings, and attention.
    """
    inner = kaplan_params(layers, width)
    attention = above_zero("The length of a sequence", seq) * np.asarray(layers) * np.asarray(width)
    return np.asarray(FLOPS_PER_PARAM_TOKEN * inner + 12.0 * attention)


def flops_inference(params: ArrayLike, layers: ArrayLike, width: ArrayLike, context: ArrayLike) -> Array:
    """Compute of one new token that attends to ``context`` keys, ``2 N + 4 n_layer d n_kv``.

    Parameters
    ----------
    params : array_like
        Active parameters.
    layers, width : array_like
        Layers and width of attention.
    context : array_like
        Keys attended to; 0 for none.

    Raises
    ------
    QuantityError
        For an argument that is not above zero (``context``: below zero).

    Notes
    -----
    Counts multiplications and additions; small batches wait for the weights to be read instead.
    """
    keys = above_zero("The context", context, or_zero=True)
    attention = above_zero("The number of layers", layers) * above_zero("The width", width) * keys
    return np.asarray(2.0 * above_zero("The number of parameters", params) + 4.0 * attention)
