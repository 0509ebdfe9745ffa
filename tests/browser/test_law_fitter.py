"""LawFitter in a real JupyterLab: what a person drags, clicks, reloads and loses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .driver import (
    CHANGED,
    SENTENCE,
    answered,
    cell_errors,
    frames,
    moved,
    new_view,
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

START = "import scalewidgets as sw\nfitter = sw.LawFitter(sw.load('chinchilla'))\nfitter"
DRAWN = "!!document.querySelector('.sw-handle')"
NOTE = ".sw-note"

# A slider is moved as a hand does it: input events while it moves, one change event at the end.
DRAG = """([selector, index, to]) => {
  const input = document.querySelectorAll(selector)[index];
  const from = input.valueAsNumber;
  for (let i = 1; i <= 10; i++) {
    input.value = String(Math.round(from + (to - from) * i / 10));
    input.dispatchEvent(new Event('input', {bubbles: true}));
  }
  return input.getAttribute('aria-valuetext');
}"""
RELEASE = """([selector, index]) =>
  document.querySelectorAll(selector)[index].dispatchEvent(new Event('change', {bubbles: true}))"""
ALPHA = ".sw-coefficient input[type=range]"
TARGET = "[data-section=target] input[type=range]"


def _inked(page, root: str = "main") -> int:
    """Pixels of the answer's colour on the canvas of a figure: the curve, its band, the diamond."""
    return page.evaluate(
        """root => {
          const deep = (node, out = []) => {
            node.querySelectorAll('*').forEach(el => {
              if (el.tagName === 'CANVAS') out.push(el);
              if (el.shadowRoot) deep(el.shadowRoot, out);
            });
            return out;
          };
          let inked = 0;
          for (const canvas of deep(document.querySelector(`[data-slot=${root}]`))) {
            if (!canvas.width) continue;
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            for (let i = 0; i < data.length; i += 4) {
              const [r, g, b, a] = data.slice(i, i + 4);
              const off = Math.max(Math.abs(r - 194), Math.abs(g - 65), Math.abs(b - 12));
              if (a > 200 && off < 12) inked++;
            }
          }
          return inked;
        }""",
        root,
    )


PALE = """() => {
  const doc = Bokeh.documents.find(held => held.get_model_by_name('excluded'));
  const runs = doc.get_model_by_name('runs');
  runs.selected.indices = [0];
  const drawn = doc.views_manager.get(doc.get_model_by_name('main')).renderer_views;
  const pale = drawn.get(doc.get_model_by_name('points')).nonselection_glyph;
  return pale.fill_alpha.value < 0.5 ? pale.fill_alpha.length : null;
}"""
"""How many runs the look of those that are not chosen has."""
TAKEN = """() => {
  const doc = Bokeh.documents.find(held => held.get_model_by_name('excluded'));
  const figure = doc.views_manager.get(doc.get_model_by_name('residuals'));
  return figure.renderer_views.get(doc.get_model_by_name('residual-points')).glyph.data_size;
}"""
"""How many residuals are drawn."""


def _fitted(lab, open_page, name: str, code: str = START, **kwargs):
    return opened(lab, open_page, name, code, "fitter.fit.coefficients['alpha']", DRAWN, **kwargs)


def _on_canvas(page) -> None:
    until(page, lambda: _inked(page) > 300, "the fitted curve is not on the canvas")


def _hover_run(page) -> tuple[float, float]:
    """Move over the main figure until a run is told; return where."""
    answered(page, "other-laws")  # where their figure fills in, a pointer loses what it is over
    page.locator("[data-slot=main]").scroll_into_view_if_needed()
    settled(page)
    box = page.locator("[data-slot=main]").bounding_box()
    for step in range(60):
        x, y = box["x"] + 60 + step * 6, box["y"] + 90 + step * 4
        page.mouse.move(x, y)
        frames(page)
        if page.locator(".sw-hover").is_visible():
            return x, y
    raise AssertionError("no run under the pointer tells what it is")


