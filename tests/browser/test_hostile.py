"""A notebook from a stranger, opened untrusted: nothing of it runs, loads or freezes the page."""

from __future__ import annotations

import base64
import copy
import json
import zlib
from typing import Any

import pytest

from tests.pane.scenes import scatter_scene

from .driver import notebook, quiet, until

pytestmark = pytest.mark.browser

MIME = "application/vnd.scalewidgets.figure+json"
MARKUP = "<img src=x onerror='window.__pwned=1'><script>window.__pwned=1</script><b>bold</b>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="120"><text x="9" y="60">Still</text></svg>'
HOSTILE_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="120" '
    'onload="parent.__pwned=1; window.__pwned=1; alert(1)"><script>window.__pwned=1; alert(2)</script>'
    '<image href="http://example.invalid/a.png" width="9" height="9"/>'
    "<style>@import url(http://example.invalid/a.css);</style>"
    "<style>text { fill: url(http://example.invalid/b.svg#x) }</style>"
    '<foreignObject width="99" height="99"><body xmlns="http://www.w3.org/1999/xhtml">'
    '<img src="http://example.invalid/c.png" onerror="parent.__pwned=1"/></body></foreignObject>'
    '<text x="9" y="60">Still</text></svg>'
)


def saved(scene: Any, svg: str = SVG) -> dict[str, Any]:
    """Return a notebook with one output that nobody here has run."""
    bundle = {
        MIME: scene,
        "image/svg+xml": svg,
        "text/plain": "3 runs",
        "application/vnd.jupyter.widget-view+json": {
            "version_major": 2,
            "version_minor": 0,
            "model_id": "0123456789abcdef0123456789abcdef",
        },
    }
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": bundle}
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "source": "figure",
        "outputs": [output],
    }
    return notebook(cell)


def good() -> dict[str, Any]:
    whole = scatter_scene().to_json()
    plain: dict[str, Any] = json.loads(json.dumps(whole))
    return plain


