import numpy as np
import pytest

from bertdemo.report.metrics import (
    accuracy_interval,
    far_off,
    independent_rows,
    micro_f1,
    on_a_scale,
    paired_difference,
    paired_f1,
    score,
    share_interval,
    spread_as,
)


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


def one_label(classes: np.ndarray) -> np.ndarray:
    return np.eye(3, dtype=bool)[classes]


STARS = [[40, 8, 2, 0, 0], [9, 30, 9, 1, 0], [1, 8, 30, 8, 1], [0, 1, 9, 30, 9], [0, 0, 1, 10, 40]]


@pytest.mark.parametrize(
    "names",
    [
        ("1", "2", "3", "4", "5"),
        ("1 star", "2 stars", "3 stars", "4 stars", "5 stars"),
        ("1 Stern", "2 Sterne", "3 Sterne", "4 Sterne", "5 Sterne"),
        ("1 звезда", "2 звезды", "3 звезды", "4 звезды", "5 звёзд"),
        ("1星", "2星", "3星", "4星", "5星"),
        ("1/5", "2/5", "3/5", "4/5", "5/5"),
        ("100", "200", "300", "400", "500"),
        ("★", "★★", "★★★", "★★★★", "★★★★★"),
        ("★☆☆☆☆", "★★☆☆☆", "★★★☆☆", "★★★★☆", "★★★★★"),
        ("⭐️", "⭐️⭐️", "⭐️⭐️⭐️", "⭐️⭐️⭐️⭐️", "⭐️⭐️⭐️⭐️⭐️"),
    ],
)
def test_mistakes_on_a_scale_are_measured_in_steps(names: tuple[str, ...]) -> None:
    found = on_a_scale(np.array(STARS), names)
    assert found is not None
    assert (found["mistakes"], found["next_to"]) == (77, pytest.approx(70 / 77))
    assert found["steps"] == pytest.approx((70 + 2 * 7) / 247)


def test_steps_are_those_of_the_numbers_and_not_of_the_order_shown() -> None:
    order = [0, 2, 4, 1, 3]
    names = tuple(str(i + 1) for i in order)
    turned = np.array(STARS)[np.ix_(order, order)]
    assert on_a_scale(turned, names) == on_a_scale(np.array(STARS), ("1", "2", "3", "4", "5"))


def test_two_steps_of_a_scale_are_far_off_and_one_is_not() -> None:
    places = np.arange(5)
    for names in (("1", "2", "3", "4", "5"), ("1", "1.5", "2", "2.5", "3"), ("1 star", "2 stars", "3 stars", "4", "5")):
        if (far := far_off(names)) is not None:
            assert (far == (np.abs(places[:, None] - places) > 1)).all()
    strayed = ("1", "2", "3", "3.3", "4", "5")
    far = far_off(strayed)
    assert far is not None
    assert [far[strayed.index(a), strayed.index(b)] for a, b in ("34", "42", "53")] == [False, True, True]
    assert far_off(("good", "bad", "ugly")) is None


def test_numbers_of_classes_are_no_scale() -> None:
    anywhere = np.full((5, 5), 4) + np.diag([30] * 5)
    assert on_a_scale(anywhere, ("0", "1", "2", "3", "4")) is None
    for names in (("a", "b", "c", "d", "e"), ("1", "2", "3", "4", "none"), ("1 star", "2 stars", "3 km", "4", "5")):
        assert on_a_scale(np.array(STARS), names) is None
    for names in (
        ("101", "102", "103", "104", "105"),
        ("200", "301", "404", "500", "503"),
        ("2019", "2020", "2021", "2022", "2023"),
        ("1 cat", "2 cars", "3 cats", "4 cars", "5 cats"),
        ("1/5", "2/6", "3/7", "4/8", "5/9"),
        ("1", "1.0", "2", "3", "4"),
        ("a", "aa", "aaa", "aaaa", "aaaaa"),
        ("★", "**", "★★★", "****", "★★★★★"),
    ):
        assert on_a_scale(np.array(STARS), names) is None
    assert on_a_scale(np.array([[9, 1], [1, 9]]), ("1", "2")) is None
    assert on_a_scale(np.diag([9, 9, 9]) + 1, ("1", "2", "3")) is None  # too few mistakes


