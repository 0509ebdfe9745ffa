"""Bokeh figures as still SVG pictures, drawn in Python from the Bokeh document itself.

The picture rides along with a live figure for nbconvert, PDF and code review. It is made from the very
models that the browser draws, so the two cannot drift apart, and it is the same to the byte whenever the same
document is built, so that version control stays quiet.
"""

from .page import THEMES, document_svg, unsupported
from .plot import frame_of, plot_svg

__all__ = ["THEMES", "document_svg", "frame_of", "plot_svg", "unsupported"]
