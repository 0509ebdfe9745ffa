"""What a study keeps of a family: names, sizes, and the run that is predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scalewidgets.errors import StudyError

from .families import Family
from .plan import predicted
from .protocol import Protocol
from .work import BAND_POINTS, band_inputs

Array: TypeAlias = NDArray[np.float64]

SHOWN_FROM = 0.4
"""Share of the predicted run from which its checkpoints are kept to be drawn."""


@dataclass(frozen=True, eq=False)
class Card:
    """A family of a study.

    Attributes
    ----------
    name, title, unit : str
    labels : tuple of str
        Sizes of the models as a person reads them, smallest first.
    sizes : tuple of float
    longest : tuple of float
        Tokens of each run.
    checkpoints : int
    target : int
        Position of the model that is predicted.
    skipped : str
        Why no law was fitted, or empty.
    tokens, loss : ndarray
        The later part of the predicted run.
    band : mapping of str to ndarray
        Inputs of the law where bands are kept (``tokens`` among them).
    """

    name: str
    title: str
    unit: str
    labels: tuple[str, ...]
    sizes: tuple[float, ...]
    longest: tuple[float, ...]
    checkpoints: int
    target: int
    skipped: str
    tokens: Array
    loss: Array
    band: Mapping[str, Array]

    @classmethod
    def of(cls, family: Family, protocol: Protocol) -> Card:
        """Card of a family."""
        target = predicted(family, protocol)
        model = family.models[target]
        late = model.tokens >= SHOWN_FROM * model.tokens[-1]
        last = float(model.tokens[-1])
        return cls(
            family.name, family.title, family.unit,
            tuple(m.label for m in family.models), tuple(m.size for m in family.models),
            tuple(float(m.tokens[-1]) for m in family.models), family.checkpoints, target,
            skipped(family, protocol), model.tokens[late], model.loss[late],
            {**band_inputs(model), "tokens": np.linspace(SHOWN_FROM * last, last, BAND_POINTS)},
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts."""
        plain = {
            name: getattr(self, name)
            for name in ("name", "title", "unit", "checkpoints", "target", "skipped")
        }
        lists = {name: list(getattr(self, name)) for name in ("labels", "sizes", "longest")}
        arrays = {name: getattr(self, name).tolist() for name in ("tokens", "loss")}
        return {**plain, **lists, **arrays, "band": {name: v.tolist() for name, v in self.band.items()}}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Card:
        """Inverse of :meth:`to_dict`."""
        parts: dict[str, Any] = {name: tuple(said[name]) for name in ("labels", "sizes", "longest")}
        parts |= {name: np.array(said[name], dtype=float) for name in ("tokens", "loss")}
        band = {name: np.array(values, dtype=float) for name, values in said["band"].items()}
        rest = {name: said[name] for name in ("name", "title", "unit", "checkpoints", "target", "skipped")}
        return cls(**rest, **parts, band=band)

    def share_text(self, chosen: tuple[int, ...]) -> str:
        """Sizes of chosen models in words."""
        return ", ".join(self.labels[k] for k in chosen)


def skipped(family: Family, protocol: Protocol) -> str:
    """Why a family is not studied, or nothing."""
    if protocol.worst is None:
        return ""
    best = float(family.models[predicted(family, protocol)].loss.min())
    if best <= protocol.worst:
        return ""
    return f"the predicted model never gets below {best:.3g}, and the protocol stops at {protocol.worst:g}"


def cards(families: tuple[Family, ...], protocol: Protocol) -> list[Card]:
    """Cards of families."""
    return [Card.of(family, protocol) for family in families]


def unskipped(families: tuple[Family, ...], protocol: Protocol) -> tuple[Family, ...]:
    """Families that the protocol does not skip."""
    kept = tuple(family for family in families if not skipped(family, protocol))
    if not kept:
        raise StudyError("The protocol skips all families.", remedy=f"Raise worst={protocol.worst}.")
    return kept
