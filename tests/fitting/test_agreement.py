"""What a fit says where its starts do not all end in one place."""

from __future__ import annotations

import numpy as np
import pytest

from scalewidgets.fitting.check import Ending, agreement


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((1.0, 1.0, 1.0), ""),
        ((1.0, 2.0, 1.0), "The best of 2 optima; 2 of 3 independent starts end there."),
    ],
)
def test_a_reader_is_told_of_several_optima_and_not_of_one(values, said):
    endings = [Ending(np.zeros(2), value, True) for value in values]
    assert agreement(endings, reference=1.0, floor=0.0).several == said
