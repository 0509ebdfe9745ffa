"""Kaplan et al. 2020: loss without a floor, from size, data, compute, steps; and what follows from it."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import exponent

_KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361"
_THEME = "language pre-training"
_UNITS = "N leaves out embeddings; nats per token on WebText2."
_OWN_FIT = "A fit of its own: not to be mixed with the constants of the joint laws."

_SIZE = Symbol("N", "parameters without embeddings", "parameters", start=(1e7, 1e12), kind="params")
_TOKENS = Symbol("D", "tokens of the data set", "tokens", start=(1e9, 1e14), kind="tokens")
_N_C = Symbol("N_c", "scale of parameters", "parameters", start=(1e6, 1e17), kind="params")
_D_C = Symbol("D_c", "scale of tokens", "tokens", start=(1e6, 1e17), kind="tokens")
_C_C = Symbol("C_c", "scale of compute", "PF-days", start=(1e3, 1e12))
_ALPHA_N = exponent("alpha_N", "parameters", (0.02, 1.0))
_ALPHA_D = exponent("alpha_D", "tokens", (0.02, 1.0))
_ALPHA_C = exponent("alpha_C", "compute", (0.02, 1.0))


def _pf_days(name: str, meaning: str) -> Symbol:
    # A name of its own: a table's flops are 8.64e19 times as many.
    return Symbol(name, meaning, "PF-days", start=(1e-6, 1e6), label="C", latex="C")


register(
    Law(
        "(N_c / N)**alpha_N",
        inputs=[_SIZE],
        name="kaplan_N",
        title="Kaplan, in parameters",
        theme=_THEME,
        cite=f"{_KAPLAN}, Eq. 1.1",
        mark="S",
        summary=f"Models trained to convergence on plenty of data. No floor. {_UNITS}",
        coefficients=[_N_C, _ALPHA_N],
        published=[
            Published(
                "Kaplan et al., L(N)",
                {"alpha_N": 0.076, "N_c": 8.8e13},
                cite="arXiv:2001.08361, Eq. 1.1",
                mark="S",
                note=_OWN_FIT,
            )
        ],
    )
)

register(
    Law(
        "(D_c / D)**alpha_D",
        inputs=[_TOKENS],
        name="kaplan_D",
        title="Kaplan, in tokens",
        theme=_THEME,
        cite=f"{_KAPLAN}, Eq. 1.2",
        mark="S",
        summary="A large model trained on a limited data set until early stopping. No floor. "
        "D is the size of the data set, not tokens processed.",
        coefficients=[_D_C, _ALPHA_D],
        published=[
            Published(
                "Kaplan et al., L(D)",
                {"alpha_D": 0.095, "D_c": 5.4e13},
                cite="arXiv:2001.08361, Eq. 1.2",
                mark="S",
                note=_OWN_FIT,
            )
        ],
    )
)

register(
    Law(
        "(C_c / C_min_pfdays)**alpha_C",
        inputs=[_pf_days("C_min_pfdays", "least compute, at a batch far below the critical one")],
        name="kaplan_Cmin",
        title="Kaplan, in least compute",
        theme=_THEME,
        cite=f"{_KAPLAN}, Eq. 1.3",
        mark="S",
        summary="The frontier over model sizes, compute corrected to a small batch. In PF-days: "
        "1 PF-day is 8.64e19 FLOP.",
        coefficients=[_C_C, _ALPHA_C],
        published=[
            Published(
                "Kaplan et al., L(C_min)",
                {"alpha_C": 0.050, "C_c": 3.1e8},
                cite="arXiv:2001.08361, Eq. 1.3",
                mark="S",
                note="C_c in PF-days.",
            )
        ],
    )
)

register(
    Law(
        "(C_c / C_pfdays)**alpha_C",
        inputs=[_pf_days("C_pfdays", "training compute at the fixed batch of 2**19 tokens")],
        name="kaplan_C",
        title="Kaplan, in compute as spent",
        theme=_THEME,
        cite=f"{_KAPLAN}, Fig. 1 and Table 5",
        mark="S",
        summary="The frontier at one batch size, not corrected for it; kaplan_Cmin is. In PF-days: "
        "1 PF-day is 8.64e19 FLOP.",
        coefficients=[_C_C, _ALPHA_C],
        published=[
            Published(
                "Kaplan et al., L(C)",
                {"alpha_C": 0.057, "C_c": 1.6e7},
                cite="arXiv:2001.08361, Fig. 1 and Table 5",
                mark="S",
                note="C_c in PF-days.",
            )
        ],
    )
)

register(
    Law(
        "((N_c / N)**(alpha_N / alpha_D) + D_c / D)**alpha_D",
        inputs=[_SIZE, _TOKENS],
        name="kaplan_ND",
        title="Kaplan",
        theme=_THEME,
        cite=f"{_KAPLAN}, Eq. 1.5",
        mark="S",
        summary="Model size and data limit each other; no floor, so the loss goes to zero. "
        "N excludes embeddings; D is the size of a data set trained on until early stopping.",
        coefficients=[_N_C, _D_C, _ALPHA_N, _ALPHA_D],
        published=[
            Published(
                "Kaplan et al., joint fit",
                {"alpha_N": 0.076, "alpha_D": 0.103, "N_c": 6.4e13, "D_c": 1.8e13},
                cite="arXiv:2001.08361, Table 2",
                mark="S",
                note="A separate fit: not to be mixed with the constants of the one-dimensional laws.",
            ),
        ],
    )
)

register(
    Law(
        "(N_c / N)**alpha_N + (S_c / S_min)**alpha_S",
        inputs=[
            _SIZE,
            Symbol(
                "S_min",
                "least optimiser steps, at a batch far above the critical one",
                "steps",
                start=(1e3, 1e7),
            ),
        ],
        name="kaplan_NS",
        title="Kaplan, in parameters and steps",
        theme=_THEME,
        cite=f"{_KAPLAN}, Eq. 1.6",
        mark="S",
        summary="Loss along a training run with data to spare. Steps are corrected to a large batch: "
        "S_min = S / (1 + B_crit / B).",
        coefficients=[
            _N_C,
            _ALPHA_N,
            Symbol("S_c", "scale of steps", "steps", start=(10.0, 1e6)),
            exponent("alpha_S", "steps", (0.1, 1.5)),
        ],
        published=[
            Published(
                "Kaplan et al., part in steps",
                {"alpha_S": 0.76, "S_c": 2.1e3},
                cite="arXiv:2001.08361, Eq. 1.6",
                mark="S",
                note="The part in steps only.",
            ),
            Published(
                "Kaplan et al., Table 3",
                {"alpha_N": 0.077, "N_c": 6.5e13, "alpha_S": 0.76, "S_c": 2.1e3},
                cite="arXiv:2001.08361, Table 3",
                mark="U",
                note="alpha_N and N_c of this row were not read in the paper.",
            ),
        ],
    )
)

register(
    Law(
        "B_star / L**(1 / alpha_B)",
        inputs=[Symbol("L", "loss that is reached", "nats per token", start=(1.5, 6.0), kind="loss")],
        name="kaplan_bcrit",
        title="Critical batch size by loss",
        theme=_THEME,
        output="tokens per batch",
        cite=f"{_KAPLAN}, Eq. 1.4",
        mark="S",
        summary="Batch at which time and compute are traded evenly: twice the least steps and twice the "
        "least tokens. It depends on the loss only, not on the size of the model.",
        coefficients=[
            Symbol("B_star", "critical batch at a loss of 1", "tokens", start=(1e6, 1e11), kind="tokens"),
            exponent("alpha_B", "the critical batch", (0.05, 1.0)),
        ],
        published=[
            Published(
                "Kaplan et al.",
                {"B_star": 2e8, "alpha_B": 0.21},
                cite="arXiv:2001.08361, Eq. 1.4",
                mark="S",
            )
        ],
    )
)

register(
    Law(
        "coef * N**p",
        inputs=[_SIZE],
        name="kaplan_overfit",
        title="Data that avoids overfitting",
        theme=_THEME,
        output="tokens",
        cite=f"{_KAPLAN}, Eq. 4.4",
        mark="S",
        summary="Distinct tokens from which the loss of early stopping stays within seed noise "
        "(about 0.02) of that with unlimited data.",
        coefficients=[
            Symbol("coef", "tokens for a single parameter", "tokens", start=(10.0, 1e6)),
            exponent("p", "parameters", (0.2, 1.5)),
        ],
        published=[
            Published(
                "Kaplan et al.",
                {"coef": 5e3, "p": 0.74},
                cite="arXiv:2001.08361, Eq. 4.4",
                mark="S",
            )
        ],
    )
)

register(
    Law(
        "(1 + (N / N_c)**(alpha_N / alpha_D) * D_c / D)**alpha_D",
        inputs=[_SIZE, _TOKENS],
        name="kaplan_penalty",
        title="Loss over that with unlimited data",
        theme=_THEME,
        output="ratio of losses",
        cite=f"{_KAPLAN}, section 4.2",
        mark="S",
        summary="How many times the loss with unlimited data kaplan_ND gives: L(N, D) / L(N, inf). "
        "Same coefficients as kaplan_ND.",
        coefficients=[_N_C, _D_C, _ALPHA_N, _ALPHA_D],
        published=[
            Published(
                "Kaplan et al., joint fit",
                {"alpha_N": 0.076, "alpha_D": 0.103, "N_c": 6.4e13, "D_c": 1.8e13},
                cite="arXiv:2001.08361, Table 2",
                mark="S",
            )
        ],
    )
)
