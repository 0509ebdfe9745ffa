"""The tutorials on samples and verifiers in a real JupyterLab: they run, and say what they teach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .driver import cell_errors, run_all, save, settled, shows, untold

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SCREEN, SENTENCE = {"06": 1, "07": 5}, ".sw-sentence"  # the cell that shows it
SAID = {
    "06-sample-more-or-bigger-model.ipynb": (
        "10,000:  57.03%",
        "Pythia-2.8B behind the verifier, 47 samples",
        "below 0.2% wrong answers accepted: Pythia-410M",
        "6 of 13 not beaten, 4 on the convex front",
        "Pythia-160M x 10,000, $0.5081 an answer, $0.5054 of it training",
    ),
    "07-imperfect-verifiers.ipynb": (
        "false-positive rate is below 12 %",
        "12 of 16 models cannot reach one sample of GPT-4o at any budget",
        "0.716 in the end, ceiling 0.716; as printed 0.870",
        "5 votes: 0.711",
    ),
}
WRONG = "[data-section=verifier] .sw-slider >> nth=1 >> input[type=range]"


@pytest.mark.parametrize("name", SAID)
def test_the_tutorial_runs_and_comes_to_its_numbers(lab, open_page, name):
    page = open_page(lab.put(NOTEBOOKS / name, name), dark=name.startswith("07"))
    run_all(page, timeout=300)
    assert cell_errors(page) == []
    # Running everything ends at the last cell, and JupyterLab takes what is far from it off the page.
    page.evaluate(
        "([path, cell]) => window.swPanel(path).content.scrollToItem(cell, 'start')",
        [page.notebook, SCREEN[name[:2]]],
    )
    page.wait_for_selector(SENTENCE)
    shows(page, "sample the 2.8 B model 47 times")
    settled(page)
    words = page.inner_text(SENTENCE)
    # A worse verifier in the browser alone: fewer problems solved, and no message to the kernel.
    before = len(page.seen.comms())
    page.locator(WRONG).evaluate(
        "input => { input.value = input.max; input.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    page.wait_for_function(
        "([selector, words]) => document.querySelector(selector).innerText !== words", arg=[SENTENCE, words]
    )
    untold(page, before)
    assert not page.seen.console
    assert not page.seen.outside
    assert "merror" not in page.inner_html(".jp-Notebook")
    file = save(page)
    assert file.stat().st_size < 300_000
    cells = json.loads(file.read_text())["cells"]
    printed = "".join("".join(output.get("text", ())) for cell in cells for output in cell.get("outputs", ()))
    for words in SAID[name]:
        assert words in printed