@pytest.fixture
def open_saved(open_page: Any) -> Any:
    """Open such a notebook and wait until its output has said something."""
    dialogs: list[str] = []
    heard_by: list[Any] = []

    def heard(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    def open_saved(scene: Any, svg: str = SVG, name: str = "stranger.ipynb", fresh: bool = False) -> Any:
        path = open_page.lab.put(saved(scene, svg), name)
        page = open_page(path, ready=False, fresh=fresh)
        page.on("dialog", heard)
        heard_by.append(page)
        page.wait_for_selector(".sw-saved .sw-message:visible", timeout=90_000)
        return page

    yield open_saved
    for page in heard_by:
        page.remove_listener("dialog", heard)
    assert dialogs == []


def nothing_ran(page: Any) -> None:
    """Give it time, click it, and look."""
    for spot in page.locator(".sw-saved *:visible").all()[:40:8]:
        spot.click(force=True, trial=False, no_wait_after=True)
    quiet(page)
    assert page.evaluate("() => window.__pwned") is None
    assert page.evaluate("() => ({}).polluted") is None
    assert page.locator(".sw-saved script, .sw-saved b, .sw-saved iframe, .sw-saved object").count() == 0
    # A page that is frozen paints no more, and this fails.
    page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")


def still_with(page: Any, sentence: str) -> None:
    message = page.locator(".sw-saved .sw-message").inner_text()
    assert sentence in message
    assert message.endswith("This is the still picture.")
    assert page.locator(".sw-saved .bk-Figure").count() == 0
    image = page.locator(".sw-still img")
    width = "i => i.complete && i.naturalWidth"
    until(page, lambda: image.evaluate(width) == 400, "the still picture is not shown")


def texts(value: Any, replace: Any, keep: frozenset[str] = frozenset()) -> Any:
    """Replace every text in a JSON value, but not those under the keys `keep`."""
    if isinstance(value, dict):
        return {key: item if key in keep else texts(item, replace, keep) for key, item in value.items()}
    if isinstance(value, list):
        return [texts(item, replace, keep) for item in value]
    return replace if isinstance(value, str) else value


def test_a_good_figure_from_a_stranger_is_drawn(open_saved: Any) -> None:
    page = open_saved(good(), fresh=True)
    page.wait_for_selector(".sw-saved .bk-Figure")
    assert "No kernel is behind this figure" in page.locator(".sw-saved .sw-message").inner_text()
    nothing_ran(page)


def test_a_script_in_the_document_does_not_run(open_saved: Any) -> None:
    scene = good()
    script = {
        "type": "object",
        "name": "CustomJS",
        "id": "evil",
        "attributes": {"code": "window.__pwned = 1"},
    }
    root = scene["document"]["roots"][0]["attributes"]
    root["js_property_callbacks"] = {"type": "map", "entries": [["change:inner_width", [script]]]}
    scene["document"]["callbacks"] = {"type": "map", "entries": [["document_ready", [{"id": "evil"}]]]}
    page = open_saved(scene)
    still_with(page, "not allowed")
    nothing_ran(page)


def test_a_script_that_is_only_referred_to_does_not_run(open_saved: Any) -> None:
    scene = good()
    script = {
        "type": "object",
        "name": "CustomJS",
        "id": "evil",
        "attributes": {"code": "window.__pwned = 1"},
    }
    scene["document"]["roots"][0]["attributes"]["tags"] = [script]
    page = open_saved(scene)
    still_with(page, "CustomJS")
    nothing_ran(page)


def test_markup_in_every_text_is_shown_as_text(open_saved: Any) -> None:
    scene = good()
    words = frozenset({"text", "label", "heading", "summary"})

    def mark(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: MARKUP if k in words and isinstance(v, str) else mark(v) for k, v in value.items()}
        return [mark(item) for item in value] if isinstance(value, list) else value

    scene = mark(scene)
    scene["table"]["columns"] = [MARKUP, MARKUP + "2"]
    scene["table"]["rows"] = [[MARKUP, MARKUP]]
    page = open_saved(scene)
    page.wait_for_selector(".sw-saved .bk-Figure")
    assert "<script>" in page.locator(".sw-saved .sw-sentence").inner_text()
    page.locator(".sw-saved .sw-skip").focus()
    page.keyboard.press("Enter")
    assert "<script>" in page.locator(".sw-saved .sw-table").inner_text()
    nothing_ran(page)


def test_markup_in_every_string_there_is(open_saved: Any) -> None:
    page = open_saved(texts(good(), MARKUP), HOSTILE_SVG)
    still_with(page, "")
    nothing_ran(page)


def test_markup_in_every_string_of_the_document(open_saved: Any) -> None:
    scene = good()
    scene["document"] = texts(
        scene["document"], MARKUP, frozenset({"type", "name", "id", "version", "order", "dtype"})
    )
    page = open_saved(scene, HOSTILE_SVG)
    still_with(page, "")
    nothing_ran(page)


def test_a_picture_that_carries_scripts_and_addresses_is_only_a_picture(open_saved: Any) -> None:
    scene = good()
    scene["protocol"] = 99
    page = open_saved(scene, HOSTILE_SVG)
    still_with(page, "another version of scalewidgets")
    nothing_ran(page)


def test_unknown_models_are_named_and_not_drawn(open_saved: Any) -> None:
    scene = good()
    scene["document"]["roots"].append({"type": "object", "name": "Evil", "id": "e1"})
    page = open_saved(scene)
    still_with(page, '("Evil")')
    nothing_ran(page)


def test_text_that_wants_a_typesetter_fetches_none(open_saved: Any) -> None:
    scene = good()
    scene["document"]["roots"][0]["attributes"]["title"]["attributes"]["text"] = "$$\\alpha$$"
    page = open_saved(scene)
    still_with(page, "typesetter")
    nothing_ran(page)


def test_fifty_megabytes_freeze_nothing(open_saved: Any) -> None:
    scene = good()
    # Mostly text: so much in numbers keeps the server busy for a minute before the page sees any of it.
    tags = [[[0.5] * 10 for _ in range(100_000)], ["x" * 10_000 for _ in range(4_600)]]
    scene["document"]["roots"][0]["attributes"]["tags"] = tags
    assert len(json.dumps(scene)) > 50_000_000
    page = open_saved(scene, name="large.ipynb")
    still_with(page, "to be drawn safely")
    nothing_ran(page)


def test_a_zip_bomb_freezes_nothing(open_saved: Any) -> None:
    scene = {"protocol": 1, "kind": "scatter", "bokeh": "3.9.2", "summary": "x"}
    packed = base64.b64encode(zlib.compress(b'{"a":"' + b" " * 600_000_000 + b'"}', 9)).decode()
    page = open_saved({**scene, "packed": packed})
    still_with(page, "too large")
    nothing_ran(page)


def test_a_behaviour_that_is_not_ours_is_told_and_not_looked_up(open_saved: Any) -> None:
    scene = good()
    for name in ("constructor", "__proto__", "evil"):
        scene["behaviours"] = [{"name": name, "options": {"code": "window.__pwned = 1"}}]
        page = open_saved(copy.deepcopy(scene), name=f"behaviour-{name.strip('_')}.ipynb")
        page.wait_for_selector(".sw-saved .bk-Figure")
        assert "does not know" in page.locator(".sw-saved .sw-notice").inner_text()
        nothing_ran(page)


@pytest.mark.parametrize(
    "frame", [{}, {"figures": 3, "sentence": "x"}, {"sections": [3]}, {"figures": [None]}]
)
def test_a_broken_frame_leaves_the_picture(open_saved: Any, frame: Any) -> None:
    scene = good()
    scene["frame"] = frame
    page = open_saved(scene, name="broken.ipynb")
    figures, pictures = page.locator(".sw-saved .bk-Figure"), page.locator(".sw-still img:visible")
    until(page, lambda: figures.count() + pictures.count() == 1, "neither figure nor picture is left")
    nothing_ran(page)
