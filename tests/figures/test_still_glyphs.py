"""What a Bokeh figure shows is what its still picture shows."""

import math
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from base64 import b64decode

import bokeh.models as bm
import numpy as np
import pytest
from bokeh.core.properties import value
from bokeh.plotting import figure

from scalewidgets.figures.still import frame_of, plot_svg, unsupported

SVG = "{http://www.w3.org/2000/svg}"
W, H = 400, 300


def bare(**options):
    defaults = {"width": W, "height": H, "x_range": (0, 10), "y_range": (0, 10), "toolbar_location": None}
    return figure(**{**defaults, **options})


def elements(plot, tag, width=W, height=H):
    """Elements of a kind with the attributes that they inherit from their groups."""
    found = []

    def walk(node, inherited):
        own = {**inherited, **{k: v for k, v in node.attrib.items() if k not in ("transform", "d")}}
        if node.tag == SVG + tag:
            found.append((node, {**own, **node.attrib}))
        for child in node:
            walk(child, {k: v for k, v in own.items() if k.startswith(("fill", "stroke", "font", "text-a"))})

    walk(ET.fromstring(plot_svg(plot, width, height)), {})
    return found


def numbers(text):
    return [float(v) for v in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]


def lines_of(plot, colour):
    """Path data of the paths stroked in a colour."""
    return [node.attrib["d"] for node, style in elements(plot, "path") if style.get("stroke") == colour]


def test_points_lie_at_their_coordinates():
    plot = bare()
    x, y = [0, 2.5, 10], [0, 7.5, 10]
    plot.scatter(x, y, size=8, line_color=None)
    frame = frame_of(plot, W, H)
    circles = [a for _, a in elements(plot, "circle")]
    assert [float(a["cx"]) for a in circles] == pytest.approx(
        [frame.left + v / 10 * frame.width for v in x], abs=0.01
    )
    assert [float(a["cy"]) for a in circles] == pytest.approx(
        [frame.bottom - v / 10 * frame.height for v in y], abs=0.01
    )
    assert {a["r"] for a in circles} == {"4"}


def test_points_on_log_axes_lie_at_their_decades():
    plot = bare(x_axis_type="log", y_axis_type="log", x_range=(1e18, 1e24), y_range=(1, 100))
    plot.scatter([1e18, 1e21, 1e24, 0, -5], [1, 10, 100, 10, 10], size=5)
    frame = frame_of(plot, W, H)
    circles = [a for _, a in elements(plot, "circle")]
    assert len(circles) == 3, "what has no logarithm is not drawn"
    middle = ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
    assert (float(circles[1]["cx"]), float(circles[1]["cy"])) == pytest.approx(middle, abs=0.01)


def test_the_frame_leaves_the_room_that_the_browser_leaves():
    # Read from BokehJS: labels "0.3" ... "0.4" and "0.32" ... in 11 px, both axis titles, Inter.
    plot = figure(width=340, height=210, x_range=(0.3, 0.4), y_range=(0.31, 0.43), toolbar_location=None)
    for axis, label in ((plot.xaxis, "α, exponent of parameters"), (plot.yaxis, "β")):
        axis.axis_label, axis.axis_label_text_font_size = label, "11px"
        axis.axis_label_text_font = axis.major_label_text_font = "Inter, system-ui, sans-serif"
        axis.axis_label_text_font_style = "normal"
        axis.major_tick_in, axis.major_tick_out, axis.minor_tick_out = 0, 4, 4
    frame = frame_of(plot, 340, 210)
    assert (frame.left, frame.top, frame.right, frame.bottom) == (57, 5, 335, 168)


def test_a_title_and_a_toolbar_take_their_room():
    plain, titled, tooled = bare(), bare(title="Loss"), bare(toolbar_location="right")
    assert frame_of(titled, W, H).top > frame_of(plain, W, H).top
    assert frame_of(plain, W, H).right - frame_of(tooled, W, H).right == 25  # 30 px instead of a border of 5
    assert "Loss" in [node.text for node, _ in elements(titled, "text")]


def test_a_line_breaks_where_a_value_is_missing():
    plot = bare()
    plot.line([0, 1, 2, 3, 4], [1, 2, math.nan, 4, 3], line_color="#123456")
    (data,) = lines_of(plot, "#123456")
    assert data.count("M") == 2


