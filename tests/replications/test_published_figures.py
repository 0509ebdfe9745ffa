"""Published figures come out of the bundled tables: each number and its citation, written down once more."""

import json
import math

import pytest

import scalewidgets as sw
from scalewidgets.cli import main
from scalewidgets.data.registry import registry
from scalewidgets.errors import UnknownNameError
from scalewidgets.replications import STUDIES, Figure, Row, Scoreboard, Study, board

# Written down a second time on purpose: a declaration that moves towards our number is a change of this list.
PUBLISHED = {
    # Besiroglu et al. 2024, arXiv:2404.10102: released notebook, and table 1
    "chinchilla/huber-objective": 0.0010182740,
    "chinchilla/huber-E": 1.8172,
    "chinchilla/huber-alpha": 0.34731,
    "chinchilla/huber-beta": 0.36718,
    "chinchilla/lad-A": 482.01,
    "chinchilla/lad-B": 2085.43,
    "chinchilla/lad-alpha": 0.3478,
    "chinchilla/lad-beta": 0.3658,
    "chinchilla/lad-exponent": 0.5126,
    # Gadre et al. 2024, arXiv:2403.08540: errors of the extrapolation on RedPajama, in per cent
    "overtraining/1.4B": 0.7103,
    "overtraining/6.9B": 0.7320,
    # Porian et al. 2024, arXiv:2406.19146, figure 1, RefinedWeb
    "isoflop/kaplan": 0.835,
    "isoflop/head": 0.706,
    "isoflop/warm-up": 0.602,
    "isoflop/cosine": 0.571,
    "isoflop/tuned": 0.497,
    # Lin et al. 2024, arXiv:2402.02314, released results/rmsd.csv, means over thirty models
    "finetuning/FLAN": 0.00648,
    "finetuning/WMT19": 0.01228,
    # Chen et al. 2025, arXiv:2505.10475, released parametric_fit.py, the Pile
    "streams/k": 0.3344,
    # Li et al. 2025, arXiv:2503.04715, equation of the law
    "step-law/lr-factor": 1.79,
    "step-law/lr-N": -0.713,
    "step-law/lr-D": 0.307,
    "step-law/batch-factor": 0.58,
    "step-law/batch-D": 0.571,
    # Muennighoff et al. 2023, arXiv:2305.16264, released notebook, 182 runs
    "repetition/objective": 0.0158259,
    "repetition/r2": 0.772,
    "repetition/r2-neither": 0.445,
    "repetition/r2-data": 0.735,
    "repetition/optimum": 0.0158259,
    "repetition/R_D-near": 15.387756,
    "repetition/R_N-near": 5.309743,
    # Luo et al. 2025, arXiv:2503.12811, table of the 25M and 100M models: mean R2 over six schedules
    "schedules/released-25M": 0.9988,
    "schedules/released-100M": 0.9983,
    "schedules/fitted-25M": 0.9988,
    "schedules/fitted-100M": 0.9983,
    # McLeish et al. 2025, arXiv:2502.06857, released fits of the hot checkpoints
    "shapes/wide-objective": 0.0019816129,
    "shapes/wide-alpha": 0.2929,
    "shapes/wide-beta": 0.7129,
    "shapes/released-objective": 0.0002076018,
    "shapes/narrow-objective": 0.0002076018,
    # Ruan et al. 2024, arXiv:2405.10938, section 3.2 and table C.1
    "capabilities/first": 80,
    "capabilities/three": 97,
    "capabilities/PC1": 6.75,
    "capabilities/PC2": -3.21,
    "capabilities/HellaSwag": 5.73,
    "capabilities/ARC-C": 3.02,
    "capabilities/MMLU": 1.03,
    "capabilities/offset": -12.28,
}
# What was published, and what the same rows give (None: they are not bundled); reasons are on the scoreboard.
NOT_REPRODUCED = {
    "chinchilla/lad-E": (1.8172, 1.816864),
    "overtraining/1.4B-tasks": (3.64, None),
    "overtraining/6.9B-tasks": (0.05, None),
    "isoflop/openwebtext2": (0.864, None),
    "repetition/base-alpha": (0.3526596, None),
    "repetition/r2-size": (0.449, 0.7926),
    "repetition/R_D": (15.387756, 52.17),
    "repetition/R_N": (5.309743, 2.197),
    "shapes/narrow-alpha": (0.2989, 0.29279),
    "shapes/narrow-beta": (0.6928, 0.7289),
}


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for row in sw.replicate().rows}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_number_comes_out_within_its_tolerance(rows, name):
    row = rows[name]
    assert row.figure.published == PUBLISHED[name]
    assert row.outcome == "within", f"{row.ours} against {row.figure.printed} {row.tolerance_printed}"
    assert row.difference == row.ours - PUBLISHED[name]


