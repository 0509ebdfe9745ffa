"""Laws of what comes after pre-training: fine-tuning, transfer, continual pre-training."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import amplitude, exponent, floor

_THEME = "fine-tuning"
_LIN = "Lin et al. 2024, arXiv:2402.02314"
# A name of its own: D is tokens of pre-training everywhere else.
_SAMPLES = Symbol("D_f", "fine-tuning data", "samples", start=(1e2, 1e7))

register(
    Law(
        "B / (D_l + D_f**beta) + E",
        inputs=[_SAMPLES],
        name="rectified_ft",
        title="Fine-tuning, rectified",
        theme=_THEME,
        cite=_LIN,
        mark="S",
        summary="Flat at the zero-shot loss B / D_l + E until the data outweigh what pre-training has "
        "taught, near D_f = D_l^(1/beta); a power law from there on. D_f counts samples, not tokens.",
        coefficients=[
            Symbol("B", "amplitude", start=(1.0, 1e4)),
            Symbol("D_l", "what pre-training has taught, in the unit of D_f^beta", start=(1.0, 1e4)),
            exponent("beta", "fine-tuning data", (0.1, 1.0)),
            floor(),
        ],
        published=[
            Published(
                "Lin et al., worked example",
                {"B": 563.818434, "D_l": 166.054666, "beta": 0.455278762, "E": 1.069231942},
                cite="fitted to the 14 points of the released code of arXiv:2402.02314",
                mark="R",
                note="Least squares on log loss, root mean square 0.0027. One model on one task.",
            )
        ],
    )
)

register(
    Law(
        "(1 / (B * D_f**beta) + E)**alpha",
        inputs=[_SAMPLES],
        name="vanilla_ft",
        title="Fine-tuning, plain",
        theme=_THEME,
        cite=f"released code of {_LIN}",
        mark="P",
        summary="The power law above a floor that the rectified law is compared with; it misses the flat "
        "start.",
        coefficients=[
            Symbol("B", "inverse amplitude", start=(1e-3, 10.0)),
            exponent("beta", "fine-tuning data", (0.1, 1.0)),
            Symbol("E", "floor, before the outer power", start=(0.1, 10.0)),
            exponent("alpha", "the whole", (0.1, 2.0)),
        ],
    )
)

register(
    Law(
        "A / (X**alpha * D_f**beta) + E",
        inputs=[
            Symbol("X", "model size, pre-training data or added parameters", start=(1e6, 1e12)),
            _SAMPLES,
        ],
        name="finetune_multiplicative",
        title="Fine-tuning, multiplicative",
        theme=_THEME,
        cite="Zhang et al. 2024, arXiv:2402.17193",
        mark="S",
        summary="Fine-tuning data and another quantity X multiply: for full fine-tuning, LoRA and prompt "
        "tuning, X the size of the model, its pre-training data, or the parameters that are added.",
        coefficients=[
            amplitude("A", "joint", (1.0, 1e5)),
            exponent("alpha", "X", (0.01, 0.5)),
            exponent("beta", "fine-tuning data", (0.01, 0.5)),
            floor(),
        ],
    )
)

register(
    Law(
        "k * D_F**alpha * N**beta",
        inputs=[
            Symbol("D_F", "data of the target task that is fine-tuned on", "characters", start=(1e5, 1e10)),
            Symbol("N", "parameters without embeddings", "parameters", start=(1e6, 1e11), kind="params"),
        ],
        name="transfer",
        title="Data that pre-training is worth",
        theme=_THEME,
        output="characters",
        cite="Hernandez et al. 2021, arXiv:2102.01293",
        mark="S",
        summary="Data of the target task that pre-training saves: what a model from scratch would need "
        "beyond D_F for the same loss. In characters; small data only.",
        coefficients=[
            Symbol("k", "characters at D_F = N = 1", "characters", start=(1e2, 1e7)),
            exponent("alpha", "fine-tuning data", (0.02, 1.0)),
            exponent("beta", "parameters", (0.1, 1.0)),
        ],
        published=[
            Published(
                f"Hernandez et al., {source}",
                {"k": k, "alpha": alpha, "beta": 0.38},
                cite="arXiv:2102.01293, Table 1",
                mark="S",
            )
            for source, k, alpha in (
                ("text to Python", 1.9e4, 0.18),
                ("text and code to Python", 2.1e5, 0.096),
            )
        ],
    )
)

register(
    Law(
        "E + A / N**alpha + B * r**eta / D**beta + C / (r + epsilon)**gamma",
        inputs=[
            "N",
            Symbol("D", "tokens of continual pre-training", "tokens", start=(1e9, 1e12), kind="tokens"),
            Symbol("r", "share of the corpus whose loss is modelled", low=0.0, high=1.0, start=(0.05, 1.0)),
        ],
        name="d_cpt",
        title="Continual pre-training by ratio",
        theme=_THEME,
        cite="D-CPT law, arXiv:2406.01375",
        mark="S",
        summary="Loss on a domain (or on general text) from its share in continual pre-training. For a "
        "domain's own loss the coefficients must make it fall with r. The largest r at which the general "
        "loss stays within a tolerance follows from the law of general text, in 1 - r.",
        coefficients=[
            floor(),
            amplitude("A", "parameter", (1.0, 1e5)),
            amplitude("B", "token", (1.0, 1e5)),
            amplitude("C", "ratio", (1e-3, 1.0)),
            exponent("alpha", "parameters", (0.1, 1.0)),
            exponent("beta", "tokens", (0.1, 1.0)),
            exponent("eta", "the ratio in the token term", (0.05, 1.0)),
            exponent("gamma", "the ratio", (0.05, 1.0)),
            Symbol("epsilon", "ratio below which nothing changes", start=(0.01, 0.5)),
        ],
    )
)