def test_a_view_hides_rows_and_interrupts_lines():
    plot = bare()
    source = bm.ColumnDataSource({"x": [1, 2, 3, 4, 5], "y": [1, 1, 1, 1, 1]})
    keep = bm.CDSView(filter=bm.BooleanFilter([True, True, False, True, True]))
    plot.line("x", "y", source=source, view=keep, line_color="#123456")
    plot.scatter("x", "y", source=source, view=bm.CDSView(filter=bm.IndexFilter([0, 4])))
    plot.scatter(
        "x",
        "y",
        source=source,
        marker="x",
        line_color="#654321",
        view=bm.CDSView(filter=~bm.IndexFilter([0])),
    )
    assert lines_of(plot, "#123456")[0].count("M") == 2
    assert len(elements(plot, "circle")) == 2
    assert lines_of(plot, "#654321")[0].count("M") == 8  # two strokes a cross, four crosses


def test_dashes_caps_and_widths_arrive():
    plot = bare()
    plot.line([0, 10], [0, 10], line_dash=[2, 5], line_cap="round", line_width=2.25, line_color="#c2410c")
    (style,) = [a for _, a in elements(plot, "path") if a.get("stroke") == "#c2410c"]
    assert (style["stroke-dasharray"], style["stroke-linecap"], style["stroke-width"]) == (
        "2 5",
        "round",
        "2.25",
    )


def test_what_leaves_the_frame_is_cut_but_overlay_labels_are_not():
    plot = bare(min_border_right=80)
    plot.line([-50, 50], [5, 5], line_color="#123456")
    plot.text(x=[10], y=[5], text=["7.0 B"], x_offset=6, level="overlay", text_font=value("Inter"))
    root = ET.fromstring(plot_svg(plot, W, H))
    frame = frame_of(plot, W, H)
    viewports = [v for v in root.iter(SVG + "svg") if v is not root]
    assert viewports
    for viewport in viewports:
        assert viewport.attrib["viewBox"] == f"{frame.left:g} {frame.top:g} {frame.width:g} {frame.height:g}"
    inside = {e for viewport in viewports for e in viewport.iter()}
    line = next(e for e in root.iter(SVG + "path") if e.attrib.get("stroke") == "#123456")
    label = next(e for e in root.iter(SVG + "text") if e.text == "7.0 B")
    assert line in inside
    assert label not in inside
    assert float(label.attrib["x"]) == pytest.approx(frame.right + 6)


def test_annotations_are_cut_at_the_frame():
    plot = bare()
    plot.add_layout(bm.Label(x=9.9, y=5, text="cut", level="annotation"))
    plot.add_layout(bm.Span(location=5, dimension="width", level="overlay", line_color="#123456"))
    root = ET.fromstring(plot_svg(plot, W, H))
    inside = {e for viewport in root.iter(SVG + "svg") if viewport is not root for e in viewport.iter()}
    assert next(e for e in root.iter(SVG + "text") if e.text == "cut") in inside
    assert next(e for e in root.iter(SVG + "line") if e.attrib.get("stroke") == "#123456") in inside
    assert next(e for e in root.iter(SVG + "text") if e.text == "10") not in inside


def test_points_take_the_colours_of_their_mapper():
    palette = ["#440154", "#21908c", "#fde725"]
    plot = bare()
    source = bm.ColumnDataSource({"x": [1, 2, 3, 4], "y": [1, 2, 3, 4], "n": [1e8, 2e9, 1e10, math.nan]})
    mapper = bm.LogColorMapper(palette=palette, low=1e8, high=1e10, nan_color="#abcdef")
    plot.scatter("x", "y", source=source, fill_color={"field": "n", "transform": mapper}, line_color=None)
    assert [a["fill"] for _, a in elements(plot, "circle")] == ["#440154", "#21908c", "#fde725", "#abcdef"]


def test_opacity_is_that_of_the_colour_times_that_of_the_glyph():
    plot = bare()
    plot.varea(x=[1, 2], y1=[1, 1], y2=[2, 2], fill_color="#c2410c80", fill_alpha=0.5)
    (style,) = [a for _, a in elements(plot, "path") if a.get("fill") == "#c2410c"]
    assert float(style["fill-opacity"]) == pytest.approx(0.25, abs=0.002)


def test_hidden_renderers_and_axes_are_not_drawn():
    plot = bare()
    plot.scatter([1], [1]).visible = False
    plot.xaxis.visible = False
    labels = [node.text for node, _ in elements(plot, "text")]
    assert not elements(plot, "circle")
    assert labels == ["0", "2", "4", "6", "8", "10"], "those of the y axis"


