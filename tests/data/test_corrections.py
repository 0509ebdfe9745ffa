"""Every remark on a description page, held to the numbers of its table.

A remark that no check begins like fails a test: who writes one says how it is known.
"""

import pytest
import remarks_of_runs
import remarks_of_scores

from scalewidgets.data.registry import registry

CHECKS = {**remarks_of_runs.CHECKS, **remarks_of_scores.CHECKS}
LISTED = [(name, start) for name, checks in CHECKS.items() for start in checks]


@pytest.mark.parametrize(("name", "start"), LISTED)
def test_a_remark_is_true_of_the_table(name, start):
    CHECKS[name][start]()


def test_every_remark_is_held_to_numbers():
    unheld = []
    for entry in registry().values():
        starts = CHECKS.get(entry.name, {})
        for note in entry.notes:
            if sum(note.startswith(start) for start in starts) != 1:
                unheld.append((entry.name, note))
        assert all(any(note.startswith(start) for note in entry.notes) for start in starts), entry.name
    assert unheld == []
