"""Errors that a user can mend carry the parameter, the value and what is allowed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from detector.errors import ConfigurationError, Parameter, ParameterError


def test_an_error_of_a_value_carries_all_of_it_and_says_it_in_one_line() -> None:
    error = ParameterError("device", "cuda", "is not there", "auto, cpu")
    assert isinstance(error, ConfigurationError)
    assert (error.parameter, error.value, error.problem, error.allowed) == (
        "device",
        "cuda",
        "is not there",
        "auto, cpu",
    )
    assert str(error) == "`device`: cuda: is not there; allowed: auto, cpu"
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Path("in/a.csv"), "in/a.csv"),
        (0.1, "0.1"),
        (500.0, "500"),
        ("", "''"),
        ("two words", "'two words'"),
        ("a\nb", r"'a\nb'"),
        ("^(site)", "'^(site)'"),
    ],
)
def test_a_value_is_quoted_where_it_could_be_taken_for_words_of_the_line(value: object, shown: str) -> None:
    assert str(ParameterError("group", value, "is wrong")) == f"`group`: {shown}: is wrong"


def test_a_long_value_is_cut() -> None:
    assert len(str(ParameterError("group", "x" * 10_000, "is wrong"))) < 300


def test_an_error_comes_whole_out_of_another_process() -> None:
    error = ParameterError("hop_s", 2.5, "leaves out parts", "at most 1 s")
    same = pickle.loads(pickle.dumps(error))
    assert (type(same), same.args, same.__dict__) == (ParameterError, error.args, error.__dict__)


def test_a_parameter_is_named_as_python_calls_it() -> None:
    assert f"{Parameter('hop_s')} and {Parameter('complete', of='extract')}" == "`hop_s` and `extract.complete`"
