"""Errors stay sentences, keep their parts, and are caught by the built-in a programmer expects."""

import pickle

import pytest

from scalewidgets import errors


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.FormulaError, ValueError),
        (errors.UnknownNameError, KeyError),
        (errors.QuantityError, ValueError),
        (errors.TableError, ValueError),
        (errors.FetchError, OSError),
        (errors.FitError, ValueError),
        (errors.ScheduleError, ValueError),
        (errors.PaneError, RuntimeError),
    ],
)
def test_every_refusal_is_ours_and_the_expected_builtin(kind, builtin):
    error = kind("The thing is wrong.", remedy="Do the other thing.")
    assert isinstance(error, errors.ScaleWidgetsError)
    assert isinstance(error, builtin)
    assert str(error) == "The thing is wrong. Do the other thing."


def test_the_remedy_is_not_said_twice():
    assert (
        str(errors.FitError("Give at least one run.", remedy="Give at least one run."))
        == "Give at least one run."
    )


def test_a_table_error_crosses_a_process_border_with_its_place():
    error = errors.TableError(
        "Row 3 has no loss.", file="runs.csv", row=3, column="loss", remedy="Fill it in."
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is errors.TableError
    assert (again.file, again.row, again.column, str(again)) == ("runs.csv", 3, "loss", str(error))


def test_an_unknown_name_error_crosses_a_process_border_with_its_matches():
    error = errors.UnknownNameError.of("a law", "chinchila", ["chinchilla", "kaplan_ND"])
    again = pickle.loads(pickle.dumps(error))
    assert again.matches == ("chinchilla",)
    assert str(again) == "'chinchila' is not the name of a law. Did you mean chinchilla?"


def test_an_unknown_name_with_nothing_close_lists_what_there_is():
    error = errors.UnknownNameError.of("a law", "zzz", ["chinchilla", "kaplan_ND"])
    assert str(error) == "'zzz' is not the name of a law. Known names: chinchilla, kaplan_ND."


def test_a_very_long_name_does_not_fill_the_screen():
    assert len(str(errors.UnknownNameError.of("a law", "x" * 10_000_000, ["chinchilla"]))) < 200
