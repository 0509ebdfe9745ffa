"""The live figure in a real JupyterLab: what a person would lose if the pane failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .driver import (
    SENTENCE,
    new_view,
    notebook,
    quiet,
    reload,
    restart_kernel,
    run_all,
    save,
    set_theme,
    settled,
    told,
    until,
    untold,
)

pytestmark = pytest.mark.browser

SCENES = Path(__file__).parents[1] / "pane" / "scenes.py"
IMPORTS = "from scenes import scatter_scene\nfrom scalewidgets.pane import Pane\n"
ONE = IMPORTS + "calls = []\npane = Pane(scatter_scene())\npane"

#: BokehJS documents that hold a model of this name, newest last.
NAMED = """(name) => (window.Bokeh?.documents ?? []).map(d => d.get_model_by_name(name)).filter(m => m)"""


@pytest.fixture
def open_cells(open_page: Any) -> Any:
    """Open a notebook of these cells and run them all."""

    def open_cells(*cells: str, name: str = "pane.ipynb", run: bool = True, **options: Any) -> Any:
        open_page.lab.put(SCENES)
        page = open_page(open_page.lab.put(notebook(*cells), name), **options)
        if run:
            run_all(page)
        return page

    return open_cells


def drawn(page: Any, count: int = 1, name: str = "main") -> None:
    """Wait until so many live documents are on screen."""
    page.wait_for_function(f"([name, count]) => ({NAMED})(name).length === count", arg=[name, count])
    plots = ".sw-pane:not(.sw-arriving) .bk-Figure"
    page.wait_for_function("([css, n]) => document.querySelectorAll(css).length === n", arg=[plots, count])


def execute(page: Any, code: str) -> str:
    """Run code in the notebook's kernel beside its cells and return what it prints."""
    return str(
        page.evaluate(
            """async ([path, code]) => {
              const kernel = window.swPanel(path).sessionContext.session.kernel;
              const future = kernel.requestExecute({code, store_history: false});
              let out = '';
              future.onIOPub = m => {
                if (m.header.msg_type === 'stream') { out += m.content.text; }
                if (m.header.msg_type === 'error') { out += m.content.traceback.join('\\n'); }
              };
              await future.done;
              return out;
            }""",
            [page.notebook, code],
        )
    ).strip()


def kernel_says(page: Any, code: str, answer: str) -> None:
    """Wait until code in the kernel prints this: what the browser tells is heard in a thread of its own."""
    until(page, lambda: execute(page, code) == answer, f"{code} never gives {answer}")


def dots(page: Any) -> list[list[float]]:
    """Return the losses of the runs in every live document."""
    return list(page.evaluate(f"() => ({NAMED})('runs').map(s => [...s.data.loss])"))


def test_a_figure_draws_with_no_loader_cell_and_the_file_stays_small(open_cells: Any) -> None:
    page = open_cells(ONE, fresh=True)
    drawn(page)
    painted = page.evaluate(
        """() => {
          const deep = (root, out = []) => {
            root.querySelectorAll('*').forEach(e => {
              if (e.tagName === 'CANVAS') out.push(e);
              if (e.shadowRoot) deep(e.shadowRoot, out);
            });
            return out;
          };
          return deep(document).some(c => c.width > 100 &&
            new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)
              .reduce((seen, v) => seen.add(v), new Set()).size > 5);
        }"""
    )
    assert painted
    assert page.locator(".jp-OutputArea-output:has-text('Loading widget')").count() == 0
    assert save(page).stat().st_size < 300_000


def test_bokehjs_is_sent_once_for_two_figures(open_cells: Any) -> None:
    page = open_cells(ONE, "other = Pane(scatter_scene(name='other'))\nother", fresh=True)
    drawn(page, 2, "runs")
    assert len(page.seen.comms("need-bokehjs")) == 1


