from collections.abc import Callable, Iterable

import numpy as np
import pytest

from bertdemo.core.batching import MOST_TOKENS, SLACK, length_groups, passes


@pytest.fixture
def lengths() -> np.ndarray:
    return np.clip(np.random.default_rng(0).gamma(3, 8, 3000).astype(int) + 3, 3, 128)


def padding_share(lengths: np.ndarray, groups: list[np.ndarray]) -> float:
    """Share of the tokens computed that are padding."""
    computed = sum(len(rows) * int(lengths[rows].max()) for rows in groups)
    return 1 - sum(int(lengths[rows].sum()) for rows in groups) / computed


def test_groups_hold_every_row_once_and_next_to_no_padding(lengths: np.ndarray) -> None:
    groups = list(length_groups(lengths, np.argsort(lengths), 32))
    assert sorted(np.concatenate(groups)) == list(range(3000))
    assert max(map(len, groups)) == 32
    assert padding_share(lengths, groups) < SLACK
    assert len(groups) < 1.2 * 3000 / 32


def test_a_token_budget_bounds_a_group() -> None:
    lengths = np.full(100, 50)
    groups = list(length_groups(lengths, np.arange(100), 64, max_tokens=500))
    assert max(map(len, groups)) == 10
    assert sum(map(len, groups)) == 100
    alone = list(length_groups(np.full(3, 512), np.arange(3), 64, max_tokens=100))
    assert [len(group) for group in alone] == [1] * 3


def test_a_few_texts_share_a_pass_where_their_padding_costs_less_than_another() -> None:
    lengths = np.array([5, 9, 14, 15, 60])
    order = np.arange(5)
    assert len(list(length_groups(lengths, order, 32))) == 4
    assert [len(group) for group in length_groups(lengths, order, 32, spare=64)] == [4, 1]


def test_passes_hold_all_rows_within_a_number_of_tokens(lengths: np.ndarray) -> None:
    rows = np.random.default_rng(1).permutation(3000)[:256]
    cut = passes(rows, lengths.__getitem__, 600)
    assert sorted(np.concatenate(cut)) == sorted(rows)
    assert max(lengths[part].sum() for part in cut) <= 600 + lengths.max()
    [whole] = passes(rows[:4], lengths.__getitem__, MOST_TOKENS)
    assert list(whole) == list(rows[:4])
    alone = passes(np.arange(5), np.full(5, 512).__getitem__, 100)
    assert [len(part) for part in alone] == [1] * 5


def test_padded_passes_of_a_random_step_keep_to_their_padding(lengths: np.ndarray) -> None:
    rows = np.random.default_rng(1).permutation(3000)[:32]
    cut = passes(rows, lengths.__getitem__, MOST_TOKENS, padding=0.12)
    assert sorted(np.concatenate(cut)) == sorted(rows)
    assert padding_share(lengths, cut) < 0.12
    assert len(cut) < 10


@pytest.mark.parametrize("padding", [None, 0.12])
def test_labels_that_go_with_length_are_learnt_as_well_as_from_random_batches(padding: float | None) -> None:
    """A small network whose rows are classes by length, four in five, and by their cells, always."""
    import torch

    draw = np.random.default_rng(0)
    lengths = np.clip(draw.gamma(3, 8, 1600).astype(int) + 3, 3, 128)
    long = lengths > np.median(lengths)
    labels = np.where(draw.random(1600) < 0.8, long, ~long).astype(np.int64)
    cells = draw.normal(size=(1600, 12)).astype(np.float32)
    cells[:, 0] += np.where(labels, 1.2, -1.2)
    cells[:, 1] = lengths / lengths.max()
    inputs, targets = torch.from_numpy(cells), torch.from_numpy(labels)

    def accuracy(steps_of: Callable[[int, int], Iterable[list[np.ndarray]]], seed: int) -> float:
        torch.manual_seed(seed)
        model = torch.nn.Sequential(torch.nn.Linear(12, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2))
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-2)
        for epoch in range(4):
            for groups in steps_of(seed, epoch):
                size = sum(map(len, groups))
                for rows in groups:
                    loss = torch.nn.functional.cross_entropy(model(inputs[rows]), targets[rows], reduction="sum")
                    (loss / size).backward()
                optimizer.step()
                optimizer.zero_grad()
        with torch.no_grad():
            return float((model(inputs[800:]).argmax(1) == targets[800:]).float().mean())

    def batches(seed: int, epoch: int) -> Iterable[np.ndarray]:
        order = np.random.default_rng((seed, epoch)).permutation(800)
        return np.split(order, 25)

    def ours(seed: int, epoch: int) -> Iterable[list[np.ndarray]]:
        return [passes(rows, lengths.__getitem__, MOST_TOKENS, padding) for rows in batches(seed, epoch)]

    def random(seed: int, epoch: int) -> Iterable[list[np.ndarray]]:
        return [[rows] for rows in batches(seed, epoch)]

    found, plain = ([accuracy(each, seed) for seed in range(8)] for each in (ours, random))
    assert np.mean(plain) > 0.85
    assert np.mean(found) > np.mean(plain) - 0.003


def test_no_pass_holds_more_tokens_than_asked_for() -> None:
    lengths = np.array([170, 170, 90, 86, 300, 10])
    found = passes(np.arange(6), lambda rows: lengths[rows], 256)
    assert sorted(np.concatenate(found).tolist()) == list(range(6))
    assert all(lengths[rows].sum() <= 256 or len(rows) == 1 for rows in found)
