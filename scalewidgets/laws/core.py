"""A law: one formula, its symbols, its published coefficients. All else is derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from scalewidgets.errors import FormulaError, quoted

from .arguments import Array, Values, common_shape, float64, full, refuse_unknown, unknown
from .card import card
from .derive import Derivation, derive
from .evaluate import Evaluator, compile_tree
from .formula import parse
from .shares import refuse_wrong_shares
from .symbols import MARKS, Mark, Published, Symbol, coefficient_symbols, input_symbols
from .tree import Node, names, to_json
from .typeset import label_html, safe_text, to_html, to_latex

_OUTPUT_LABELS = {"loss": "L"}
_MADE = frozenset(("_compiled", "_evaluator", "_hash"))
"""What a law keeps once it was asked for, and makes again in another process."""


@dataclass(frozen=True, init=False, repr=False)
class Law:
    """A scaling law, as a value.

    Parameters
    ----------
    formula : str
        Right-hand side, such as ``"E + A / N**alpha + B / D**beta"``.
    inputs : sequence of str or Symbol, or mapping of str to str or Symbol
        What is known of a run. All other names of the formula are coefficients. A mapping gives each
        name its meaning.
    name : str, optional
        Key in the registry; by default the formula itself.
    title : str, optional
        What a reader calls the law.
    output : str
        What the formula gives: ``"loss"`` (nats per token) or a word of one's own.
    coefficients : sequence of Symbol
        Meaning and ranges of coefficients, in the order in which they are shown. Those not mentioned
        follow in the order of the formula: positive, without a meaning.
    published : sequence of Published
    theme, cite : str, optional
    mark : {"P", "S", "R", "U"}
        How well the *form* was checked; see :data:`scalewidgets.laws.MARKS`.
    summary : str
        When to use the law and what to beware of, in a sentence or two.
    simplex : sequence of str, optional
        Inputs that are shares of one whole, such as the domains of a mixture: values that do not
        sum to one are refused.

    Raises
    ------
    FormulaError
        If the formula is not in the grammar, or names do not fit together.

    Examples
    --------
    >>> law = Law("E + A / N**alpha", inputs=["N"])
    >>> float(law.value({"N": 1e9}, {"E": 1.8, "A": 400.0, "alpha": 0.5}))
    1.8126491106406735
    """

    formula: str
    inputs: tuple[Symbol, ...]
    name: str
    title: str
    output: str
    coefficients: tuple[Symbol, ...]
    published: tuple[Published, ...]
    theme: str
    cite: str
    mark: Mark
    summary: str
    simplex: tuple[str, ...]
    syntax: Node = field(compare=False)

    def __init__(
        self,
        formula: str,
        inputs: Sequence[str | Symbol] | Mapping[str, str | Symbol],
        *,
        name: str | None = None,
        title: str | None = None,
        output: str = "loss",
        coefficients: Sequence[Symbol] = (),
        published: Sequence[Published] = (),
        theme: str | None = None,
        cite: str | None = None,
        mark: Mark = "P",
        summary: str = "",
        simplex: Sequence[str] = (),
    ) -> None:
        tree = parse(formula)
        formula = " ".join(formula.split())
        put = object.__setattr__
        put(self, "formula", formula)
        put(self, "syntax", tree)
        put(self, "inputs", input_symbols(inputs, names(tree)))
        put(self, "coefficients", coefficient_symbols(coefficients, tree, {s.name for s in self.inputs}))
        put(self, "name", name or formula)
        put(self, "title", title or name or formula)
        put(self, "output", output)
        put(self, "published", tuple(published))
        put(self, "theme", theme or "your own")
        put(self, "cite", cite or "")
        put(self, "mark", mark)
        put(self, "summary", summary)
        put(self, "simplex", tuple(simplex))
        refuse_unknown(self.simplex, self.input_names, f"an input of {quoted(self.name)}")
        if mark not in MARKS:
            raise FormulaError(f"The mark of {self.name} is {mark!r}, not one of P, S, R and U.")
        for published_set in self.published:
            for values in (published_set.values, published_set.standard_errors or {}):
                refuse_unknown(values, self.coefficient_names, f"a coefficient of {quoted(self.name)}")

    # -- what it is ----------------------------------------------------------------------------

    @property
    def verified(self) -> tuple[Published, ...]:
        """The published sets that may be shown as their source's claim, in order; see ``mark``."""
        return tuple(known for known in self.published if known.verified)

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return tuple(symbol.name for symbol in self.inputs)

    @cached_property
    def coefficient_names(self) -> tuple[str, ...]:
        """Names of the coefficients, in order."""
        return tuple(symbol.name for symbol in self.coefficients)

    def symbol(self, name: str) -> Symbol:
        """Return the symbol of that name."""
        found = self._symbols.get(name)
        if found is not None:
            return found
        known = (*self.input_names, *self.coefficient_names)
        raise unknown(name, known, f"a symbol of {quoted(self.name)}")

    @cached_property
    def _symbols(self) -> dict[str, Symbol]:
        # The first of a name counts.
        return {symbol.name: symbol for symbol in reversed((*self.inputs, *self.coefficients))}

    @property
    def tree(self) -> dict[str, Any]:
        """Syntax tree of the formula as JSON-able dictionaries, as the browser's parser gives it."""
        return to_json(self.syntax)

    @property
    def output_label(self) -> str:
        """Letter or word on the left of the equals sign."""
        return _OUTPUT_LABELS.get(self.output, self.output)

    @property
    def latex(self) -> str:
        """LaTeX of the whole equation, in the author's order of terms, without dollar signs."""
        labels = {symbol.name: symbol.latex for symbol in (*self.inputs, *self.coefficients)}
        label = self.output_label
        left = label if len(label) == 1 else rf"\text{{{safe_text(label)}}}"
        return f"{left} = {to_latex(self.syntax, labels)}"

    @property
    def html(self) -> str:
        """HTML of the whole equation on one line, escaped."""
        labels = {symbol.name: symbol.label for symbol in (*self.inputs, *self.coefficients)}
        return f"{label_html(self.output_label)} = {to_html(self.syntax, labels)}"

    def to_dict(self) -> dict[str, Any]:
        """Return what travels to a page: the formula and its symbols, JSON-able, no code."""
        return {
            "name": self.name,
            "title": self.title,
            "formula": self.formula,
            "output": self.output,
            "output_label": self.output_label,
            "inputs": [symbol.to_dict() for symbol in self.inputs],
            "coefficients": [symbol.to_dict() for symbol in self.coefficients],
            "latex": self.latex,
        }

    # -- what it gives -------------------------------------------------------------------------

    def value(self, inputs: Values, coefficients: Values) -> Array:
        """Evaluate the formula.

        Parameters
        ----------
        inputs, coefficients : mapping of str to array_like
            By the formula's own names; everything broadcasts. Integers are turned into float64
            before any arithmetic.

        Returns
        -------
        ndarray of float64
            The broadcast shape; 0-dimensional for plain numbers. ``nan`` or ``inf`` outside the
            domain of the formula.

        Raises
        ------
        FormulaError
            If a symbol is missing, unknown, or not numbers, or the shapes do not broadcast.
        """
        values = self._arrays(inputs, coefficients)
        shape = common_shape(values)
        return full(self._evaluator(values), shape)

    @cached_property
    def _evaluator(self) -> Evaluator:
        return compile_tree(self.syntax)

    def gradient(self, inputs: Values, coefficients: Values) -> dict[str, Array]:
        """Return the derivative by each coefficient, by name, each of the broadcast shape.

        Parameters and errors are those of :meth:`value`.
        """
        values = self._arrays(inputs, coefficients)
        shape = common_shape(values)
        with np.errstate(all="ignore"):
            _, gradient = self.compiled.value_and_gradient(*values.values())
        return {
            name: full(entry, shape) for name, entry in zip(self.coefficient_names, gradient, strict=True)
        }

    def hessian(self, inputs: Values, coefficients: Values) -> dict[tuple[str, str], Array]:
        """Return the second derivatives by pairs of coefficients; both orders of a pair are there.

        Parameters and errors are those of :meth:`value`.
        """
        values = self._arrays(inputs, coefficients)
        shape = common_shape(values)
        with np.errstate(all="ignore"):
            _, _, entries = self.compiled.value_gradient_hessian(*values.values())
        hessian: dict[tuple[str, str], Array] = {}
        for (i, j), entry in zip(self.compiled.pairs, entries, strict=True):
            first, second = self.coefficient_names[i], self.coefficient_names[j]
            hessian[first, second] = hessian[second, first] = full(entry, shape)
        return hessian

    @property
    def compiled(self) -> Derivation:
        """Positional NumPy functions for hot loops, compiled once for each formula.

        ``compiled.value_and_gradient(*inputs, *coefficients)``, ``compiled.value_gradient_hessian(...)``
        and ``compiled.basis(*inputs, *nonlinear)`` take float64 arrays in the order of ``input_names`` and
        ``coefficient_names``, broadcast, and check nothing. An entry that is constant (the derivative
        by a floor is 1) comes back as a scalar.
        """
        known: Derivation | None = self.__dict__.get("_compiled")
        if known is None:
            symbols = (*self.inputs, *self.coefficients)
            positive = frozenset(symbol.name for symbol in symbols if symbol.positive)
            known = derive(self.formula, self.input_names, self.coefficient_names, positive)
            object.__setattr__(self, "_compiled", known)
        return known

    def __getstate__(self) -> dict[str, object]:
        # Compiled functions do not travel to another process, nor do hashes; they are made again there.
        return {name: value for name, value in self.__dict__.items() if name not in _MADE}

    # -- how it is built -----------------------------------------------------------------------

    @property
    def linear(self) -> tuple[str, ...]:
        """Largest set of coefficients that enter jointly linearly given the others, in order."""
        return self.compiled.linear

    @property
    def nonlinear(self) -> tuple[str, ...]:
        """The other coefficients."""
        return self.compiled.nonlinear

    @property
    def terms(self) -> tuple[tuple[tuple[str, str], ...], str]:
        """Pairs (linear coefficient, text of its basis function), and the text of what is left."""
        return self.compiled.terms

    def basis(self, inputs: Values, nonlinear: Values) -> Array:
        """Design matrix of the linear coefficients: ``value = basis @ linear + rest``.

        Parameters
        ----------
        inputs : mapping of str to array_like
            All inputs, of shape (n,) say.
        nonlinear : mapping of str to array_like
            All coefficients not in ``linear``.

        Returns
        -------
        ndarray of float64, shape (..., len(linear))
            Broadcast shape of inputs and coefficients, one column for each name of ``linear``.
        """
        values = self._arrays(inputs, nonlinear, self.nonlinear)
        shape = common_shape(values)
        with np.errstate(all="ignore"):
            columns, _ = self.compiled.basis(*values.values())
        if not columns:
            return np.empty((*shape, 0))
        return np.stack([full(column, shape) for column in columns], axis=-1)

    def rest(self, inputs: Values, nonlinear: Values) -> Array:
        """Value of the formula with every linear coefficient at zero; see :meth:`basis`."""
        values = self._arrays(inputs, nonlinear, self.nonlinear)
        with np.errstate(all="ignore"):
            _, rest = self.compiled.basis(*values.values())
        return full(rest, common_shape(values))

    # -- checks --------------------------------------------------------------------------------

    def _arrays(
        self, inputs: Values, coefficients: Values, wanted: tuple[str, ...] | None = None
    ) -> dict[str, Array]:
        """Float64 arrays in the order of the compiled functions' arguments."""
        values: dict[str, Array] = {}
        for given, known, what in (
            (inputs, self.input_names, "input"),
            (coefficients, self.coefficient_names if wanted is None else wanted, "coefficient"),
        ):
            refuse_unknown(given, known, f"an {what}" if what == "input" else f"a {what}")
            for name in known:
                if name not in given:
                    meaning = self.symbol(name).meaning
                    raise FormulaError(
                        f"The {what} {name} of {quoted(self.name)} is missing"
                        + (f" ({meaning})." if meaning else "."),
                        remedy=f"Give every one of {', '.join(known)}.",
                    )
                values[name] = float64(name, given[name])
        if self.simplex:
            refuse_wrong_shares({name: values[name] for name in self.simplex})
        return values

    # -- how it looks --------------------------------------------------------------------------

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.formula, self.name, self.inputs, self.coefficients))

    def __repr__(self) -> str:
        unverified = len(self.published) - len(self.verified)
        doubts = "; UNVERIFIED form" if self.mark == "U" else ""
        if unverified:
            doubts += f"; {unverified} of {len(self.published)} sets of coefficients UNVERIFIED"
        inputs = ", ".join(self.input_names)
        return f"<Law {self.name}: {self.output} = {self.formula}; inputs {inputs}{doubts}>"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    def _repr_html_(self) -> str:
        return card(self)
