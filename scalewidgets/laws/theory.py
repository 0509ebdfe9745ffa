"""What theories of scaling say: exponents from spectra, quanta, manifolds and superposition."""

from __future__ import annotations

import math

from scalewidgets.errors import FormulaError

from .core import Law
from .registry import register
from .symbols import Published, Symbol
from .terms import amplitude, exponent, floor, signed

__all__ = ["bahri_exponents", "bordelon_exponents", "quantization_exponents"]

_THEME = "theory"
_BAHRI = "Bahri et al. 2021, arXiv:2102.06701"
_LIU = "arXiv:2505.10465"


def quantization_exponents(alpha: float) -> dict[str, float]:
    """Exponents of the quantisation model, from that of the frequency of quanta.

    Parameters
    ----------
    alpha : float
        Quanta are used with frequency ``k^-(alpha + 1)``; above zero.

    Returns
    -------
    dict
        ``alpha_N`` of parameters, ``alpha_D`` of data, and ``a_alloc`` in ``N* ~ C^a``.

    Notes
    -----
    Michaud et al. 2023, arXiv:2303.13506.
    """
    _refuse(alpha > 0, "alpha is above zero")
    return {"alpha_N": alpha, "alpha_D": alpha / (1 + alpha), "a_alloc": 1 / (alpha + 2)}


def bahri_exponents(d: float) -> dict[str, float]:
    """Exponents of loss in data or size for a smooth target on a manifold.

    Parameters
    ----------
    d : float
        Intrinsic dimension of the data, above zero.

    Returns
    -------
    dict
        ``variance_limited``, 1; and ``resolution_limited``, 4 / d.

    Notes
    -----
    Bahri et al. 2021, arXiv:2102.06701; Sharma and Kaplan 2020, arXiv:2004.10802.
    """
    _refuse(d > 0, "the dimension d is above zero")
    return {"variance_limited": 1.0, "resolution_limited": 4 / d}


def bordelon_exponents(a: float, b: float) -> dict[str, float]:
    """Exponents of a linear model on random features, from its spectrum. Unverified.

    Parameters
    ----------
    a : float
        The target's power in eigenfunction k falls as ``k^-a``; above one.
    b : float
        The eigenvalues of the kernel fall as ``k^-b``; above zero.

    Returns
    -------
    dict
        ``alpha_t`` of time, ``alpha_P`` of data, ``alpha_N`` of width, and ``compute_exponent`` of the best
        split of C = t N.

    Notes
    -----
    After Bordelon et al. 2024, arXiv:2402.01092; the formulas were not checked against the paper.
    """
    _refuse(a > 1, "a is above one")
    _refuse(b > 0, "b is above zero")
    time, width = (a - 1) / b, min(a - 1, 2 * b)
    return {
        "alpha_t": time,
        "alpha_P": width,
        "alpha_N": width,
        "compute_exponent": time * width / (time + width),
    }


def _refuse(holds: bool, says: str) -> None:
    if not holds:
        raise FormulaError(f"The exponents exist where {says}.")


register(
    Law(
        "E + A / N**alpha + B / D**(alpha / (1 + alpha))",
        inputs=["N", "D"],
        name="quantization_model",
        title="Quanta of skill",
        theme=_THEME,
        cite="Michaud et al. 2023, arXiv:2303.13506",
        mark="S",
        summary="Skills learned one by one, the most used first: one exponent gives both powers. It implies "
        "N* ~ C^(1 / (alpha + 2)), so data grow faster than size.",
        coefficients=[
            floor(),
            amplitude("A", "parameter"),
            amplitude("B", "token"),
            exponent("alpha", "parameters", (0.05, 2.0)),
        ],
    )
)

_BAHRI_X = Symbol("x", "training samples, or parameters or width", start=(1e3, 1e12))

register(
    Law(
        "L_inf + A / x**(4 / d)",
        inputs=[_BAHRI_X],
        name="bahri",
        title="Limited by resolution",
        theme=_THEME,
        cite=f"{_BAHRI}; Sharma and Kaplan 2020, arXiv:2004.10802",
        mark="S",
        summary="Data or size too few to resolve a smooth target on a manifold: the exponent is about 4 / d.",
        coefficients=[
            floor("L_inf"),
            amplitude("A", "resolution", (1.0, 1e4)),
            Symbol("d", "intrinsic dimension of the data", start=(4.0, 100.0)),
        ],
    )
)

