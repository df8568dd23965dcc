import numpy as np
import pytest

from bertdemo.report.metrics import accuracy_interval, score


def test_interval_equals_the_published_example() -> None:
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662
    assert accuracy_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_interval_stays_within_zero_and_one() -> None:
    assert accuracy_interval(0, 10)[0] == pytest.approx(0.0)
    assert accuracy_interval(10, 10)[1] == pytest.approx(1.0)
    assert accuracy_interval(0, 0) == (0.0, 1.0)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    draws = np.random.default_rng(0).binomial(200, 0.9, 4000)
    covered = [low <= 0.9 <= high for low, high in (accuracy_interval(int(k), 200) for k in draws)]
    assert 0.93 < np.mean(covered) < 0.97


def test_score_counts_given_by_predicted() -> None:
    found = score(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0]), ("no", "yes"))
    assert found["confusion"] == [[1, 1], [1, 2]]
    assert found["accuracy"] == 0.6
    assert found["per_class"][1]["recall"] == pytest.approx(2 / 3)
    assert found["per_class"][0]["support"] == 2