def test_a_fit_is_on_screen_with_its_answer_and_curves(lab, open_page):
    page = _fitted(lab, open_page, "shown.ipynb")
    sentence = page.inner_text(SENTENCE)
    assert sentence.startswith("A 7.0 B model on 1.4 T tokens reaches a loss of 2.07 [2.05,"), sentence
    _on_canvas(page)
    assert page.locator("[data-slot=inset] *").count() > 0
    assert "L = E + A/N" in page.text_content(".sw-formula")


def test_dragging_the_target_moves_the_answer_with_no_kernel_message(lab, open_page):
    page = _fitted(lab, open_page, "target.ipynb")
    before, words = len(page.seen.comms()), page.inner_text(SENTENCE)
    pictures = {"main": shot(page)}
    page.evaluate(DRAG, [TARGET, 0, 700])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    moved(page, pictures)
    untold(page, before)
    page.evaluate(RELEASE, [TARGET, 0])
    told(page, before, "state")
    assert page.seen.kinds(before) == ["state"], "on release the value travels once"


def test_dragging_a_coefficient_moves_curve_residuals_and_objective_without_the_kernel(lab, open_page):
    page = _fitted(
        lab, open_page, "alpha.ipynb", START.replace("'chinchilla')", "'chinchilla'), mode='full'", 1)
    )
    before, pictures = len(page.seen.comms()), {root: shot(page, root) for root in ("main", "residuals")}
    page.evaluate(DRAG, [ALPHA, 3, 900])
    shows(page, "By hand")
    moved(page, pictures)
    shows(page, "times that of the fit", ".sw-second")
    untold(page, before)


def test_fit_asks_the_kernel_and_brings_the_best_coefficients_back(lab, open_page):
    page = _fitted(lab, open_page, "fit.ipynb")
    page.evaluate(DRAG, [ALPHA, 3, 900])
    page.evaluate(RELEASE, [ALPHA, 3])
    shows(page, "By hand")
    before = len(page.seen.comms())
    page.click("[data-ask=fit]")
    shows(page, "A 7.0 B")
    answered(page)
    settled(page)
    assert "ask" in page.seen.kinds(before), "fit is a question to the kernel"
    assert page.locator(".sw-coefficient .sw-value").nth(3).input_value() == ".347"


def test_a_locked_coefficient_keeps_its_value_in_the_next_fit(lab, open_page):
    page = _fitted(lab, open_page, "locked.ipynb")
    page.evaluate(DRAG, [ALPHA, 3, 800])
    page.evaluate(RELEASE, [ALPHA, 3])
    shows(page, "By hand")
    page.locator(".sw-coefficient .sw-lock").nth(3).click()
    held = page.locator(".sw-coefficient .sw-value").nth(3).input_value()
    assert held != ".347"
    page.click("[data-ask=fit]")
    shows(page, "A 7.0 B")
    answered(page)
    settled(page)
    assert page.locator(".sw-coefficient .sw-value").nth(3).input_value() == held


def test_another_law_and_the_runs_that_were_left_out_are_fitted_on_request(lab, open_page):
    page = _fitted(lab, open_page, "law.ipynb")
    page.click("text=Bring back")
    shows(page, "245 of 245", NOTE)
    answered(page)
    settled(page)
    headings = "select => [...select.querySelectorAll('optgroup')].map(group => group.label)"
    themes = page.eval_on_selector("select[aria-label=Law]", headings)
    assert themes[:2] == ["Language pre-training", "Learning curves"]
    page.select_option("select[aria-label=Law]", "kaplan_ND", force=True)
    page.wait_for_function("() => document.querySelectorAll('.sw-coefficient').length === 4", timeout=180_000)
    answered(page)
    assert "245 of 245" in page.inner_text(".sw-note >> nth=0")


