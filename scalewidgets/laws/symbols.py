"""What a formula cannot say: the meaning, unit and range of its symbols, and published coefficients."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from scalewidgets.errors import FormulaError, quoted

from .tree import Binary, Node, children, names

Role = Literal["input", "coefficient"]
Mark = Literal["P", "S", "R", "U"]

#: How well a form or a set of coefficients was checked.
MARKS: Mapping[str, str] = MappingProxyType(
    {
        "P": "checked against the paper's own text or the authors' released code",
        "S": "checked against an independent transcript that quotes equation or table numbers",
        "R": "recomputed from released data or by algebra",
        "U": "unverified: never shown as the paper's claim, never a default",
    }
)

MAX_COEFFICIENTS = 40
"""Enough for a joint mixing law of eight domains, which has 37."""

_GREEK_NAMES = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau
    upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
_GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
_GREEK["lam"] = "λ"
_LATEX = {"lam": r"\lambda", "omicron": "o"}
_SUBSCRIPTS = {"star": ("*", "*"), "inf": ("∞", r"\infty"), "min": ("min", r"\mathrm{min}")}


@dataclass(frozen=True)
class Symbol:
    """One name of a formula.

    Parameters
    ----------
    name : str
        As written in the formula.
    meaning : str
        In the reader's words, lower case, no full stop: ``"irreducible loss"``.
    unit : str
        As printed after a number; empty where there is none.
    low, high : float
        Values outside have no meaning. A ``low`` of 0 or more means positive: the derivatives
        are simplified under it and the fit keeps it.
    start : (float, float) or None
        Range that starting values are drawn from (coefficients), or that a control spans (inputs).
    role : {"coefficient", "input"}
        Set by the law.
    latex, label : str
        For formulas and for plain text; by default from the name: ``N_c``, ``α_N``.
    kind : str
        How numbers are shown, a kind of :mod:`scalewidgets.units`.
    """

    name: str
    meaning: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = math.inf
    start: tuple[float, float] | None = None
    role: Role = "coefficient"
    latex: str = ""
    label: str = ""
    kind: str = "plain"

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise FormulaError(f"The range of {self.name} is empty: {self.low} to {self.high}.")
        if self.start is not None:
            first, last = self.start
            if not self.low <= first < last <= self.high:
                raise FormulaError(f"The starting range of {self.name} is not inside its range.")
            object.__setattr__(self, "start", (float(first), float(last)))
        object.__setattr__(self, "label", self.label or default_label(self.name))
        object.__setattr__(self, "latex", self.latex or default_latex(self.name))

    @property
    def positive(self) -> bool:
        """Whether only values above zero have a meaning."""
        return self.low >= 0

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts; an infinite end of the range is ``None``."""
        return {
            "name": self.name,
            "meaning": self.meaning,
            "unit": self.unit,
            "low": self.low if math.isfinite(self.low) else None,
            "high": self.high if math.isfinite(self.high) else None,
            "start": None if self.start is None else list(self.start),
            "role": self.role,
            "latex": self.latex,
            "label": self.label,
            "kind": self.kind,
        }


