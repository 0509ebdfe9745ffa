"""What a token costs a model: FLOP rules as functions of the parameters.

A rule gives FLOP per training token for a number of parameters, so that tokens for a compute follow; it never
falls with the parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError, UnknownNameError
from scalewidgets.fitting.problem import FLOPS_PER_PARAM_TOKEN

Array: TypeAlias = NDArray[np.float64]

FORWARD = 1.0 / 3.0
"""Share of a training step's FLOP that the forward pass takes: serving a token costs that much."""


@dataclass(frozen=True)
class FlopRule:
    """A convention of counting training compute.

    Attributes
    ----------
    name : str
        As it stands in reports: ``"6ND"``.
    per_token : callable
        FLOP per training token of models of these total parameters.
    cite : str
    """

    name: str
    per_token: Callable[[Array], Array]
    cite: str = ""

    def tokens(self, flops: ArrayLike, params: ArrayLike) -> Array:
        """Tokens that a compute buys."""
        size = np.asarray(params, dtype=np.float64)
        return np.asarray(np.asarray(flops, dtype=np.float64) / self.per_token(size))

    def flops(self, params: ArrayLike, tokens: ArrayLike) -> Array:
        """Compute of a run."""
        size = np.asarray(params, dtype=np.float64)
        return np.asarray(self.per_token(size) * np.asarray(tokens, dtype=np.float64))


SIX_ND = FlopRule("6ND", lambda size: FLOPS_PER_PARAM_TOKEN * size, "arXiv:2001.08361, section 2.1")


def with_attention(context: float, aspect: float = 128.0) -> FlopRule:
    """6ND and the attention over a context, for dense models of one aspect.

    Parameters
    ----------
    context : float
        Tokens of a sequence.
    aspect : float
        Width over number of layers; with ``N = 12 layers width**2`` it gives both.

    Notes
    -----
    ``6 N + 12 layers width context`` FLOP per token: ``2 layers width context`` each for scores and values in
    a forward pass, thrice that with the backward pass (arXiv:2204.02311, Appendix B); the full square of the
    context, without the half that a causal mask would spare.
    """
    length = float(above_zero("The context", context))
    shape = float(above_zero("The aspect", aspect))

    def per_token(size: Array) -> Array:
        layers = np.cbrt(size / (12 * shape**2))
        return np.asarray(FLOPS_PER_PARAM_TOKEN * size + 12 * layers**2 * shape * length)

    return FlopRule(f"6ND + attention over {length:,.0f} tokens", per_token, "arXiv:2204.02311, Appendix B")


def mixture_of_experts(active: float, experts: float = 0.0, aspect: float = 128.0) -> FlopRule:
    """Count the active parameters only: a share of the total.

    Parameters
    ----------
    active : float
        Active parameters over all, above 0 to 1.
    experts : float
        Experts of a layer, for the compute of the router; 0 leaves it out.
    aspect : float
        Width over number of layers of the active part, for the router.

    Raises
    ------
    QuantityError
        For a share that is not above zero, or above 1.

    Notes
    -----
    The router is one matrix of width by experts in every layer: ``6 layers width experts`` FLOP per token.
    """
    share = float(above_zero("The share of active parameters", active))
    if share > 1:
        raise QuantityError(
            f"The share of active parameters is {share:g}, above 1.",
            remedy="Give active over all parameters, such as 0.25.",
        )
    count = float(above_zero("The number of experts", experts, or_zero=True))
    shape = float(above_zero("The aspect", aspect))

    def per_token(size: Array) -> Array:
        layers = np.cbrt(share * size / (12 * shape**2))
        return np.asarray(FLOPS_PER_PARAM_TOKEN * (share * size + layers**2 * shape * count))

    routed = f", router of {count:g} experts" if count else ""
    return FlopRule(
        f"6 N D of the active parameters, {100 * share:.3g} % of all{routed}",
        per_token,
        "arXiv:2101.03961, section 2",
    )


def at_cost(rule: FlopRule, weight: float, words: str) -> FlopRule:
    """Return the rule at another price of a FLOP."""
    if weight == 1:
        return rule
    return FlopRule(f"{rule.name} {words}", lambda size: weight * rule.per_token(size), rule.cite)


def find_rule(rule: str | FlopRule) -> FlopRule:
    """Look a rule up by its name, or take one as it is.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    """
    if isinstance(rule, FlopRule):
        return rule
    if rule != SIX_ND.name:
        raise UnknownNameError.of("a FLOP rule", rule, [SIX_ND.name])
    return SIX_ND
