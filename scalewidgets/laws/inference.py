"""Laws of more compute after training: rounds, votes, verifiers, drafts, reinforcement learning."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import exponent, share, signed

_THEME = "inference"
_K = Symbol("k", "samples", start=(1.0, 1e4))
_P = share("p", "success of one sample", (0.02, 0.5))

# -- saturation ---

_TTSPM = "TTSPM, arXiv:2505.20522"
_CEILING = share("F_max", "ceiling", (0.4, 1.0))
_START = share("F_0", "accuracy without extra samples or rounds", (0.05, 0.35))

register(
    Law(
        "F_max * (1 - (1 - p)**k)",
        inputs=[Symbol("k", "samples or rounds", start=(1.0, 256.0))],
        name="saturation",
        title="Saturating gain of samples or rounds",
        output="accuracy",
        theme=_THEME,
        cite=f"{_TTSPM}; the product of ceiling and bracket is put together from both",
        mark="R",
        summary="One success rate for all problems, so it saturates faster than a mixed set does. Unless k "
        "reaches about 2/p, only the product F_max p is known.",
        coefficients=[_CEILING, _P],
    )
)

register(
    Law(
        "F_0 + (F_max - F_0) * (1 - (1 - p)**k)",
        inputs=[Symbol("k", "further samples or rounds", start=(1.0, 256.0))],
        name="saturation_baseline",
        title="Saturating gain over a baseline",
        output="accuracy",
        theme=_THEME,
        cite=f"by algebra from {_TTSPM}",
        mark="R",
        summary="The saturating gain where there is an accuracy to start from.",
        coefficients=[_START, _CEILING, _P],
    )
)

register(
    Law(
        "p / (p + r) + (F_0 - p / (p + r)) * (1 - p - r)**t",
        inputs=[Symbol("t", "rounds of rethinking", start=(1.0, 64.0))],
        name="overthinking",
        title="Rethinking that can also spoil an answer",
        output="accuracy",
        theme=_THEME,
        cite="by algebra: two-state chain of right and wrong",
        mark="R",
        summary="Each round corrects a wrong answer with probability p and spoils a right one with r. "
        "The curve falls where the start is above p / (p + r).",
        coefficients=[
            share("p", "chance that a round corrects", (0.05, 0.4)),
            share("r", "chance that a round spoils", (0.01, 0.1)),
            _START,
        ],
    )
)

# -- choosing among samples ---

_CHEN = "Chen et al. 2024, arXiv:2403.02419, released code"
_VOTES = Symbol("K", "votes", start=(1.0, 100.0))
_VOTE_SYMBOLS = [
    Symbol("c_1", "rate per vote", start=(1e-3, 0.3)),
    Symbol("c_2", "rate per root of votes", start=(1e-3, 0.5)),
    signed("c_3", "offset", (0.1, 2.0)),
]

register(
    Law(
        "1 - exp(-c_1 * K - c_2 * sqrt(K) - c_3)",
        inputs=[_VOTES],
        name="vote_easy",
        title="Votes on an easy question",
        output="accuracy",
        theme=_THEME,
        cite=_CHEN,
        mark="P",
        summary="A question whose right answer is the most frequent: votes help. A benchmark mixes easy and "
        "hard questions, and its accuracy can rise and then fall.",
        coefficients=_VOTE_SYMBOLS,
    )
)

register(
    Law(
        "exp(-c_1 * K - c_2 * sqrt(K) - c_3)",
        inputs=[_VOTES],
        name="vote_hard",
        title="Votes on a hard question",
        output="accuracy",
        theme=_THEME,
        cite=_CHEN,
        mark="P",
        summary="A question whose most frequent answer is wrong: votes hurt.",
        coefficients=_VOTE_SYMBOLS,
    )
)

_PASS = "(p * t + (1 - p) * f)"
_KEPT = f"p * t / {_PASS} * (1 - (1 - {_PASS})**k)"
_VERIFIER = [
    share("p", "success of one sample", (0.05, 0.6)),
    share("t", "share of right samples that pass", (0.5, 1.0)),
    share("f", "share of wrong samples that pass", (0.02, 0.5)),
]

register(
    Law(
        _KEPT,
        inputs=[_K],
        name="verifier",
        title="Samples behind a verifier",
        output="accuracy",
        theme=_THEME,
        cite="by algebra: independent samples, a verifier with fixed rates",
        mark="R",
        summary="Accuracy on one problem if nothing is answered when no sample passes. No number of samples "
        "lifts it above the precision p t / (p t + (1 - p) f).",
        coefficients=_VERIFIER,
    )
)

register(
    Law(
        f"{_KEPT} + (1 - {_PASS})**(k - 1) * p * (1 - t)",
        inputs=[_K],
        name="verifier_fallback",
        title="Samples behind a verifier, always an answer",
        output="accuracy",
        theme=_THEME,
        cite="by algebra: independent samples, a verifier with fixed rates",
        mark="R",
        summary="As above, with a rejected sample for an answer when none passes. Same ceiling.",
        coefficients=_VERIFIER,
    )
)

# -- speed ---

_LEVIATHAN = "Leviathan et al. 2022, arXiv:2211.17192"
_DRAFT = Symbol("g", "drafted tokens", "tokens", start=(1.0, 16.0))
_ACCEPT = share("a", "chance that a drafted token is accepted", (0.3, 0.95))

register(
    Law(
        "(1 - a**(g + 1)) / (1 - a)",
        inputs=[_DRAFT],
        name="speculative_tokens",
        title="Tokens per pass of speculative decoding",
        output="tokens",
        theme=_THEME,
        cite=_LEVIATHAN,
        mark="R",
        summary="Expected tokens of one pass of the large model if each drafted token is accepted alike.",
        coefficients=[_ACCEPT],
    )
)

register(
    Law(
        "(1 - a**(g + 1)) / ((1 - a) * (c * g + 1))",
        inputs=[_DRAFT],
        name="speculative_speedup",
        title="Speed-up by speculative decoding",
        output="speed-up",
        theme=_THEME,
        cite=_LEVIATHAN,
        mark="R",
        summary="Tokens of a pass over its time: there is a best length of draft.",
        coefficients=[
            _ACCEPT,
            share("c", "time of a drafting step, in passes of the large model", (0.01, 0.5)),
        ],
    )
)

register(
    Law(
        "a_0 + a_D * log(D) + a_N * log(N) + a_B * log(B)",
        inputs=[
            Symbol("N", "parameters of the draft model", "parameters", start=(1e6, 1e10), kind="params"),
            Symbol("D", "tokens the draft model was trained on", "tokens", start=(1e8, 1e13), kind="tokens"),
            Symbol("B", "sequences decoded at once", start=(1.0, 512.0)),
        ],
        name="speculative_acceptance",
        title="Accepted length of a draft",
        output="accepted tokens",
        theme=_THEME,
        cite="Scaling Laws for Speculative Decoding, arXiv:2505.07858",
        mark="S",
        summary="Mean tokens accepted at once, linear in each logarithm: a number of tokens, not "
        "a probability. No coefficients are known here.",
        coefficients=[
            signed("a_0", "accepted tokens at one of each", (-0.5, 1.0), unit="tokens"),
            Symbol("a_D", "gain with an e-fold of tokens", "tokens", start=(0.05, 0.3)),
            Symbol("a_N", "gain with an e-fold of parameters", "tokens", start=(0.05, 0.3)),
            signed("a_B", "change with an e-fold of batch", (-0.1, 0.1), unit="tokens"),
        ],
    )
)

register(
    Law(
        "c * N**m",
        inputs=["N"],
        name="inference_frontier",
        title="Compute at which a size answers best",
        output="inference FLOP",
        theme=_THEME,
        cite="Wu et al. 2024, arXiv:2408.00724, Fig. 1",
        mark="S",
        summary="Inference compute for which models of this size are the best of their family on "
        "one benchmark.",
        coefficients=[
            Symbol("c", "compute at one parameter", "FLOP", start=(1.0, 1e4)),
            exponent("m", "parameters", (0.5, 2.0)),
        ],
        published=[
            Published(
                "Wu et al., Pythia on GSM8K",
                {"c": 10**2.03, "m": 1.19},
                cite="arXiv:2408.00724, Fig. 1",
                mark="S",
                note="log10 C = 1.19 log10 N + 2.03.",
            )
        ],
    )
)

# -- reinforcement learning ---

register(
    Law(
        "R0 + (A - R0) / (1 + (C_mid / C)**B)",
        inputs=[Symbol("C", "compute of reinforcement learning", "GPU-hours", start=(100.0, 1e6))],
        name="scalerl",
        title="Reward over compute",
        output="reward",
        theme=_THEME,
        cite="ScaleRL, arXiv:2510.13786, Eq. 1",
        mark="S",
        summary="A sigmoid in log compute: ceiling A, efficiency B, half of the gain at C_mid. "
        "Leave out the first part of a run, before the curve settles.",
        coefficients=[
            share("R0", "reward before", (0.01, 0.4)),
            share("A", "ceiling", (0.5, 1.0)),
            Symbol("C_mid", "compute at half of the gain", "GPU-hours", start=(300.0, 3e5)),
            exponent("B", "compute: efficiency", (0.3, 3.0)),
        ],
        published=[
            Published(
                "ScaleRL, the recommended recipe",
                {"A": 0.61},
                cite="arXiv:2510.13786",
                mark="S",
                note="Ceiling only.",
            )
        ],
    )
)
