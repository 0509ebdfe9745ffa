"""Learning curves: loss from one quantity, a power law above a floor."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol

_CITE = "Henighan et al. 2020, arXiv:2010.14701, Eq. 1.1"
_SUMMARY = (
    "A power law above a floor. The floor trades off against the exponent: "
    "it is only as sure as the curve bends within the data."
)


def _coefficients(of: str) -> list[Symbol]:
    return [
        Symbol("E", "irreducible loss", "nats per token", start=(0.3, 3.0), kind="loss"),
        Symbol("A", f"amplitude of the {of} term", "nats per token", start=(1.0, 1e9)),
        Symbol("alpha", f"exponent of {of}", start=(0.02, 1.5), kind="exponent"),
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
