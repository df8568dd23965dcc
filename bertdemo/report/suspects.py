"""Training rows whose label is probably wrong, found without the labels of the rows themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bertdemo.core.linear import Linear
from bertdemo.data.dataset import folds_of_groups
from bertdemo.report.metrics import accuracy_interval

FEWEST_CHECKED = 60
"""Rows below which so much of what a classifier of them contradicts is right that nothing can be told."""
FOLDS = 5
REGULARISATION = 3.0
STEPS = 6
OWN_LABEL = 0.2
MOST_NEIGHBOURS = 100
CHUNK = 1000
MOST_LEFT = 0.5
"""Of the mistakes of always saying the largest class, the share that a checking classifier may make of its own."""
MOST_WRONG = 0.7
"""The same of contradictions where it is surest: one that always says the largest class is surest of that."""
MOST_MISTAKEN = 0.8
"""The same of all contradictions, wrong labels included: more, and it hardly tells the classes apart."""
SUREST, FEWEST_SUREST = 0.2, 20
"""The share of rows, and their least number, that the checking classifier is surest of."""


@dataclass(frozen=True)
class Suspects:
    """Rows whose labels are doubted, the most suspect first, and whether the doubts are worth something.

    Doubts are disagreements with a classifier that has not seen the row: mistakes of the labels and its own. On the
    rows that it is surest of it makes next to none, so that what disagrees there is how often labels are wrong (Liu &
    Tao 2016 and Patrini et al. 2017 read the rates there), if they are so everywhere: where only hard texts have wrong
    labels it is fewer than there are. Where it makes more than `MOST_LEFT` of the mistakes of always saying the largest
    class by itself, or is hardly better than that even there, it has not learnt what parts the classes. Neither has it
    where it contradicts more than `MOST_MISTAKEN` as many labels as that does: among few rows whose classes it can't
    tell apart those that it is surest of are contradicted often enough by chance to pass for wrong labels.

    Of fewer rows than `FEWEST_CHECKED` it knows next to nothing.

    Attributes:
        positions: of the rows.
        given: how probable the label of each is to who has not seen it.
        suggested: the class that is likelier.
        checked: how many rows could be doubted: those whose class another row has too.
        mistakes: on what share of these the classifier, which had not seen them, contradicts the given label.
        wrong: the same of the regression among those it is surest of: neighbours are not as sure as they agree.
        surest: how many these are.
        largest: the share of the largest class among the checked rows; of a scale, where always saying a middle step
            contradicts little, the share that labels drawn as often as they occur don't contradict.
    """

    positions: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    checked: int
    mistakes: float
    wrong: float
    surest: int
    largest: float

    @property
    def few(self) -> bool:
        """Whether the rows are too few for their doubts to tell anything."""
        return self.checked < FEWEST_CHECKED

    def are_own(self, doubts: int) -> bool:
        """Whether so many doubts are more than labels can be wrong, as none is contradicted where it is surest.

        None of a few dozen does not mean that none is wrong anywhere: labels may be so as often as the upper end of the
        95% interval says.
        """
        return self.wrong == 0 and doubts > accuracy_interval(0, self.surest)[1] * self.checked

    @property
    def telling(self) -> bool:
        """Whether the doubts say more of the labels than of the classifier that has them."""
        chance = 1 - self.largest
        if self.few or self.mistakes > MOST_MISTAKEN * chance:
            return False
        return self.mistakes - self.wrong <= MOST_LEFT * chance and self.wrong <= MOST_WRONG * chance


def find_suspects(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    positions: np.ndarray,
    contradicts: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> Suspects:
    """Rows that a classifier of the other rows would label otherwise.

    Two opinions are asked for: a logistic regression on frozen embeddings, five-fold out of fold, and the
    labels of the nearest rows. Whichever agrees better with the given labels of rows that it has not seen
    is believed; the neighbours' one is spread over the graph of neighbours first, which mends the labels
    that the neighbours have wrong themselves (Zhou et al. 2004). Ranking by the probability of the given
    label is confident learning's self-confidence (Northcutt et al. 2021). The only row of a class is never doubted:
    who has not seen it does not know the class.

    Args:
        features: embeddings of length 1, shape (rows, hidden).
        labels: given classes, shape (rows,).
        classes: number of classes.
        positions: where the rows stand in the data, shape (rows,).
        contradicts: whether a suggested class (second) contradicts a given one (first), bool, (classes, classes): of
            neighbouring steps of a scale neither is wrong. By default every other class does.
        groups: which rows belong together, shape (rows,): of a row's own group nobody is asked.
    """
    checked = np.flatnonzero(np.bincount(labels, minlength=classes)[labels] > 1)
    own, nothing = labels[checked], np.zeros(0)
    shares = np.bincount(own, minlength=classes) / max(1, len(own))
    largest = float(shares.max() if contradicts is None else 1 - shares @ contradicts @ shares)
    contradicts = ~np.eye(classes, dtype=bool) if contradicts is None else contradicts
    if len(own) < 2 * FOLDS or len(np.unique(own)) < 2:
        return Suspects(positions[:0], nothing, nothing.astype(int), len(own), 1.0, 0.0, 0, largest)
    regression = _out_of_fold(features, labels, classes, groups)
    graph = _neighbours(features, classes, groups)
    said = graph @ np.eye(classes)[labels]
    by_regression, by_neighbours = (
        float((~contradicts[own, found[checked].argmax(1)]).mean()) for found in (regression, said)
    )
    believed = _spread(graph, labels, classes) if by_neighbours >= by_regression else regression
    likeliest, given = believed.argmax(1), believed[np.arange(len(labels)), labels]
    doubted = checked[contradicts[own, likeliest[checked]]]
    order = doubted[np.argsort(given[doubted], kind="stable")]
    mistakes = 1 - max(by_regression, by_neighbours)
    against = contradicts[own, regression[checked].argmax(1)][_surest(regression[checked])]
    return Suspects(
        positions=positions[order],
        given=given[order],
        suggested=likeliest[order],
        checked=len(checked),
        mistakes=mistakes,
        wrong=float(against.mean()),
        surest=len(against),
        largest=largest,
    )


def _surest(probabilities: np.ndarray) -> np.ndarray:
    """Those of the rows whose likeliest label is surest."""
    most = max(FEWEST_SUREST, round(SUREST * len(probabilities)))
    return np.argsort(-probabilities.max(1), kind="stable")[:most]


def _folds(labels: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """(rows,): which of `FOLDS` each row is in, stratified."""
    rng = np.random.default_rng(0)
    if groups is not None:
        return folds_of_groups(groups, labels, FOLDS, rng)
    fold = np.zeros(len(labels), int)
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold[order] = np.arange(len(labels)) % FOLDS
    return fold


def _out_of_fold(
    features: np.ndarray, labels: np.ndarray, classes: int, groups: np.ndarray | None = None
) -> np.ndarray:
    """(rows, classes): probabilities from models that have not seen the row, nor its group."""
    fold = _folds(labels, groups)
    found = np.zeros((len(labels), classes))
    for number in np.unique(fold).tolist():
        unseen = fold == number
        linear = Linear.fit(features[~unseen], labels[~unseen], classes, C=REGULARISATION)
        found[unseen] = linear.probabilities(features[unseen])
    return found


def _neighbours(features: np.ndarray, classes: int, groups: np.ndarray | None) -> object:
    """A sparse (rows, rows) matrix: each row's nearest others, the nearer the heavier, weights adding up to 1; of other
    groups, as long as there are so many."""
    from scipy.sparse import csr_matrix

    n = len(features)
    k = int(np.clip(n // (2 * classes), 5, min(MOST_NEIGHBOURS, n - 1)))
    near, weight = np.zeros((n, k), int), np.zeros((n, k))
    for begin in range(0, n, CHUNK):
        alike = features[begin : begin + CHUNK] @ features.T
        alike[np.arange(len(alike)), np.arange(begin, begin + len(alike))] = -1
        if groups is not None:
            alike[groups[begin : begin + CHUNK, None] == groups[None, :]] = -1
        part = np.argpartition(-alike, k - 1, axis=1)[:, :k]
        near[begin : begin + CHUNK] = part
        weight[begin : begin + CHUNK] = np.maximum(np.take_along_axis(alike, part, 1), 1e-6) ** 4
    weight /= weight.sum(1, keepdims=True)
    return csr_matrix((weight.ravel(), (np.repeat(np.arange(n), k), near.ravel())), shape=(n, n))


def _spread(graph: object, labels: np.ndarray, classes: int) -> np.ndarray:
    """(rows, classes): what the neighbours say once their own labels were drawn towards their neighbours'."""
    own = np.eye(classes)[labels]
    held = own
    for _ in range(STEPS):
        said: np.ndarray = graph @ held  # type: ignore[operator]
        sharp = said**3
        held = OWN_LABEL * own + (1 - OWN_LABEL) * sharp / sharp.sum(1, keepdims=True)
    return said
