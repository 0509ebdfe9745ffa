"""The three approaches in a real JupyterLab: what a person drags, clicks, reloads and loses."""

from __future__ import annotations

import pytest

from .driver import (
    BUDGET,
    CHANGED,
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

START = """import scalewidgets as sw
fit = sw.fit(sw.load("chinchilla"), resamples=150, starts=0)
widget = sw.Approaches(fit, dollars=1e6)
widget"""
SECOND = ".sw-second"
FOLLOWING = ("law", "ratio", "bias", "path")
DRAWN = "document.querySelectorAll('[data-slot=path] *').length > 0"


def _opened(lab, open_page, name, start=START, **kwargs):
    return opened(lab, open_page, name, start, "widget.flops", DRAWN, **kwargs)


def _cell(page, approach, row):
    table = page.locator(f".sw-bare[aria-label='Approach {approach}']")
    return table.locator("tr").nth(row).locator("td").first.inner_text()


def test_budget_and_step_move_words_rows_and_figures_with_no_kernel_message(lab, open_page):
    page = _opened(lab, open_page, "approaches.ipynb")
    words = page.inner_text(SENTENCE)
    assert words.startswith("For $1.0 M all three approaches train about 73 B ["), words
    assert [_cell(page, k, 0) for k in (1, 2, 3)] == [".51", ".51", ".51"]
    before = len(page.seen.comms())
    pictures = {root: shot(page, root) for root in FOLLOWING}
    second, path = page.inner_text(SECOND), _cell(page, 3, 4)
    page.locator(".sw-step").nth(0).click()
    page.wait_for_function(CHANGED, arg=[SECOND, second])
    assert path != "× 40"
    until(page, lambda: _cell(page, 3, 4) == "× 40", "the row of the path does not follow the chosen step")
    moved(page, {root: pictures[root] for root in ("law", "ratio", "path")})
    page.keyboard.press("ArrowRight")
    shows(page, "head counted", SECOND)
    page.wait_for_selector(".sw-step[aria-checked=true][aria-label^='count the head']")
    told(page, before, "state")  # choosing asks the kernel nothing
    settled(page)
    before, size = len(page.seen.comms()), _cell(page, 1, 1)
    pictures = {root: shot(page, root) for root in FOLLOWING}
    page.evaluate(DRAG, [BUDGET, 300])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    moved(page, {root: pictures[root] for root in ("ratio", "bias", "path")})
    until(page, lambda: _cell(page, 1, 1) != size, "the answer in the row did not move")
    untold(page, before)
    page.evaluate(RELEASE, BUDGET)
    told(page, before, "state")
    assert not page.seen.console
    assert not page.seen.outside


def test_the_kernel_counts_other_bins_and_refuses_a_table_in_words(lab, open_page):
    page = _opened(lab, open_page, "bins.ipynb")
    size = _cell(page, 1, 1)
    page.fill("[data-section=bins] input[aria-label='Compute bins, value']", "5")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "words => document.querySelector('.sw-bare tr:nth-child(2) td').innerText !== words", arg=size
    )
    answered(page)
    settled(page)
    assert page.input_value("[data-section=bins] input[aria-label='Compute bins, value']") == "5"
    words = page.inner_text(SENTENCE)
    page.select_option("[data-section=runs] select", "porian")
    page.wait_for_function(CHANGED, arg=[SENTENCE, words], timeout=60_000)
    answered(page)
    settled(page)
    words = page.inner_text(SENTENCE)
    page.select_option("[data-section=runs] select[aria-label=Family]", "Kaplan set-up")
    page.wait_for_selector(".sw-notice:not([hidden])", timeout=60_000)
    assert "carries no advice" in page.inner_text(".sw-notice")
    answered(page)
    assert page.inner_text(SENTENCE) == words, "the last good picture stays"
    assert page.input_value("[data-section=runs] select[aria-label=Family]") == "warm-up shortened"


def test_the_allocator_opens_the_approaches_below_itself(lab, open_page):
    start = START.replace("sw.Approaches(fit, dollars=1e6)", "sw.ComputeAllocator(fit, dollars=1e6)")
    page = open_page(lab.put(notebook(start), "from-allocator.ipynb"))
    run_all(page)
    page.wait_for_selector(SENTENCE)
    page.click("[data-ask=approaches]")
    page.wait_for_function("() => document.querySelectorAll('.sw-sentence').length === 2")
    page.wait_for_function(DRAWN)
    shows(page, "For $1.0 M all three approaches", f".sw-opened {SENTENCE}")
    page.click(".sw-opened > .sw-close")
    page.wait_for_function("() => document.querySelectorAll('.sw-sentence').length === 1")
    assert not page.seen.console


def test_reopened_without_a_kernel_on_a_narrow_dark_page_it_still_moves(lab, open_page):
    page = _opened(lab, open_page, "kept-approaches.ipynb", dark=True)
    size = save(page).stat().st_size
    assert size < 800_000, f"the saved notebook has {size} bytes"
    restart_kernel(page)
    reload(page)
    page.wait_for_selector(SENTENCE)
    page.set_viewport_size({"width": 700, "height": 1100})
    page.wait_for_function(DRAWN)
    settled(page)
    words, second = page.inner_text(SENTENCE), page.inner_text(SECOND)
    page.locator(".sw-step").nth(2).click()
    page.wait_for_function(CHANGED, arg=[SECOND, second])
    page.evaluate(DRAG, [BUDGET, 250])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    assert page.locator(".sw-root").first.get_attribute("data-theme") == "dark"
    overlap = page.evaluate(
        "() => [...document.querySelectorAll('.sw-bare')].some(t => t.scrollWidth > t.clientWidth + 1)"
    )
    assert not overlap, "rows fit their column"