def test_tick_labels_can_be_words():
    plot = bare(x_axis_type="log", x_range=(1e7, 1e11))
    plot.xaxis.ticker = bm.FixedTicker(ticks=[1e8, 1e9, 1e10])
    plot.xaxis.major_label_overrides = {1e8: "100 M", 1e9: "1 B", 1e10: "10 B"}
    assert [node.text for node, _ in elements(plot, "text")][:3] == ["100 M", "1 B", "10 B"]


def test_powers_on_a_log_axis_are_raised():
    plot = bare(x_axis_type="log", x_range=(1e18, 1e21))
    labels = [n for n, _ in elements(plot, "text") if len(n)]
    assert [(n.text, n[0].text) for n in labels] == [("10", "18"), ("10", "19"), ("10", "20"), ("10", "21")]


MARKERS = (
    *("asterisk", "circle", "circle_cross", "circle_dot", "circle_x", "circle_y", "cross", "dash", "diamond"),
    *("diamond_cross", "diamond_dot", "dot", "hex", "hex_dot", "inverted_triangle", "plus", "square"),
    *("square_cross", "square_dot", "square_x", "star", "star_dot", "triangle", "triangle_dot", "x", "y"),
)


@pytest.mark.parametrize("marker", MARKERS)
def test_every_marker_is_drawn_within_its_size(marker):
    plot = bare()
    plot.axis.visible = plot.grid.visible = False
    plot.outline_line_color = plot.background_fill_color = plot.border_fill_color = None
    plot.scatter([5], [5], marker=marker, size=20, fill_color="#111111", line_color="#222222")
    frame = frame_of(plot, W, H)
    cx, cy = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
    drawn = elements(plot, "circle") + elements(plot, "path")
    assert drawn
    for node, _ in drawn:
        for x, y in re.findall(r"M(-?[\d.]+)[ ]?(-?[\d.]+)", node.attrib.get("d", "")):
            assert math.hypot(float(x) - cx, float(y) - cy) <= 10 * math.sqrt(2) * 1.02


def draw_everything(plot):
    source = bm.ColumnDataSource({"x": [1, 2], "lower": [1, 2], "upper": [3, 4], "t": ["a", "b"]})
    plot.circle([1], [1], radius=0.5)
    plot.step([1, 2], [1, 2], mode="center")
    plot.multi_line([[1, 2]], [[1, 2]])
    plot.segment([1], [1], [2], [2])
    plot.harea(y=[1, 2], x1=[1, 1], x2=[2, 2])
    plot.varea(x=[1, 2], y1=[1, 1], y2=[2, 2])
    plot.patch([1, 2, 2], [1, 1, 2])
    plot.patches([[1, 2, 2]], [[1, 1, 2]])
    plot.quad(left=[1], right=[2], top=[2], bottom=[1])
    plot.rect([1], [1], 1, 1, angle=0.2)
    plot.vbar(x=[1], top=[2], width=0.5)
    plot.hbar(y=[1], right=[2], height=0.5)
    plot.vspan(x=[1])
    plot.hspan(y=[1])
    plot.vstrip(x0=[1], x1=[2])
    plot.hstrip(y0=[1], y1=[2])
    plot.text([1], [1], text=["a"])
    plot.add_layout(bm.Span(location=3, dimension="height"))
    plot.add_layout(bm.BoxAnnotation(left=1, right=2))
    plot.add_layout(bm.Label(x=1, y=1, text="a", background_fill_color="white", padding=3, border_radius=2))
    plot.add_layout(bm.LabelSet(x="x", y="lower", text="t", source=source))
    plot.add_layout(bm.Arrow(x_start=1, y_start=1, x_end=2, y_end=2, end=bm.NormalHead(size=8)))
    plot.add_layout(bm.Whisker(base="x", lower="lower", upper="upper", source=source))
    plot.add_layout(bm.Band(base="x", lower="lower", upper="upper", source=source))
    plot.add_layout(bm.Slope(gradient=1, y_intercept=0))
    plot.scatter([1], [1], legend_label="a run")
    mapper = bm.LogColorMapper(palette=["#000000", "#ffffff"], low=1, high=100)
    plot.add_layout(bm.ColorBar(color_mapper=mapper, title="Size"), "right")
    plot.add_layout(bm.Title(text="Above"), "above")
    plot.image(image=[np.eye(2)], x=1, y=1, dw=1, dh=1, palette=["#000000", "#ffffff"])


