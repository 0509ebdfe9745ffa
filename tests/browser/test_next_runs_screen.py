"""The next-run advisor in a real JupyterLab: what a person drags, swaps, reloads and loses."""

from __future__ import annotations

import pytest

from .driver import (
    DRAG,
    RELEASE,
    SENTENCE,
    answered,
    moved,
    notebook,
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
    untold,
)

pytestmark = pytest.mark.browser

START = """import numpy as np, scalewidgets as sw
runs = sw.load("chinchilla")
runs = runs.drop(index=runs.attrs["default_exclusions"]["index"])
cheap = runs[runs["flops"] < 1e20]
small = cheap.iloc[np.random.default_rng(1).choice(len(cheap), 30, replace=False)]
fit = sw.fit(small, objective="squared_log", resamples=0, starts=0)
widget = sw.NextRuns(fit, dollars=1e6, candidates=runs.drop(index=small.index))
widget"""
SLIDER = "input[type=range][aria-label='{}']"
SECOND, TABLE, FOOTER = ".sw-second", ".sw-costs", ".sw-footer"
ROOTS = ("main", "designs", "money", "pins")
DRAWN = "document.querySelectorAll('.sw-handle').length === 3"


def _opened(lab, open_page, name, after="widget.advice.dollars", **kwargs):
    return opened(lab, open_page, name, START, after, DRAWN, **kwargs)


def _cell(page, row, column):
    return page.locator(f".sw-costs tr >> nth={row}").locator("td").nth(column).inner_text()


def test_dragging_a_run_takes_sentence_figures_and_table_with_it_and_asks_no_kernel(lab, open_page):
    page = _opened(lab, open_page, "advice.ipynb")
    words = page.inner_text(SENTENCE).replace("\N{NO-BREAK SPACE}", " ")
    assert words == "Train these 3 runs for $2,113: N* at $1.0 M narrows from [68, 349] to [103, 229] B."
    assert "Once trained, these three gave 114 B [75, 175] B" in page.inner_text(SECOND)
    answered(page, "simulate")
    shows(page, "Simulated refits", FOOTER)
    settled(page)
    pictures = {root: shot(page, root) for root in ROOTS}
    before = len(page.seen.comms())
    box = page.locator(".sw-handle").nth(0).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y - 120, steps=6)
    shows(page, "of yours")
    untold(page, before)
    page.mouse.up()
    told(page, before, "state")
    moved(page, pictures)
    shows(page, "The best for the money leave [103, 229]", SECOND)
    settled(page)
    assert "Once trained" not in page.inner_text(SECOND), "these runs were not trained"
    size = _cell(page, 1, 0)
    page.locator(".sw-handle").nth(0).focus()
    page.keyboard.press("ArrowRight")
    until(page, lambda: _cell(page, 1, 0) != size, "an arrow key leads to the next candidate")
    page.click("text=Reset")
    shows(page, "Train these 3 runs for $2,113")
    assert not page.seen.console
    assert not page.seen.outside


def test_another_question_moves_at_once_and_is_searched_when_let_go(lab, open_page):
    page = _opened(lab, open_page, "question.ipynb")
    page.click(".sw-segment:has-text('Loss')")
    shows(page, "L* at $1.0 M narrows from")
    answered(page, "search")  # the browser says so at once, and the search then sets every control
    settled(page)
    assert "[" in page.inner_text(TABLE)
    setup = SLIDER.format("Set-up per run")
    page.evaluate(DRAG, [setup, 800])
    shows(page, "3 × $160", TABLE)  # prices move while they are dragged
    page.evaluate(RELEASE, setup)
    answered(page, "search")
    settled(page)
    shows(page, "3 × $160", TABLE)
    most = SLIDER.format("At most how many")
    page.evaluate(DRAG, [most, 143])
    page.evaluate(RELEASE, most)
    page.wait_for_function("() => document.querySelectorAll('.sw-handle').length === 2")
    shows(page, "these 2 runs")
    answered(page, "change")
    settled(page)
    page.fill("input[aria-label='Spend at most, value']", "2")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sw-notice:not([hidden])")
    assert "or less, set-up included" in page.inner_text(".sw-notice")
    answered(page, "change")
    assert "these 2 runs" in page.inner_text(SENTENCE), "the last good picture stays"
    assert page.get_attribute(SLIDER.format("Spend at most"), "aria-valuetext") == "$3,000"


def test_reopened_without_a_kernel_on_a_narrow_dark_page_it_still_moves(lab, open_page):
    page = _opened(lab, open_page, "kept.ipynb", dark=True)
    size = save(page).stat().st_size
    assert size < 400_000, f"the saved notebook has {size} bytes"
    restart_kernel(page)
    reload(page)
    page.wait_for_selector(SENTENCE)
    page.set_viewport_size({"width": 700, "height": 1100})
    page.wait_for_function(f"() => {DRAWN}")
    settled(page)
    page.locator(".sw-handle").nth(1).focus()
    page.keyboard.press("ArrowDown")
    shows(page, "of yours")
    assert page.locator(".sw-root").first.get_attribute("data-theme") == "dark"
    page.click(".sw-segment:has-text('D*')")
    shows(page, "D* at $1.0 M")
    shows(page, "Search is old", FOOTER)
    assert page.locator(SLIDER.format("At most how many")).is_disabled(), "the search is the kernel's"
    assert not page.locator(SLIDER.format("Set-up per run")).is_disabled()
    assert not page.seen.console


def test_the_allocator_opens_the_advisor_below_itself(lab, open_page):
    start = """import scalewidgets as sw
fit = sw.fit(sw.load("chinchilla"), resamples=40)
widget = sw.ComputeAllocator(fit, dollars=2e6)
widget"""
    page = open_page(lab.put(notebook(start, "widget.flops"), "from-allocator.ipynb"))
    run_all(page)
    page.wait_for_function("() => document.querySelectorAll('[data-slot=waste] *').length > 0")
    page.click("text=Which runs next")
    page.wait_for_selector(".sw-opened .sw-handle")
    shows(page, "N* at $2.0 M narrows from", f".sw-opened {SENTENCE}")
    page.click(".sw-opened .sw-close")
    page.wait_for_selector(".sw-opened", state="detached")
    assert page.inner_text(SENTENCE).startswith("For $2.0 M")
    assert not page.seen.console
