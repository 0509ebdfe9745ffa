"""What "Export" gives: the picture, the numbers or a page, as text with a file name."""

from __future__ import annotations

from ..errors import PaneError
from ..figures.scene import Scene
from ..pane import page

TYPES = {"svg": "image/svg+xml", "csv": "text/csv", "html": "text/html"}


def export_scene(scene: Scene, kind: str, theme: str = "light") -> dict[str, str]:
    """Export a scene.

    Parameters
    ----------
    scene : Scene
        What is on screen.
    kind : {"svg", "csv", "html"}
        Which file. A PNG is drawn from the SVG by the browser.
    theme : {"light", "dark"}
        Colours of a picture.

    Returns
    -------
    dict
        ``text``, ``name`` and ``type`` of the file.

    Raises
    ------
    PaneError
        For a kind that is not known.
    """
    if kind not in TYPES:
        raise PaneError(f"{kind!r} is not a kind of export.", remedy=f"Choose one of {', '.join(TYPES)}.")
    if kind == "svg":
        text = scene.to_svg(theme)
    elif kind == "csv":
        # Full precision: a rounded coefficient or loss spoils what is computed from it.
        text = scene.table.to_csv(index=False)
    else:
        text = page.write(scene, None)
    return {"text": text, "name": f"{scene.kind}.{kind}", "type": TYPES[kind]}