def test_a_long_fit_shows_progress_and_can_be_cancelled(lab, open_page):
    page = _fitted(lab, open_page, "cancel.ipynb")
    said = page.inner_text(SENTENCE)
    page.select_option("select[aria-label=Law]", "kaplan_ND", force=True)
    page.wait_for_selector(".sw-frame[data-working=true] .sw-progress")
    assert page.inner_text(SENTENCE) == said, "the old answer stays until the new one is there"
    page.click(".sw-cancel")
    page.wait_for_selector(".sw-frame[data-working=false]")
    answered(page)
    assert page.inner_text(SENTENCE) == said
    assert page.locator("select[aria-label=Law]").input_value() == "chinchilla"
    assert page.locator(".sw-notice").is_hidden(), "what a person cancels is not an error"


def test_the_diamond_is_a_handle_for_mouse_and_keyboard(lab, open_page):
    page = _fitted(lab, open_page, "diamond.ipynb")
    page.locator(".sw-handle").scroll_into_view_if_needed()
    settled(page)
    box = page.locator(".sw-handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y, steps=5)
    page.mouse.up()
    page.wait_for_function("() => !document.querySelector('.sw-sentence').innerText.includes('on 1.4 T')")
    settled(page)
    after = page.locator(".sw-handle").bounding_box()
    assert abs(after["x"] - box["x"] - 30) < 8, "the handle stays on the diamond"
    said = page.inner_text(SENTENCE)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("said => document.querySelector('.sw-sentence').innerText !== said", arg=said)


def test_two_views_stay_in_step(lab, open_page):
    page = _fitted(lab, open_page, "views.ipynb")
    new_view(page, 0)
    page.wait_for_function("() => document.querySelectorAll('.sw-handle').length === 2")
    page.evaluate(DRAG, [TARGET, 0, 800])
    page.evaluate(RELEASE, [TARGET, 0])
    page.wait_for_function(
        """() => {
          const said = [...document.querySelectorAll('.sw-sentence')].map(el => el.innerText);
          return said.length === 2 && said[0] === said[1] && !said[0].startsWith('A 7.0 B');
        }"""
    )


def test_python_hears_the_target_and_sets_it(lab, open_page):
    code = START.replace("\nfitter", "\nseen = []\nfitter.observe(seen.append, 'params')\nfitter", 1)
    code = (
        "import scalewidgets as sw\nfitter = sw.LawFitter(sw.load('chinchilla'))\n"
        "seen = []\nfitter.observe(seen.append, 'params')\nfitter"
    )
    path = lab.put(notebook(code, "fitter.params = 1.3e10"), "python.ipynb")
    page = open_page(path)
    run_all(page)
    page.wait_for_function("() => document.querySelector('.sw-sentence')?.innerText.startsWith('A 13 B')")


def test_a_reopened_notebook_still_shows_and_still_slides_without_its_kernel(lab, open_page):
    page = _fitted(lab, open_page, "reopened.ipynb")
    size = save(page).stat().st_size
    assert size < 300_000, f"the saved notebook has {size} bytes"
    restart_kernel(page)
    reload(page)
    page.wait_for_selector(".sw-handle")
    settled(page)
    sentence = page.inner_text(SENTENCE)
    assert sentence.startswith("A 7.0 B model"), sentence
    pictures = {"main": shot(page)}
    page.evaluate(DRAG, [TARGET, 0, 700])
    page.wait_for_function(CHANGED, arg=[SENTENCE, sentence])
    moved(page, pictures)
    assert page.locator("[data-ask=fit]").is_disabled(), "what needs a kernel must say so"


def test_hover_rings_the_run_in_both_figures_and_tells_it(lab, open_page):
    page = _fitted(
        lab, open_page, "hover.ipynb", START.replace("'chinchilla')", "'chinchilla'), mode='full'", 1)
    )
    pictures = {"residuals": shot(page, "residuals")}
    _hover_run(page)
    assert "loss" in page.inner_text(".sw-hover")
    moved(page, pictures)  # the hovered run is ringed in the residuals too


def test_a_click_leaves_a_run_out_and_a_lasso_chooses_many(lab, open_page):
    page = _fitted(lab, open_page, "pick.ipynb")
    x, y = _hover_run(page)
    page.evaluate(
        """() => new MutationObserver(() => {
          window.swMarked ||= document.querySelector('[data-slot=main] .sw-marks') !== null;
        }).observe(document.querySelector('.sw-frame'), {subtree: true, childList: true})"""
    )
    page.mouse.click(x, y)
    shows(page, "239 of 245", NOTE)
    assert page.evaluate("() => window.swMarked"), "a mark answers the click at once"
    answered(page)
    settled(page)
    assert page.locator(".sw-marks").count() == 0, "and the new fit takes it away"
    residuals = page.locator("[data-root=residuals] .sw-fold")
    residuals.click()
    until(page, lambda: page.evaluate(TAKEN) == 239, "residuals that were folded away are those of the fit")
    residuals.click()
    settled(page)
    page.mouse.click(x, y)
    shows(page, "240 of 245", NOTE)
    answered(page, "restore", "other-laws")
    settled(page)
    box = page.locator("[data-slot=main]").bounding_box()
    corners = [(0.1, 0.3), (0.6, 0.3), (0.6, 0.9), (0.1, 0.9)]
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    for fx, fy in corners:
        page.mouse.move(box["x"] + fx * box["width"], box["y"] + fy * box["height"], steps=4)
    page.mouse.up()
    page.wait_for_selector(".sw-pick:not([hidden])")
    shows(page, "runs chosen", ".sw-pick")
    page.click(".sw-pick >> text=Clear")
    page.wait_for_selector(".sw-pick", state="hidden")
    page.click("text=Bring back")
    shows(page, "245 of 245", NOTE)
    until(page, lambda: page.evaluate(PALE) == 245, "runs beside a chosen one are pale, new ones too")


def test_a_bad_table_keeps_the_last_good_picture_and_offers_a_repair(lab, open_page, tmp_path: Path):
    page = _fitted(lab, open_page, "bad.ipynb")
    rows = ["params,tokens,loss"]
    for i in range(24):
        n, d = 1e8 * 1.4 ** (i % 6), 2e9 * 1.7 ** (i // 4 + i % 3)
        rows.append(f"{n:.6g},{d:.6g},{1.8 + 480 / n**0.35 + 2100 / d**0.37:.6f}")
    rows[9] = ",".join([*rows[9].split(",")[:2], "24.9"])
    file = tmp_path / "runs.csv"
    file.write_text("\n".join(rows) + "\n")
    with page.expect_file_chooser() as chooser:
        page.click("[data-ask=open-table]")
    chooser.value.set_files(str(file))
    page.wait_for_selector(".sw-notice:not([hidden])")
    words = page.inner_text(".sw-notice")
    assert "runs.csv, row 10, column loss: 24.9 looks like a perplexity" in words, words
    assert page.inner_text(SENTENCE).startswith("A 7.0 B model"), "the last good answer stays"
    page.click(".sw-repairs .sw-button >> nth=0")
    page.wait_for_function("() => document.querySelector('.sw-note').innerText.startsWith('24 of 24')")


def test_the_empty_screen_says_what_to_do_and_does_it(lab, open_page):
    page = open_page(lab.put(notebook("import scalewidgets as sw\nsw.LawFitter()"), "empty.ipynb"))
    run_all(page)
    page.wait_for_selector("[data-phase=empty]")
    assert "What will your next model reach?" in page.inner_text(SENTENCE)
    page.click("[data-ask=open-data]")
    page.wait_for_function("() => document.querySelector('.sw-sentence').innerText.startsWith('A 7.0 B')")


def test_exports_are_files_of_what_is_on_screen(lab, open_page, tmp_path: Path):
    page = _fitted(lab, open_page, "export.ipynb")
    words = page.inner_text(SENTENCE)
    page.evaluate(DRAG, [TARGET, 0, 700])
    page.evaluate(RELEASE, [TARGET, 0])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])
    settled(page)
    said = page.inner_text(SENTENCE)
    for kind, start in {"SVG": b"<svg", "CSV": b"run,", "HTML": b"<!DOCTYPE", "PNG": b"\x89PNG"}.items():
        page.click(".sw-export > .sw-button")
        with page.expect_download() as download:
            page.locator(f".sw-menu-item:has-text('{kind}')").first.click()
        content = Path(download.value.path()).read_bytes()
        assert content.lstrip().startswith(start) or start in content[:200], (kind, content[:80])
        if kind == "SVG":
            assert said.split(" model")[0].removeprefix("A ") in content.decode()


