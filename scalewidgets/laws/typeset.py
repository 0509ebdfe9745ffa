"""A formula as a person writes it: LaTeX and HTML, in the author's order of terms.

SymPy's own printer sorts terms, so ``E + A/N**alpha`` would come out as ``A N^{-α} + E``. The browser's
``labextension/src/formula/typeset.ts`` sets the same formula in the same way as :func:`to_html`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from html import escape

from .tree import Binary, Call, Name, Node, Number, Unary

_SUM, _SIGN, _PRODUCT, _POWER, _ATOM = range(5)


def _level(node: Node) -> int:
    """How tightly a node binds; a looser one inside a tighter one needs parentheses."""
    match node:
        case Binary(op="+" | "-"):
            return _SUM
        case Binary(op="*" | "/"):
            return _PRODUCT
        case Unary():
            return _SIGN
        case Binary():
            return _POWER
    return _ATOM


def number_text(value: float) -> tuple[str, str]:
    """Mantissa and decimal exponent of a literal: ``("6.4", "13")``, ``("0.5", "")``, ``("", "21")``."""
    if value == 0 or 1e-4 <= value < 1e6:
        return repr(value).removesuffix(".0"), ""
    exact = Decimal(repr(value)).normalize()
    first, *rest = map(str, exact.as_tuple().digits)
    mantissa = f"{first}.{''.join(rest)}" if rest else first
    return ("" if mantissa == "1" else mantissa), str(exact.adjusted())


def to_latex(node: Node, labels: Mapping[str, str]) -> str:
    r"""LaTeX of a tree.

    Parameters
    ----------
    node : Node
    labels : mapping of str to str
        LaTeX of each name.

    Returns
    -------
    str
        Such as ``E + \frac{A}{N^{\alpha}}``, without dollar signs.
    """

    def inside(child: Node, least: int) -> str:
        text = to_latex(child, labels)
        return rf"\left({text}\right)" if _level(child) < least else text

    match node:
        case Number(value=value):
            mantissa, exponent = number_text(value)
            power = f"10^{{{exponent}}}" if exponent else ""
            return rf"{mantissa} \times {power}" if mantissa and power else mantissa or power
        case Name(name=name):
            return labels[name]
        case Unary(op=op, operand=operand):
            return op + inside(operand, _POWER)
        case Binary(op="+" | "-" as op, left=left, right=right):
            return f"{inside(left, _SUM)} {op} {inside(right, _PRODUCT)}"
        case Binary(op="*", left=left, right=right):
            return rf"{inside(left, _SIGN)} \, {inside(right, _POWER)}"
        case Binary(op="/", left=left, right=right):
            return rf"\frac{{{to_latex(left, labels)}}}{{{to_latex(right, labels)}}}"
        case Binary(left=left, right=right):
            base = inside(left, _ATOM)
            if isinstance(left, Call | Number) and not base.isalnum():
                base = rf"\left({to_latex(left, labels)}\right)"
            return f"{base}^{{{to_latex(right, labels)}}}"
        case Call(function="sqrt", arguments=(argument,)):
            return rf"\sqrt{{{to_latex(argument, labels)}}}"
        case Call(function="abs", arguments=(argument,)):
            return rf"\left|{to_latex(argument, labels)}\right|"
        case Call(function=function, arguments=arguments):
            name = {"log": r"\ln", "log2": r"\log_{2}", "log10": r"\log_{10}"}.get(function, "\\" + function)
            return rf"{name}\left({', '.join(to_latex(a, labels) for a in arguments)}\right)"


def to_html(node: Node, labels: Mapping[str, str]) -> str:
    """HTML of a tree on one line, escaped: ``<i>E</i> + <i>A</i>/<i>N</i><sup><i>α</i></sup>``.

    Parameters
    ----------
    node : Node
    labels : mapping of str to str
        Plain label of each name; what follows its first underscore is set as a subscript.

    Returns
    -------
    str
    """

    def inside(child: Node, least: int) -> str:
        text = to_html(child, labels)
        return f"({text})" if _level(child) < least else text

    match node:
        case Number(value=value):
            mantissa, exponent = number_text(value)
            power = f"10<sup>{exponent.replace('-', '−')}</sup>" if exponent else ""
            return f"{mantissa} × {power}" if mantissa and power else mantissa or power
        case Name(name=name):
            return label_html(labels[name])
        case Unary(op=op, operand=operand):
            return ("−" if op == "-" else "+") + inside(operand, _POWER)
        case Binary(op="+" | "-" as op, left=left, right=right):
            return f"{inside(left, _SUM)} {'−' if op == '-' else '+'} {inside(right, _PRODUCT)}"
        case Binary(op="*" | "/" as op, left=left, right=right):
            return f"{inside(left, _SIGN)}{'·' if op == '*' else '/'}{inside(right, _POWER)}"
        case Binary(left=left, right=right):
            base = inside(left, _ATOM)
            if isinstance(left, Number) and not base.isalnum():
                base = f"({base})"
            return f"{base}<sup>{to_html(right, labels)}</sup>"
        case Call(function=function, arguments=arguments):
            listed = ", ".join(to_html(argument, labels) for argument in arguments)
            return {
                "sqrt": f"√({listed})",
                "abs": f"|{listed}|",
                "log": f"ln({listed})",
                "log2": f"log<sub>2</sub>({listed})",
                "log10": f"log<sub>10</sub>({listed})",
            }.get(function, f"{function}({listed})")


def label_html(label: str) -> str:
    """HTML of a plain label: ``α_N`` is an italic α with a subscript N."""
    base, _, subscript = label.partition("_")
    return f"<i>{escape(base)}</i>" + (f"<sub>{escape(subscript)}</sub>" if subscript else "")


def safe_text(text: str) -> str:
    """Leave only what is safe inside LaTeX text braces."""
    return "".join(character if character.isalnum() or character in "-@" else " " for character in text)