@dataclass(frozen=True, repr=False)
class Published:
    """Coefficients that a paper or its replication reports, with where they stand.

    Parameters
    ----------
    label : str
        What a reader would call the set: ``"Hoffmann et al., as printed"``.
    values : mapping of str to float
        By coefficient; a set may be partial (an exponent without its amplitude).
    cite : str
        Paper and place in it.
    mark : {"P", "S", "R", "U"}
        See :data:`MARKS`. ``U`` is kept out of everything that shows a paper's claim.
    standard_errors : mapping of str to float, optional
        By coefficient, as published.
    note : str
        What a reader must know before using the set.
    """

    label: str
    values: Mapping[str, float]
    cite: str
    mark: Mark = "P"
    standard_errors: Mapping[str, float] | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.mark not in MARKS:
            raise FormulaError(f"The mark of {self.label} is {self.mark!r}, not one of P, S, R and U.")
        object.__setattr__(self, "values", {name: float(value) for name, value in self.values.items()})
        if self.standard_errors is not None:
            errors = {name: float(value) for name, value in self.standard_errors.items()}
            object.__setattr__(self, "standard_errors", errors)

    @property
    def verified(self) -> bool:
        """Whether the values may be shown as the source's claim."""
        return self.mark != "U"

    def __repr__(self) -> str:
        values = ", ".join(f"{name} = {value!r}" for name, value in self.values.items())
        doubts = "" if self.verified else "; UNVERIFIED"
        return f"<Published {self.label}: {values}; {self.cite}; mark {self.mark}{doubts}>"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts."""
        return {
            "label": self.label,
            "values": dict(self.values),
            "cite": self.cite,
            "mark": self.mark,
            "standard_errors": None if self.standard_errors is None else dict(self.standard_errors),
            "note": self.note,
        }


def split_name(name: str) -> tuple[str, tuple[str, ...]]:
    """Split ``R_D_star`` into its base ``R`` and subscripts; ``a1`` is ``a`` with subscript 1."""
    base, *subscripts = [part for part in name.split("_") if part]
    digits = re.fullmatch(r"([A-Za-z]+)([0-9]+)", base)
    if digits:
        base, subscripts = digits[1], [digits[2], *subscripts]
    return base, tuple(subscripts)


def default_label(name: str) -> str:
    """Plain text of a name, with Greek letters: ``alpha_N`` is ``α_N``."""
    base, subscripts = split_name(name)
    shown = ",".join(_SUBSCRIPTS.get(part, (_GREEK.get(part, part), ""))[0] for part in subscripts)
    return _GREEK.get(base, base) + (f"_{shown}" if shown else "")


def default_latex(name: str) -> str:
    r"""LaTeX of a name: ``alpha_N`` is ``\alpha_{N}``, ``rate`` is ``\mathrm{rate}``."""
    base, subscripts = split_name(name)
    shown = ",".join(_SUBSCRIPTS[part][1] if part in _SUBSCRIPTS else _letters(part) for part in subscripts)
    return _letters(base) + (f"_{{{shown}}}" if shown else "")


def _letters(part: str) -> str:
    if part in _GREEK:
        return _LATEX.get(part, "\\" + part)
    return part if len(part) == 1 or part.isdigit() else rf"\mathrm{{{part}}}"


def _known(
    name: str, meaning: str, unit: str, start: tuple[float, float], kind: str, low: float = 0.0
) -> Symbol:
    return Symbol(name, meaning, unit, low=low, start=start, role="input", kind=kind)


#: Inputs that every paper of the field writes the same way; a user's formula gets their meaning too.
KNOWN_INPUTS: Mapping[str, Symbol] = MappingProxyType(
    {
        symbol.name: symbol
        for symbol in (
            _known("N", "parameters", "parameters", (1e7, 1e12), "params"),
            _known("D", "training tokens", "tokens", (1e9, 1e14), "tokens"),
            _known("C", "training compute", "FLOP", (1e18, 1e26), "flops"),
            _known("U", "unique tokens", "tokens", (1e9, 1e14), "tokens"),
            _known("S", "optimiser steps", "steps", (1e3, 1e7), "plain"),
        )
    }
)


def input_symbols(
    given: Sequence[str | Symbol] | Mapping[str, str | Symbol], used: tuple[str, ...]
) -> tuple[Symbol, ...]:
    """Turn what the caller says of the inputs into symbols; ``used`` are the formula's names."""
    if isinstance(given, str):
        raise FormulaError("Inputs are a list of names.", remedy=f"Write inputs=[{given!r}].")
    if isinstance(given, Mapping):
        symbols = [
            _as_input(item) if isinstance(item, Symbol) else _as_input(name, item)
            for name, item in given.items()
        ]
    else:
        symbols = [_as_input(item) for item in given]
    if not symbols:
        raise FormulaError("A law needs at least one input.", remedy='Say which, such as inputs=["N"].')
    _refuse_repeats(symbols)
    for symbol in symbols:
        if symbol.name not in used:
            raise FormulaError(
                f"The input {quoted(symbol.name)} does not occur in the formula.",
                remedy=f"Its names are {', '.join(used)}." if used else None,
            )
    return tuple(symbols)


def coefficient_symbols(given: Sequence[Symbol], tree: Node, inputs: set[str]) -> tuple[Symbol, ...]:
    """Symbols of all names that are not inputs: those declared first, then the formula's order."""
    used = [name for name in names(tree) if name not in inputs]
    if len(used) > MAX_COEFFICIENTS:
        raise FormulaError(f"A law has at most {MAX_COEFFICIENTS} coefficients; this one has {len(used)}.")
    _refuse_repeats(given)
    for symbol in given:
        if symbol.name not in used:
            raise FormulaError(f"The coefficient {quoted(symbol.name)} does not occur in the formula.")
    exponents = _in_exponents(tree)
    declared = {symbol.name for symbol in given}
    undeclared = [_default(name, name in exponents) for name in used if name not in declared]
    return tuple(replace(symbol, role="coefficient") for symbol in (*given, *undeclared))


def _default(name: str, exponent: bool) -> Symbol:
    if exponent:
        return Symbol(name, "exponent", start=(0.05, 1.5), kind="exponent")
    return Symbol(name, start=(0.1, 1e4))


def _in_exponents(node: Node) -> set[str]:
    """Names that occur in an exponent."""
    found = set(names(node.right)) if isinstance(node, Binary) and node.op == "**" else set()
    return found.union(*(_in_exponents(child) for child in children(node)))


def _refuse_repeats(symbols: Sequence[Symbol]) -> None:
    seen: set[str] = set()
    for symbol in symbols:
        if symbol.name in seen:
            raise FormulaError(f"The symbol {quoted(symbol.name)} is named twice.")
        seen.add(symbol.name)


def _as_input(symbol: str | Symbol, meaning: str | None = None) -> Symbol:
    """Make an input of a name or of a symbol, with the field's usual meaning where it has one."""
    if isinstance(symbol, Symbol):
        return replace(symbol, role="input")
    if not isinstance(symbol, str):
        raise FormulaError(f"An input is a name or a Symbol, not {type(symbol).__name__}.")
    if meaning is not None:
        return Symbol(symbol, meaning, role="input")
    return KNOWN_INPUTS.get(symbol) or Symbol(symbol, role="input")
