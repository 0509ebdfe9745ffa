"""What a table of runs lacks to be one, said with the names that it has."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence

from scalewidgets.errors import either

from .findings import Source
from .recognise import LOSSES, Match, looks_like_number


def can_give_tokens(names: Mapping[str, object]) -> bool:
    """Whether tokens follow from other columns."""
    return any(
        {one, other} <= names.keys()
        for one, other in (
            ("params", "tokens_per_param"), ("step", "batch_tokens"), ("epochs", "unique_tokens"),
        )
    )  # fmt: skip


def refuse_numbers(source: Source, columns: Sequence[Hashable]) -> None:
    """Refuse a header that is a row of numbers, before anything is guessed from it."""
    if columns and all(isinstance(column, str) and looks_like_number(column) for column in columns):
        shown = ", ".join(str(column)[:40] for column in columns[:12])
        raise source.refusal(
            f"the first row holds numbers ({shown}), not column names.",
            "Put a header row above them: params, tokens, loss.",
        )


def missing(source: Source, columns: Sequence[Hashable], matches: Mapping[str, Match]) -> None:
    """Refuse a table without a loss, or with fewer than two of params, tokens and flops."""
    inputs = [name for name in ("params", "tokens", "flops") if name in matches]
    if "tokens" not in inputs and can_give_tokens(matches):
        inputs.append("tokens")
    has_loss = any(name in matches for name in LOSSES)
    if has_loss and len(inputs) >= 2:
        return
    shown = ", ".join(str(column)[:40] for column in columns[:12]) + (", ..." if len(columns) > 12 else "")
    lacks = []
    if not has_loss:
        lacks.append("the loss")
    if not inputs:
        lacks.append("params, tokens or flops")
    elif len(inputs) == 1:
        # One of the three is there; the second is needed, the third follows from C = 6ND.
        lacks.append(either([name for name in ("params", "tokens", "flops") if name not in inputs]))
    wanted = [] if has_loss else ["loss"]
    wanted += [name for name in ("params", "tokens", "flops") if name not in inputs][: 2 - len(inputs)]
    if has_loss and inputs == ["params"] and "step" in matches:
        raise source.refusal(
            f"no column was recognised as tokens or flops, and of the steps ({matches['step'].column}) the "
            "tokens per step are not known.",
            'Say how many tokens one step sees, columns={"batch_tokens": 524288}, or which column holds the '
            'tokens, columns={"tokens": "..."}.',
        )
    example = ", ".join(f'"{name}": "..."' for name in wanted)
    could_be = [
        str(column) for column in columns if re.search(r"loss|entropy|perplexity|ppl", str(column), re.I)
    ]
    if not has_loss and inputs and len(could_be) > 1:
        more = ", ..." if len(could_be) > 8 else ""
        raise source.refusal(
            f"several columns could be the loss: {', '.join(could_be[:8])}{more}.",
            f'Choose one: columns={{"loss": "{could_be[0]}"}}.',
        )
    raise source.refusal(
        f"no column was recognised as {', nor as '.join(lacks)}. Found: {shown}.",
        "Needed are loss and two of params, tokens and flops. Rename the columns, or say which is which: "
        f"columns={{{example}}}.",
    )
