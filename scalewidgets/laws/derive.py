"""What SymPy derives from a law's one formula: gradient, Hessian, and which coefficients are linear.

SymPy is imported here only, inside functions, so that a plain prediction does not wait for it.

Three precautions, because the formula may be a stranger's:

- the SymPy expression is built node by node from our own tree, never from text, and the generated
  NumPy source names its variables ``v0, v1, ...``: no character of the formula reaches a compiler;
- a number that is not a small fraction enters as a nameless symbol and is put in as float64 when the
  function runs, so that SymPy has no large exact arithmetic to do;
- what simplification could still build up (``(x + x)**(y/y + y/y)`` and the like) is measured after
  every step, and refused long before it takes time or memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from scalewidgets.errors import FormulaError

from .evaluate import compile_node
from .formula import constant, parse
from .plain import plain_terms
from .tree import Binary, Call, Name, Node, Number, Unary

_SMALL = 64  # numerator and denominator up to which a number stays exact
_LARGE = 10**6  # whole numbers in an expression beyond which it is refused

Function = Callable[..., Any]


class Derivation:
    """Everything derived from one formula; made once, by :func:`derive`.

    Parameters
    ----------
    formula : str
        Text of the formula.
    inputs, coefficients : tuple of str
        Names, in the order in which the compiled functions take them.
    positive : frozenset of str
        Names that stand for positive numbers.

    Notes
    -----
    The compiled functions are meant for hot loops: positional float64 arguments, inputs first and
    then coefficients, anything that broadcasts. They check nothing, set no ``errstate``, and an entry
    that does not depend on the data (the derivative by a floor is 1) comes back as a scalar.
    """

    def __init__(
        self, formula: str, inputs: tuple[str, ...], coefficients: tuple[str, ...], positive: frozenset[str]
    ) -> None:
        self.inputs = inputs
        self.coefficients = coefficients
        self._positive = positive
        self._constants: dict[Any, np.float64] = {}
        self._tree = parse(formula)
        self._plain = plain_terms(self._tree, inputs, coefficients, positive)
        if self._plain is None:
            self._value  # noqa: B018 - a formula that is refused is refused now

    @cached_property
    def _symbols(self) -> dict[str, Any]:
        import sympy

        return {
            name: sympy.Symbol(f"v{i}", real=True, **({"positive": True} if name in self._positive else {}))
            for i, name in enumerate((*self.inputs, *self.coefficients))
        }

    @cached_property
    def _value(self) -> Any:
        return self._build(self._tree)

    def _build(self, node: Node) -> Any:
        """Turn a tree into a SymPy expression, refusing one whose numbers grow."""
        import sympy

        number = constant(node)
        if number is not None:
            return self._number(number)
        built: Any
        match node:
            case Name(name=name):
                return self._symbols[name]
            case Unary(op=op, operand=operand):
                built = self._build(operand) if op == "+" else -self._build(operand)
            case Binary(op=op, left=left, right=right):
                a, b = self._build(left), self._build(right)
                built = _combine(op, a, b)
            case Call(function=function, arguments=arguments):
                built = _call(function, [self._build(argument) for argument in arguments])
            case Number():  # pragma: no cover - a number is a constant, handled above
                raise AssertionError
        if not built.is_finite and built.has(sympy.nan, sympy.zoo, sympy.oo):
            raise FormulaError("A part of the formula divides by zero whatever its symbols are.")
        if any(max(abs(r.p), r.q) > _LARGE for r in built.atoms(sympy.Rational)):
            raise FormulaError(
                "The formula multiplies its own terms too often to be differentiated.",
                remedy="Write its constants as numbers.",
            )
        return built

    def _number(self, value: float) -> Any:
        import sympy

        p, q = value.as_integer_ratio()
        if abs(p) <= _SMALL and q <= _SMALL:
            return sympy.Rational(p, q)
        sign = {"positive": True} if value > 0 else {"negative": True}
        symbol = sympy.Symbol(f"k{len(self._constants)}", real=True, **sign)
        self._constants[symbol] = np.float64(value)
        return symbol

    # -- derivatives ---------------------------------------------------------------------------

    @cached_property
    def _gradient(self) -> list[Any]:
        return [self._value.diff(self._symbols[name]) for name in self.coefficients]

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Index pairs of the Hessian entries that are returned: the upper triangle, row by row."""
        return tuple(itertools.combinations_with_replacement(range(len(self.coefficients)), 2))

    @cached_property
    def _hessian(self) -> list[Any]:
        return [self._gradient[i].diff(self._symbols[self.coefficients[j]]) for i, j in self.pairs]

    @cached_property
    def value_and_gradient(self) -> Function:
        """``f(*inputs, *coefficients) -> (value, [derivative by each coefficient])``."""
        run = self._compile([self._value, *self._gradient])

        def value_and_gradient(*arguments: Any) -> tuple[Any, list[Any]]:
            value, *gradient = run(*arguments)
            return value, gradient

        return value_and_gradient

    @cached_property
    def value_gradient_hessian(self) -> Function:
        """``f(*inputs, *coefficients) -> (value, gradient list, upper-triangle list)``, see ``pairs``."""
        count = len(self.coefficients)
        run = self._compile([self._value, *self._gradient, *self._hessian])

        def value_gradient_hessian(*arguments: Any) -> tuple[Any, list[Any], list[Any]]:
            value, *rest = run(*arguments)
            return value, rest[:count], rest[count:]

        return value_gradient_hessian

    # -- linear coefficients -------------------------------------------------------------------

    @cached_property
    def linear(self) -> tuple[str, ...]:
        """Largest set of coefficients that enter jointly linearly, given the others.

        A set is jointly linear when no derivative by a member contains a member. That is read off the
        derivative as SymPy leaves it, without expanding anything, so a set can be missed (never
        wrongly found) in a formula written in a roundabout way. Among sets of one size the
        earliest in order wins.
        """
        if self._plain is not None:
            return tuple(self._plain)
        symbols = [self._symbols[name] for name in self.coefficients]
        free = [entry.free_symbols for entry in self._gradient]
        apart = {(i, j) for i, j in self.pairs if symbols[j] not in free[i] and symbols[i] not in free[j]}
        candidates = [i for i in range(len(symbols)) if (i, i) in apart]
        return tuple(self.coefficients[i] for i in _largest_clique(candidates, apart))

    @cached_property
    def nonlinear(self) -> tuple[str, ...]:
        """Coefficients that are not in ``linear``."""
        return tuple(name for name in self.coefficients if name not in self.linear)

    @cached_property
    def _columns(self) -> list[Any]:
        return [self._gradient[self.coefficients.index(name)] for name in self.linear]

    @cached_property
    def _rest(self) -> Any:
        return self._value.subs({self._symbols[name]: 0 for name in self.linear})

    @cached_property
    def basis(self) -> Function:
        """``f(*inputs, *nonlinear) -> (one column for each linear coefficient, the rest)``."""
        names = (*self.inputs, *self.nonlinear)
        if self._plain is not None:
            runs = [compile_node(term) for term in self._plain.values()]

            def plain(*arguments: Any) -> tuple[list[Any], Any]:
                values = dict(zip(names, arguments, strict=True))
                return [run(values) for run in runs], 0.0

            return plain
        run = self._compile([*self._columns, self._rest], names)

        def basis(*arguments: Any) -> tuple[list[Any], Any]:
            *columns, rest = run(*arguments)
            return columns, rest

        return basis

    @cached_property
    def terms(self) -> tuple[tuple[tuple[str, str], ...], str]:
        """Pairs (linear coefficient, text of what it multiplies), and the text of the rest."""
        columns = zip(self.linear, self._columns, strict=True)
        return tuple((name, self._text(column)) for name, column in columns), self._text(self._rest)

    # -- helpers -------------------------------------------------------------------------------

    def _text(self, expression: Any) -> str:
        import sympy

        # Symbols that are *named* like the numbers print as them without any arithmetic on the way.
        shown = {symbol: sympy.Symbol(name) for name, symbol in self._symbols.items()}
        for symbol, value in self._constants.items():
            shown[symbol] = sympy.Symbol(f"({float(value)!r})" if value < 0 else repr(float(value)))
        return str(sympy.sstr(expression.xreplace(shown)))

    def _compile(self, expressions: list[Any], names: Sequence[str] | None = None) -> Function:
        import sympy

        arguments = [self._symbols[name] for name in (names or (*self.inputs, *self.coefficients))]
        helpers = {"_minimum": np.minimum, "_maximum": np.maximum, "_above": _above, "_size": np.abs}
        run = sympy.lambdify(
            [*arguments, *self._constants],
            expressions,
            modules=[helpers, "numpy"],
            cse=True,
            docstring_limit=0,
        )
        constants = tuple(self._constants.values())
        if not constants:
            return run  # type: ignore[no-any-return]
        return lambda *values: run(*values, *constants)


