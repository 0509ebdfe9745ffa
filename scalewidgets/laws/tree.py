"""The tree of a formula: five immutable node classes and what can be asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A symbol: an input or a coefficient."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign, ``+`` or ``-``, before an operand."""

    op: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands joined by ``+``, ``-``, ``*``, ``/`` or ``**``."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """One of the allowed functions of one or more arguments."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Name | Unary | Binary | Call


def children(node: Node) -> tuple[Node, ...]:
    """Operands of a node, left to right."""
    match node:
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments):
            return arguments
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, in the order it is written."""
    yield node
    for child in children(node):
        yield from walk(child)


def depth(node: Node) -> int:
    """Height of a tree; a single number has 1."""
    return 1 + max((depth(child) for child in children(node)), default=0)


def names(node: Node) -> tuple[str, ...]:
    """Names of a tree in order of first appearance."""
    return tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Name)))


def to_json(node: Node) -> dict[str, Any]:
    """Turn a tree into nested dictionaries, the same shape as the browser's ``Node``."""
    match node:
        case Number(value=value):
            return {"kind": "number", "value": value}
        case Name(name=name):
            return {"kind": "name", "name": name}
        case Unary(op=op, operand=operand):
            return {"kind": "unary", "op": op, "operand": to_json(operand)}
        case Binary(op=op, left=left, right=right):
            return {"kind": "binary", "op": op, "left": to_json(left), "right": to_json(right)}
        case Call(function=function, arguments=arguments):
            return {"kind": "call", "function": function, "arguments": [to_json(a) for a in arguments]}