def test_a_view_sends_nothing_that_nobody_did(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    settled(page)
    quiet(page)
    assert page.seen.comms("patch") == []
    assert page.seen.comms("state") == []
    page.set_viewport_size({"width": 1100, "height": 900})
    settled(page)
    quiet(page)
    assert page.seen.comms("patch") == []


def test_two_views_stay_in_step(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    new_view(page, 0)
    drawn(page, 2)
    execute(
        page,
        "runs = pane.scene.document.get_model_by_name('runs')\n"
        "runs.selected.on_change('indices', lambda a, o, n: calls.append(list(n)))\n"
        "runs.data = {**runs.data, 'loss': [1.0, 2.0, 3.0]}",
    )
    page.wait_for_function(f"() => ({NAMED})('runs').every(s => s.data.loss[2] === 3)")
    assert dots(page) == [[1.0, 2.0, 3.0]] * 2
    page.evaluate(f"() => {{ ({NAMED})('runs')[0].selected.indices = [1, 2]; }}")
    page.wait_for_function(f"() => ({NAMED})('runs').every(s => s.selected.indices.length === 2)")
    page.evaluate(f"() => {{ ({NAMED})('runs')[1].selected.indices = [0]; }}")
    page.wait_for_function(f"() => ({NAMED})('runs').every(s => s.selected.indices[0] === 0)")
    kernel_says(page, "print(calls)", "[[1, 2], [0]]")
    quiet(page)
    assert len(page.seen.comms("patch")) == 2


def test_panning_tells_the_kernel_once_where_it_ended(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    new_view(page, 0)
    drawn(page, 2)
    # One task of the browser: however slow the machine is, no timer takes a step for the end.
    page.evaluate(
        f"""async () => {{
          for (let s = 0; s < 12; s++) {{
            ({NAMED})('y')[0].setv({{start: s / 10, end: 3 + s / 10}});
            await Promise.resolve();
          }}
        }}"""
    )
    page.wait_for_function(f"() => ({NAMED})('y').every(r => Math.abs(r.end - 4.1) < 1e-9)")
    quiet(page)
    assert len(page.seen.comms("patch")) == 1


def test_two_writers_at_once_end_with_one_value_everywhere(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    new_view(page, 0)
    drawn(page, 2)
    # A person moves the range; before the kernel comes to it, a cell sets it too: the person's is last.
    slow = "import threading; go = threading.Event(); obey = pane._patched\n"
    slow += "pane._patched = lambda *a: (go.wait(60), obey(*a))"
    execute(page, slow)
    page.evaluate(f"() => {{ ({NAMED})('y')[0].end = 7; }}")
    until(page, lambda: page.seen.comms("patch"), "the kernel is not told of the range")
    execute(page, "pane.scene.document.get_model_by_name('y').end = 5")
    page.wait_for_function(f"() => ({NAMED})('y')[0].end === 5")
    execute(page, "go.set()")
    page.wait_for_function(f"() => ({NAMED})('y').every(r => r.end === 7)")
    kernel_says(page, "print(pane.scene.document.get_model_by_name('y').end)", "7")


def test_what_belongs_to_the_browser_stays_there(open_cells: Any) -> None:
    page = open_cells(
        ONE.replace(
            "pane = ",
            "scene = scatter_scene()\nscene.document.get_model_by_name('y').tags = ['browser']\npane = ",
        ).replace("Pane(scatter_scene())", "Pane(scene)")
    )
    drawn(page)
    page.evaluate(f"() => {{ ({NAMED})('y')[0].end = 7; }}")
    quiet(page)
    assert page.seen.comms("patch") == []


def test_a_refit_reaches_the_screen_as_a_small_patch(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    before = page.evaluate(f"() => ({NAMED})('main')[0].id")
    execute(page, "pane.show(scatter_scene([9.0, 8.0, 7.0], title='After the refit'))")
    page.wait_for_function(f"() => ({NAMED})('main')[0]?.title.text === 'After the refit'")
    assert dots(page) == [[9.0, 8.0, 7.0]]
    assert page.evaluate(f"() => ({NAMED})('main')[0].id") == before
    said = ".sw-pane .sw-summary:text-is('3 runs; the best has a loss of 7.0.')"
    page.wait_for_selector(said, state="attached")
    execute(page, "pane.show(scatter_scene([1.0], line=True))")
    page.wait_for_function(f"() => ({NAMED})('curve').length === 1")
    drawn(page)


def slide(page: Any, to: float = 0.8) -> str:
    """Drag the target slider, wait for another sentence; return the one before."""
    before = page.locator(".sw-sentence:visible").first.inner_text()
    page.evaluate(
        """to => {
          const shown = e => e.offsetParent !== null;
          const input = [...document.querySelectorAll('.sw-screen input[type=range]')].filter(shown)[0];
          const value = Number(input.min) + to * (Number(input.max) - Number(input.min));
          input.value = String(value);
          input.dispatchEvent(new Event('input', {bubbles: true}));
        }""",
        to,
    )
    sentence = page.locator(f"{SENTENCE}:visible").first
    until(page, lambda: sentence.inner_text() != before, "the sentence does not follow the slider")
    return str(before)


def test_a_slider_answers_without_the_kernel_and_reports_once_on_release(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    settled(page)
    sent = len(page.seen.comms())
    for to in (0.3, 0.5, 0.9):
        before = slide(page, to)
        assert page.locator(".sw-sentence:visible").first.inner_text() != before
    untold(page, sent)
    page.evaluate(
        """() => [...document.querySelectorAll('.sw-screen input[type=range]')][0]
          .dispatchEvent(new Event('change', {bubbles: true}))"""
    )
    told(page, sent, "state")
    assert page.seen.kinds(sent) == ["state"]
    kernel_says(page, "print(pane.state['target.params'] > 1e10)", "True")


def test_a_slider_in_the_hand_is_not_moved_by_an_answer_that_comes_meanwhile(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    new_view(page, 0)
    drawn(page, 2)
    slide(page, 0.9)
    dragged = page.locator(".sw-sentence:visible").first.inner_text()
    execute(page, "pane.show(scatter_scene([9.0, 8.0, 7.0], title='Meanwhile'))")
    titles = f"() => ({NAMED})('main').map(f => f.title.text)"
    page.wait_for_function(f"() => ({titles})().includes('Meanwhile')")
    quiet(page)
    assert page.evaluate(titles).count("Meanwhile") == 1, "the view with the hand on it waits"
    assert page.locator(".sw-sentence:visible").first.inner_text() == dragged
    page.evaluate(
        """() => [...document.querySelectorAll('.sw-screen input[type=range]')]
          .filter(e => e.offsetParent !== null)[0].dispatchEvent(new Event('change', {bubbles: true}))"""
    )
    page.wait_for_function(f"() => ({titles})().every(title => title === 'Meanwhile')")
    assert page.locator(".sw-sentence:visible").first.inner_text() == dragged
    kernel_says(page, "print(pane.state['target.params'] > 1e10)", "True")
    assert dots(page) == [[9.0, 8.0, 7.0]] * 2


def test_what_is_drawn_with_the_mouse_is_finished_and_a_menu_holds_nothing_up(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    title = f"() => ({NAMED})('main')[0].title.text"
    box = page.locator(".sw-pane .bk-Figure").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down(button="right")
    execute(page, "pane.show(scatter_scene([9.0, 8.0, 7.0], title='Beside a menu'))")
    page.wait_for_function(f"() => ({title})() === 'Beside a menu'")
    page.mouse.up(button="right")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('.lm-Menu')")
    page.mouse.down()
    execute(page, "pane.show(scatter_scene([6.0, 5.0, 4.0], title='Meanwhile'))")
    quiet(page)
    assert page.evaluate(title) == "Beside a menu", "what the mouse holds is not drawn over"
    page.mouse.up()
    page.wait_for_function(f"() => ({title})() === 'Meanwhile'")
    assert dots(page) == [[6.0, 5.0, 4.0]]


def test_the_theme_follows_jupyterlab_live(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    colour = f"() => ({NAMED})('dots')[0].glyph.fill_color.value ?? ({NAMED})('dots')[0].glyph.fill_color"
    assert page.evaluate(colour) == "#0f6ab4"
    set_theme(page, dark=True)
    page.wait_for_function(f"() => ({colour})() === '#64b1ff'")
    assert page.locator(".sw-pane .sw-root").get_attribute("data-theme") == "dark"
    quiet(page)
    assert page.seen.comms("patch") == []
    kernel_says(page, "print(pane.theme)", "dark")


def test_a_screen_reader_finds_a_figure_its_summary_and_a_table(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    figure = page.get_by_role("figure", name="Three runs")
    assert figure.count() == 1
    assert figure.locator("[aria-live=polite]").first.inner_text() == "3 runs; the best has a loss of 2.3."
    button = figure.get_by_role("button", name="Show as a table").first
    button.focus()
    page.keyboard.press("Enter")
    table = figure.get_by_role("table")
    assert table.locator("tr").count() == 4
    assert table.locator("th").all_inner_texts() == ["params", "loss"]
    assert figure.get_by_role("button", name="Hide the table").get_attribute("aria-expanded") == "true"


def test_the_figure_follows_its_place(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    width = f"() => ({NAMED})('main')[0].inner_width"
    before = page.evaluate(width)
    page.set_viewport_size({"width": 1000, "height": 900})
    page.wait_for_function(f"before => ({width})() < before - 100", arg=before)
    page.set_viewport_size({"width": 1600, "height": 900})
    page.wait_for_function(f"before => ({width})() > before + 100", arg=before)


def test_a_figure_in_a_hidden_tab_is_right_when_it_is_shown(open_cells: Any) -> None:
    page = open_cells(
        IMPORTS + "import ipywidgets\npane = Pane(scatter_scene())\n"
        "tab = ipywidgets.Tab([ipywidgets.Label('first'), pane], selected_index=0)\ntab"
    )
    page.wait_for_selector(".widget-label >> text=first")
    quiet(page)  # nothing is drawn where nobody sees it
    execute(page, "tab.selected_index = 1")
    page.wait_for_function(f"() => ({NAMED})('main')[0]?.inner_width > 300")


def test_close_rerun_and_clear_leave_nothing_behind(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    run_all(page)  # the cell again: a new pane, the old view is gone
    drawn(page)
    until(page, lambda: page.seen.comms("close"), "the old view does not say that it is gone")
    assert len(page.seen.comms("close")) == 1
    execute(page, "pane.close()")
    page.wait_for_function("() => window.Bokeh.documents.length === 0")
    until(page, lambda: page.locator(".sw-pane").count() == 0, "a closed pane stays on the page")


def test_closing_the_notebook_leaves_no_figure_behind_and_raises_nothing(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    save(page)
    # The figure was moved a moment ago, and nobody is left to be told.
    page.evaluate(
        """path => {
            window.Bokeh.documents[0].roots()[0].x_range.end *= 1.1;
            window.swPanel(path).close();
        }""",
        page.notebook,
    )
    page.wait_for_function("() => window.Bokeh.documents.length === 0")
    until(page, lambda: page.locator(".sw-pane").count() == 0, "a closed notebook stays on the page")


def test_another_bokehjs_on_the_page_is_told_in_words_and_left_alone(open_cells: Any) -> None:
    page = open_cells(ONE, run=False, fresh=True)
    page.evaluate("() => { window.Bokeh = {version: '2.4.3', __bokeh__: true, documents: []}; }")
    run_all(page)
    page.wait_for_selector(".sw-saved >> text=This page already runs BokehJS 2.4.3")
    assert page.evaluate("() => window.Bokeh.version") == "2.4.3"


def test_a_kernel_that_does_not_answer_is_told_in_words(open_cells: Any) -> None:
    slow = (
        "import time\n"
        "from pathlib import Path\n"
        "answer = pane._need_document\n"
        "def wait(*a):\n"
        "    while not Path('may-answer').exists():\n"
        "        time.sleep(0.1)\n"
        "    answer(*a)\n"
        "pane._need_document = wait\n"
        "pane"
    )
    page = open_cells(ONE.removesuffix("pane") + slow, run=False)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_selector(".sw-saved >> text=The kernel has not answered yet")
    (page.folder / "may-answer").touch()
    drawn(page)
    assert page.locator("text=The kernel has not answered yet").locator("visible=true").count() == 0


def test_after_a_restart_and_a_reload_the_figure_is_there_and_slides(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    save(page)
    restart_kernel(page)
    page.wait_for_selector("text=There is no kernel behind this figure any more")
    before = slide(page)
    assert page.locator(".sw-sentence:visible").first.inner_text() != before
    reload(page)
    page.wait_for_selector(".sw-saved .bk-Figure")
    page.wait_for_selector("text=No kernel is behind this figure")
    assert page.locator("text=Loading widget").count() == 0
    assert page.locator("text=Error displaying widget").count() == 0
    assert page.locator(".sw-still img:visible").count() == 0
    before = slide(page)
    assert page.locator(".sw-sentence:visible").first.inner_text() != before
    quiet(page)
    assert page.seen.comms("state") == []


def test_a_reload_with_a_running_kernel_brings_the_live_figure_back(open_cells: Any) -> None:
    page = open_cells(ONE)
    drawn(page)
    save(page)
    reload(page)
    drawn(page)
    execute(page, "pane.scene.document.get_model_by_name('main').title.text = 'alive'")
    page.wait_for_function(f"() => ({NAMED})('main').some(m => m.title.text === 'alive')")
    assert page.locator(".sw-saved").count() == 0


def test_a_long_request_shows_progress_and_can_be_cancelled(open_cells: Any) -> None:
    page = open_cells(
        IMPORTS + "import time\nseen = []\n"
        "def fit(args):\n"
        "    try:\n"
        "        for i in range(4000):\n"
        "            time.sleep(0.02)\n"
        "            yield i, 4000, 'Resampling:'\n"
        "    except GeneratorExit:\n"
        "        seen.append('stopped'); raise\n"
        "    return 'done'\n"
        "frame = scatter_scene().frame\n"
        "import dataclasses\n"
        "section = {**frame['sections'][0], 'id': 'data', 'aside': {'label': 'Fit now', 'ask': 'fit'}}\n"
        "scene = dataclasses.replace(scatter_scene(), frame={**frame, 'sections': [section]})\n"
        "pane = Pane(scene)\npane.on_ask('fit', fit)\npane"
    )
    drawn(page)
    page.get_by_role("button", name="Fit now").click()
    page.locator(".sw-second", has_text="Resampling:").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator(".sw-second", has_text="Resampling:").wait_for(state="detached")
    kernel_says(page, "print(seen)", "['stopped']")
    assert len(page.seen.comms("ask")) == 1
    assert len(page.seen.comms("cancel")) == 1


def test_an_exported_notebook_shows_the_picture(open_cells: Any, tmp_path: Path) -> None:
    import nbconvert
    import nbformat

    page = open_cells(ONE)
    drawn(page)
    html, _ = nbconvert.HTMLExporter().from_notebook_node(nbformat.read(save(page), as_version=4))
    assert "data:image/svg+xml;base64," in html[html.rindex("jp-OutputArea-output") :]


def test_a_page_of_its_own_draws_and_slides_with_no_request(open_cells: Any, browser: Any) -> None:
    page = open_cells(ONE, "pane.to_html('page.html')\nNone")
    path = page.folder / "page.html"
    requests: list[str] = []
    errors: list[str] = []
    alone = browser.new_page()
    try:
        alone.on("request", lambda request: requests.append(request.url))
        alone.on("pageerror", lambda error: errors.append(str(error)))
        alone.goto(path.as_uri())
        alone.wait_for_selector(".bk-Figure")
        before = slide(alone)
        assert alone.locator(".sw-sentence").first.inner_text() != before
    finally:
        alone.close()
    assert requests == [path.as_uri()]
    assert errors == []


def test_the_server_gives_its_bokehjs_for_ever_and_no_other(open_cells: Any, open_page: Any) -> None:
    open_page.allow_console("404.*2.4.3")
    page = open_cells(ONE)
    answer = page.evaluate(
        """async () => {
          const {version} = await (await fetch('/scalewidgets/bokehjs')).json();
          const script = await fetch(`/scalewidgets/bokehjs/${version}.js`);
          const other = await fetch('/scalewidgets/bokehjs/2.4.3.js');
          return [script.status, script.headers.get('cache-control'), (await script.text()).length,
            other.status, (await other.json()).message];
        }"""
    )
    assert answer[0] == 200
    assert "max-age" in answer[1]
    assert answer[2] > 1_000_000
    assert answer[3] == 404
    assert answer[4].endswith("not Bokeh 2.4.3.")