@lru_cache(maxsize=128)
def derive(
    formula: str, inputs: tuple[str, ...], coefficients: tuple[str, ...], positive: frozenset[str]
) -> Derivation:
    """Return the derivation of a formula, made on the first call and kept."""
    return Derivation(formula, inputs, coefficients, positive)


def _above(a: Any, b: Any) -> Any:
    """1 where a > b, 0 where a < b, one half where they meet: the mean of the two slopes."""
    return np.heaviside(np.subtract(a, b), 0.5)


def _combine(op: str, a: Any, b: Any) -> Any:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
    return a**b


@lru_cache(maxsize=1)
def _kinked() -> dict[str, Any]:
    """SymPy stand-ins for min, max and abs: SymPy's own try to decide which argument is larger."""
    import sympy

    class _above(sympy.Function):  # type: ignore[misc]
        nargs = 2

        def fdiff(self, argindex: int = 1) -> Any:
            return sympy.Integer(0)

    class _maximum(sympy.Function):  # type: ignore[misc]
        nargs = 2

        def fdiff(self, argindex: int = 1) -> Any:
            a, b = self.args
            return _above(a, b) if argindex == 1 else _above(b, a)

    class _minimum(sympy.Function):  # type: ignore[misc]
        nargs = 2

        def fdiff(self, argindex: int = 1) -> Any:
            a, b = self.args
            return _above(b, a) if argindex == 1 else _above(a, b)

    class _size(sympy.Function):  # type: ignore[misc]
        nargs = 1

        def fdiff(self, argindex: int = 1) -> Any:
            return 2 * _above(self.args[0], sympy.Integer(0)) - 1

    return {"max": _maximum, "min": _minimum, "abs": _size}


def _call(function: str, arguments: list[Any]) -> Any:
    import sympy

    match function:
        case "exp" | "tanh" | "sqrt" | "log":
            return getattr(sympy, function)(arguments[0])
        case "log2":
            return sympy.log(arguments[0]) / sympy.log(2)
        case "log10":
            return sympy.log(arguments[0]) / sympy.log(10)
        case "abs":
            return _kinked()["abs"](arguments[0])
    built, *rest = arguments
    for argument in rest:
        built = _kinked()[function](built, argument)
    return built


def _largest_clique(candidates: list[int], apart: set[tuple[int, int]]) -> list[int]:
    """Largest set of candidates in which every pair is in ``apart``; the first of several."""
    best: list[int] = []

    def grow(chosen: list[int], left: list[int]) -> None:
        nonlocal best
        if len(chosen) > len(best):
            best = chosen
        for k, i in enumerate(left):
            if len(chosen) + len(left) - k <= len(best):
                return
            grow([*chosen, i], [j for j in left[k + 1 :] if (i, j) in apart])

    grow([], candidates)
    return best
