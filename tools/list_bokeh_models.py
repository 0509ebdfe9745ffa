"""Write the table of Bokeh models and properties that a figure from a file may use.

``python tools/list_bokeh_models.py > labextension/src/pane/allowed.ts``

A saved notebook is a file from a stranger: the browser draws only what this table names. The choice of
models and the properties that are kept out are made here, by hand; the rest is read from the installed
Bokeh, so that the table has no slip of the pen. Run it with each Bokeh release that is supported; names
that only one release has may stay.
"""

from __future__ import annotations

import re
from collections import defaultdict

import bokeh.document.config
import bokeh.models  # noqa: F401 (both imports register models by name)
from bokeh.model import Model
from bokeh.plotting import figure

MODELS = """
Figure Plot Title Toolbar
Range1d DataRange1d FactorRange LinearScale LogScale CategoricalScale
LinearAxis LogAxis CategoricalAxis Grid AllLabels NoOverlap
BasicTicker LogTicker FixedTicker AdaptiveTicker SingleIntervalTicker CategoricalTicker
BasicTickFormatter LogTickFormatter NumeralTickFormatter PrintfTickFormatter CategoricalTickFormatter
ColumnDataSource Selection UnionRenderers IntersectRenderers CDSView AllIndices IndexFilter BooleanFilter
GlyphRenderer Scatter Circle Line MultiLine Step VArea HArea VAreaStep HAreaStep Patch Patches Segment
Ray Rect Quad VBar HBar VSpan HSpan VStrip HStrip Text Wedge Annulus
Span BoxAnnotation PolyAnnotation Label LabelSet Slope Band Whisker Arrow
OpenHead NormalHead VeeHead TeeHead AreaVisuals BoxInteractionHandles
LinearColorMapper LogColorMapper CategoricalColorMapper CategoricalMarkerMapper Dodge
HoverTool TapTool LassoSelectTool BoxSelectTool PolySelectTool PanTool WheelZoomTool WheelPanTool BoxZoomTool
ResetTool SaveTool CrosshairTool ZoomInTool ZoomOutTool
DocumentConfig Notifications
Coordinate Node XY CoordinateMapping
""".split()  # noqa: SIM905

#: Whatever runs, loads, styles or writes markup; and what has no use in a saved figure.
DENIED = re.compile(
    r"js_.*|subscribed_events|callback.*|on_.*|stylesheets?|styles|css_.*|html_.*|tooltips|formatters|filters"
    r"|context_menu|elements|description|icon|url|code|args|template|attachment|behavior|custom_.*"
    r"|notify_connection_status|hold_render|apply_theme|logo|default_icon|hatch_extra|.*hatch_extra|syncable"
    r"|expr|transform|image|attribution|menu|persistent_renderers|tooltip|filename|copy_.*"
)


def kind(prop: object) -> str:
    """One letter for what a property may hold (see ``safety.ts``)."""
    text = str(prop)
    if re.search(r"Color|Palette", text):
        return "c"
    if re.match(r"(Nullable\()?Bool", text):
        return "b"
    if re.match(r"(Nullable\()?(Int|Float|NonNegative|Positive|Percent|Size|Alpha)\b", text):
        return "n"
    if re.match(r"(Nullable\()?Enum", text):
        return "e"
    return "v"


def main() -> None:
    """Print the TypeScript module."""
    by_signature: dict[str, list[str]] = defaultdict(list)
    for name in MODELS:
        # Document JSON names classes as BokehJS does: without the module for Bokeh's own.
        cls = figure if name == "Figure" else Model.model_class_reverse_map[name]
        keep = []
        for attr in sorted(cls.properties()):
            if DENIED.fullmatch(attr):
                continue
            descriptor = cls.lookup(attr)
            keep.append(f"{attr}:{kind(descriptor.property)}")
        by_signature[" ".join(keep)].append(name)
    print("/* Written by tools/list_bokeh_models.py; do not edit by hand. */\n")
    print("/** Properties by Bokeh model: a name and what it may hold (see safety.ts). */")
    print("export const PROPERTIES: readonly (readonly [string, string])[] = [")
    for signature, names in by_signature.items():
        print(f"  [\n    '{' '.join(names)}',\n    '{signature}'\n  ],")
    print("];")


if __name__ == "__main__":
    main()
