"""A loss, a size or a coefficient keeps its meaning when its unit changes."""

import numpy as np
import pytest

import scalewidgets as sw
from scalewidgets import conversions as cv
from scalewidgets.errors import QuantityError


@pytest.mark.parametrize(
    ("there", "back", "given"),
    [
        (cv.nats_to_bits, cv.bits_to_nats, {}),
        (cv.nats_to_perplexity, cv.perplexity_to_nats, {}),
        (cv.nats_to_bits_per_byte, cv.bits_per_byte_to_nats, {"tokens_per_byte": 0.29335}),
        (cv.tokens_to_characters, cv.characters_to_tokens, {"characters_per_token": 4.2}),
        (cv.total_params, cv.nonembedding_params, {"vocab": 0.5, "width": 3, "tied": False, "positions": 2}),
        (cv.pfdays_to_flops, cv.flops_to_pfdays, {}),
        (cv.per_billion, cv.from_billions, {"exponent": 0.34}),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_a_conversion_there_and_back_gives_the_same_number(there, back, given):
    numbers = np.array([[0.5, 2.0], [7.25, 400.0]])
    once = there(numbers, **given)
    assert once.shape == numbers.shape
    assert not np.allclose(once, numbers)
    assert back(once, **given) == pytest.approx(numbers, rel=1e-12)
    for refused in (0.0, -1.0, np.nan, np.inf, "two", [1.5, -1.0]):
        for function in (there, back):
            with pytest.raises(QuantityError) as caught:
                function(refused, **given)
            assert caught.value.remedy


def test_known_conversions_come_out_as_everybody_knows_them():
    assert cv.nats_to_bits(np.log(2)) == pytest.approx(1.0)
    assert cv.nats_to_perplexity(np.log(20.0)) == pytest.approx(20.0)
    assert cv.nats_to_bits_per_byte(2.0, tokens_per_byte=0.29335) == pytest.approx(0.84642918049)
    assert cv.pfdays_to_flops(1.0) == 8.64e19
    assert cv.tokens_to_characters(10, characters_per_token=4) == 40


def test_gpt2_small_has_the_124_million_parameters_that_its_parts_add_up_to():
    inner = 85_056_000  # 12 layers of width 768 with biases and norms
    whole = cv.total_params(inner, vocab=50257, width=768, positions=1024)
    assert whole == 124_439_808
    assert cv.total_params(inner, vocab=50257, width=768, positions=1024, tied=False) - whole == 50257 * 768


def test_a_mixture_of_eight_experts_has_the_active_parameters_that_its_paper_says():
    # arXiv:2401.04088, table 1: 32 layers of widths 4,096 and 14,336, 2 of 8 experts; 47B in all, 13B active.
    expert = 32 * 3 * 4096 * 14336
    mixture = {"expert": expert, "experts": 8, "active": 2}
    assert cv.active_params(46.7e9, **mixture) == pytest.approx(12.9e9, rel=5e-3)
    assert cv.total_params_of_active(cv.active_params(46.7e9, **mixture), **mixture) == pytest.approx(46.7e9)
    assert cv.active_params(46.7e9, expert=expert, experts=8, active=8) == 46.7e9
    with pytest.raises(QuantityError, match="9 experts are active of 8"):
        cv.active_params(46.7e9, expert=expert, experts=8, active=9)
    with pytest.raises(QuantityError, match="may be of active ones"):
        cv.active_params(12.9e9, **mixture)


def test_a_law_in_billions_gives_the_loss_of_the_law_in_units():
    values = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}
    law = sw.law("chinchilla")
    billions = {**values, "A": cv.per_billion(406.4, 0.34), "B": cv.per_billion(410.7, 0.28)}
    assert law.value({"N": 70, "D": 1400}, billions) == pytest.approx(
        law.value({"N": 7e10, "D": 1.4e12}, values)
    )


def test_a_refusal_says_what_where_and_what_to_do():
    with pytest.raises(QuantityError, match=r"The loss is -3 at position 1, not above zero\. Give finite"):
        cv.nats_to_bits([2.0, -3.0])
    with pytest.raises(QuantityError, match="not above 1"):
        cv.perplexity_to_nats([20.0, 0.9])
    with pytest.raises(QuantityError, match="summed"):
        cv.nats_to_perplexity(2000.0)
    with pytest.raises(QuantityError, match="may already leave them out"):
        cv.nonembedding_params(1e6, vocab=50257, width=768)
