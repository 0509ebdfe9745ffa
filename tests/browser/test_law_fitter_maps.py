"""The map of the exponents and the other laws in a real JupyterLab."""

from __future__ import annotations

import pytest

from .driver import (
    SENTENCE,
    answered,
    moved,
    opened,
    reload,
    restart_kernel,
    save,
    set_theme,
    settled,
    shot,
    shows,
    until,
    untold,
)

pytestmark = pytest.mark.browser

START = (
    "import scalewidgets as sw\nfitter = sw.LawFitter(sw.load('chinchilla'), resamples=200, mode='full')\n"
)
FINDING = "[data-root=laws] .sw-figure-note"
FILLED = f"() => document.querySelector('{FINDING}')?.innerText.includes('agree within')"
TARGET = "[data-section=target] input[type=range]"
MOVE = """([selector, to]) => {
  const input = document.querySelector(selector);
  input.value = String(to);
  input.dispatchEvent(new Event('input', {bubbles: true}));
}"""


DRAWN = "!!document.querySelector('.sw-map-handle')"


def _fitted(lab, open_page, name: str, code: str = START + "fitter"):
    return opened(lab, open_page, name, code, "fitter.fit.coefficients['alpha']", DRAWN)


def _click_map(page, across: float, up: float) -> None:
    """Click on the map at shares of its canvas."""
    page.locator("[data-slot=exponents]").scroll_into_view_if_needed()
    settled(page)
    box = page.locator("[data-slot=exponents]").bounding_box()
    page.mouse.click(box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"])


def _off_the_map(page, across: float, up: float) -> float:
    """How far, in px, the handle is from such a place of the map."""
    figure = page.locator("[data-slot=exponents]").bounding_box()
    handle = page.locator(".sw-map-handle").bounding_box()
    return max(
        abs(handle["x"] + handle["width"] / 2 - figure["x"] - across * figure["width"]),
        abs(handle["y"] + handle["height"] / 2 - figure["y"] - (1 - up) * figure["height"]),
    )


def _asked(page):
    return [frame for frame in page.seen.comms("ask") if "other-laws" not in str(frame.content)]


def test_a_click_on_the_map_moves_sentence_curve_and_sliders_without_asking_the_kernel(lab, open_page):
    page = _fitted(lab, open_page, "map.ipynb")
    answered(page, "other-laws")  # their figure fills in, and everything below it moves
    settled(page)
    pictures = {"main": shot(page)}
    alpha = page.locator(".sw-coefficient input.sw-value").nth(3).input_value()
    _click_map(page, 0.7, 0.45)
    shows(page, "By hand")
    until(page, lambda: _off_the_map(page, 0.7, 0.45) < 3, "the handle does not come to the click")
    assert page.locator(".sw-coefficient input.sw-value").nth(3).input_value() != alpha
    shows(page, "times that of the fit", ".sw-second")
    moved(page, pictures)
    page.locator("[data-slot=exponents]").scroll_into_view_if_needed()
    settled(page)
    handle = page.locator(".sw-map-handle").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    said = page.inner_text(SENTENCE)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y - 10, steps=5)
    page.mouse.up()
    page.wait_for_function("said => document.querySelector('.sw-sentence').innerText !== said", arg=said)
    settled(page)
    said = page.inner_text(SENTENCE)
    page.keyboard.press("ArrowUp")
    page.wait_for_function("said => document.querySelector('.sw-sentence').innerText !== said", arg=said)
    assert _asked(page) == []
    page.click("text=Reset")
    shows(page, "A 7.0 B")


def test_other_laws_fill_in_after_the_fit_and_follow_the_target(lab, open_page):
    page = _fitted(lab, open_page, "laws.ipynb")
    assert page.inner_text(SENTENCE).startswith("A 7.0 B model"), "the fit is there first"
    answered(page, "other-laws")
    page.wait_for_function(FILLED)
    answered(page)
    settled(page)
    finding = page.inner_text(FINDING)
    assert finding == "Three agree within 0.8 %. Kaplan misses the blind runs"
    before, pictures = len(page.seen.comms()), {"laws": shot(page, "laws")}
    page.evaluate(MOVE, [TARGET, 900])
    page.wait_for_function(f"said => document.querySelector('{FINDING}').innerText !== said", arg=finding)
    moved(page, pictures)
    untold(page, before)  # the laws travel with the figure
    settled(page)
    pictures = {"laws": shot(page, "laws")}
    set_theme(page, dark=True)
    moved(page, pictures)


def test_a_row_switches_to_its_law(lab, open_page):
    page = _fitted(lab, open_page, "row.ipynb")
    page.locator(".sw-law-row >> nth=1").scroll_into_view_if_needed()
    page.click(".sw-law-row >> nth=1")
    page.wait_for_function(
        "() => document.querySelector('select[aria-label=Law]').value === 'chinchilla_tied'"
    )
    page.wait_for_function(
        "() => document.querySelector('.sw-conventions').innerText.includes('one exponent')"
    )


def test_compare_brings_the_laws_into_view(lab, open_page):
    page = _fitted(lab, open_page, "compare.ipynb")
    page.locator(SENTENCE).scroll_into_view_if_needed()
    page.click("text=Compare 4")
    page.wait_for_function(
        """() => {
          const {top, bottom} = document.querySelector('[data-slot=laws]').getBoundingClientRect();
          return top > 0 && bottom <= window.innerHeight;
        }"""
    )


def test_a_reopened_notebook_shows_both_figures_and_its_map_still_answers(lab, open_page):
    page = _fitted(lab, open_page, "saved.ipynb", START + "fitter.compare_laws()\nfitter")
    page.wait_for_function(FILLED)
    assert save(page).stat().st_size < 350_000
    restart_kernel(page)
    reload(page)
    page.wait_for_selector(".sw-map-handle")
    settled(page)
    assert page.inner_text(FINDING) == "Three agree within 0.8 %. Kaplan misses the blind runs"
    assert page.locator(".sw-law-row >> nth=1").is_disabled()
    _click_map(page, 0.7, 0.45)
    page.wait_for_function("() => document.querySelector('.sw-sentence').innerText.startsWith('By hand')")
