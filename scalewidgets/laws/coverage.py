"""Laws of coverage: the share of problems that at least one of k samples solves."""

from __future__ import annotations

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import amplitude, exponent, share, surface

_THEME = "inference"
_K = Symbol("k", "samples", start=(1.0, 1e4))
_MONKEYS = "Large Language Monkeys, Brown et al. 2024, arXiv:2407.21787"
_PYTHIA = {
    "Pythia-70M": (7.995, 0.1938),
    "Pythia-160M": (6.782, 0.2845),
    "Pythia-410M": (5.615, 0.2893),
    "Pythia-1B": (5.491, 0.3156),
    "Pythia-2.8B": (4.212, 0.3397),
    "Pythia-6.9B": (4.361, 0.3518),
    "Pythia-12B": (4.192, 0.3720),
}

register(
    Law(
        "exp(-A / k**beta)",
        inputs=[_K],
        name="coverage",
        title="Coverage, exponentiated power law",
        output="coverage",
        theme=_THEME,
        cite=f"{_MONKEYS}, Eq. 2-3",
        mark="S",
        summary="Share of problems that at least one of k samples solves. A straight line of log(-log C) in "
        "log k; the authors call it approximate. Points at different k share samples: they are not "
        "independent runs.",
        coefficients=[
            Symbol("A", "minus the log coverage of one sample", start=(0.3, 10.0)),
            exponent("beta", "samples", (0.05, 1.0)),
        ],
        published=[
            Published(
                f"{model} on MATH",
                {"A": a, "beta": beta},
                cite="least squares on log(-log C), 100 values of k up to 1e4, from the success counts of "
                "arXiv:2502.17578",
                mark="R",
                note="128 problems with 10,000 samples each.",
            )
            for model, (a, beta) in _PYTHIA.items()
        ],
    )
)

register(
    Law(
        "1 - (1 - (1 - u)**(k + 1)) / ((k + 1) * u)",
        inputs=[_K],
        name="coverage_uniform",
        title="Coverage of evenly spread difficulty",
        output="coverage",
        theme=_THEME,
        cite="Schaeffer et al. 2025, arXiv:2502.17578",
        mark="R",
        summary="Problems whose success rates are spread evenly from 0 to u: failures fall as 1/k.",
        coefficients=[share("u", "success rate of the easiest problem", (0.05, 1.0))],
    )
)

register(
    Law(
        "k / (k + b)",
        inputs=[_K],
        name="coverage_hyperbolic",
        title="Coverage, hyperbola",
        output="coverage",
        theme=_THEME,
        cite="by algebra: success rates of a Beta(1, b) distribution; see arXiv:2502.17578",
        mark="R",
        summary="One coefficient, the number of samples that solve half of the problems.",
        coefficients=[Symbol("b", "samples for half of the problems", start=(1.0, 1e4))],
    )
)

register(
    Law(
        "exp(-E_0 - C_0 / C**alpha)",
        inputs=["C"],
        name="pass_at_k_compute",
        title="pass@k from training compute",
        output="pass@k",
        theme=_THEME,
        cite="arXiv:2509.24012",
        mark="S",
        summary="At one k; fitted for several k, E_0 goes to zero by about k = 100 and alpha rises from "
        "0.121 to 0.375: with many samples, compute tells sooner.",
        coefficients=[
            Symbol("E_0", "minus the log of the ceiling", start=(0.01, 2.0)),
            amplitude("C_0", "compute", (1.0, 1e4)),
            exponent("alpha", "compute", (0.1, 0.6)),
        ],
    )
)

register(
    Law(
        "exp(-c / N**alpha)",
        inputs=["N"],
        name="passuntil",
        title="Task success from size",
        output="pass rate",
        theme=_THEME,
        cite="PassUntil, Hu et al. 2023, arXiv:2310.03262",
        mark="U",
        summary="Expected pass rate of one sample, measured by sampling until some succeed. A bend of "
        "log(-log) against log N downwards would be accelerated emergence.",
        coefficients=[
            Symbol("c", "amplitude of the parameter term", start=(1.0, 1e3)),
            exponent("alpha", "parameters", (0.1, 0.6)),
        ],
    )
)

register(
    Law(
        "E + A / N**alpha + B / D**beta + G / k**gamma",
        inputs=["N", "D", _K],
        name="t2",
        title="Size, tokens and samples",
        output="loss at k samples",
        theme=_THEME,
        cite="arXiv:2604.01411",
        mark="S",
        summary="Chinchilla with a term that samples remove: under one budget for training (6ND) and one for "
        "inference (2Nk) it favours smaller models trained longer.",
        coefficients=[
            *surface(),
            amplitude("G", "sample", (0.01, 10.0)),
            exponent("gamma", "samples", (0.05, 1.0)),
        ],
    )
)
