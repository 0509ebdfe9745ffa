"""The picture that rides along with a notebook: quiet in git, safe to show, small."""

import gc
import re
import xml.etree.ElementTree as ET

import bokeh.models as bm
import numpy as np
import pytest
from bokeh.core.properties import value
from bokeh.document import Document
from bokeh.palettes import Viridis256
from bokeh.plotting import figure

from scalewidgets.figures.still import document_svg, plot_svg
from scalewidgets.figures.still.svg import num

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert(1)</script><a href="javascript:alert(2)">&amp; ]]> \'"\x00\x0b\ud800'


def loss(params, flops):
    return 1.82 + 478 / params**0.347 + 2140 / (flops / 6 / params) ** 0.367


def runs(count=245):
    rng = np.random.default_rng(7)
    flops = 10 ** rng.uniform(18, 22, count)
    params = np.sqrt(flops / 120) * 10 ** rng.normal(0, 0.3, count)
    return flops, params, loss(params, flops) * np.exp(rng.normal(0, 0.006, count))


def main_figure(text="7.0 B"):
    flops, params, losses = runs()
    plot = figure(
        name="main",
        width=1104,
        height=470,
        x_axis_type="log",
        y_axis_type="log",
        x_range=(1e18, 1e24),
        y_range=(1.95, 3.9),
        toolbar_location=None,
        min_border_right=60,
    )
    mapper = bm.LogColorMapper(palette=Viridis256[::-1], low=4e7, high=1.6e10)
    source = bm.ColumnDataSource({"x": flops, "y": losses, "n": params})
    plot.add_layout(bm.BoxAnnotation(left=1.4e22, fill_color="#1e293b", fill_alpha=0.035, line_color=None))
    grid = np.geomspace(1e18, 1e24, 400)
    plot.varea(
        x=grid, y1=loss(7e9, grid) * 0.985, y2=loss(7e9, grid) * 1.015, fill_color="#c2410c", fill_alpha=0.18
    )
    for size in (7.5e7, 2e8, 5e8, 1.2e9, 3e9, 7e9):
        plot.line(grid, loss(size, grid), line_width=1.5)
        plot.line(grid, loss(size, grid), line_dash=[2, 5], line_cap="round")
    plot.scatter(
        "x",
        "y",
        source=source,
        size=6.8,
        fill_color={"field": "n", "transform": mapper},
        line_color="white",
        line_width=0.7,
    )
    plot.text(x=[1e24], y=[2.0], text=[text], x_offset=6, level="overlay", text_font=value("Inter"))
    plot.add_layout(bm.Label(x=1e22, y=2.5, text=text))
    return plot


def residuals():
    flops, params, losses = runs()
    plot = figure(name="residuals", width=340, height=210, x_axis_type="log", toolbar_location=None)
    plot.scatter(
        params, 100 * np.log(losses / loss(params, flops)), size=5.6, line_color="white", line_width=0.6
    )
    return plot


def make_document(text="7.0 B"):
    document = Document()
    document.add_root(main_figure(text))
    document.add_root(residuals())
    return document


LAYOUT = [
    {
        "root": "main",
        "title": "Loss against compute",
        "note": "Each dot is a run.",
        "x": 0,
        "y": 0,
        "w": 1104,
        "h": 508,
    },
    [{"root": "residuals", "title": "Residuals", "note": "Loss above or below the fit", "w": 1, "h": 250}],
]
SENTENCE = [
    ("A 7.0 B model reaches a loss of ", "plain"),
    ("2.07", "answer"),
    (" [2.05, 2.10]", "quiet"),
    (".", "plain"),
]


def picture(**options):
    defaults = {
        "layout": LAYOUT,
        "title": SENTENCE,
        "subtitle": "95 % interval.",
        "footer": ["Converged", "One optimum"],
    }
    return document_svg(make_document(), **{**defaults, **options})


def test_the_same_document_gives_the_same_bytes():
    first = picture()
    for _ in range(50):  # move the counter of Bokeh's ids and the addresses of its models
        bm.ColumnDataSource()
    gc.collect()
    assert picture() == first


def test_nothing_in_the_picture_names_a_bokeh_model():
    text = picture()
    assert not re.search(r'\bp\d{4,}\b|\bid="', text)
    assert "-0 " not in text
    assert "NaN" not in text
    assert "nan" not in text


def test_a_figure_of_245_runs_stays_small():
    assert len(picture().encode()) < 90_000
    assert len(plot_svg(main_figure(), 1104, 470).encode()) < 40_000


