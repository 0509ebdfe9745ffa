"""Formula text to tokens: refuses all text that is not in the grammar, before anything parses it.

The twin of ``labextension/src/formula/scan.ts``, with the same sentences.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from scalewidgets.errors import FormulaError

MAX_CHARACTERS = 4_000
MAX_DEPTH = 64
MAX_NODES = 500
MAX_NAME = 40

# Function name -> smallest and largest number of arguments.
FUNCTIONS: dict[str, tuple[int, int]] = {
    "exp": (1, 1),
    "log": (1, 1),
    "log2": (1, 1),
    "log10": (1, 1),
    "sqrt": (1, 1),
    "tanh": (1, 1),
    "abs": (1, 1),
    "min": (2, 16),
    "max": (2, 16),
}

# Written out instead of taken from `keyword`, so that Python versions and the browser agree.
_RESERVED_NAMES = """
    False None True and as assert async await break class continue def del elif else except finally
    for from global if import in is lambda nonlocal not or pass raise return try while with yield
"""
RESERVED = frozenset(_RESERVED_NAMES.split())
_NOT_NUMBERS = frozenset({"nan", "inf", "infinity"})
_INSTEAD = {"ln": "log", "lg": "log10", "pow": "**", "power": "**", "maximum": "max", "minimum": "min"}

USE = "Use numbers, names, + - * / **, parentheses and the functions " + ", ".join(FUNCTIONS) + "."
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<mark>\*\*|[-+*/(),])"
)
_REMEDIES = {
    "^": "Write ** for a power.",
    ".": "A formula has no attributes; write a number as 0.5.",
    "×": "Write * for a product.",
    "·": "Write * for a product.",
    "−": "Write a plain minus sign, -.",
    "–": "Write a plain minus sign, -.",
    "=": "Write the right-hand side only.",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text and the zero-based character it starts at."""

    kind: str
    text: str
    at: int