def test_the_tutorial_on_your_own_runs_shows_findings_and_a_fit(lab, open_page):
    root = Path(__file__).resolve().parents[2]
    page = open_page(lab.put(root / "notebooks" / "03-your-own-runs.ipynb", "03-your-own-runs.ipynb"))
    run_all(page)
    page.wait_for_selector(".sw-handle")
    assert cell_errors(page) == []
    _on_canvas(page)
    # Cells out of sight are not rendered.
    page.evaluate("path => window.swPanel(path).content.scrollToItem(3, 'start')", page.notebook)
    findings = page.locator(".jp-OutputArea-output", has_text="4 errors").first
    findings.wait_for()
    for part in ("✕ error (row 12, column val/loss)", "read as", "nats per token"):
        assert part in findings.inner_text()
    file = save(page)
    assert file.stat().st_size < 300_000
    printed = json.dumps(json.loads(file.read_text()))
    assert "mended file: 78 runs, 70 B on 1.4 T tokens reaches 1.96" in printed


def test_the_tutorial_runs_and_stays_small(lab, open_page):
    root = Path(__file__).resolve().parents[2]
    page = open_page(lab.put(root / "notebooks" / "01-first-law.ipynb", "01-first-law.ipynb"))
    run_all(page)
    page.wait_for_selector(".sw-handle")
    _on_canvas(page)
    file = save(page)
    assert file.stat().st_size < 300_000
    printed = json.dumps(json.loads(file.read_text()))
    assert "loss 1.97" in printed


