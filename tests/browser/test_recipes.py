"""Recipes compared in a real JupyterLab: what a person drags, chooses, reloads and loses."""

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
    opened,
    reload,
    restart_kernel,
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
widget = sw.LawFitter("hitchhikers", families=["overtrain-C4", "overtrain-RedPajama"],
                      resamples=200, budget=1e22, mode="full")
widget"""
DRAWN = "document.querySelectorAll('[data-slot=worth] *').length > 0"


def _compared(lab, open_page, name, **kwargs):
    return opened(lab, open_page, name, START, "widget.budget", DRAWN, **kwargs)


def test_dragging_the_budget_moves_sentence_and_figures_with_no_kernel_message(lab, open_page):
    page = _compared(lab, open_page, "recipes.ipynb")
    words = page.inner_text(SENTENCE)
    assert words.startswith("At 1e22 FLOP, overtrain-"), words
    pictures = {root: shot(page, root) for root in ("main", "chance", "gap", "worth")}
    before = len(page.seen.comms())
    page.evaluate(DRAG, [BUDGET, 150])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    moved(page, pictures)
    untold(page, before)
    page.evaluate(RELEASE, BUDGET)
    told(page, before, "state")
    assert page.seen.kinds(before) == ["state"], "the value travels once"
    assert not page.seen.console
    assert not page.seen.outside


def test_the_browser_says_of_a_budget_what_the_kernel_says(lab, open_page):
    page = _compared(lab, open_page, "same.ipynb")
    words = page.inner_text(SENTENCE)
    page.evaluate(DRAG, [BUDGET, 350])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    settled(page)
    browser = page.inner_text(SENTENCE)
    page.evaluate(RELEASE, BUDGET)
    # Any request makes the kernel draw the screen anew at the budget it was told.
    page.select_option("[data-section=law] select", "chinchilla_tied")
    page.wait_for_function("() => document.querySelector('[data-section=law] select').value !== 'chinchilla'")
    page.wait_for_function(CHANGED, arg=[SENTENCE, browser])
    answered(page)
    settled(page)
    page.select_option("[data-section=law] select", "chinchilla")
    page.wait_for_function("words => document.querySelector('.sw-sentence').innerText === words", arg=browser)


def test_another_recipe_is_fitted_by_the_kernel(lab, open_page):
    page = _compared(lab, open_page, "other.ipynb")
    page.select_option("[data-section=recipes] select >> nth=1", "overtrain-RefinedWeb")
    shows(page, "overtrain-RefinedWeb")
    answered(page)
    settled(page)
    assert page.seen.comms("ask")
    page.click("[data-ask=add-recipe]")
    page.wait_for_function(
        "() => document.querySelectorAll('[data-section=recipes] .sw-marked').length === 3"
    )
    shows(page, "All three recipes", ".sw-figure-main")


def test_gpu_hours_and_dollars_are_the_same_budget_and_say_what_they_rest_on(lab, open_page):
    page = _compared(lab, open_page, "money.ipynb")
    before = page.inner_text(SENTENCE)
    page.click(".sw-segment:has-text('Dollars')")
    page.wait_for_function("() => document.querySelector('.sw-sentence').innerText.startsWith('At $')")
    settled(page)
    note = page.inner_text("[data-section=budget]")
    assert "H100 SXM, 989.4 TFLOP/s BF16" in note
    assert "not a quote" in note
    after = page.inner_text(SENTENCE)
    assert after.split(",", 1)[1][-60:] == before.split(",", 1)[1][-60:], "only the unit changed"


def test_dark_theme_paints_recipes_in_their_dark_colours(lab, open_page):
    page = _compared(lab, open_page, "dark.ipynb", dark=True)
    colour = page.evaluate("() => getComputedStyle(document.querySelector('.sw-mark')).backgroundColor")
    assert colour == "rgb(226, 154, 198)"
    assert page.locator(".sw-root").first.get_attribute("data-theme") == "dark"


def test_reopened_without_a_kernel_the_budget_still_moves(lab, open_page):
    page = _compared(lab, open_page, "kept.ipynb")
    size = save(page).stat().st_size
    assert size < 500_000, f"the saved notebook has {size} bytes"
    restart_kernel(page)
    reload(page)
    page.wait_for_selector(SENTENCE)
    page.wait_for_function(f"() => {DRAWN}")
    settled(page)
    words, pictures = page.inner_text(SENTENCE), {"main": shot(page)}
    page.evaluate(DRAG, [BUDGET, 200])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    moved(page, pictures)
    assert page.locator("[data-ask=add-recipe]").is_disabled(), "what needs a kernel must say so"


def test_the_law_fitter_opens_the_comparison_of_its_families_below_itself(lab, open_page):
    start = """import scalewidgets as sw
runs = sw.load("hitchhikers")
runs = runs[runs["family"].isin(["overtrain-C4", "overtrain-RedPajama", "overtrain-RefinedWeb"])]
fitter = sw.LawFitter(runs, resamples=100)
fitter"""
    handle = "!!document.querySelector('.sw-handle')"
    page = opened(lab, open_page, "families.ipynb", start, "fitter.fit.coefficients['alpha']", handle)
    words, below = page.inner_text(SENTENCE), f".sw-opened {SENTENCE}"
    family = page.input_value("select[aria-label=Family]")
    page.click("[data-ask=compare-families]")
    page.wait_for_selector(below)
    page.wait_for_function("() => document.querySelectorAll('.sw-opened [data-slot=worth] *').length > 0")
    compared = [page.input_value(f".sw-opened [data-section=recipes] select >> nth={i}") for i in (0, 1)]
    assert compared[0] == family, "the family on screen is the one that is compared"
    assert len(set(compared)) == 2
    said = page.inner_text(below)
    assert said.startswith("At "), said
    assert any(name in said for name in compared), said
    answered(page)
    settled(page)
    before = len(page.seen.comms())
    page.evaluate(DRAG, [f".sw-opened {BUDGET}", 900])
    page.wait_for_function(CHANGED, arg=[below, said])
    untold(page, before)
    assert page.inner_text(SENTENCE) == words, "the fit above stays what it is"
    page.click("[data-ask=compare-families]")
    until(page, lambda: "need-doc" in page.seen.kinds(before), "it is not opened anew")
    shows(page, said, below)
    assert page.locator(".sw-opened").count() == 1, "a comparison takes the place of the one before"
    page.click(".sw-opened > .sw-close")
    page.wait_for_selector(".sw-opened", state="detached")
    assert page.inner_text(SENTENCE) == words
