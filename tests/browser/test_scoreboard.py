"""The tutorial on published figures in a real JupyterLab: every row is there and can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from .driver import cell_errors, run_all, save

pytestmark = pytest.mark.browser

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "08-published-figures.ipynb"
BOARD = ".jp-RenderedHTMLCommon table"
MARKS = f"[...document.querySelectorAll('{BOARD} tr td:first-child')].map(cell => cell.innerText)"
# Running everything ends at the last cell, and JupyterLab takes what is far from it off the page: also what
# was scrolled to before it had got there.
BROUGHT = f"""path => {{
  window.swPanel(path).content.scrollToItem(1, 'start');
  return {MARKS}.some(mark => mark !== '');
}}"""
# Text that cannot be told from its background would be a row that nobody sees.
FAINT = """() => {
  const light = css => {
    const [r, g, b] = css.match(/[\\d.]+/g).map(Number);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const board = document.querySelector('.jp-RenderedHTMLCommon table');
  const behind = light(getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor);
  return [...board.querySelectorAll('td, th')]
    .filter(cell => cell.innerText && Math.abs(light(getComputedStyle(cell).color) - behind) < 60)
    .map(cell => cell.innerText);
}"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_scoreboard_shows_every_figure_and_its_outcome(lab, open_page, dark):
    page = open_page(lab.put(NOTEBOOK, f"published-{dark}.ipynb"), dark=dark)
    if not dark:  # the dark one is looked at as it was saved: the board needs no kernel
        run_all(page, timeout=300)
        assert cell_errors(page) == []
    page.wait_for_function(BROUGHT, arg=page.notebook, polling=500)
    marks = page.evaluate(f"() => {MARKS}")
    assert (marks.count("✓"), marks.count("✗"), marks.count("–")) == (48, 0, 10)
    words = page.inner_text(BOARD)
    for shown in ("Chinchilla, both optima", "0.0010182740", "Multi-power law", "table C.1, Word Unscramble"):
        assert shown in words
    assert page.evaluate(FAINT) == []
    assert not page.seen.console
    assert not page.seen.outside
    if not dark:
        assert save(page).stat().st_size < 100_000
