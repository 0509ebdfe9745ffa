"""A figure as a page that stands alone: everything inline, no kernel, no network."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bokeh.settings import settings

from scalewidgets.errors import PaneError

if TYPE_CHECKING:
    from scalewidgets.figures.scene import Scene

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}
body {{ margin: 0; padding: 16px; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111111; }} }}
</style>
</head>
<body>
<main id="scalewidgets"><noscript>{summary}</noscript></main>
<script type="application/json" id="scalewidgets-scene">{scene}</script>
<script type="application/json" id="scalewidgets-still">{still}</script>
<script>{bokehjs}</script>
<script>{script}</script>
</body>
</html>
"""


def write(scene: Scene, path: str | PathLike[str] | None) -> str:
    """Return the page; write it to `path` when there is one."""
    static = files(__package__) / "static"
    try:
        script = (static / "standalone.js").read_text(encoding="utf-8")
        style = (static / "standalone.css").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PaneError(
            "The script for stand-alone pages is not part of this installation.",
            remedy="Install a wheel of scalewidgets, or run npm run build in labextension/.",
        ) from None
    bokehjs = (settings.bokehjs_path() / "js" / "bokeh.min.js").read_text(encoding="utf-8")
    title = str(scene.frame.get("label") or scene.kind)
    page = _PAGE.format(
        title=escape(title),
        summary=escape(scene.summary),
        style=style,
        scene=_inert(scene.to_json()),
        still=_inert(scene.to_svg()),
        bokehjs=_script(bokehjs),
        script=_script(script),
    )
    if path is not None:
        Path(path).write_text(page, encoding="utf-8")
    return page


def _inert(value: Any) -> str:
    """JSON that cannot end the element it stands in, whatever text it carries."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script(source: str) -> str:
    """Our own scripts, where ``</script`` may only stand inside a string literal."""
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
