"""The tutorials on samples and verifiers in a real JupyterLab: they run, and say what they teach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .driver import cell_errors, run_all, save

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SAID = {
    "06-sample-more-or-bigger-model.ipynb": (
        "10,000:  57.03%",
        "Pythia-2.8B behind the verifier, 47 samples",
        "Below a false-positive rate of 0.2 %, Pythia-410M",
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


@pytest.mark.parametrize("name", SAID)
def test_the_tutorial_runs_and_comes_to_its_numbers(lab, open_page, name):
    page = open_page(lab.put(NOTEBOOKS / name, name))
    run_all(page, timeout=300)
    assert cell_errors(page) == []
    file = save(page)
    assert file.stat().st_size < 300_000
    cells = json.loads(file.read_text())["cells"]
    printed = "".join("".join(output.get("text", ())) for cell in cells for output in cell.get("outputs", ()))
    for words in SAID[name]:
        assert words in printed
