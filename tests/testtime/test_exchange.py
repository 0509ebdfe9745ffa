"""Training against inference in one currency, and the advice that follows, in words."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets import allocation
from scalewidgets import testtime as tt
from scalewidgets.errors import QuantityError, TableError, UnknownNameError

CHINCHILLA = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.336, "beta": 0.283}
DEVICE = {"peak_flops": 989.4e12, "price_per_hour": 2.0}


def chinchilla_loss(params, tokens):
    c = CHINCHILLA
    return c["E"] + c["A"] * params ** -c["alpha"] + c["B"] * tokens ** -c["beta"]


@pytest.mark.parametrize(
    ("size", "served", "params", "tokens", "saving"),
    [(13e9, 2e12, 6.969e9, 1.248e12, 0.1745), (30e9, 1e13, 1.361e10, 4.426e12, 0.2798)],
)
def test_known_models_for_many_requests(size, served, params, tokens, saving):
    best = allocation.chinchilla_opt(np.geomspace(1e22, 1e24, 4001), CHINCHILLA)
    data = float(np.interp(np.log(size), np.log(best.params), best.tokens))
    if size == 13e9:
        assert data == pytest.approx(5.765e11, rel=2e-3)
        assert chinchilla_loss(size, data) == pytest.approx(2.04528, abs=2e-5)
    seen = allocation.inference_aware(chinchilla_loss(size, data), served, CHINCHILLA)
    assert seen.params == pytest.approx(params, rel=2e-3)
    assert seen.tokens == pytest.approx(tokens, rel=2e-3)
    naive = 6 * size * data + 2 * size * served
    assert 1 - seen.flops / naive == pytest.approx(saving, abs=3e-4)
    if size == 13e9:
        assert seen.flops == pytest.approx(8.005e22, rel=1e-3)
        assert naive == pytest.approx(9.697e22, rel=1e-3)


def test_known_multipliers_of_inference():
    seen = tt.inference_multiplier(14, [0.16, 0.79, 22])
    assert seen == pytest.approx([257.75, 63.3671, 15.7727], abs=6e-5)
    # The two budgets are the same: 6 N D + 2 N D_inf of the larger is 6 n D + 2 n (m D_inf) of the smaller.
    data, load = 1e12, 0.79
    large = 14 * (6 * data + 2 * load * data)
    assert 6 * data + 2 * float(tt.inference_multiplier(14, load)) * load * data == pytest.approx(large)
    with pytest.raises(QuantityError, match="below 1"):
        tt.inference_multiplier(0.5, 1)


@pytest.fixture
def rates():
    return tt.flop_rates(**DEVICE, utilisation_training=0.4, utilisation_prefill=0.4, utilisation_decode=0.02)


def test_dollars_of_a_life_are_those_of_the_flop(rates):
    assert rates.training == pytest.approx(2 / 3600 / (0.4 * 989.4e12))
    assert rates.decode == pytest.approx(20 * rates.prefill)
    training, serving = tt.lifetime_dollars(
        7e9, 1.4e12, queries=1e9, samples=4, prompt=500, output=1000, rates=rates
    )
    assert training == pytest.approx(6 * 7e9 * 1.4e12 * rates.training)
    assert serving == pytest.approx(2 * 7e9 * 1e9 * (500 * rates.prefill + 4000 * rates.decode))


def test_no_other_model_of_the_loss_is_cheaper_in_dollars(rates):
    about = {"queries": 1e9, "prompt": 500, "output": 300, "rates": rates}
    seen = tt.train_or_sample(2.2, CHINCHILLA, **about)
    above = 2.2 - CHINCHILLA["E"]
    size = np.geomspace((CHINCHILLA["A"] / above) ** (1 / 0.336) * 1.01, 1e12, 20_000)
    data = (CHINCHILLA["B"] / (above - CHINCHILLA["A"] * size**-0.336)) ** (1 / 0.283)
    total = sum(tt.lifetime_dollars(size, data, samples=1, **about))
    assert seen.total[0] == pytest.approx(total.min(), rel=1e-6)
    assert seen.params[0] == pytest.approx(size[np.argmin(total)], rel=5e-3)


def test_samples_take_over_from_training_when_answers_are_few(rates):
    law = {**CHINCHILLA, "G": 0.3, "gamma": 0.4}
    about = {"prompt": 500, "output": 300, "rates": rates, "samples": np.arange(1, 65)}
    few = tt.train_or_sample(2.2, law, queries=1e5, **about)
    many = tt.train_or_sample(2.2, law, queries=1e11, **about)
    assert few.samples[few.best] > many.samples[many.best]
    assert few.params[few.best] > many.params[many.best] * 0.1
    assert "training included" in few.report()
    assert few.samples[0] > 0
    with pytest.raises(QuantityError, match="No number of samples"):
        tt.train_or_sample(1.6, law, queries=1e5, **about)
    with pytest.raises(QuantityError, match="come together"):
        tt.train_or_sample(2.2, {**CHINCHILLA, "G": 1.0}, queries=1e5, **about)


def test_one_axis_of_dollars_from_training_to_the_answer(rates):
    table = sw.load("pythia_math")
    about = {"prompt": 300, "output": 400, "rates": rates}
    rows = tt.answer_costs(table, [1, 10, 100, 1000], queries=1e6, **about)
    assert len(rows) == 28
    row = rows[rows["system"] == "Pythia-12B x 100"].iloc[0]
    assert row["accuracy"] == pytest.approx(0.4834, abs=5e-5)
    paid = 6 * 12e9 * 3e11 * rates.training / 1e6 + 2 * 12e9 * (300 * rates.prefill + 40_000 * rates.decode)
    assert row["dollars"] == pytest.approx(paid)
    rare = sw.frontier(tt.answer_costs(table, [1, 10, 100, 1000], queries=1e2, **about), draws=50)
    often = sw.frontier(tt.answer_costs(table, [1, 10, 100, 1000], queries=1e9, **about), draws=50)
    # Where training is shared by few answers, a small model with many samples is the cheap way up.
    first = {seen: tt_front(seen) for seen in (rare, often)}
    assert np.mean([k for _, k in first[rare]]) > np.mean([k for _, k in first[often]])
    with pytest.raises(TableError, match="train_tokens"):
        tt.answer_costs(table.drop(columns="train_tokens"), [1], queries=1e6, **about)


def tt_front(seen):
    return [
        (seen.names[i].split(" x ")[0], int(seen.names[i].split(" x ")[1].replace(",", "")))
        for i in seen.front
    ]


def test_queries_at_which_the_larger_model_pays():
    at = tt.break_even_queries(1e6, 0.01, 5e6, 0.002)
    assert 1e6 + at * 0.01 == pytest.approx(5e6 + at * 0.002)
    assert tt.break_even_queries(1e6, 0.001, 5e6, 0.002) == np.inf
    assert tt.break_even_queries(5e6, 0.002, 1e6, 0.001) == 0


# -- advice ---


def small(f, **more):
    return tt.option("small model", 0.0005, p=0.1, selector="verifier", t=0.9, f=f, fallback=False, **more)


LARGE = tt.option("large model", 0.01, p=0.45)


@pytest.mark.parametrize(
    ("f", "accuracy"),
    [(0, 0.8483550870), (0.02, 0.7485879904), (0.05, 0.6300034226), (0.1, 0.4905540193), (0.2, 0.3327176804)],
)
def test_a_cent_a_problem(f, accuracy):
    seen = tt.advise([small(f), LARGE], 0.01)
    frame = seen.to_frame()
    assert frame.loc["small model", "accuracy"] == pytest.approx(accuracy, abs=6e-11)
    assert frame.loc["small model", "samples"] == 20
    assert frame.loc["large model", "accuracy"] == 0.45
    assert seen.names[0] == ("small model" if f < 0.1195 else "large model")
    assert seen.false_positives == pytest.approx(0.1195, abs=5e-5)
    words = seen.sentences[0]
    assert words.startswith("With $0.01 per problem: small model, 20 samples")
    assert "false-positive rate is below 12 %" in words
    assert "else large model, once (accuracy 0.450)" in words
    assert ("now so" in words) == (f < 0.1195)
    assert "nothing here says how sure" in seen.sentences[1]


def test_advice_from_counts_says_how_sure_it_is_and_what_would_change_it():
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 4, 200)
    counts = {"n": np.full(200, 40), "c": rng.binomial(40, p)}
    weak = tt.option("weak", 0.001, **counts, selector="verifier", judged=(100, 90, 400, 12))
    strong = tt.option("strong", 0.02, p=np.full(200, 0.4))
    seen = tt.advise([weak, strong], 0.02)
    frame = seen.to_frame()
    assert 0 <= frame["probability"].min() <= frame["probability"].max() <= 1
    assert frame["probability"].sum() == pytest.approx(1)
    assert (frame.loc["weak", "low"] < frame.loc["weak", "accuracy"]) & (
        frame.loc["weak", "accuracy"] < frame.loc["weak", "high"]
    )
    assert "draws of what is uncertain" in seen.report()
    assert seen.to_dict()["names"] == list(seen.names)
    cheap = tt.advise([weak, strong], 0.005)
    assert cheap.names[0] == "weak"
    assert "<table" in cheap._repr_html_()
    assert "With <span>$</span>0.005 per" in cheap._repr_html_()  # two bare dollars would be a formula


def test_a_larger_budget_can_change_the_choice():
    one, vote = tt.option("one", 0.001, p=0.5), tt.option("votes", 0.002, p=0.6, selector="vote")
    seen = tt.advise([one, vote], 0.001)
    assert seen.names[0] == "one"
    assert seen.next_best == "votes"
    assert seen.budget_change == pytest.approx(0.002, rel=0.07)
    assert "one wrong answer" in seen.report()
    more = tt.advise([one, vote], 0.02)
    assert more.samples[0] == 9
    assert "No budget up to" in more.report()


def test_more_samples_than_help_are_not_bought():
    hard = tt.option("votes", 0.001, p=0.4, selector="vote")
    assert tt.advise([hard], 0.1).samples[0] == 1
    assert tt.advise([tt.option("sure", 0.001, p=1.0, selector="oracle")], 0.1).samples[0] == 1


def test_a_verifier_that_can_never_win_or_never_lose():
    seen = tt.advise([small(0.1), tt.option("large model", 0.01, p=0.9)], 0.01)
    assert "large model, once (accuracy 0.900); small model would lose even if" in seen.sentences[0]
    seen = tt.advise(
        [tt.option("ok", 0.001, p=0.6, selector="verifier", f=0.5), tt.option("x", 0.01, p=0.3)], 0.01
    )
    assert "whatever wrong answers" in seen.sentences[0]


def test_what_cannot_be_paid_or_described_is_said():
    assert "no option can be paid" in tt.advise([LARGE], 0.001).report()
    with pytest.raises(QuantityError, match="above zero"):
        tt.option("free", 0.0, p=0.5)
    with pytest.raises(QuantityError, match="Nothing says how often"):
        tt.option("a", 1.0)
    with pytest.raises(UnknownNameError, match="verifier"):
        tt.option("a", 1.0, p=0.5, selector="verifyer")
    with pytest.raises(QuantityError, match="one name"):
        tt.advise([LARGE, LARGE], 1.0)
    with pytest.raises(QuantityError, match="no options"):
        tt.advise([], 1.0)
