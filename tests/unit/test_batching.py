import numpy as np
import pytest

from bertdemo.core.batching import MOST_TOKENS, epoch_steps, length_groups, packed_steps, padding_share


@pytest.fixture
def lengths() -> np.ndarray:
    return np.clip(np.random.default_rng(0).gamma(3, 8, 3000).astype(int) + 3, 3, 128)


def test_an_epoch_holds_every_row_once(lengths: np.ndarray) -> None:
    steps = epoch_steps(lengths, 32, 16, np.random.default_rng(1))
    rows = np.concatenate([group for step in steps for group in step])
    assert sorted(rows) == list(range(3000))


def test_all_steps_but_the_last_have_the_batch_size(lengths: np.ndarray) -> None:
    sizes = [sum(map(len, step)) for step in epoch_steps(lengths, 32, 16, np.random.default_rng(1))]
    assert set(sizes[:-1]) == {32}
    assert sum(sizes) == 3000


def test_less_than_five_percent_is_padding(lengths: np.ndarray) -> None:
    steps = epoch_steps(lengths, 32, 16, np.random.default_rng(1))
    assert padding_share(lengths, [group for step in steps for group in step]) < 0.05


def test_epochs_differ_and_a_seed_repeats(lengths: np.ndarray) -> None:
    first, again, other = (epoch_steps(lengths, 32, 16, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all((a == b).all() for s, t in zip(first, again, strict=True) for a, b in zip(s, t, strict=True))
    assert [len(s) for s in first] != [len(s) for s in other]


def test_steps_are_near_random_in_length(lengths: np.ndarray) -> None:
    """The mean length of a step varies little more than that of a random batch, not like a sorted one."""
    steps = epoch_steps(lengths, 32, 16, np.random.default_rng(1))
    means = [lengths[np.concatenate(step)].mean() for step in steps[:-1]]
    spread_of_sorted = lengths.std()
    assert np.std(means) < 0.8 * spread_of_sorted


def test_a_token_budget_bounds_a_group() -> None:
    lengths = np.full(100, 50)
    groups = list(length_groups(lengths, np.arange(100), 64, max_tokens=500))
    assert max(map(len, groups)) == 10
    assert sum(map(len, groups)) == 100


def test_packed_steps_are_random_batches_within_a_number_of_tokens(lengths: np.ndarray) -> None:
    steps = packed_steps(lengths, 32, np.random.default_rng(1))
    rows = np.concatenate([group for step in steps for group in step])
    assert sorted(rows) == list(range(3000))
    assert {sum(map(len, step)) for step in steps[:-1]} == {32}
    assert all(len(step) == 1 for step in steps)
    long = packed_steps(np.full(100, 512), 32, np.random.default_rng(1))
    assert [[len(group) for group in step] for step in long[:3]] == [[7, 8, 8, 8, 1]] * 3
    assert max(512 * len(group) for step in long for group in step) <= MOST_TOKENS