def test_a_large_table_is_drawn_first_then_finished_while_the_target_is_dragged(lab, open_page):
    code = """import numpy as np, pandas as pd, scalewidgets as sw
rng = np.random.default_rng(0)
N, D = 10 ** rng.uniform([[7.5], [8.5]], [[10.3], [11.5]], (2, 20_000))
loss = (1.69 + 406.4 / N**0.34 + 410.7 / D**0.28) * np.exp(rng.normal(0, 0.01, N.size))
fitter = sw.LawFitter(pd.DataFrame({"params": N, "tokens": D, "loss": loss}), resamples=600)
fitter"""
    page = open_page(lab.put(notebook(code), "large.ipynb"))
    run_all(page)
    page.wait_for_selector(".sw-handle")
    shows(page, "of the 20,000 runs as dots", ".sw-figure-main")
    page.wait_for_selector(".sw-frame[data-working=true] .sw-progress")
    words = page.inner_text(SENTENCE)
    page.evaluate(DRAG, [TARGET, 0, 700])
    page.wait_for_function(CHANGED, arg=[SENTENCE, words])  # the kernel is busy, and the target moves
    page.evaluate(RELEASE, [TARGET, 0])
    target = page.inner_text(SENTENCE).split(" reaches")[0]
    page.wait_for_function(
        "() => document.querySelector('.sw-second').innerText.includes(', 600 resamples.')"
    )
    answered(page, "finish")
    assert page.inner_text(SENTENCE).split(" reaches")[0] == target, "what was dragged meanwhile stays"
    assert save(page).stat().st_size < 400_000, "twenty thousand runs are not in the notebook"
