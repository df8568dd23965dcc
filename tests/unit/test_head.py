import numpy as np
import pytest

from bertdemo.core.head import is_worth_a_start
from bertdemo.core.tasks import OneLabel, fit_temperature, softmax


def test_temperature_is_recovered_from_logits_that_were_scaled() -> None:
    draw = np.random.default_rng(0)
    honest = draw.normal(0, 2, (20_000, 4))
    labels = np.array([draw.choice(4, p=p) for p in softmax(honest)])
    assert fit_temperature(OneLabel(), honest * 3, labels) == pytest.approx(3, rel=0.05)


def test_too_few_rows_leave_the_probabilities_alone() -> None:
    assert fit_temperature(OneLabel(), np.ones((5, 2)), np.zeros(5, dtype=int)) == 1.0


@pytest.mark.parametrize(
    ("rows", "classes", "epochs", "worth"),
    [
        (6_000, 2, 3.0, False),
        (900, 2, 8.0, True),  # few rows
        (9_000, 77, 4.0, True),  # many classes
        (6_000, 2, 0.4, True),  # a short training
    ],
)
def test_a_start_from_a_regression_is_for_few_rows_many_classes_and_short_trainings(
    rows: int, classes: int, epochs: float, worth: bool
) -> None:
    assert is_worth_a_start(rows, classes, epochs) is worth
