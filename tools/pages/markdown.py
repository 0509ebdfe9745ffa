"""Small pieces of Markdown that read the same on GitHub and in a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def blocks(*parts: str) -> str:
    """Join paragraphs, leaving empty ones out; ends with a line break."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def listed(names: Sequence[str]) -> str:
    """Names in code type, with commas and an "and"."""
    quoted = [f"`{name}`" for name in names]
    return "".join(quoted) if len(quoted) < 2 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def bullets(lines: Iterable[str]) -> str:
    """One item a line."""
    return "\n".join(f"- {line}" for line in lines)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Pipes and dashes; columns that hold nothing are left out."""
    listed = [list(row) for row in rows]
    kept = [j for j in range(len(heads)) if any(row[j].strip() for row in listed)]
    lines = [[heads[j] for j in kept], ["---"] * len(kept), *([row[j] for j in kept] for row in listed)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


def math(latex: str) -> str:
    r"""LaTeX that Markdown does not eat: ``\,`` and ``*`` mean something to it."""
    return latex.replace(r"\,", r"\thinspace ").replace("*", r"\ast ").replace("  ", " ")


def slug(text: str) -> str:
    """Anchor of a heading and name of a folder: ``language-pre-training``."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def cite(text: str) -> str:
    """Turn arXiv numbers into links."""
    return re.sub(r"arXiv:([0-9]{4}\.[0-9]{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", text)
