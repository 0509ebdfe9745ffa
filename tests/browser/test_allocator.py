"""The allocator in a real JupyterLab: what a person drags, reloads and loses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .driver import (
    BUDGET,
    CHANGED,
    DRAG,
    RELEASE,
    SENTENCE,
    cell_errors,
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
    untold,
)

pytestmark = pytest.mark.browser

START = """import scalewidgets as sw
fit = sw.fit(sw.load("chinchilla"), resamples=200)
widget = sw.ComputeAllocator(fit, dollars=1e6, params=30e9)
widget"""
HANDLE = "[data-slot=main] .sw-handle, .sw-slot .sw-handle"
ROOTS = ("main", "iso", "growth", "waste")
DRAWN = "document.querySelectorAll('[data-slot=waste] *').length > 0"


def _opened(lab, open_page, name, **kwargs):
    return opened(lab, open_page, name, START, "widget.flops", DRAWN, **kwargs)


def _cell(page, row, column):
    return page.locator(f".sw-costs tr >> nth={row}").locator("td").nth(column).inner_text()


def test_dragging_the_budget_moves_answer_figures_and_table_with_no_kernel_message(lab, open_page):
    page = _opened(lab, open_page, "allocator.ipynb")
    words = page.inner_text(SENTENCE)
    assert words.startswith("For $1.0 M, train 73 B ["), words
    pictures = {root: shot(page, root) for root in ROOTS}
    training = _cell(page, 4, 0)
    before = len(page.seen.comms())
    page.evaluate(DRAG, [BUDGET, 300])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    moved(page, pictures)
    until(page, lambda: _cell(page, 4, 0) != training, "the price of the training did not move")
    untold(page, before)
    page.evaluate(RELEASE, BUDGET)
    told(page, before, "state")
    assert not page.seen.console
    assert not page.seen.outside


def test_the_plan_is_dragged_along_the_budget_and_off_it_when_free(lab, open_page):
    page = _opened(lab, open_page, "plan.ipynb")
    box = page.locator(HANDLE).first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, value = len(page.seen.comms()), _cell(page, 1, 1)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 30, steps=5)
    page.wait_for_function(
        "words => document.querySelectorAll('.sw-costs tr')[1].querySelectorAll('td')[1].innerText !== words",
        arg=value,
    )
    untold(page, before)
    page.mouse.up()
    settled(page)
    assert _cell(page, 4, 0) == _cell(page, 4, 1), "on the budget, the plan costs what the optimum costs"
    page.click(".sw-segment:has-text('Free')")
    page.locator(HANDLE).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    until(page, lambda: _cell(page, 4, 0) != _cell(page, 4, 1), "a free plan stays on the budget")
    assert not _cell(page, 1, 0).startswith(_cell(page, 1, 1))
    page.click("text=Snap to optimum")
    until(page, lambda: _cell(page, 1, 0).startswith(_cell(page, 1, 1)), "the plan is the optimum")


def test_another_price_keeps_the_dollars_and_buys_another_compute(lab, open_page):
    page = _opened(lab, open_page, "price.ipynb")
    note = page.inner_text("[data-section=budget] .sw-note")
    page.select_option("[data-section=hardware] select", "A100 SXM 80 GB")
    page.wait_for_function(
        "words => document.querySelector('[data-section=budget] .sw-note').innerText !== words", arg=note
    )
    shows(page, "667 K GPU-hours", "[data-section=budget] .sw-note")
    settled(page)
    assert page.inner_text(SENTENCE).startswith("For $1.0 M, ")
    page.fill("[data-section=hardware] input[aria-label='$ per GPU-hour, value']", "3")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.sw-footer').innerText.includes('your entry')")


def test_reopened_without_a_kernel_on_a_narrow_dark_page_it_still_slides(lab, open_page):
    page = _opened(lab, open_page, "kept.ipynb", dark=True)
    size = save(page).stat().st_size
    assert size < 700_000, f"the saved notebook has {size} bytes"
    restart_kernel(page)
    reload(page)
    page.wait_for_selector(SENTENCE)
    page.set_viewport_size({"width": 700, "height": 1100})
    page.wait_for_function(f"() => {DRAWN}")
    settled(page)
    words = page.inner_text(SENTENCE)
    page.evaluate(DRAG, [BUDGET, 250])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    assert page.locator(".sw-root").first.get_attribute("data-theme") == "dark"
    assert not page.locator("[data-section=hardware] select").is_disabled(), "no kernel is needed for it"


def test_a_limit_that_is_switched_on_closes_a_part_of_the_map_with_no_kernel_message(lab, open_page):
    page = _opened(lab, open_page, "limits.ipynb")
    words, picture, before = page.inner_text(SENTENCE), shot(page, "main"), len(page.seen.comms())
    sliders = page.locator("[data-section=limits] .sw-slider:not([hidden])")
    assert sliders.count() == 0, "what is not limited has no slider"
    page.select_option("[data-section=limits] select >> nth=2", "on")
    page.fill("[data-section=hardware] input[aria-label='GPUs, value']", "8")
    page.keyboard.press("Enter")
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    shows(page, "Memory holds no more than", ".sw-header")
    assert sliders.count() == 1
    moved(page, {"main": picture})
    settled(page)
    limited = page.inner_text(SENTENCE)
    page.select_option("[data-section=limits] select >> nth=0", "attention")
    page.select_option("[data-section=limits] select >> nth=1", "on")
    page.wait_for_function(CHANGED, arg=[SENTENCE, limited])
    shows(page, "It reads its tokens", ".sw-header")
    told(page, before, "state")
    assert not page.seen.console


def test_a_price_of_zero_says_so_and_the_last_good_picture_stays(lab, open_page):
    page = _opened(lab, open_page, "free.ipynb")
    words, picture = page.inner_text(SENTENCE), shot(page, "main")
    price = "[data-section=hardware] input[aria-label='$ per GPU-hour, value']"
    page.fill(price, "0")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.body.innerText.includes('free compute has no best split')")
    settled(page)
    assert page.inner_text(SENTENCE) == words
    assert shot(page, "main") == picture
    page.fill(price, "5")
    page.keyboard.press("Enter")
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    until(
        page,
        lambda: "free compute" not in page.inner_text(".sw-header"),
        "the complaint outlives what it is about",
    )


def test_links_show_the_price_list_and_the_fit(lab, open_page):
    page = _opened(lab, open_page, "lists.ipynb")
    for section, words in (("hardware", "B200"), ("law", "interval")):
        table = page.locator(f"[data-section={section}] table")
        assert not table.is_visible()
        page.click(f"[data-section={section}] .sw-link")
        table.wait_for(state="visible")
        assert words in table.inner_text()
        page.click(f"[data-section={section}] .sw-link")
        table.wait_for(state="hidden")


def test_the_tutorial_goes_from_a_million_dollars_to_a_model_card(lab, open_page):
    root = Path(__file__).resolve().parents[2]
    page = open_page(lab.put(root / "notebooks" / "04-spend-your-budget.ipynb", "04-spend-your-budget.ipynb"))
    run_all(page)
    page.evaluate("path => window.swPanel(path).content.scrollToItem(6, 'start')", page.notebook)
    page.wait_for_selector(SENTENCE)
    shows(page, "For $1.0 M, train 73 B [")
    assert cell_errors(page) == []
    file = save(page)
    assert file.stat().st_size < 400_000
    assert "35.5 B parameters" in json.dumps(json.loads(file.read_text()))
