"""One Bokeh document, many browser views: the live figure and the protocol behind it.

Imported lazily: the Jupyter server imports this package for its one route and must not pay for Bokeh
models, NumPy or ipywidgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pane import Pane as Pane

__all__ = ["Pane"]


def __getattr__(name: str) -> Any:
    if name == "Pane":
        from .pane import Pane

        return Pane
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