def scan(text: str) -> list[Token]:
    """Split a formula into tokens, and refuse any text that is not in the grammar.

    What passes is balanced, in order, short, and made of allowed characters, so that handing
    it to ``ast.parse`` is safe. Nothing is evaluated.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of Token
        Numbers, names and marks, without the spaces.

    Raises
    ------
    FormulaError
        With a sentence and the character it speaks of.
    """
    if len(text) > MAX_CHARACTERS:
        raise FormulaError(
            f"A formula has at most {MAX_CHARACTERS:,} characters; this one has {len(text):,}.",
            remedy="Shorten it.",
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _bad_character(text[at], at)
        if match.lastgroup != "space":
            tokens.append(_checked(Token(str(match.lastgroup), match.group(), at), tokens))
        at = match.end()
    if not tokens:
        raise FormulaError("The formula is empty.", remedy="Write one, such as E + A / N**alpha.")
    _check_order(tokens, len(text))
    nodes = sum(token.text not in ("(", ")", ",") for token in tokens)
    if nodes > MAX_NODES:
        raise FormulaError(
            f"A formula has at most {MAX_NODES} numbers, names and operators; this one has {nodes:,}.",
            remedy="Shorten it.",
        )
    return tokens


def _bad_character(character: str, at: int) -> FormulaError:
    remedy = _REMEDIES.get(character)
    if remedy is None and "\u0370" <= character <= "\u03ff":
        remedy = "Write Greek letters by name, such as alpha; they are shown as letters."
    shown = character if character.isascii() and character.isprintable() else f"U+{ord(character):04X}"
    return FormulaError(
        f"The character {shown} at position {at + 1} has no place in a formula.",
        position=at,
        remedy=remedy or USE,
    )


def _checked(token: Token, before: list[Token]) -> Token:
    """Refuse numbers and names that the token pattern lets through but the grammar does not."""
    place = f"at position {token.at + 1}"
    if token.kind == "number":
        if re.fullmatch(r"0[0-9]+", token.text):
            raise FormulaError(f"The number {place} starts with a zero.", position=token.at)
        if not math.isfinite(float(token.text)):
            raise FormulaError(f"The number {place} is too large to be held.", position=token.at)
    elif token.kind == "name":
        if token.text.startswith("_") or "__" in token.text:
            raise FormulaError(
                f"The name {place} has an underscore at its start or two in a row.",
                position=token.at,
                remedy="Use single underscores inside a name, as in N_c.",
            )
        if len(token.text) > MAX_NAME:
            raise FormulaError(f"The name {place} has more than {MAX_NAME} letters.", position=token.at)
        if token.text in RESERVED:
            raise FormulaError(
                f"The name {token.text} {place} is a reserved word.",
                position=token.at,
                remedy="Use another name" + (", such as lam." if token.text == "lambda" else "."),
            )
        if token.text.lower() in _NOT_NUMBERS:
            raise FormulaError(f"{token.text} {place} is not a number.", position=token.at)
        if before and before[-1].kind == "number" and before[-1].at + len(before[-1].text) == token.at:
            raise FormulaError(
                f"An operator is missing at position {token.at + 1}.",
                position=token.at,
                remedy=f"Write products out, as in {before[-1].text[:12]}*{token.text[:12]}.",
            )
    return token


def _check_order(tokens: list[Token], end: int) -> None:
    """Refuse tokens out of order. The grammar is regular but for its parentheses: a stack does it."""
    open_at: list[tuple[Token, Token | None]] = []  # opening parenthesis and, for a call, its function
    counts: list[int] = []
    operand_next = True
    for index, token in enumerate(tokens):
        place = f"at position {token.at + 1}"
        follows = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if operand_next:
            if token.text == "(":
                function = tokens[index - 1] if index and tokens[index - 1].kind == "name" else None
                open_at.append((token, function))
                counts.append(1)
                if len(open_at) > MAX_DEPTH:
                    raise too_deep()
            elif token.kind == "name" and (follows == "(" or token.text in FUNCTIONS):
                _check_function(token, follows)
            elif token.kind in ("number", "name"):
                operand_next = False
            elif token.text not in ("+", "-"):
                raise FormulaError(f"A number or a name is missing {place}.", position=token.at)
        elif token.text in ("+", "-", "*", "/", "**"):
            operand_next = True
        elif token.text == ")" and open_at:
            _check_count(open_at.pop()[1], counts.pop())
        elif token.text == "," and open_at and open_at[-1][1] is not None:
            counts[-1] += 1
            operand_next = True
        elif token.text == ")":
            raise FormulaError(f"The parenthesis {place} closes nothing.", position=token.at)
        elif token.text == ",":
            raise FormulaError(f"The comma {place} is not between arguments.", position=token.at)
        else:
            raise FormulaError(f"An operator is missing {place}.", position=token.at)
    if operand_next:
        raise FormulaError("The formula stops where a number or a name should follow.", position=end)
    if open_at:
        at = open_at[-1][0].at
        raise FormulaError(f"The parenthesis at position {at + 1} is never closed.", position=at)


def _check_function(token: Token, follows: str) -> None:
    if token.text in FUNCTIONS:
        if follows != "(":
            raise FormulaError(
                f"{token.text} at position {token.at + 1} is a function.",
                position=token.at,
                remedy=f"Write {token.text}(...).",
            )
        return
    instead = _INSTEAD.get(token.text.lower(), token.text.lower())
    raise FormulaError(
        f"{token.text} at position {token.at + 1} is not a function that a formula may call.",
        position=token.at,
        remedy=f"Write {instead}." if instead == "**" or instead in FUNCTIONS else USE,
    )


def _check_count(function: Token | None, count: int) -> None:
    if function is None:
        return
    least, most = FUNCTIONS[function.text]
    if not least <= count <= most:
        wanted = "one argument" if most == 1 else f"{least} to {most} arguments"
        raise FormulaError(
            f"{function.text} at position {function.at + 1} takes {wanted}, not {count}.",
            position=function.at,
        )


def too_deep() -> FormulaError:
    """Build the refusal of a formula that nests too far."""
    return FormulaError(f"The formula is more than {MAX_DEPTH} levels deep.", remedy="Shorten it.")
