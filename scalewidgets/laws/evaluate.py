"""Value of a formula in NumPy, straight from the tree: a plain prediction needs no SymPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .tree import Binary, Call, Name, Node, Number, Unary

Array: TypeAlias = NDArray[np.float64]
Evaluator: TypeAlias = Callable[[Mapping[str, Any]], Any]

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
}
_CALLS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "abs": np.abs,
    "min": lambda *arguments: reduce(np.minimum, arguments),
    "max": lambda *arguments: reduce(np.maximum, arguments),
}


def compile_tree(node: Node) -> Evaluator:
    """Build a function from named float64 arrays to the value of the formula.

    Parameters
    ----------
    node : Node
        As read by :func:`scalewidgets.laws.formula.parse`.

    Returns
    -------
    callable
        Takes a mapping name -> float64 array or ``numpy.float64``; broadcasts. Outside the domain
        of the formula the result is ``nan`` or ``inf``, without a warning.
    """
    run = compile_node(node)

    def evaluate(values: Mapping[str, Any]) -> Any:
        with np.errstate(all="ignore"):
            return run(values)

    return evaluate


def compile_node(node: Node) -> Evaluator:
    """Do the same without muting warnings, for hot loops."""
    match node:
        case Number(value=number):
            # A NumPy scalar, not a Python float: 10.0**400.0 must be inf here, not OverflowError.
            literal = np.float64(number)
            return lambda values: literal
        case Name(name=name):
            return lambda values: values[name]
        case Unary(op=op, operand=inner):
            operand = compile_node(inner)
            return operand if op == "+" else lambda values: np.negative(operand(values))
        case Binary(op=op, left=first, right=second):
            function, left, right = _BINARY[op], compile_node(first), compile_node(second)
            return lambda values: function(left(values), right(values))
        case Call(function=called, arguments=inners):
            call, arguments = _CALLS[called], [compile_node(inner) for inner in inners]
            return lambda values: call(*(argument(values) for argument in arguments))