def test_everything_that_is_promised_is_drawn_without_a_gap():
    from bokeh.document import Document

    plot = bare()
    draw_everything(plot)
    document = Document()
    document.add_root(plot)
    assert unsupported(document) == []
    ET.fromstring(plot_svg(plot, W, H))


def test_what_is_left_out_is_named_and_the_rest_is_drawn():
    from bokeh.document import Document
    from bokeh.models import CustomJSTickFormatter, Div

    plot = bare()
    plot.wedge([1], [1], radius=1, start_angle=0, end_angle=1)
    plot.scatter([1], [1])
    plot.xaxis.formatter = CustomJSTickFormatter(code="return tick")
    plot.add_layout(bm.PolyAnnotation(xs=[1, 2, 2], ys=[1, 1, 2]))
    document = Document()
    document.add_root(plot)
    document.add_root(Div(text="hello"))
    assert unsupported(document) == ["CustomJSTickFormatter", "Div", "PolyAnnotation", "Wedge"]
    assert len(elements(plot, "circle")) == 1


def test_an_image_keeps_its_pixels_and_its_orientation():
    plot = bare()
    plot.image(
        image=[np.array([[0, 1], [2, 2]])],
        x=2,
        y=4,
        dw=5,
        dh=5,
        color_mapper=bm.LinearColorMapper(palette=["#ff0000", "#00ff00", "#0000ff"], low=0, high=2),
    )
    ((node, _),) = elements(plot, "image")
    frame = frame_of(plot, W, H)
    assert float(node.attrib["x"]) == pytest.approx(frame.left + 0.2 * frame.width, abs=0.01)
    assert float(node.attrib["y"]) == pytest.approx(frame.bottom - 0.9 * frame.height, abs=0.01)
    raw = b64decode(node.attrib["href"].split(",")[1])
    palette = raw[raw.index(b"PLTE") + 4 :]
    size = struct.unpack(">I", raw[raw.index(b"IDAT") - 4 : raw.index(b"IDAT")])[0]
    rows = zlib.decompress(raw[raw.index(b"IDAT") + 4 :][:size])
    pixels = [[tuple(palette[3 * i : 3 * i + 3]) for i in rows[k + 1 : k + 3]] for k in (0, 3)]
    red, green, blue = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    assert pixels == [[blue, blue], [red, green]], "row 0 of the array is the bottom of the picture"


def test_a_curve_keeps_its_shape_with_a_fraction_of_its_points():
    plot = bare()
    x = np.linspace(0, 10, 20_000)
    plot.line(x, 5 + 4 * np.sin(x), line_color="#123456")
    (data,) = lines_of(plot, "#123456")
    points = np.array(numbers(data)).reshape(-1, 2)
    assert len(points) < 300
    frame = frame_of(plot, W, H)
    pixels = np.linspace(frame.left, frame.right, 5000)
    wanted = frame.bottom - (5 + 4 * np.sin((pixels - frame.left) / frame.width * 10)) / 10 * frame.height
    assert np.abs(np.interp(pixels, *points.T) - wanted).max() < 0.2


def test_spikes_of_a_dense_line_survive_thinning():
    plot = bare()
    y = np.full(50_000, 5.0)
    y[33_333] = 9.0
    plot.line(np.linspace(0, 10, 50_000), y, line_color="#123456")
    heights = np.array(numbers(lines_of(plot, "#123456")[0])).reshape(-1, 2)[:, 1]
    frame = frame_of(plot, W, H)
    assert heights.min() == pytest.approx(frame.bottom - 0.9 * frame.height, abs=0.01)


def test_categories_have_their_places():
    plot = bare(y_range=["Kaplan", "Coupled", "Chinchilla"])
    plot.scatter([1, 2, 3], ["Kaplan", "Coupled", "Chinchilla"], size=6)
    frame = frame_of(plot, W, H)
    heights = [float(a["cy"]) for _, a in elements(plot, "circle")]
    assert heights == pytest.approx([frame.bottom - (i + 0.5) / 3 * frame.height for i in range(3)], abs=0.01)
    assert {"Kaplan", "Coupled", "Chinchilla"} <= {node.text for node, _ in elements(plot, "text")}
