"""Learning curves: loss from one quantity, a power law above a floor."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import amplitude, exponent, floor, signed

_CITE = "Henighan et al. 2020, arXiv:2010.14701, Eq. 1.1"
_SUMMARY = (
    "A power law above a floor. The floor trades off against the exponent: "
    "it is only as sure as the curve bends within the data."
)


def _coefficients(of: str) -> list[Symbol]:
    return [
        floor(),
        amplitude("A", of, (1.0, 1e9)),
        exponent("alpha", of, (0.02, 1.5)),
    ]


def _exponent_only(alpha: float, of: str) -> Published:
    return Published(
        "Henighan et al., language",
        {"alpha": alpha},
        cite=f"arXiv:2010.14701, language, L({of})",
        mark="S",
        note="Exponent only, of a law without floor: a loss ratio, not a loss, can be computed from it.",
    )


register(
    Law(
        "E + A / C**alpha",
        inputs=["C"],
        name="power_const",
        title="Power law and floor, in compute",
        theme="learning curves",
        cite=_CITE,
        mark="S",
        summary=_SUMMARY + " C is the compute of runs on the frontier, not of any run.",
        coefficients=_coefficients("compute"),
        published=[
            Published(
                "Porian et al., frontier",
                {"E": 2.01, "A": 128.93, "alpha": 0.106},
                cite="arXiv:2406.19146",
                mark="S",
                note="With one and two larger budgets added, the floor falls to 1.78 and 1.68.",
            ),
            Published(
                "Porian et al., one larger budget",
                {"E": 1.78, "A": 97.27, "alpha": 0.096},
                cite="arXiv:2406.19146",
                mark="S",
            ),
            Published(
                "Porian et al., two larger budgets",
                {"E": 1.68, "A": 87.16, "alpha": 0.092},
                cite="arXiv:2406.19146",
                mark="S",
            ),
            _exponent_only(0.048, "C"),
        ],
    )
)

register(
    Law(
        "E + A / N**alpha",
        inputs=["N"],
        name="power_N",
        title="Power law and floor, in parameters",
        theme="learning curves",
        cite=_CITE,
        mark="S",
        summary=_SUMMARY + " Data must not be what limits the runs.",
        coefficients=_coefficients("parameters"),
        published=[_exponent_only(0.070, "N")],
    )
)

register(
    Law(
        "E + A / D**alpha",
        inputs=["D"],
        name="power_D",
        title="Power law and floor, in tokens",
        theme="learning curves",
        cite=_CITE,
        mark="S",
        summary=_SUMMARY + " Model size must not be what limits the runs.",
        coefficients=_coefficients("tokens"),
    )
)

register(
    Law(
        "E + A / S**alpha",
        inputs=["S"],
        name="power_S",
        title="Power law and floor, in steps",
        theme="learning curves",
        cite="Ye et al. 2024, arXiv:2403.16952, the step law that is nested in the mixing law",
        mark="P",
        summary=_SUMMARY + " One size, one batch; where the learning rate falls, losses on the way are not "
        "those of shorter runs.",
        coefficients=_coefficients("steps"),
    )
)

_HESTNESS = "Hestness et al. 2017, arXiv:1712.00409"
_TRAINING_SET = Symbol(
    "m", "size of the training set, in the units of the paper's task", "samples", start=(1e5, 1e11)
)

register(
    Law(
        "alpha * m**beta_g + gamma",
        inputs=[_TRAINING_SET],
        name="hestness",
        title="Learning curve",
        theme="learning curves",
        output="error",
        cite=_HESTNESS,
        mark="S",
        summary="Error of the best model for each size of the training set, beyond the plateau of small "
        "data. The exponent is negative. m counts what the task counts: words, characters, images, hours.",
        coefficients=[
            Symbol("alpha", "error at m = 1, above the floor", start=(1.0, 1e3)),
            signed("beta_g", "exponent of the training set", (-0.5, -0.05), high=0.0),
            Symbol("gamma", "irreducible error", start=(0.01, 1.0)),
        ],
        published=[
            Published(
                "Hestness et al., word language model",
                {"alpha": 11.9, "beta_g": -0.066, "gamma": 0.0},
                cite="arXiv:1712.00409",
                mark="S",
                note="Nats per word; printed without a floor.",
            ),
            *(
                Published(
                    f"Hestness et al., {task}",
                    {"beta_g": slope},
                    cite="arXiv:1712.00409",
                    mark="S",
                    note="Exponent only.",
                )
                for task, slope in (
                    ("character language model", -0.094),
                    ("translation", -0.128),
                    ("ImageNet, top-1", -0.309),
                    ("ImageNet, top-5", -0.488),
                    ("speech", -0.299),
                )
            ),
        ],
    )
)

register(
    Law(
        "alpha_s * m**beta_p",
        inputs=[_TRAINING_SET],
        name="hestness_size",
        title="Best model for a training set",
        theme="learning curves",
        output="parameters",
        cite=_HESTNESS,
        mark="S",
        summary="Size that the best model needs as the training set grows: slower than the data.",
        coefficients=[
            Symbol("alpha_s", "parameters at m = 1", "parameters", start=(0.01, 1e3)),
            exponent("beta_p", "the training set", (0.4, 1.0)),
        ],
        published=[
            Published(
                f"Hestness et al., {task}",
                {"beta_p": slope},
                cite="arXiv:1712.00409",
                mark="S",
                note="Exponent only.",
            )
            for task, slope in (
                ("word language model", 0.69),
                ("character language model, 4 layers", 0.78),
                ("ImageNet", 0.573),
            )
        ],
    )
)

register(
    Law(
        "eps_0 * (a / n**alpha + b / m**beta + c_inf)"
        " / sqrt((a / n**alpha + b / m**beta + c_inf)**2 + eta**2)",
        inputs=[
            Symbol("n", "size of the training set", "samples", start=(1e3, 1e10)),
            Symbol("m", "parameters of the model", "parameters", start=(1e4, 1e10), kind="params"),
        ],
        name="rosenfeld",
        title="Error from guessing to floor",
        theme="learning curves",
        output="error",
        cite="Rosenfeld et al. 2020, arXiv:1909.12673",
        mark="S",
        summary="A sum of powers of data and size, carried smoothly over to the error of guessing where both "
        "are small. Fitted to relative errors.",
        coefficients=[
            Symbol("eps_0", "error of guessing", start=(0.3, 1.0)),
            Symbol("a", "amplitude of the data term", start=(1.0, 100.0)),
            Symbol("b", "amplitude of the size term", start=(1.0, 100.0)),
            Symbol("c_inf", "floor of the sum", start=(0.01, 1.0)),
            exponent("alpha", "data", (0.1, 1.0)),
            exponent("beta", "size", (0.1, 1.0)),
            Symbol("eta", "where the error leaves that of guessing", start=(0.1, 10.0)),
        ],
    )
)
