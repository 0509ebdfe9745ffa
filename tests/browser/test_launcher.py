"""The way in from JupyterLab itself: a launcher card and a palette command that open a fitted law."""

import pytest

from .driver import cell_errors, notebook, wait_ready

pytestmark = pytest.mark.browser

LINES = 'import scalewidgets as sw\nruns = sw.load("chinchilla")\nsw.LawFitter(runs)'
CARD = '.jp-LauncherCard[data-category="Scaling laws"]'
NEW = "scalewidgets:new-notebook"


OTHERS = """known => [...window.jupyterapp.shell.widgets('main')]
  .filter(widget => widget.context && widget.sessionContext)
  .map(widget => widget.context.path)
  .filter(path => !known.includes(path))"""


def follow_new_notebook(page, known=()):
    """Make the page's notebook the one that was just created, and wait until its first cell has run."""
    page.wait_for_function(f"known => ({OTHERS})(known).length > 0", arg=list(known))
    (page.notebook,) = page.evaluate(OTHERS, list(known))
    wait_ready(page)
    page.wait_for_function(
        """path => {
          const cell = [...window.swPanel(path).content.model.cells][0];
          return cell?.executionCount && cell.executionState !== 'running';
        }""",
        arg=page.notebook,
        timeout=60_000,
    )


def first_cell(page):
    return page.evaluate(
        "path => [...window.swPanel(path).content.model.cells].map(cell => cell.sharedModel.source)[0]",
        page.notebook,
    )


def test_launcher_card_opens_a_notebook_that_has_already_run(open_page):
    page = open_page(None)
    card = page.locator(CARD)
    card.wait_for()
    assert card.count() == 1
    assert "Scaling-law notebook" in card.inner_text()
    assert "scaling law fitted" in card.get_attribute("title")
    section = page.locator(".jp-Launcher-section", has=card)
    assert section.locator(".jp-Launcher-sectionTitle").inner_text() == "Scaling laws"
    assert card.locator("svg circle").count() == 2
    card.click()
    follow_new_notebook(page)
    assert first_cell(page) == LINES
    assert cell_errors(page) == []


def test_palette_offers_the_notebook_under_scaling_laws(open_page):
    page = open_page(None)
    page.locator(
        CARD
    ).wait_for()  # the launcher takes the focus when it is there, and a palette without it closes
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:activate-command-palette')")
    page.locator(".lm-CommandPalette-input").fill("scaling-law")
    item = page.locator(f'.lm-CommandPalette-item[data-command="{NEW}"]')
    item.wait_for()
    assert "New scaling-law notebook" in item.inner_text()
    headers = page.locator(".lm-CommandPalette-header").all_inner_texts()
    assert "SCALING LAWS" in [header.upper() for header in headers]


def test_file_menu_offers_the_notebook(open_page):
    page = open_page(None)
    page.locator(".lm-MenuBar-item", has_text="File").click()
    page.locator('.lm-Menu-item[data-type="submenu"]', has_text="New").first.hover()
    page.locator(f'.lm-Menu-item[data-command="{NEW}"]').wait_for()
    assert "Scaling-law notebook" in page.locator(f'.lm-Menu-item[data-command="{NEW}"]').inner_text()


def test_icon_takes_the_colour_of_the_theme(open_page):
    colours = []
    for dark in (False, True):
        page = open_page(None, dark=dark)
        page.locator(f"{CARD} svg g").first.wait_for()
        colours.append(
            page.eval_on_selector_all(
                f"{CARD} svg g",
                "groups => groups.map(g => [getComputedStyle(g).stroke, getComputedStyle(g).fill])",
            )
        )
    light, dark = colours
    assert light[0][0] != dark[0][0]  # axes and curve
    assert light[1][1] != dark[1][1]  # dots
    assert light[0][0] == light[1][1]
    assert light[0][1] == dark[0][1] == "none"  # the area under the curve stays empty


def test_turning_to_another_notebook_meanwhile_does_not_run_that_one(lab, open_page):
    other = lab.put(notebook("raise SystemExit('this must not run')"), "other.ipynb")
    page = open_page(other)
    page.evaluate(
        """async ([command, other]) => {
          const {commands, shell} = window.jupyterapp;
          const panel = await commands.execute(command);
          await panel.revealed;
          shell.activateById(window.swPanel(other).id);
        }""",
        [NEW, other],
    )
    follow_new_notebook(page, known=[other])
    assert first_cell(page) == LINES
    counts = page.evaluate(
        "path => [...window.swPanel(path).content.model.cells].map(cell => cell.executionCount)", other
    )
    assert counts == [None]
