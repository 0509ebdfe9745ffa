"""What a notebook file keeps of a figure: a picture, the figure itself, a sentence; nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from scalewidgets.figures.scene import MIME_TYPE
from scalewidgets.pane import Pane
from scalewidgets.pane import pane as pane_module
from scalewidgets.pane.wire import unpack_scene

from .front_end import FrontEnd
from .scenes import scatter_scene

WIDGET = "application/vnd.jupyter.widget-view+json"


def bundle(pane: Pane) -> dict[str, Any]:
    whole = pane._repr_mimebundle_()
    assert whole is not None
    return whole


def test_picture_figure_and_sentence_stand_beside_the_widget() -> None:
    pane = Pane(scatter_scene())
    whole = bundle(pane)
    assert set(whole) == {"text/plain", WIDGET, "image/svg+xml", MIME_TYPE}
    assert MIME_TYPE == pane_module.MIME_TYPE
    assert whole[WIDGET]["model_id"] == pane.model_id
    assert whole["text/plain"] == "3 runs; the best has a loss of 2.3."
    assert ElementTree.fromstring(whole["image/svg+xml"]).tag.endswith("svg")
    assert unpack_scene(whole[MIME_TYPE]) == json.loads(json.dumps(scatter_scene().to_json()))
    assert whole[MIME_TYPE]["summary"] == "3 runs; the best has a loss of 2.3."
    assert len(json.dumps(whole, allow_nan=False)) < 60_000


def test_running_the_notebook_again_changes_no_byte() -> None:
    first, second = bundle(Pane(scatter_scene())), bundle(Pane(scatter_scene()))
    for mime in set(first) - {WIDGET}:
        assert json.dumps(first[mime]) == json.dumps(second[mime])


def test_the_saved_figure_holds_what_a_person_set() -> None:
    pane = Pane(scatter_scene())
    view = FrontEnd(pane).view()
    view.set_state(**{"target.params": 1e9})
    assert unpack_scene(bundle(pane)[MIME_TYPE])["state"]["target.params"] == 1e9


def test_saving_does_not_disturb_the_views() -> None:
    pane = Pane(scatter_scene())
    front = FrontEnd(pane)
    view = front.view()
    front.sent.clear()
    bundle(pane)
    assert front.sent == []
    pane.scene.document.get_model_by_name("main").title.text = "still in step"
    assert view.named("main").title.text == "still in step"


def test_an_empty_pane_is_a_plain_widget() -> None:
    assert set(bundle(Pane())) == {"text/plain", WIDGET}


def test_a_closed_pane_shows_nothing() -> None:
    pane = Pane(scatter_scene())
    pane.close()
    assert pane._repr_mimebundle_ is None


def test_the_page_stands_alone(tmp_path: Path) -> None:
    script = Path(pane_module.__file__).parent / "static" / "standalone.js"
    if not script.is_file():
        pytest.skip("the extension is not built")
    scene = scatter_scene(title="</script><script>window.__pwned = 1</script>")
    page = Pane(scene).to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
    head = page[: page.index('id="scalewidgets-scene"')]
    data = page[len(head) : page.index("</script>", len(head))]
    assert "<" not in data.partition(">")[2]
    assert json.loads(data.partition(">")[2])["kind"] == "scatter"
    assert "<script src" not in page
    assert "<link" not in page


def test_the_server_starts_without_bokeh_numpy_or_ipywidgets() -> None:
    code = (
        "import sys, scalewidgets.pane.server as s; s.script_path(); s.installed_version();"
        "print(*sorted({'bokeh', 'numpy', 'ipywidgets', 'pandas', 'sympy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_versions_of_both_halves_agree() -> None:
    from scalewidgets._version import __version__

    root = Path(__file__).parents[2] / "labextension"
    if not root.is_dir():
        pytest.skip("the sources of the extension are not here")
    assert json.loads((root / "package.json").read_text())["version"] == __version__
    assert f"'{__version__}'" in (root / "src" / "version.ts").read_text()
