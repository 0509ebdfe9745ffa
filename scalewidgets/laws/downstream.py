"""Laws from loss to what a model can do: errors, accuracies, and the loss on other data."""

from __future__ import annotations

import math

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import amplitude, exponent, floor, share, signed

_THEME = "downstream"
_LOSS = Symbol("L", "loss", "nats per token", start=(1.5, 5.0), kind="loss")

# -- from loss to error ---

_GADRE = "Gadre et al. 2024, arXiv:2403.08540"
_REFIT = "refitted with the authors' released code and results"


def _gadre(label: str, k: float, gamma: float, epsilon: float) -> Published:
    return Published(
        f"Gadre et al., {label}",
        {"k": k, "gamma": gamma, "epsilon": epsilon},
        cite=f"arXiv:2403.08540, Eq. 5, {_REFIT}",
        mark="R",
        note="From the loss on C4 eval; fitted to five runs of the default set and a 1.4 B one.",
    )


register(
    Law(
        "epsilon - k * exp(-gamma * L)",
        inputs=[_LOSS],
        name="gadre_error",
        title="Average error from loss",
        output="error",
        theme=_THEME,
        cite=f"{_GADRE}, Eq. 5",
        mark="P",
        summary="Top-1 error, averaged over many tasks, falls exponentially as the loss falls, from about "
        "chance. A power of perplexity: exp(-gamma L) = PPL^-gamma.",
        coefficients=[
            share("epsilon", "error of a model that knows nothing", (0.7, 1.0)),
            Symbol("k", "amplitude of what the loss explains", start=(0.3, 2.3)),
            Symbol("gamma", "e-folds of error per nat", start=(0.7, 2.0)),
        ],
        published=[
            _gadre("C4, 17 tasks", 2.07891, 0.756121, 0.849742),
            _gadre("RedPajama, 17 tasks", 2.20649, 0.714591, 0.856992),
            _gadre("RefinedWeb, 17 tasks", 2.21481, 0.707049, 0.865279),
            _gadre("C4, 46 tasks", 1.2885, 0.97216, 0.75894),
            _gadre("RedPajama, 46 tasks", 1.3229, 0.89071, 0.76085),
            _gadre("RefinedWeb, 46 tasks", 1.1281, 0.82152, 0.76768),
        ],
    )
)

_LADDER = "Bhagia et al. 2024, arXiv:2412.04403"
_SIGMOID = [
    share("a", "accuracy gained from start to end", (0.2, 0.8)),
    signed("k", "steepness; below zero, as accuracy rises when loss falls", (-8.0, -0.5), high=0.0),
    Symbol("L_0", "task loss halfway", "nats", start=(0.3, 2.0), kind="loss"),
    share("b", "accuracy by chance", (0.05, 0.5)),
]

register(
    Law(
        "a / (1 + exp(-k * (L - L_0))) + b",
        inputs=[Symbol("L", "task loss", "nats", start=(0.2, 3.0), kind="loss")],
        name="ladder_accuracy",
        title="Task accuracy from task loss",
        output="accuracy",
        theme=_THEME,
        cite=f"{_LADDER}, step 2",
        mark="S",
        summary="Second step of the ladder: a sigmoid of the task's own loss, itself a Chinchilla law. "
        "Llama 3 chains a line in log compute and such a sigmoid.",
        coefficients=_SIGMOID,
    )
)

register(
    Law(
        "a / (1 + exp(-k * (E + A / N**alpha + B / D**beta - L_0))) + b",
        inputs=["N", "D"],
        name="ladder",
        title="Task accuracy from size and tokens",
        output="accuracy",
        theme=_THEME,
        cite=f"{_LADDER}, both steps in one",
        mark="S",
        summary="Task loss by Chinchilla, then accuracy by a sigmoid. Nine coefficients: fit the two steps "
        "one after the other, then both together.",
        coefficients=[
            *_SIGMOID,
            floor("E", "irreducible task loss"),
            amplitude("A", "parameter", (1.0, 1e4)),
            amplitude("B", "token", (1.0, 1e4)),
            exponent("alpha", "parameters", (0.1, 1.0)),
            exponent("beta", "tokens", (0.1, 1.0)),
        ],
    )
)

register(
    Law(
        "u - v * log(C)",
        inputs=["C"],
        name="task_loss",
        title="Task loss from compute",
        output="task loss",
        theme=_THEME,
        cite="Llama 3, Dubey et al. 2024, arXiv:2407.21783, first of two steps",
        mark="S",
        summary="Negative log-likelihood of the right answer, a line in log compute over the range of "
        "a study. It has no floor: not for far forecasts.",
        coefficients=[
            Symbol("u", "task loss at one FLOP", "nats", start=(4.0, 10.0)),
            Symbol("v", "fall with an e-fold of compute", "nats", start=(0.01, 0.06)),
        ],
    )
)

