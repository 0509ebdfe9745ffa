"""Test-time sampling in a real JupyterLab: what a person drags, reopens and loses."""

from __future__ import annotations

import pytest

from .driver import (
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
    untold,
)

pytestmark = pytest.mark.browser

START = """import scalewidgets as sw
widget = sw.TestTimePareto()
widget"""
LOG = """import numpy as np, pandas as pd
import scalewidgets as sw
rng = np.random.default_rng(0)
rows = [{"model": m, "params": s, "problem_id": f"p{i}", "sample": j, "correct": float(rng.random() < r)}
        for m, s in (("a", 1e9), ("b", 4e9))
        for i, r in enumerate(np.linspace(0.05, 0.6, 20)) for j in range(16)]
log = pd.DataFrame(rows)
log["answer"] = np.where(log["correct"] == 1, "right", rng.choice(list("xyz"), len(log)))
sw.TestTimePareto(log)"""
ROOTS = ("main", "hard", "verifiers", "systems")
DRAWN = "document.querySelectorAll('[data-slot=verifiers] *').length > 0"


def slider(section, label):
    return f"[data-section={section}] input[type=range][aria-label='{label}']"


BUDGET = slider("budget", "Per 1,000 problems")
WRONG = slider("verifier", "Wrong answers accepted")


def _opened(lab, open_page, name, code=START, after="widget.advice", **kwargs):
    return opened(lab, open_page, name, code, after, DRAWN, **kwargs)


def drag(page, selector, to):
    words = page.inner_text(SENTENCE)
    page.evaluate(DRAG, [selector, to])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    settled(page)


def test_dragging_budget_and_verifier_moves_every_part_with_no_kernel_message(lab, open_page):
    page = _opened(lab, open_page, "testtime.ipynb")
    words = page.inner_text(SENTENCE)
    assert words.startswith(
        "With $0.30 per 1,000 problems, sample the 2.8 B model 47 times: 26 % [21, 31]"
    ), words
    pictures = {root: shot(page, root) for root in ROOTS}
    first = page.locator(".sw-costs tr >> nth=1").inner_text()
    before = len(page.seen.comms())
    drag(page, BUDGET, 640)
    moved(page, {root: pictures[root] for root in ("main", "verifiers")})
    assert page.locator(".sw-costs tr >> nth=1").inner_text() != first
    drag(page, WRONG, 900)
    moved(page, {"hard": pictures["hard"]})  # another model is advised, and its problems are shown
    untold(page, before)
    page.evaluate(RELEASE, WRONG)
    told(page, before, "state")
    assert not page.seen.console
    assert not page.seen.outside


def test_the_verifier_is_dragged_over_its_plane_and_moved_by_the_keyboard(lab, open_page):
    page = _opened(lab, open_page, "verifier.ipynb")
    handle = page.locator("[data-slot=verifiers] .sw-handle").first
    handle.scroll_into_view_if_needed()
    settled(page)
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    words, before = page.inner_text(SENTENCE), len(page.seen.comms())
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 20, steps=6)
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    untold(page, before)
    page.mouse.up()
    settled(page)
    words = page.inner_text(SENTENCE)
    handle.focus()
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])


def test_tokens_and_seconds_keep_the_picture_and_turn_the_axis_of_costs(lab, open_page):
    page = _opened(lab, open_page, "units.ipynb")
    systems = shot(page, "systems")
    for unit, words in (("Tokens", "15 K tokens per problem"), ("Seconds", "GPU-seconds per problem")):
        page.click(f".sw-segment:has-text('{unit}')")
        shows(page, words)
    moved(page, {"systems": systems})
    settled(page)
    assert "2.8 B model" in page.inner_text(SENTENCE)
    page.select_option("[data-section=verifier] select", "perfect")
    shows(page, "perfect verifier", ".sw-footer")


def test_a_vote_is_switched_on_where_answers_were_recorded_and_what_lacks_says_so(lab, open_page):
    page = _opened(lab, open_page, "votes.ipynb", LOG, "1")
    before = shot(page, "main")
    switches = page.locator(".sw-switch")
    assert switches.count() == 3
    assert [switches.nth(i).is_disabled() for i in range(3)] == [False, True, True]
    assert "recorded scores" in page.inner_text("[data-section=curves]")
    switches.nth(0).click()
    moved(page, {"main": before})
    assert switches.nth(0).get_attribute("aria-checked") == "true"


def test_other_systems_are_asked_of_the_kernel_and_stay(lab, open_page):
    page = _opened(lab, open_page, "systems.ipynb")
    page.select_option("[data-section=systems] select", "aider")
    shows(page, "51 systems", "[data-root=systems]")
    answered(page)
    settled(page)
    assert "2.8 B model 47 times" in page.inner_text(SENTENCE)


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
    drag(page, BUDGET, 700)
    assert page.locator(".sw-root").first.get_attribute("data-theme") == "dark"
    assert page.locator("[data-section=systems] select").is_disabled(), "what needs a kernel must say so"