def test_interval_of_micro_f1_is_that_of_the_accuracy_where_rows_have_one_label() -> None:
    truth = one_label(np.arange(20) % 3)
    for wrong in (0, 1, 5, 20):
        said = np.where((np.arange(20) < wrong)[:, None], np.roll(truth, 1, axis=1), truth)
        found = micro_f1(truth, said)
        assert found["interval"] == pytest.approx(accuracy_interval(20 - wrong, 20))
    nothing = np.zeros((5, 3), bool)
    assert micro_f1(nothing, nothing)["interval"] == [0, 1]
    assert micro_f1(truth[:0], truth[:0])["interval"] == [0, 1]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("rows", [20, 60, 200])
def test_interval_of_micro_f1_covers_the_truth_as_often_as_it_says(rows: int, together: bool) -> None:
    """Labels that are wrong each by itself, and those of the same few rows."""
    rng = np.random.default_rng(0)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        labels, hard = rng.random((n, 5)) < 0.4, rng.random((n, 1)) < 0.12
        return labels, labels ^ (
            rng.random((n, 5)) < np.where(hard, 0.3, 0.0) if together else rng.random((n, 5)) < 0.036
        )

    truth = micro_f1(*draw(200_000))["micro_f1"]
    found = [micro_f1(*draw(rows))["interval"] for _ in range(600)]
    assert np.mean([low <= truth <= high for low, high in found]) > 0.925
    assert np.mean([high - low for low, high in found]) < 1.1 * np.diff(accuracy_interval(truth * rows, rows))[0]


def test_few_rows_on_which_two_differ_are_chance() -> None:
    truth = one_label(np.arange(100) % 3)

    def wrong(rows: np.ndarray) -> np.ndarray:
        return np.where(np.isin(np.arange(100), rows)[:, None], np.roll(truth, 1, axis=1), truth)

    for lost in (4, 6, 8):  # the probability of so many heads or tails in a row
        found = paired_f1(truth, truth, wrong(np.arange(lost)))
        assert found["p"] == pytest.approx(2 / 2**lost, abs=0.01)
        assert found["verdict"] == ("within_noise" if lost < 6 else "better")
        assert paired_f1(truth, wrong(np.arange(lost)), truth) == {
            "difference": -found["difference"],
            "p": found["p"],
            "verdict": found["verdict"].replace("better", "worse"),
        }
    assert paired_f1(truth[:0], truth[:0], truth[:0])["verdict"] == "within_noise"
    rng, alarms = np.random.default_rng(0), 0
    for _ in range(200):  # two that are as good
        sides = rng.random(12) < 0.5
        first, second = wrong(np.flatnonzero(sides)), wrong(np.flatnonzero(~sides))
        alarms += paired_f1(truth, first, second)["verdict"] != "within_noise"
    assert alarms / 200 <= 0.06


@pytest.mark.parametrize(("groups", "rows"), [(60, 5), (20, 20)])
def test_two_that_are_as_good_are_seldom_told_apart_by_rows_that_are_right_together(groups: int, rows: int) -> None:
    """Each group is right as a whole, by either: by rows, most draws would say that one is better."""
    rng, of_row = np.random.default_rng(0), np.repeat(np.arange(groups), rows)
    alarms = np.zeros(3)
    for _ in range(60):
        first, second = (np.repeat(rng.random(groups) < 0.7, rows) for _ in range(2))
        truth = np.eye(2, dtype=bool)[np.ones(len(of_row), int)]
        said = [np.eye(2, dtype=bool)[right.astype(int)] for right in (first, second)]
        found = paired_difference(first, second), paired_difference(first, second, of_row)
        verdicts = [its["verdict"] for its in (*found, paired_f1(truth, *said, of_row))]
        assert found[0]["difference"] == found[1]["difference"]
        alarms += [verdict != "within_noise" for verdict in verdicts]
    by_rows, by_groups, by_groups_of_labels = alarms / 60
    assert by_rows > 0.25
    assert max(by_groups, by_groups_of_labels) <= 0.08


