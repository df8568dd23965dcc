from collections.abc import Callable, Iterable

import numpy as np
import pytest

from bertdemo.core.batching import (
    MOST_TOKENS,
    POOL,
    epoch_steps,
    length_groups,
    padding_share,
    passes,
    steps_of_epoch,
)


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


def test_packed_steps_are_random_batches(lengths: np.ndarray) -> None:
    order = np.random.default_rng(1).permutation(3000)
    steps = list(steps_of_epoch(order, lengths.__getitem__, 32, (1,), packed=True))
    assert [list(rows) for [rows] in steps] == [list(order[i : i + 32]) for i in range(0, 3000, 32)]


def test_padded_steps_ask_for_the_lengths_of_the_next_rows_only(lengths: np.ndarray) -> None:
    many = np.resize(lengths, 50_000)
    asked: list[np.ndarray] = []

    def lengths_of(rows: np.ndarray) -> np.ndarray:
        asked.append(rows)
        return many[rows]

    order = np.random.default_rng(1).permutation(50_000)
    steps = steps_of_epoch(order, lengths_of, 32, (1,), packed=False)
    next(steps)
    assert len(np.concatenate(asked)) <= POOL
    rest = [row for step in steps for group in step for row in group]
    assert len(rest) == 50_000 - 32
    assert len(set(rest)) == len(rest)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("first", [0, 1, 511, 512, 1000])
def test_an_epoch_that_goes_on_in_its_middle_has_the_same_steps(lengths: np.ndarray, packed: bool, first: int) -> None:
    many = np.resize(lengths, 40_000)
    order = np.random.default_rng(1).permutation(40_000)

    def steps(first: int) -> list[list[list[int]]]:
        found = steps_of_epoch(order, many.__getitem__, 32, (1,), packed=packed, first=first)
        return [[group.tolist() for group in step] for step in found]

    assert steps(first) == steps(0)[first:]


def test_passes_hold_all_rows_within_a_number_of_tokens(lengths: np.ndarray) -> None:
    rows = np.random.default_rng(1).permutation(3000)[:256]
    cut = passes([rows], lengths.__getitem__, 600)
    assert sorted(np.concatenate(cut)) == sorted(rows)
    assert max(lengths[part].sum() for part in cut) <= 600 + lengths.max()
    [whole] = passes([rows[:4]], lengths.__getitem__, MOST_TOKENS)
    assert list(whole) == list(rows[:4])
    alone = passes([np.arange(5)], np.full(5, 512).__getitem__, 100)
    assert [len(part) for part in alone] == [1] * 5


@pytest.mark.parametrize("packed", [True, False])
def test_labels_that_go_with_length_are_learnt_as_well_as_from_random_batches(packed: bool) -> None:
    """A small network whose rows are classes by length, four in five, and by their cells, always."""
    torch = pytest.importorskip("torch")
    draw = np.random.default_rng(0)
    lengths = np.clip(draw.gamma(3, 8, 1600).astype(int) + 3, 3, 128)
    long = lengths > np.median(lengths)
    labels = np.where(draw.random(1600) < 0.8, long, ~long).astype(np.int64)
    cells = draw.normal(size=(1600, 12)).astype(np.float32)
    cells[:, 0] += np.where(labels, 1.2, -1.2)
    cells[:, 1] = lengths / lengths.max()
    inputs, targets = torch.from_numpy(cells), torch.from_numpy(labels)

    def accuracy(steps_of: Callable[[int], Iterable[list[np.ndarray]]], seed: int) -> float:
        torch.manual_seed(seed)
        model = torch.nn.Sequential(torch.nn.Linear(12, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2))
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-2)
        for epoch in range(4):
            for groups in steps_of(epoch):
                rows = np.concatenate(groups)
                torch.nn.functional.cross_entropy(model(inputs[rows]), targets[rows]).backward()
                optimizer.step()
                optimizer.zero_grad()
        with torch.no_grad():
            return float((model(inputs[800:]).argmax(1) == targets[800:]).float().mean())

    def ours(epoch: int) -> Iterable[list[np.ndarray]]:
        order = np.random.default_rng((1, epoch)).permutation(800)
        return steps_of_epoch(order, lengths.__getitem__, 32, (1, epoch), packed=packed)

    def random(epoch: int) -> Iterable[list[np.ndarray]]:
        order = np.random.default_rng((2, epoch)).permutation(800)
        return [[order[begin : begin + 32]] for begin in range(0, 800, 32)]

    found, plain = (np.mean([accuracy(each, seed) for seed in range(5)]) for each in (ours, random))
    assert plain > 0.9
    assert found > plain - 0.01
