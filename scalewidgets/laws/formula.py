"""The grammar of a law: arithmetic on named symbols, and nothing else.

A formula is text that may come from a box on a page or from a stranger's file, so it is read, never
run. It is read in three steps, each of which can only refuse:

1. :func:`scalewidgets.laws.scan.scan` checks length, characters, nesting and the order of the tokens;
2. ``ast.parse`` turns text that passed into a tree (its precedence is Python's, by definition);
3. an allow-list turns that tree into our own five node classes, and checks its constants.

The browser's parser (``labextension/src/formula``) does the same with the same sentences;
``tests/laws/formula_cases.json`` holds both to it.

Grammar::

    sum     := product (("+" | "-") product)*
    product := factor (("*" | "/") factor)*
    factor  := ("+" | "-") factor | power
    power   := atom ["**" factor]
    atom    := NUMBER | NAME | FUNCTION "(" sum ("," sum)* ")" | "(" sum ")"
"""

from __future__ import annotations

import ast
import math
import re
from functools import lru_cache

from scalewidgets.errors import FormulaError, quoted

from .evaluate import compile_tree
from .scan import FUNCTIONS, MAX_DEPTH, USE, scan, too_deep
from .tree import Binary, Call, Name, Node, Number, Unary, depth, names, walk

MAX_EXPONENT = 1_000.0

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.UAdd: "+",
    ast.USub: "-",
}


def parse(text: str) -> Node:
    """Read a formula into a tree.

    Parameters
    ----------
    text : str
        Such as ``"E + A / N**alpha + B / D**beta"``.

    Returns
    -------
    Node
        Immutable; a constant sub-expression is kept as written.

    Raises
    ------
    FormulaError
        For anything but arithmetic on names with the allowed functions, within the limits.
    """
    if not isinstance(text, str):
        raise FormulaError(f"A formula is a text, not {type(text).__name__}.")
    return _parse(text)


@lru_cache(maxsize=512)
def _parse(text: str) -> Node:
    scan(text)
    try:
        expression = ast.parse(re.sub(r"[ \t\r\n]", " ", text).strip(), mode="eval").body
        tree = _convert(expression)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, FormulaError):
            raise
        # Unreachable by what is known of `scan`; kept because the text is a stranger's.
        raise FormulaError(f"The formula {quoted(text)} cannot be read.", remedy=USE) from None
    if depth(tree) > MAX_DEPTH:
        raise too_deep()
    _check_constants(tree)
    return tree


def _convert(node: ast.AST) -> Node:
    """Turn Python's tree into ours, by an allow-list."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Number(float(value))
        case ast.Name(id=name):
            return Name(name)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return Unary(_OPERATORS[type(op)], _convert(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return Binary(_OPERATORS[type(op)], _convert(left), _convert(right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return Call(name, tuple(_convert(argument) for argument in arguments))
    raise FormulaError(f"A formula cannot hold a {type(node).__name__}.", remedy=USE)


def constant(node: Node) -> float | None:
    """Value of a sub-expression without names, ``None`` where there are names.

    Arithmetic is that of float64, so a tower of powers costs nothing and ends as ``inf``.
    """
    return None if names(node) else float(compile_tree(node)({}))


def _check_constants(tree: Node) -> None:
    for node in walk(tree):
        if isinstance(node, Name | Number):
            continue
        if isinstance(node, Binary) and node.op == "**":
            exponent = constant(node.right)
            if exponent is not None and not abs(exponent) <= MAX_EXPONENT:
                raise FormulaError(f"An exponent written as a number is at most {MAX_EXPONENT:,.0f}.")
        value = constant(node)
        if value is not None and not math.isfinite(value):
            raise FormulaError("A part of the formula without names is not a finite number.")