def test_groups_of_one_row_tell_two_apart_as_rows_do() -> None:
    for only_first, only_other in ((10, 2), (6, 0), (5, 0), (30, 12), (0, 0)):
        first, second = np.ones(60, bool), np.ones(60, bool)
        second[:only_first], first[only_first : only_first + only_other] = False, False
        exact, drawn = paired_difference(first, second), paired_difference(first, second, np.arange(60))
        assert drawn.pop("p") == pytest.approx(exact.pop("p"), abs=0.01)
        assert drawn == exact


@pytest.mark.parametrize("groups", [6, 12, 30])
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_the_interval_of_uneven_groups_covers_the_truth_as_often_as_it_says(groups: int, share: float) -> None:
    rng, found = np.random.default_rng(0), []
    for _ in range(500):
        of_row = np.repeat(np.arange(groups), rng.geometric(0.1, groups))
        right = rng.random(len(of_row)) < rng.beta(8 * share, 8 * (1 - share), groups)[of_row]
        found.append(share_interval(right, of_row))
    assert np.mean([low <= share <= high for low, high in found]) > 0.92


def test_groups_count_as_many_rows_as_they_are_spread_like() -> None:
    of_row, texts = np.repeat(np.arange(10), 4), np.arange(10) % 2 == 0
    assert spread_as(texts) == independent_rows(texts) == pytest.approx(10)
    assert spread_as(texts[of_row], of_row) == pytest.approx(9)  # one is lost to the share, which is not known
    of_t = 2.262  # at 9 degrees of freedom: an interval by so few is wider
    assert independent_rows(texts[of_row], of_row) == pytest.approx(9 * (1.96 / of_t) ** 2, rel=1e-3)
    assert spread_as(of_row > -1, of_row) == 10
    alike = np.arange(40) % 2 == 0  # half of each group is right: they tell no less than their rows, and no more
    assert spread_as(alike, of_row) == independent_rows(alike, of_row) == pytest.approx(40)
    assert spread_as(alike, np.zeros(40, int)) == 1


def test_copies_tell_as_much_as_the_texts_do_that_they_are_of() -> None:
    right = np.arange(40) % 5 > 0
    low, high = share_interval(np.repeat(right, 5), np.repeat(np.arange(40), 5))
    once = share_interval(right)
    assert once[0] > low > once[0] - 0.02
    assert once[1] < high < once[1] + 0.02
    low, high = share_interval(right, np.zeros(40, int))
    assert low < 0.01
    assert high > 0.99
    assert share_interval(right[:0], np.zeros(0, int)) == [0, 1]


@pytest.mark.parametrize(("labels", "base", "hit", "false"), [(28, 0.04, 0.6, 0.01), (5, 0.3, 0.98, 0.005)])
def test_the_interval_of_micro_f1_is_no_wider_than_it_need_be(
    labels: int, base: float, hit: float, false: float
) -> None:
    """Labels that are given and found each by itself: half as many as there are, would make it far too wide."""
    rng = np.random.default_rng(0)

    def draw(rows: int) -> tuple[np.ndarray, np.ndarray]:
        given = rng.random((rows, labels)) < base
        return given, rng.random((rows, labels)) < np.where(given, hit, false)

    truth = micro_f1(*draw(100_000))["micro_f1"]
    found = [micro_f1(*draw(200)) for _ in range(300)]
    seen = np.std([its["micro_f1"] for its in found])
    assert np.mean([low <= truth <= high for low, high in (its["interval"] for its in found)]) > 0.92
    assert np.mean([high - low for low, high in (its["interval"] for its in found)]) < 1.12 * 2 * 1.96 * seen
