"""The figures of the Hitchhiker's Guide, and what is said where they are not the last word."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets.studies import GUIDE, guide_runs

WHOLE_RUN = {
    **{f"GPT2-c4-{k}": v for k, v in zip((1, 2, 3, 4, 5, 7, 14, 44),
        (3.07, 2.06, 2.68, 2.38, 1.58, 0.48, 1.47, 2.87), strict=True)},
    **{f"GPT2-oscar-{k}": v for k, v in zip((1, 2, 3, 4, 5, 7, 14, 44),
        (1.66, 1.60, 1.59, 1.29, 1.37, 0.38, 0.53, 4.77), strict=True)},
    "gpt3": 2.72, "chinchilla": 1.07, "OPT": 7.42, "t5-pile": 9.16,
}  # fmt: skip
"""Error in per cent from all smaller models and the whole run."""

PER_CENT = 100.0


def errors(study, share=1.0):
    return PER_CENT * study.families_frame([share])[f"are@{share:g}"]


def test_every_family_has_the_published_error(guide):
    found = errors(guide)
    assert set(found.index) == set(WHOLE_RUN)
    # Where two sizes leave the exponent of size open, the last digits are those of the optimiser: half a
    # tenth of a point is what the same procedure moves by between versions of its libraries.
    assert {name: found[name] for name in WHOLE_RUN} == pytest.approx(WHOLE_RUN, abs=0.05)
    assert np.median(found) == pytest.approx(1.6, abs=0.05)
    assert np.mean(found) == pytest.approx(2.5, abs=0.05)
    assert np.sum(found < 5) == 18


def test_gpt3_gets_better_and_worse_again_as_siblings_are_added(guide):
    found = PER_CENT * guide.map("gpt3")[1.0]
    assert list(found[[3, 4, 5, 6, 7]]) == pytest.approx([23.2, 5.6, 5.1, 0.92, 2.7], abs=0.05)


def test_heavy_repetition_breaks_the_plain_law(guide):
    found = errors(guide, 0.4)
    assert found["GPT2-c4-44"] == pytest.approx(10.3, abs=0.05)
    assert found["GPT2-oscar-44"] == pytest.approx(16.7, abs=0.05)


def test_chinchilla_at_both_ends_of_the_number_of_models(guide):
    found = PER_CENT * guide.map("chinchilla")[1.0]
    assert found[42] == pytest.approx(1.07, abs=0.05)
    assert found[2] == pytest.approx(31.9, abs=0.05)


def test_two_sizes_are_called_open_and_show_how_far_equally_good_fits_go(guide):
    _cell, record = guide.cell("gpt3", 2, 1.0)
    assert record["status"] == "open"
    # 13 to 16 % by the optimiser, even by the order of rows; the runs allow far more.
    assert record["equal_low"] < 0.13 < record["are"] < record["equal_high"]
    assert guide.cell("gpt3", 6, 1.0)[1]["status"] == "fitted"
    assert "leave a coefficient open" in guide.report()


def test_a_better_optimum_is_named_with_what_it_changes():
    made = sw.study(preset="hitchhikers", families=["t5-pile"], fractions=[0.9, 1.0], progress=False)
    held = made.against_reference()
    better = held[held["verdict"] == "better optimum"].iloc[0]
    assert (better["models"], better["fraction"]) == (2, 1.0)
    assert better["objective"] < better["reference_objective"] / 100
    assert PER_CENT * better["reference_are"] == pytest.approx(40.8, abs=0.1)
    assert PER_CENT * better["change"] < -20
    same = held[held["verdict"] == "same"]
    assert len(same) >= 2
    assert same["change"].abs().max() < 5e-4


def test_fits_agree_with_the_reference_wherever_the_runs_decide():
    made = sw.study(
        preset="hitchhikers", families=["gpt3", "OPT"], fractions=[0.3, 1.0], model_counts=[3, 4, 5, 6, 7],
        progress=False,
    )  # fmt: skip
    held = made.against_reference()
    assert (held["gain"] > -1e-6).all()
    assert held["change"].abs().max() < 5e-4


def test_the_guide_reads_three_families_in_its_own_way():
    runs = guide_runs()
    models = runs[runs["family"] == "chinchilla"]["params"].unique()
    assert len(models) == 43
    assert np.all(models % 1e7 == 0)
    assert runs[runs["family"] == "OPT"]["loss"].max() == pytest.approx(68, abs=1)
    assert runs[runs["family"] == "t5-pile"]["loss"].max() < 0.12
    assert set(runs["family"]) == set(WHOLE_RUN)


def test_the_preset_says_when_its_protocol_was_changed(guide):
    assert guide.matches_preset
    assert GUIDE.drop == 1e10
    other = sw.study(preset="hitchhikers", families=["OPT"], fractions=[1.0], drop=0.0, progress=False)
    assert not other.matches_preset
    assert "changed" in other.report()


def test_every_choice_shows_that_six_was_lucky():
    made = sw.study(
        preset="hitchhikers", families=["gpt3"], fractions=[1.0], model_counts=[6], choices="every",
        progress=False,
    )  # fmt: skip
    found = np.sort(PER_CENT * made.luck("gpt3")["are"])
    assert list(found) == pytest.approx([0.92, 2.28, 2.40, 2.40, 3.02, 3.09, 4.53], abs=0.01)
    assert made.luck("gpt3")["first"].sum() == 1


def test_another_law_is_not_passed_off_as_the_published_protocol():
    given = {"preset": "hitchhikers", "families": ["gpt3"], "fractions": [1.0], "model_counts": [3]}
    for law in ("chinchilla_tied", "kaplan_N"):
        made = sw.study(law=law, progress=False, **given)
        assert not made.matches_preset
        assert made.protocol.start is None  # the guide's is of another law
        assert np.isfinite(made.to_frame()["are"]).all()
    assert sw.study(progress=False, **given).matches_preset
