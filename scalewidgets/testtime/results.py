"""What the results of this room share: each gives itself as a table, as plain parts and as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from scalewidgets.fitting.certificate import plain
from scalewidgets.units import dollars_stay

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 30  # of a table shown in a notebook


class Value:
    """A frozen result; a subclass gives ``sentences`` and ``to_frame``."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader should know, most important first."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return the result as a table."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts; numbers that are not finite become ``None``."""
        out: dict[str, Any] = {"schema": f"scalewidgets.testtime.{type(self).__name__.lower()}/1"}
        for entry in fields(self):  # type: ignore[arg-type]
            out[entry.name] = parts(getattr(self, entry.name))
        return out

    def report(self) -> str:
        """Return everything a reader should know, as plain text."""
        rows = self.to_frame().to_string(max_rows=_ROWS, float_format=_number, na_rep="–")
        return "\n".join([*self.sentences, "", rows]) + "\n"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.sentences[0]}>"

    def _repr_html_(self) -> str:
        words = "<br>".join(escape(line) for line in self.sentences)
        rows = self.to_frame().to_html(max_rows=_ROWS, border=0, float_format=_number, na_rep="–")
        return dollars_stay(f"<div>{words}</div>{rows}")


def _number(value: float) -> str:
    """Four digits, whole numbers in full."""
    return f"{value:,.0f}" if abs(value) >= 1000 and value == round(value) else f"{value:.4g}"


def table(columns: Mapping[str, Any], index: str | None = None) -> pd.DataFrame:
    """Return a table of columns, indexed by one of them."""
    import pandas as pd

    made: pd.DataFrame = pd.DataFrame(dict(columns))
    if index is not None:
        made = made.set_index(index)
    return made


def parts(value: Any) -> Any:
    """Return what JSON knows of a value, arrays as lists."""
    if isinstance(value, Value):
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return [{str(key): parts(item) for key, item in row.items()} for row in value.to_dict("records")]
    if isinstance(value, dict):
        return {str(key): parts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [parts(item) for item in value]
    return plain(value)


def listed(items: Sequence[object], limit: int = 5) -> str:
    """Items in a sentence, the first few of many."""
    shown = ", ".join(str(item) for item in items[:limit])
    return shown + (f" and {len(items) - limit:,} more" if len(items) > limit else "")