@pytest.mark.parametrize("name", NOT_REPRODUCED)
def test_a_number_that_does_not_come_out_is_shown_with_ours_and_the_reason(rows, name):
    row, (published, ours) = rows[name], NOT_REPRODUCED[name]
    assert row.figure.published == published
    assert math.isnan(row.ours) if ours is None else row.ours == pytest.approx(ours, rel=1e-3)
    assert row.outcome == "not reproduced"
    assert not row.figure.meets(row.ours)  # it would be listed as reproduced, if it was
    assert len(row.figure.missed.split()) > 10


def test_every_figure_is_in_one_of_the_two_lists(rows):
    assert set(rows) == set(PUBLISHED) | set(NOT_REPRODUCED)


def test_every_study_cites_its_paper_and_uses_bundled_tables():
    for study in STUDIES:
        assert "arXiv:" in study.citation
        assert set(study.tables) <= set(registry())
        assert study.rows.endswith(".")
        assert len({figure.key for figure in study.figures}) == len(study.figures)
        assert all(figure.where and figure.why for figure in study.figures)


def test_a_better_optimum_than_the_published_is_no_luck_of_the_tolerance(rows):
    # Two published optima that a global search undercuts on the same rows.
    assert rows["repetition/optimum"].ours < rows["repetition/objective"].ours * (1 - 1e-3)
    assert rows["shapes/narrow-objective"].ours < rows["shapes/released-objective"].ours * (1 - 4e-4)


def figure(printed="0.50", **kwargs):
    return Figure("x", "a number", printed, "table 1", **kwargs)


@pytest.mark.parametrize(
    ("given", "ours", "meets"),
    [
        ({}, 0.505, True),
        ({}, 0.5051, False),
        ({}, 0.4949, False),
        ({"tolerance": 0.1}, 0.59, True),
        ({"side": "at most"}, 0.1, True),
        ({"side": "at most"}, 0.51, False),
        ({"side": "at least"}, 9.0, True),
        ({"side": "at least"}, 0.49, False),
        ({}, math.nan, False),
        ({"side": "at most"}, math.nan, False),
        ({"side": "at least"}, math.nan, False),
    ],
)
def test_a_tolerance_is_half_a_printed_digit_unless_said_otherwise(given, ours, meets):
    assert figure(**given).meets(ours) is meets


def made(ours, **kwargs):
    study = Study(
        "made-up", "Made up", "arXiv:0000.00000 <b>", ("chinchilla",), "All rows.", lambda: {"x": ours},
        (figure(**kwargs),),
    )  # fmt: skip
    return study, Scoreboard((Row(study, study.figures[0], ours),))


def test_a_scoreboard_says_what_is_out_of_tolerance_and_what_is_not_reproduced():
    _, good = made(0.501)
    _, bad = made(0.6)
    _, known = made(0.6, missed="The rows are not the same.")
    assert (good.ok, bad.ok, known.ok) == (True, False, True)
    assert "✗ made-up/x: Out of tolerance: half a unit of the last digit printed." in bad.report()
    assert "– made-up/x: The rows are not the same." in known.report()
    assert bad.report().count("made-up/x") == 1
    assert "0 of 1 published figures come out within their tolerance, 1 outside" in bad.sentence
    assert "<b>made" not in good._repr_html_()
    assert "&lt;b&gt;" in good._repr_html_()
    assert good.to_frame().loc["made-up/x", "difference"] == pytest.approx(0.001)
    assert json.loads(json.dumps(made(math.nan)[1].to_dict()))["figures"][0]["ours"] is None


def test_only_what_is_asked_for_is_computed_and_in_order():
    seen = []
    found = sw.replicate(["step-law/lr-N", "streams"], progress=lambda *state: seen.append(state))
    assert [row.name for row in found.rows] == ["streams/k", "step-law/lr-N"]
    assert [(done, total, study.name) for done, total, study in seen] == [
        (0, 2, "streams"),
        (1, 2, "step-law"),
    ]
    assert len(sw.replicate("overtraining").rows) == 4


def test_a_misspelt_study_is_answered_with_the_right_one():
    with pytest.raises(UnknownNameError, match="Did you mean chinchilla"):
        sw.replicate("chinchila")


def test_the_same_call_gives_the_same_numbers():
    first, second = (sw.replicate(["isoflop", "capabilities"]).to_dict() for _ in range(2))
    assert first == second


def test_the_command_line_prints_the_board_and_exits_with_one_when_a_figure_is_out(capsys, monkeypatch):
    assert main(["replicate", "step-law", "--json"]) == 0
    seen = capsys.readouterr()
    assert json.loads(seen.out)["ok"] is True
    assert "1 of 1, Step law" in seen.err
    assert main(["replicate", "step-law"]) == 0
    assert "5 of 5 published figures" in capsys.readouterr().out
    assert main(["replicate", "nothing"]) == 2
    capsys.readouterr()
    monkeypatch.setattr(board, "STUDIES", (made(0.6)[0],))
    assert main(["replicate"]) == 1
    assert "✗ a number" in capsys.readouterr().out
