"""The tutorial on the next run in a real JupyterLab: it runs and says what its prose says."""

from __future__ import annotations

from pathlib import Path

import pytest

from .driver import cell_errors, run_all, save, shows

pytestmark = pytest.mark.browser

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "05-next-run.ipynb"
SENTENCE = "Train these 3 runs for $2,113: N* at $1.0 M narrows from [68, 349] to [103, 229] B."


def _said(page):
    return page.inner_text(".sw-sentence").replace("\N{NO-BREAK SPACE}", " ")


def test_the_tutorial_runs_and_its_screen_says_what_its_prose_says(lab, open_page):
    page = open_page(lab.put(NOTEBOOK, "05-next-run.ipynb"))
    page.wait_for_selector(".sw-sentence")
    assert _said(page) == SENTENCE, "as saved, before any kernel"
    run_all(page, timeout=300)
    assert cell_errors(page) == []
    page.evaluate("path => window.swPanel(path).content.scrollToItem(1, 'start')", page.notebook)
    page.wait_for_function("() => document.querySelectorAll('.sw-handle').length === 3")
    shows(page, SENTENCE)
    assert "Once trained" not in page.inner_text(".sw-second"), "nobody has looked at the losses yet"
    assert not page.seen.console
    assert not page.seen.outside
    assert save(page).stat().st_size < 250_000
