"""A whole picture: the sentence, the figures of a document in their boxes, the footer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from .metrics import STACK, Font
from .plot import plot_node
from .svg import Node, num

Run: TypeAlias = tuple[str, str]
Words: TypeAlias = "str | Sequence[str | Run]"
Box: TypeAlias = Mapping[str, Any]

#: Colours by role; a dictionary given as ``theme`` overrides those of the light theme.
THEMES: dict[str, dict[str, str]] = {
    "light": {
        "surface": "#ffffff",
        "plain": "#16191d",
        "body": "#2a2f36",
        "quiet": "#5c636d",
        "answer": "#a8380a",
        "plan": "#0f5fa3",
        "warning": "#9a6700",
        "hairline": "#e4e7eb",
    },
    "dark": {
        "surface": "#212121",
        "plain": "#f5f5f5",
        "body": "#e0e0e0",
        "quiet": "#b0b0b0",
        "answer": "#ffac70",
        "plan": "#7cbcff",
        "warning": "#f0c04a",
        "hairline": "#3a3a3a",
    },
}

_MARGIN = 24.0
_GUTTER = 32.0
_TITLE_BLOCK = 38.0
_ROW_HEIGHT = 220.0


def document_svg(
    document: Any,
    *,
    layout: Sequence[Box | Sequence[Box]],
    title: Words | None = None,
    subtitle: Words | None = None,
    footer: Sequence[Words] = (),
    width: float = 1104,
    theme: str | Mapping[str, str] = "light",
    summary: str | None = None,
) -> str:
    """Draw a Bokeh document as one SVG picture, without a browser.

    Parameters
    ----------
    document
        A ``bokeh.document.Document`` whose roots are plots with names.
    layout
        What lies where. A mapping is a box: ``root`` (the name), ``title`` and ``note`` (the two lines
        above the figure, each optional), ``x``, ``y``, ``w``, ``h`` in px, counted from the top left of
        the area below the sentence; ``h`` includes the title block of 38 px. ``w`` defaults to the rest
        of the width. A list of mappings is a row: its boxes share the width (in proportion to ``w``
        where given) and lie below everything before them. A box that lies over an earlier one, or has
        ``card`` set, gets an opaque ground with a hairline, as an inset does.
    title, subtitle
        The sentence and the line below it: text, or runs ``(text, role)`` with the role ``"plain"``,
        ``"answer"``, ``"quiet"`` or another of :data:`THEMES`. Both are broken where they are too long.
    footer
        Statements below a hairline, each text or runs, set apart by a middle dot.
    width
        Width in px that the boxes may use; a margin of 24 px is added all round.
    theme
        ``"light"``, ``"dark"``, or a mapping of roles to colours laid over the light theme. The colours
        within a figure are those of its models.
    summary
        What a screen reader says about the picture; the texts on it by default.

    Returns
    -------
    str
        An ``<svg>`` document; equal documents give equal bytes, whatever their Bokeh ids.

    Raises
    ------
    KeyError
        If the layout names a root that the document does not have.
    """
    colours = {**THEMES["light"], **(THEMES.get(theme, {}) if isinstance(theme, str) else theme)}
    boxes = _placed(layout, width)
    body: list[Node] = []
    y = _MARGIN
    y = _paragraph(body, title, y, width, 20.0, 28.0, 500, "plain", colours)
    y = _paragraph(body, subtitle, y, width, 13.0, 18.0, 400, "quiet", colours)
    if y > _MARGIN:
        y += 20
    bottom = y
    for i, box in enumerate(boxes):
        card = box.get("card", any(_overlap(box, earlier) for earlier in boxes[:i]))
        body += _figure(document, box, y, bool(card), colours)
        bottom = max(bottom, y + box["y"] + box["h"])
    bottom = _footer(body, footer, bottom, width, colours)
    total_width, total_height = width + 2 * _MARGIN, bottom + _MARGIN
    spoken = _text(title) or "Figure"
    root = Node(
        "svg",
        (
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("width", total_width),
            ("height", total_height),
            ("viewBox", f"0 0 {num(total_width)} {num(total_height)}"),
            # On a page narrower than the picture it shrinks instead of being cut.
            ("style", "max-width:100%;height:auto"),
            ("role", "img"),
            ("aria-label", spoken),
            ("font-family", STACK),
        ),
    )
    root.add(Node("title", (), spoken), Node("desc", (), summary or _described(subtitle, boxes, footer)))
    root.add(Node("rect", (("width", total_width), ("height", total_height), ("fill", colours["surface"]))))
    return str(root.add(*body))


def unsupported(document: Any) -> list[str]:
    """Name, in alphabetical order, what the renderer leaves out of a document's roots.

    Everything else is drawn all the same. An empty list means that the picture is complete.
    """
    missing: set[str] = set()
    for root in document.roots:
        if _is_plot(root):
            plot_node(root, 640, 400, missing.add)
        else:
            missing.add(type(root).__name__)
    return sorted(missing)


def _is_plot(model: Any) -> bool:
    return all(hasattr(model, name) for name in ("x_range", "y_range", "renderers", "center", "above"))


def _root(document: Any, name: str) -> Any:
    for root in document.roots:
        if root.name == name:
            return root
    known = ", ".join(sorted(str(root.name) for root in document.roots))
    raise KeyError(f"The document has no root named {name!r}; its roots are: {known}.")


def _placed(layout: Sequence[Box | Sequence[Box]], width: float) -> list[dict[str, Any]]:
    """Give every box its place: those that have one keep it, rows are stacked and shared out."""
    placed: list[dict[str, Any]] = []
    for entry in layout:
        below = max((box["y"] + box["h"] for box in placed), default=-_GUTTER) + _GUTTER
        if isinstance(entry, Mapping):
            given = {"x": 0.0, "y": below, "h": _ROW_HEIGHT, **entry}
            placed.append({"w": width - given["x"], **given})
            continue
        free = width - _GUTTER * (len(entry) - 1)
        shares = [float(box.get("w", 1.0)) for box in entry]
        left = 0.0
        height = max((float(box.get("h", _ROW_HEIGHT)) for box in entry), default=0.0)
        for box, share in zip(entry, shares, strict=True):
            wide = free * share / sum(shares)
            placed.append({"h": height, **box, "x": left, "y": below, "w": wide})
            left += wide + _GUTTER
    return placed


def _overlap(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    across = a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
    return bool(across and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


def _figure(
    document: Any, box: Mapping[str, Any], top: float, card: bool, colours: Mapping[str, str]
) -> list[Node]:
    x, y, w, h = _MARGIN + box["x"], top + box["y"], float(box["w"]), float(box["h"])
    nodes: list[Node] = []
    place = (("x", x), ("y", y), ("width", w), ("height", h), ("rx", 6.0))
    if card:
        nodes.append(Node("rect", (*place, ("fill", colours["surface"]))))
    pad = 8.0 if card else 0.0
    used = pad
    name, note = box.get("title"), box.get("note")
    if name:
        nodes += _line(_runs(name, "plain"), x + pad, y + used + 13, Font(13, 600), colours)
        used += 18 if note or card else _TITLE_BLOCK - 16
    for i, line in enumerate(_wrapped(_runs(note, "quiet"), Font(12), w - 2 * pad)):
        nodes += _line(line, x + pad, y + used + 12, Font(12), colours)
        used += 20 if i == 0 else 16
    plot = _root(document, str(box["root"]))
    inner_width, inner_height = w - 2 * pad, h - used - pad
    if _is_plot(plot) and inner_width > 0 and inner_height > 0:
        inner = plot_node(plot, inner_width, inner_height, _ignore)
        nodes.append(Node("g", (("transform", f"translate({num(x + pad)} {num(y + used)})"),), inner))
    if card:  # on top: a plot may paint its border
        nodes.append(Node("rect", (*place, ("fill", "none"), ("stroke", colours["hairline"]))))
    return nodes


def _ignore(name: str) -> None:
    """Leave out in silence: :func:`unsupported` is how one asks."""


def _runs(words: Words | None, role: str) -> list[Run]:
    if words is None:
        return []
    if isinstance(words, str):
        return [(words, role)]
    return [(run, role) if isinstance(run, str) else (str(run[0]), str(run[1])) for run in words]


def _text(words: Words | None) -> str:
    return "".join(text for text, _ in _runs(words, "plain")).strip()


def _face(font: Font, role: str) -> Font:
    return Font(font.size, max(font.weight, 650), font.italic, font.family) if role == "answer" else font


def _wrapped(runs: list[Run], font: Font, width: float) -> list[list[Run]]:
    """Break runs between words into lines that fit."""
    lines: list[list[Run]] = [[]]
    used = 0.0
    for text, role in runs:
        face = _face(font, role)
        for i, word in enumerate(text.split(" ")):
            piece = (" " if i else "") + word
            wide = face.width(piece)
            if used + wide > width and used > 0 and piece.strip():
                lines.append([])
                used, piece = 0.0, piece.lstrip()
                wide = face.width(piece)
            line = lines[-1]
            if line and line[-1][1] == role:
                line[-1] = (line[-1][0] + piece, role)
            else:
                line.append((piece, role))
            used += wide
    return [line for line in lines if line]


def _line(runs: list[Run], x: float, baseline: float, font: Font, colours: Mapping[str, str]) -> list[Node]:
    if not any(text for text, _ in runs):
        return []
    base = runs[0][1]
    # xml:space keeps the blank between two runs, which XML viewers would otherwise drop.
    element = Node(
        "text",
        (
            ("x", x),
            ("y", baseline),
            *font.attributes(),
            ("fill", colours.get(base, colours["plain"])),
            ("xml:space", "preserve"),
            ("style", "font-variant-numeric:tabular-nums"),
        ),
    )
    for text, role in runs:
        face = _face(font, role)
        if role == base and face == font:
            element.add(text)
            continue
        weight = str(face.weight) if face.weight != font.weight else None
        element.add(
            Node("tspan", (("fill", colours.get(role, colours["plain"])), ("font-weight", weight)), text)
        )
    return [element]


def _paragraph(
    body: list[Node],
    words: Words | None,
    y: float,
    width: float,
    size: float,
    step: float,
    weight: int,
    role: str,
    colours: Mapping[str, str],
) -> float:
    runs, font = _runs(words, role), Font(size, weight)
    for line in _wrapped(runs, font, width):
        body += _line(line, _MARGIN, y + (step + size) / 2 - 2, font, colours)
        y += step
    return y


def _footer(
    body: list[Node], footer: Sequence[Words], y: float, width: float, colours: Mapping[str, str]
) -> float:
    statements = [_runs(words, "quiet") for words in ([footer] if isinstance(footer, str) else footer)]
    statements = [runs for runs in statements if any(text for text, _ in runs)]
    if not statements:
        return y
    y += 16
    ends = (("x1", _MARGIN), ("y1", y), ("x2", _MARGIN + width), ("y2", y))
    body.append(Node("line", (*ends, ("stroke", colours["hairline"]))))
    joined = statements[0]
    for runs in statements[1:]:
        joined = [*joined, (" \u00b7 ", "quiet"), *runs]
    return _paragraph(body, joined, y + 10, width, 12.0, 18.0, 400, "quiet", colours)


def _described(subtitle: Words | None, boxes: Sequence[Box], footer: Sequence[Words]) -> str:
    texts = [_text(subtitle)]
    for box in boxes:
        texts += [_text(box.get("title")), _text(box.get("note"))]
    texts += [_text(words) for words in ([footer] if isinstance(footer, str) else footer)]
    return (
        " ".join(text if text.endswith((".", "?", "!")) else text + "." for text in texts if text)
        or "Figure."
    )
