"""The colours of every figure, by role, in a light and a dark set.

Text pairs have a contrast of at least 4.5 to their ground. One colour is the answer: what the sentence
says, on every figure, and nothing else. The sequential map is viridis cut at both ends and turned with
the theme, so that the largest model is always the most visible.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from bokeh.palettes import Viridis256

ThemeName = Literal["light", "dark"]


def _viridis(start: float, stop: float, steps: int = 64) -> tuple[str, ...]:
    last = len(Viridis256) - 1
    return tuple(
        Viridis256[round((start + (stop - start) * i / (steps - 1)) * last)].lower() for i in range(steps)
    )


@dataclass(frozen=True)
class Palette:
    """Colours by what they mean."""

    name: ThemeName
    surface: str
    strong: str
    text: str
    quiet: str
    hairline: str
    grid: str
    axis: str
    control: str
    answer: str
    answer_text: str
    excluded: str
    warning: str
    beyond: str
    beyond_alpha: float
    plan: str
    plan_text: str
    tokens: str
    recipe_a: str
    recipe_b: str
    recipe_c: str
    recipe_d: str
    size: tuple[str, ...]

    @property
    def recipes(self) -> tuple[str, ...]:
        """Colours of recipes that are compared, by their place; each also has a mark of its own."""
        return (self.recipe_a, self.recipe_b, self.recipe_c, self.recipe_d)

    def translation(self, other: Palette) -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
        """Every colour of this palette and its counterpart in another, by role."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self) if f.name != "name")
        return {a: b for a, b in pairs if isinstance(a, str | tuple)}


LIGHT = Palette(
    name="light",
    surface="#ffffff",
    strong="#16191d",
    text="#2a2f36",
    quiet="#5c636d",
    hairline="#e4e7eb",
    grid="#e9ebef",
    axis="#8b929c",
    control="#1976d2",
    answer="#c2410c",
    answer_text="#a8380a",
    excluded="#6b7280",
    warning="#9a6700",
    beyond="#1e293b",
    beyond_alpha=0.035,
    plan="#0f6ab4",
    plan_text="#0f5fa3",
    tokens="#0a7f63",
    recipe_a="#8a3d73",
    recipe_b="#08694f",
    recipe_c="#0f5fa3",
    recipe_d="#6b5a00",
    size=_viridis(0.88, 0.02),
)

DARK = Palette(
    name="dark",
    surface="#212121",
    strong="#f5f5f5",
    text="#e0e0e0",
    quiet="#b0b0b0",
    hairline="#3a3a3a",
    grid="#303030",
    axis="#808080",
    control="#64b5f6",
    answer="#ff9a52",
    answer_text="#ffac70",
    excluded="#9ca3af",
    warning="#f0c04a",
    beyond="#fefefe",
    beyond_alpha=0.035,
    plan="#64b1ff",
    plan_text="#7cbcff",
    tokens="#3ecf9f",
    recipe_a="#e29ac6",
    recipe_b="#5fdab1",
    recipe_c="#7cbcff",
    recipe_d="#d8c65a",
    size=_viridis(0.33, 0.98),
)

PALETTES: dict[ThemeName, Palette] = {"light": LIGHT, "dark": DARK}
