"""The study explorer in a real JupyterLab: what a person clicks, drags, reopens and loses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .driver import (
    CHANGED,
    SENTENCE,
    answered,
    moved,
    opened,
    reload,
    restart_kernel,
    run_all,
    save,
    settled,
    shot,
    shows,
    told,
    until,
)

pytestmark = pytest.mark.browser

START = """import scalewidgets as sw
study = sw.study(preset="hitchhikers", families=["gpt3", "OPT"], fractions=[0.4, 1.0], resamples=20,
                 progress=False)
explorer = sw.StudyExplorer(study, mode="full")
explorer"""
DRAWN = "document.querySelectorAll('[data-slot=luck] *').length > 0"


def _opened(lab, open_page, name, **kwargs):
    return opened(lab, open_page, name, START, "explorer.models, explorer.share", DRAWN, **kwargs)


def click_cell(page, across, up):
    """Click the cell so many to the right of the chosen one and so many above it."""
    handle = page.locator("[data-slot=main] .sw-cell-handle").first
    handle.scroll_into_view_if_needed()
    settled(page)
    box = handle.bounding_box()
    page.mouse.click(box["x"] + (0.5 + across) * box["width"], box["y"] + (0.5 - up) * box["height"])


def test_clicking_a_cell_moves_the_sentence_and_every_figure_with_no_kernel_message_but_the_cell(
    lab, open_page
):
    page = _opened(lab, open_page, "study.ipynb")
    words = page.inner_text(SENTENCE)
    assert "misses by 0.9 %" in words, words
    pictures = {root: shot(page, root) for root in ("main", "against", "luck")}
    before = len(page.seen.comms())
    click_cell(page, 0, -1)
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    shows(page, "misses by 5.1 %")
    moved(page, pictures)
    told(page, before, "state")
    assert page.seen.kinds(before) == ["state"], "the cell travels once"
    page.keyboard.press("ArrowUp")
    shows(page, "0.9 %")
    assert not page.seen.console
    assert not page.seen.outside


def test_a_cell_tells_its_interval_to_the_pointer_and_to_who_cannot_point(lab, open_page):
    page = _opened(lab, open_page, "hover.ipynb")
    handle = page.locator("[data-slot=main] .sw-cell-handle").first
    handle.scroll_into_view_if_needed()
    settled(page)
    assert "6 models, 100 % of the run: 0.9 % [" in handle.get_attribute("aria-label")
    box = handle.bounding_box()
    page.mouse.move(box["x"] - box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".sw-cell-card:visible")
    shows(page, "6 models, 40 % of the run: 4.5 % [", ".sw-cell-card")
    page.mouse.move(4, 4)
    page.wait_for_selector(".sw-cell-card", state="hidden")


def test_a_row_opens_its_family(lab, open_page):
    page = _opened(lab, open_page, "family.ipynb")
    page.locator("[data-slot=families]").first.scroll_into_view_if_needed()
    settled(page)
    box = page.locator("[data-slot=families]").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.72)
    shows(page, "OPT")
    family = "[data-section=family] select"
    until(page, lambda: page.input_value(family) == "OPT", "the list of families names another")


def test_choices_at_another_share_fill_in_by_themselves(lab, open_page):
    page = _opened(lab, open_page, "luck.ipynb")
    click_cell(page, -1, -1)
    shows(page, "ways to pick five", ".sw-second")
    shows(page, "40 % of the run", "[data-root=luck]")


def test_reopened_without_a_kernel_the_map_still_answers(lab, open_page):
    page = _opened(lab, open_page, "kept.ipynb", dark=True)
    assert save(page).stat().st_size < 700_000
    restart_kernel(page)
    reload(page)
    page.wait_for_selector(SENTENCE)
    page.wait_for_function("() => document.querySelectorAll('[data-slot=main] .sw-cell-handle').length > 0")
    settled(page)
    words = page.inner_text(SENTENCE)
    click_cell(page, 0, -3)
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    shows(page, "misses by 23 %")
    assert page.locator("[data-section=family] select").is_disabled(), "what needs a kernel must say so"
    assert page.get_by_role("radio", name="Every choice").is_disabled()


def test_every_choice_and_three_laws_are_the_kernels_and_a_cell_stays_chosen(lab, open_page):
    page = _opened(lab, open_page, "every.ipynb")
    page.get_by_role("radio", name="Every choice").click()
    shows(page, "any 6 of its 7")
    answered(page)
    settled(page)
    assert "misses by 2.4 % [0.9, 4.5]" in page.inner_text(SENTENCE).replace("\N{NO-BREAK SPACE}", " ")
    page.get_by_role("button", name="Compare 3").click()
    page.wait_for_selector("[data-section=law] table")
    shows(page, "One exponent", "[data-section=law]")
    assert not page.seen.console


def test_the_notebook_of_the_guide_runs_and_stays_small(lab, open_page):
    root = Path(__file__).resolve().parents[2]
    page = open_page(lab.put(root / "notebooks" / "02-hitchhikers-guide.ipynb", "02-hitchhikers-guide.ipynb"))
    run_all(page)
    # Its cell may be out of sight by then, where text that is laid out is empty.
    page.wait_for_function(
        "() => [...document.querySelectorAll('.sw-sentence')]"
        ".some(p => p.textContent.includes('misses by 0.9 %'))",
        timeout=120_000,
    )
    file = save(page)
    assert file.stat().st_size < 300_000
    printed = json.dumps(json.loads(file.read_text()))
    assert "20 families: median 1.6 %, mean 2.5 %" in printed
    assert not page.seen.outside