register(
    Law(
        "L_inf + A / x",
        inputs=[_BAHRI_X],
        name="bahri_variance",
        title="Limited by variance",
        theme=_THEME,
        cite=_BAHRI,
        mark="S",
        summary="Close to the limit of unlimited data or width, the excess loss falls as one over it, "
        "whatever the task.",
        coefficients=[floor("L_inf"), amplitude("A", "variance", (1.0, 1e6))],
    )
)

register(
    Law(
        "L_inf + A / x**a",
        inputs=[_BAHRI_X],
        name="bahri_kernel",
        title="Limited by resolution, by the spectrum",
        theme=_THEME,
        cite=_BAHRI,
        mark="S",
        summary="The kernel's eigenvalues fall as i^-(1 + a): data and size both have exponent a.",
        coefficients=[
            floor("L_inf"),
            amplitude("A", "resolution", (1.0, 1e4)),
            exponent("a", "the spectrum, beyond one", (0.05, 1.0)),
        ],
    )
)

register(
    Law(
        "L_inf + A_t / t**((a - 1) / b) + A_N / N**min(a - 1, 2 * b) + A_P / P**min(a - 1, 2 * b)",
        inputs=[
            Symbol("t", "training time", "steps", start=(10.0, 1e6)),
            Symbol("N", "width of the model", start=(10.0, 1e5)),
            Symbol("P", "training samples", "samples", start=(10.0, 1e6)),
        ],
        name="bordelon",
        title="Time, width and data of a linear model",
        theme=_THEME,
        cite="after Bordelon et al. 2024, arXiv:2402.01092",
        mark="U",
        summary="Exponents from the spectrum of a kernel: eigenvalues k^-b, power of the target k^-a.",
        coefficients=[
            floor("L_inf"),
            amplitude("A_t", "time", (0.1, 100.0)),
            amplitude("A_N", "width", (0.1, 100.0)),
            amplitude("A_P", "data", (0.1, 100.0)),
            Symbol("a", "decay of the target's power", low=1.0, start=(1.1, 3.0)),
            Symbol("b", "decay of the eigenvalues", start=(0.5, 3.0)),
        ],
    )
)

_WIDTH = Symbol("m", "dimension of the model", start=(64.0, 16384.0))
for _name, _formula, _title, _summary in (
    (
        "superposition",
        "A / m**alpha_m",
        "Strong superposition",
        "Many more features than dimensions, all represented: loss goes as one over the dimension whatever "
        "the frequencies of features, unless these are very skewed.",
    ),
    (
        "superposition_weak",
        "A / m**(alpha - 1)",
        "Weak superposition",
        "Only the most frequent features are represented; what is lost is the rest of the frequencies, a "
        "power law only if they are one themselves, p_i ~ i^-alpha with alpha above 1.",
    ),
    (
        "superposition_skewed",
        "A / m**(2 * (alpha - 1))",
        "Strong superposition, skewed features",
        "All features represented and their frequencies p_i ~ i^-alpha very skewed: about twice the exponent "
        "of weak superposition.",
    ),
):
    _strong = _name == "superposition"
    register(
        Law(
            _formula,
            inputs=[_WIDTH],
            name=_name,
            title=_title,
            theme=_THEME,
            cite=_LIU,
            mark="S",
            summary=_summary,
            coefficients=[
                Symbol("A", "amplitude", start=(1.0, 1e4)),
                exponent("alpha_m", "the dimension", (0.5, 1.5))
                if _strong
                else Symbol("alpha", "exponent of the frequencies", low=1.0, start=(1.1, 3.0)),
            ],
            published=[
                Published(
                    "prediction",
                    {"alpha_m": 1.0},
                    cite=_LIU,
                    mark="S",
                    note="The exponent of the theory, not a fit.",
                )
            ]
            if _strong
            else [],
        )
    )

register(
    Law(
        "slope * log10(C) + intercept",
        inputs=["C"],
        name="unified_c",
        title="Compute alone",
        theme=_THEME,
        output="bits per character",
        cite="arXiv:2404.19484",
        mark="S",
        summary="The claim that loss depends on total compute, not on how it is split. It has no floor: it "
        "goes below zero, so it holds over a few decades at most.",
        coefficients=[
            signed(
                "slope", "change in ten times the compute", (-0.1, -0.01), high=0.0, unit="bits per character"
            ),
            Symbol("intercept", "value at 1 FLOP", "bits per character", low=-math.inf, start=(2.0, 4.0)),
        ],
        published=[
            Published(
                "as recalled",
                {"slope": -0.031, "intercept": 2.572},
                cite="attributed to arXiv:2404.19484, not read there",
                mark="U",
            )
        ],
    )
)