def test_coordinates_have_at_most_two_decimals():
    assert not re.search(r"\.\d{3,}", re.sub(r"base64,[^\"]*|opacity=\"[^\"]*\"", "", picture()))


def test_numbers_have_one_spelling():
    spelled = {
        -0.0: "0",
        -0.004: "0",
        0.5: ".5",
        -0.5: "-.5",
        12.0: "12",
        1.005e3: "1005",
        2.346: "2.35",
    }
    assert {value: num(value) for value in spelled} == spelled
    with pytest.raises(ValueError, match="finite"):
        num(float("nan"))


def test_the_answer_stands_out_in_the_sentence():
    root = ET.fromstring(picture())
    answer = next(t for t in root.iter(SVG + "tspan") if t.text == "2.07")
    assert answer.attrib["fill"] == "#a8380a"
    assert int(answer.attrib["font-weight"]) >= 600
    sentence = "".join(next(t for t in root.iter(SVG + "text") if "7.0 B model" in (t.text or "")).itertext())
    assert sentence == "A 7.0 B model reaches a loss of 2.07 [2.05, 2.10]."


def test_a_screen_reader_hears_what_the_picture_says():
    root = ET.fromstring(picture())
    assert root.attrib["role"] == "img"
    assert root.find(SVG + "title").text == "A 7.0 B model reaches a loss of 2.07 [2.05, 2.10]."
    assert "Loss against compute" in root.find(SVG + "desc").text
    assert ET.fromstring(picture(summary="Short.")).find(SVG + "desc").text == "Short."


def test_hostile_labels_stay_text():
    svg = document_svg(
        make_document(HOSTILE),
        layout=[{**LAYOUT[0], "title": HOSTILE, "note": HOSTILE}],
        title=HOSTILE,
        subtitle=[(HOSTILE, HOSTILE)],
        footer=[HOSTILE],
        summary=HOSTILE,
    )
    svg.encode("utf-8")
    root = ET.fromstring(svg)
    tags = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert tags <= {"svg", "g", "title", "desc", "rect", "path", "circle", "line", "text", "tspan"}
    for node in root.iter():
        for name, text in node.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name
            assert name == "aria-label" or "javascript" not in text


def test_hostile_properties_cannot_leave_their_attribute():
    plot = figure(width=300, height=200, toolbar_location=None, name='"><script>')
    plot.text([1], [1], text=["a"], text_font=value('x"><script>alert(1)</script>'))
    plot.scatter(
        "x", "y", fill_color="c", source=bm.ColumnDataSource({"x": [1], "y": [1], "c": ['red" onload="x']})
    )
    root = ET.fromstring(plot_svg(plot, 300, 200))
    assert not [n for n in root.iter() if "script" in n.tag or "onload" in n.attrib]


def test_an_inset_lies_on_a_ground_of_its_own():
    inset = {"root": "residuals", "x": 600, "y": 30, "w": 400, "h": 200}
    root = ET.fromstring(picture(layout=[LAYOUT[0], inset]))
    cards = [r for r in root.iter(SVG + "rect") if r.attrib.get("rx") == "6"]
    assert [c.attrib["fill"] for c in cards] == ["#ffffff", "none"]
    assert not [r for r in ET.fromstring(picture()).iter(SVG + "rect") if r.attrib.get("rx") == "6"]


def test_a_row_shares_the_width():
    row = [{"root": "main", "h": 200}, {"root": "residuals"}]
    root = ET.fromstring(picture(layout=[row]))
    moved = [
        g.attrib["transform"]
        for g in root.iter(SVG + "g")
        if g.attrib.get("transform", "").startswith("translate(2")
    ]
    assert len(moved) == 1
    assert any(g.attrib.get("transform", "").startswith("translate(592 ") for g in root.iter(SVG + "g"))


def test_a_dark_picture_is_dark():
    root = ET.fromstring(picture(theme="dark"))
    assert root.find(SVG + "rect").attrib["fill"] == "#212121"
    assert ET.fromstring(picture(theme={"surface": "#fafafa"})).find(SVG + "rect").attrib["fill"] == "#fafafa"


def test_a_long_sentence_is_broken_not_cut():
    words = "The largest run lies below the fit. " * 12
    root = ET.fromstring(picture(title=words))
    lines = [t for t in root.iter(SVG + "text") if t.attrib.get("font-size") == "20"]
    assert len(lines) > 2
    assert " ".join("".join(t.itertext()).strip() for t in lines) == words.strip()


def test_a_missing_figure_is_named():
    with pytest.raises(KeyError, match=r"residualz.*main, residuals"):
        picture(layout=[{"root": "residualz"}])