register(
    Law(
        "low + (high - low) / (1 + (C_mid / C)**s)",
        inputs=["C"],
        name="sigmoid_C",
        title="Sigmoid in log compute",
        output="score",
        theme=_THEME,
        cite="the field's usual form",
        mark="R",
        summary="From a score by chance to a ceiling, halfway at C_mid. "
        "The ceiling is known only once the curve has turned.",
        coefficients=[
            share("low", "score by chance", (0.01, 0.4)),
            share("high", "ceiling", (0.5, 1.0)),
            Symbol("C_mid", "compute halfway", "FLOP", start=(1e19, 1e25), kind="flops"),
            exponent("s", "compute", (0.1, 2.0)),
        ],
    )
)

# -- from benchmarks to benchmarks ---

_RUAN = "Ruan et al. 2024, arXiv:2405.10938"
_SCORE = "principal-component score of the model's benchmarks"

register(
    Law(
        "h / (1 + exp(-(beta_1 * S_1 + beta_2 * S_2 + beta_3 * S_3 + alpha)))",
        inputs=[
            Symbol(f"S_{i}", f"{word} {_SCORE}", low=-math.inf, start=(-3.0, 3.0))
            for i, word in ((1, "first"), (2, "second"), (3, "third"))
        ],
        name="observational",
        title="Observational scaling",
        output="error",
        theme=_THEME,
        cite=f"{_RUAN}, Eq. 3-5",
        mark="S",
        summary="Error of a task from three capabilities that public benchmarks share; nothing is trained. "
        "The first score holds about 80 % of the variance, three about 97 %.",
        coefficients=[
            share("h", "largest error", (0.5, 1.0)),
            *(signed(f"beta_{i}", f"weight of score {i}", (-2.0, 2.0)) for i in (1, 2, 3)),
            signed("alpha", "offset", (-2.0, 2.0)),
        ],
    )
)

register(
    Law(
        "theta * log(C) + nu",
        inputs=["C"],
        name="capability",
        title="Capability of one family from compute",
        output="score",
        theme=_THEME,
        cite=f"{_RUAN}, Eq. 3-5",
        mark="S",
        summary="A benchmark score of a family of models, a line in log compute. Solved for compute at the "
        "score of another family's model, it gives that model's equivalent compute.",
        coefficients=[
            Symbol("theta", "gain with an e-fold of compute", start=(0.1, 1.0)),
            signed("nu", "score at one FLOP", (-3.0, -0.5)),
        ],
    )
)

# -- from loss to loss ---

register(
    Law(
        "K * (L0 - E0)**kappa + E1",
        inputs=[Symbol("L0", "loss on the first data", "nats per token", start=(3.2, 6.0), kind="loss")],
        name="loss_to_loss",
        title="Loss to loss",
        theme=_THEME,
        cite="Brandfonbrener et al. 2024, arXiv:2411.12925; LLMs on the Line, arXiv:2502.12120",
        mark="P",
        summary="Loss on other data, or after training on other data, from the loss of the same run. "
        "Floors come from fits of the two surfaces. A monotone map: it leaves the best sizes where they are.",
        coefficients=[
            Symbol("K", "slope", start=(0.2, 3.0)),
            exponent("kappa", "reducible loss", (0.3, 2.0)),
            floor("E0", "irreducible loss on the first data"),
            floor("E1", "irreducible loss on the second data"),
        ],
    )
)

# -- after fine-tuning ---

register(
    Law(
        "log(A * D_p**alpha)**beta",
        inputs=[Symbol("D_p", "pre-training tokens", "tokens", start=(1e6, 1e12), kind="tokens")],
        name="isik_log",
        title="Translation score from pre-training tokens",
        output="BLEU",
        theme=_THEME,
        cite="Isik et al. 2024, arXiv:2402.04177",
        mark="U",
        summary="BLEU after fine-tuning, a power of a logarithm. Only where pre-training and task data are "
        "aligned: elsewhere BLEU may fall with more pre-training.",
        coefficients=[
            Symbol("A", "scale", start=(1.5, 100.0)),
            exponent("alpha", "tokens", (0.1, 1.0)),
            exponent("beta", "the logarithm", (0.5, 2.0)),
        ],
    )
)

register(
    Law(
        "E + A / D_p**alpha",
        inputs=[Symbol("D_p", "pre-training tokens", "tokens", start=(1e6, 1e12), kind="tokens")],
        name="isik_loss",
        title="Translation loss from pre-training tokens",
        theme=_THEME,
        cite="Isik et al. 2024, arXiv:2402.04177",
        mark="U",
        summary="Cross-entropy of the task after fine-tuning. It may keep falling where the score (isik_log) "
        "no longer rises: pre-training and task data must be aligned for both.",
        coefficients=[floor(), amplitude("A", "token", (1.0, 1e4)), exponent("alpha", "tokens", (0.1, 1.0))],
    )
)
