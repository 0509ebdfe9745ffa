"""Laws of data mixtures, over as many domains as wanted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scalewidgets.errors import FormulaError, quoted

from .core import Law
from .registry import register
from .symbols import Symbol
from .terms import amplitude, exponent, floor, signed, surface

__all__ = ["additive_mixing_law", "implicit_mixing_law", "joint_mixing_law", "mixing_law"]


_THEME = "data mixtures"
_YE = "Ye et al. 2024, arXiv:2403.16952"
_SHUKOR = "Shukor et al. 2025, arXiv:2507.09404"
_REGISTERED = ("1", "2")


def mixing_law(domains: Sequence[str], *, k: bool = True) -> Law:
    """Return the exponential mixing law over named domains.

    ``L = c + k exp(sum_j t_j r_j)``, for the loss on one domain or validation set. Of Ye et al. 2024,
    arXiv:2403.16952.

    Parameters
    ----------
    domains : sequence of str
        Two or more. ``["web", "code"]`` gives the inputs ``r_web``, ``r_code``: columns of a wide table,
        whose rows sum to one.
    k : bool
        Whether the amplitude k is there. Since shares sum to one, k can be put into t: to fit, leave it out.

    Returns
    -------
    Law

    Raises
    ------
    FormulaError
        If the domains do not make names.
    """
    names = _domains(domains)
    power = "exp(" + " + ".join(f"t_{name} * r_{name}" for name in names) + ")"
    factor = [amplitude("k", "mixture", (0.1, 10.0))] if k else []
    return Law(
        f"c + {'k * ' if k else ''}{power}",
        inputs=_shares("r", names),
        name=_name("data_mixing_exp", domains),
        title="Mixing law",
        theme=_THEME,
        cite=_YE,
        mark="P",
        summary="Loss on one domain from the shares of all, at one size and one number of steps. k and a "
        "common part of all t are one coefficient, since shares sum to one: fix k = 1 to fit. "
        "laws.mixing_law(['web', 'code']) names domains; laws.optimal_mixture finds the best shares.",
        coefficients=[
            floor("c", "loss that no mixture removes"),
            *factor,
            *(signed(f"t_{name}", f"effect of the share of {_said(name)}", (-3.0, 3.0)) for name in names),
        ],
        simplex=[f"r_{name}" for name in names],
    )


def implicit_mixing_law(domains: Sequence[str], parts: int = 2) -> Law:
    """Return the mixing law of a validation set that is itself an unknown blend.

    ``L = sum_i s_i (c_i + k_i exp(sum_j t_ij r_j))`` over hidden parts i with weights s. Since shares of
    training sum to one, the weights and amplitudes go into t and one constant: ``c + sum_i exp(...)``. Of Ye
    et al. 2024, arXiv:2403.16952.

    Parameters
    ----------
    domains : sequence of str
        As in :func:`mixing_law`.
    parts : int
        Hidden parts, two or more. They may change places in a fit.

    Returns
    -------
    Law

    Raises
    ------
    FormulaError
        If the domains do not make names, or there are fewer than two parts.
    """
    names = _domains(domains)
    if parts < 2:
        raise FormulaError("A blend has two parts or more.", remedy="Use mixing_law for one.")
    powers = [
        "exp(" + " + ".join(f"t_{i}_{name} * r_{name}" for name in names) + ")" for i in range(1, parts + 1)
    ]
    return Law(
        " + ".join(["c", *powers]),
        inputs=_shares("r", names),
        name=f"data_mixing_implicit[{','.join(domains)}; {parts}]",
        title="Mixing law of a blend",
        theme=_THEME,
        cite=_YE,
        mark="P",
        summary="Loss on a blend of unknown parts, each with a mixing law of its own. Parts may change "
        "places; few mixtures do not tell them apart.",
        coefficients=[
            floor("c", "loss that no mixture removes"),
            *(
                signed(f"t_{i}_{name}", f"effect of the share of {_said(name)} on part {i}", (-3.0, 1.0))
                for i in range(1, parts + 1)
                for name in names
            ),
        ],
        simplex=[f"r_{name}" for name in names],
    )


def additive_mixing_law(domains: Sequence[str]) -> Law:
    """Return the additive mixing law: Chinchilla and a term of the mixture alone.

    ``L = E + 1 / sum_i C_i h_i^gamma_i + A N^-alpha + B D^-beta``. Of Shukor et al. 2025,
    arXiv:2507.09404, Eq. 2.4.

    Parameters
    ----------
    domains : sequence of str
        As in :func:`mixing_law`; the inputs are ``h_web``, ``h_code``, N and D.

    Returns
    -------
    Law

    Raises
    ------
    FormulaError
        If the domains do not make names.
    """
    names = _domains(domains)
    return Law(
        f"E + {_bias(names)} + A / N**alpha + B / D**beta",
        inputs=["N", "D", *_shares("h", names)],
        name=_name("data_mixing_additive", domains),
        title="Additive mixing law",
        theme=_THEME,
        cite=f"{_SHUKOR}, Eq. 2.4",
        mark="S",
        summary="The best mixture is the same at every size and number of tokens. A share of zero has no "
        "slope by its exponent: give it a small one to fit. laws.additive_mixing_law(['web', 'code']) names "
        "domains.",
        coefficients=[*surface(), *_bias_symbols(names)],
        simplex=[f"h_{name}" for name in names],
    )


def joint_mixing_law(domains: Sequence[str]) -> Law:
    """Return the joint mixing law: the mixture acts on the terms of size and tokens too.

    The amplitudes of the additive law become ``(sum_i CA_i h_i)^gamma_A`` and ``(sum_i CB_i h_i)^gamma_B``,
    so that the best mixture changes with scale. The idea is that of Shukor et al. 2025, arXiv:2507.09404,
    Eq. 2.5; this form of the amplitudes is unverified.

    Parameters
    ----------
    domains : sequence of str
        As in :func:`mixing_law`, up to eight.

    Returns
    -------
    Law

    Raises
    ------
    FormulaError
        If the domains do not make names, or are too many.
    """
    names = _domains(domains)
    parts = {
        part: "(" + " + ".join(f"C{part}_{name} * h_{name}" for name in names) + f")**gamma_{part}"
        for part in "AB"
    }
    return Law(
        f"E + {_bias(names)} + {parts['A']} / N**alpha + {parts['B']} / D**beta",
        inputs=["N", "D", *_shares("h", names)],
        name=_name("data_mixing_joint", domains),
        title="Joint mixing law",
        theme=_THEME,
        cite=f"{_SHUKOR}, Eq. 2.5",
        mark="U",
        summary="The best mixture changes with size and tokens. laws.joint_mixing_law(['web', 'code']) names "
        "domains.",
        coefficients=[
            floor(),
            *_bias_symbols(names),
            exponent("alpha", "parameters", (0.1, 1.0)),
            exponent("beta", "tokens", (0.1, 1.0)),
            *(
                symbol
                for part, of in (("A", "parameter"), ("B", "token"))
                for symbol in (
                    *(
                        Symbol(f"C{part}_{n}", f"weight of {_said(n)} in the {of} term", start=(1.0, 1e3))
                        for n in names
                    ),
                    exponent(f"gamma_{part}", f"the mixture in the {of} term", (0.2, 2.0)),
                )
            ),
        ],
        simplex=[f"h_{name}" for name in names],
    )


def _domains(domains: Sequence[str]) -> list[str]:
    if isinstance(domains, str) or len(domains) < 2:
        raise FormulaError("A mixture has two domains or more.", remedy='Write domains=["web", "code"].')
    names = [str(name) for name in domains]
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*", name) or len(name) > 30:
            raise FormulaError(
                f"The domain {quoted(name)} cannot be part of a symbol.",
                remedy="Use letters, digits and single underscores, such as stack_exchange.",
            )
    if len(set(names)) < len(names):
        raise FormulaError("A domain is named twice.")
    return names


def _name(base: str, domains: Sequence[str]) -> str:
    return base if list(domains) == list(_REGISTERED) else f"{base}[{','.join(domains)}]"


def _said(name: str) -> str:
    return f"domain {name}" if name.isdigit() else name


def _shares(letter: str, names: Sequence[str]) -> list[Symbol]:
    return [
        Symbol(f"{letter}_{name}", f"share of {_said(name)}", low=0.0, high=1.0, start=(0.02, 1.0))
        for name in names
    ]


def _bias(names: Sequence[str]) -> str:
    return "1 / (" + " + ".join(f"C_{name} * h_{name}**gamma_{name}" for name in names) + ")"


def _bias_symbols(names: Sequence[str]) -> list[Symbol]:
    return [
        symbol
        for name in names
        for symbol in (
            Symbol(f"C_{name}", f"use of {_said(name)}", start=(0.1, 10.0)),
            exponent(f"gamma_{name}", f"the share of {_said(name)}", (0.1, 1.5)),
        )
    ]


register(mixing_law(_REGISTERED))
register(additive_mixing_law(_REGISTERED))
register(joint_mixing_law(_REGISTERED))

register(
    Law(
        "A / r**alpha * (B / S**beta + C)",
        inputs=[
            Symbol("r", "share of the domain", low=0.0, high=1.0, start=(0.02, 1.0)),
            "S",
        ],
        name="bimix",
        title="Share and steps",
        theme=_THEME,
        cite="BiMix, named in the literature on data mixtures",
        mark="U",
        summary="Loss on a domain from its own share and the optimiser steps, whatever the other domains "
        "are. A and (B, C) share a factor: fix A = 1 to fit.",
        coefficients=[
            amplitude("A", "share", (0.1, 10.0)),
            exponent("alpha", "the share", (0.02, 1.0)),
            amplitude("B", "step", (1.0, 1e4)),
            exponent("beta", "steps", (0.1, 1.0)),
            floor("C", "level without a limit of steps"),
        ],
    )
)
