"""Laws that need no algebra: sums of terms, each an amplitude times powers of inputs.

What enters such a law linearly can be read off as it stands. Most laws that are fitted are of this kind, and
the first fit of a session then does not wait half a second for SymPy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .tree import Binary, Name, Node, Number, Unary, walk


def plain_terms(
    tree: Node, inputs: tuple[str, ...], coefficients: tuple[str, ...], positive: frozenset[str]
) -> dict[str, Node] | None:
    """What each amplitude multiplies, by its name in the order of the coefficients.

    Parameters
    ----------
    tree : Node
        Of a formula.
    inputs, coefficients : tuple of str
    positive : frozenset of str
        Names that stand for positive numbers.

    Returns
    -------
    dict of str to Node, or None
        ``None`` unless each term of the formula has one amplitude, which stands nowhere else, and all else in
        it are numbers and powers of different positive inputs, with numbers or further coefficients as
        exponents. The amplitudes are then the largest set of coefficients that enter linearly.
    """
    counted = Counter(node.name for node in walk(tree) if isinstance(node, Name))
    found: dict[str, Node] = {}
    shapes: set[str] = set()
    for negative, term in _split(tree, "+", "-"):
        amplitude, used, rest = "", set(), None
        for divided, factor in _split(term, "*", "/"):
            if isinstance(factor, Name) and factor.name in coefficients:
                if amplitude or divided or counted[factor.name] > 1:
                    return None
                amplitude, factor = factor.name, Number(-1.0 if negative else 1.0)
            else:
                known = _power(factor, inputs, coefficients)
                if known is None or known[0] in used or not {known[0]} - {""} <= positive:
                    return None
                used |= {known[0]} - {""}
                shapes |= {known[1]} - {""}
            rest = _joined(rest, divided, factor)
        if not amplitude or rest is None:
            return None
        found[amplitude] = rest
    if shapes | set(found) != set(coefficients) or shapes & set(found):
        return None
    return {name: found[name] for name in coefficients if name in found}


def _split(node: Node, plus: str, minus: str) -> Iterator[tuple[bool, Node]]:
    """Operands of a chain of two operations, and whether each is taken away or divided by."""
    if isinstance(node, Binary) and node.op in (plus, minus):
        yield from _split(node.left, plus, minus)
        # What is behind it is one operand, in brackets where it was a chain itself.
        yield node.op == minus, node.right
    else:
        yield False, node


def _power(node: Node, inputs: tuple[str, ...], coefficients: tuple[str, ...]) -> tuple[str, str] | None:
    """Input and coefficient of a factor, empty where it has none; ``None`` if it is none of these."""
    if isinstance(node, Number):
        return ("", "") if node.value > 0 else None
    base: Node
    exponent: Node
    base, exponent = node, Number(1.0)
    match node:
        case Binary(op="**", left=left, right=right):
            base, exponent = left, right
    match base:
        case Binary(op="*" | "/", left=inner, right=Number(value=unit)) if unit > 0:
            # An input in units of its own: N / 1e9.
            base = inner
    if isinstance(exponent, Unary):
        exponent = exponent.operand
    if not isinstance(base, Name) or base.name not in inputs:
        return None
    if isinstance(exponent, Name) and exponent.name in coefficients:
        return base.name, exponent.name
    return (base.name, "") if isinstance(exponent, Number) else None


def _joined(before: Node | None, divided: bool, factor: Node) -> Node:
    if before is None:
        return factor
    return Binary("/" if divided else "*", before, factor)
