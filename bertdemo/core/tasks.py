"""What differs between one label for each text and several: loss, probabilities, decisions, scores.

Whether a text is one or a pair makes no difference here. Tagging of single words would be a third task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core.device import moved
from bertdemo.data.dataset import LabelledTexts
from bertdemo.data.doctor import IMBALANCED

if TYPE_CHECKING:
    import torch

Scores = dict[str, float]
"""``loss``, ``accuracy`` (all labels of a row right), ``macro_f1``; with several labels ``micro_f1`` too."""

FEWEST_TO_CALIBRATE, ENOUGH_TO_CALIBRATE = 20, 1_000
GRID = np.linspace(0.05, 0.9, 35)
TRUSTED_ROWS = 10.0
"""Rows of a label from which half of its weight is given to its own best threshold."""


@dataclass(frozen=True)
class Decision:
    """From probabilities to labels where a text may have several.

    Attributes:
        thresholds: (classes,), the probability from which on a text has the label.
        at_least_one: where none is reached, the label nearest to its threshold is taken: every training row had one.
    """

    thresholds: tuple[float, ...]
    at_least_one: bool

    def labels(self, probabilities: np.ndarray) -> np.ndarray:
        """(rows, classes) bool from (rows, classes) probabilities."""
        thresholds = np.array(self.thresholds)
        has: np.ndarray = probabilities >= thresholds
        if self.at_least_one:
            none = np.flatnonzero(~has.any(axis=1))
            has[none, (probabilities[none] / thresholds).argmax(axis=1)] = True
        return has

    def to_json(self) -> dict[str, Any]:
        return {"thresholds": [round(t, 4) for t in self.thresholds], "at_least_one": self.at_least_one}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Decision:
        return cls(tuple(value["thresholds"]), value["at_least_one"])


@dataclass(frozen=True)
class Use:
    """What a saved classifier must know of its task, and by what its logits were divided to calibrate them.

    Attributes:
        decision: how to decide on several labels; None where a text has one.
        pair: whether it reads pairs of texts.
        temperature: of its last layer, whose weights it is in already.
    """

    decision: Decision | None = None
    pair: bool = False
    temperature: float = 1.0

    def to_json(self) -> dict[str, Any]:
        decision = self.decision.to_json() if self.decision else None
        return {"pair": self.pair, "decision": decision, "temperature": self.temperature}

    @classmethod
    def from_json(cls, about: dict[str, Any]) -> Use:
        """From bertdemo.json; folders made before there were pairs and several labels lack the keys."""
        decision = about.get("decision")
        decided = Decision.from_json(decision) if decision else None
        return cls(decided, about.get("pair", False), about.get("temperature", 1.0))


class OneLabel:
    """Every row has one class; classes exclude each other."""

    several = False
    problem_type = "single_label_classification"

    def __init__(self, weights: np.ndarray | None = None) -> None:
        """`weights`, (classes,) float32: how much a row of each class counts while it is learnt; None: all the same."""
        self._weights = weights

    def losses(self, logits: torch.Tensor, labels: np.ndarray) -> torch.Tensor:
        """Cross-entropy of each row, (rows,); `logits` (rows, classes) float32, `labels` (rows,) int64."""
        import torch

        target = moved(labels, logits.device)
        weights = None if self._weights is None else moved(self._weights, logits.device)
        return torch.nn.functional.cross_entropy(logits, target, weight=weights, reduction="none")

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Softmax over the classes, float64."""
        return softmax(logits.astype(np.float64))

    def logits(self, probabilities: np.ndarray) -> np.ndarray:
        """Logits that give these probabilities."""
        return np.log(np.maximum(probabilities, 1e-30))

    def likelihood(self, logits: np.ndarray, labels: np.ndarray, doubt: float = 0.0) -> float:
        """Mean log-probability of the given labels, from float64 logits; `doubt` is the share that the others get."""
        return float(self.likelihoods(logits, labels, doubt).mean())

    def likelihoods(self, logits: np.ndarray, labels: np.ndarray, doubt: float = 0.0) -> np.ndarray:
        """The same of each row, float64 (rows,)."""
        from scipy.special import logsumexp

        said = logits - logsumexp(logits, axis=1, keepdims=True)
        given: np.ndarray = said[np.arange(len(labels)), labels]
        if not doubt:
            return given
        others = (said.sum(axis=1) - given) / max(1, logits.shape[1] - 1)
        return (1 - doubt) * given + doubt * others

    def decision(self, probabilities: np.ndarray, labels: np.ndarray) -> Decision | None:
        """The likeliest class is taken: nothing to fit."""
        return None

    def right(self, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Of each row 1 where its label is the likeliest, else 0; float64."""
        return (logits.argmax(axis=1) == labels).astype(np.float64)

    def scores(self, logits: np.ndarray, labels: np.ndarray) -> Scores:
        """Scores of rows that were not trained on."""
        from sklearn.metrics import f1_score

        said = logits.argmax(axis=1)
        return {
            "loss": -self.likelihood(logits.astype(np.float64), labels),
            "accuracy": float((said == labels).mean()),
            "macro_f1": float(f1_score(labels, said, average="macro", zero_division=0)),
        }


class SeveralLabels:
    """A row may have any number of labels; each is decided on by itself."""

    several = True
    problem_type = "multi_label_classification"

    def losses(self, logits: torch.Tensor, labels: np.ndarray) -> torch.Tensor:
        """Binary cross-entropy of each row, mean over the classes, (rows,); `labels` (rows, classes) bool."""
        import torch

        target = moved(labels.astype(np.float32), logits.device)
        each = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return each.mean(dim=1)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Sigmoid of each class, float64."""
        from scipy.special import expit

        found: np.ndarray = expit(logits.astype(np.float64))
        return found

    def logits(self, probabilities: np.ndarray) -> np.ndarray:
        """Logits that give these probabilities."""
        clipped = np.clip(probabilities, 1e-12, 1 - 1e-12)
        return np.log(clipped) - np.log1p(-clipped)

    def likelihood(self, logits: np.ndarray, labels: np.ndarray, doubt: float = 0.0) -> float:
        """Mean log-probability of what is given, over rows and classes; `doubt` is the share that its opposite gets."""
        return float(self.likelihoods(logits, labels, doubt).mean())

    def likelihoods(self, logits: np.ndarray, labels: np.ndarray, doubt: float = 0.0) -> np.ndarray:
        """The same of each row, the mean over its classes, float64 (rows,)."""
        towards = np.where(labels, logits, -logits)
        each = (1 - doubt) * np.logaddexp(0, -towards) + doubt * np.logaddexp(0, towards)
        found: np.ndarray = -each.mean(axis=1)
        return found

    def decision(self, probabilities: np.ndarray, labels: np.ndarray) -> Decision:
        """Thresholds between each class's own, which gives it its best F1 (Yang 2001, SCut), and the one for all.

        A class counts by how well it is told with its own, and by its rows. The own threshold of a class that is hard
        to tell is low: the class would be given to many texts, and micro F1 and whole sets of labels be worse.

        Args:
            probabilities, labels: (rows, classes), of rows that were not trained on.
        """
        shared = self._shared_decision(probabilities, labels)
        found = [_best_threshold(p, y) for p, y in zip(probabilities.T, labels.T, strict=True)]
        own, f1 = np.array(found).T
        rows = labels.sum(axis=0)
        weight = f1 * rows / (rows + TRUSTED_ROWS)
        mixed = weight * self.logits(own) + (1 - weight) * self.logits(np.array(shared.thresholds))
        return Decision(tuple(self.probabilities(mixed).tolist()), shared.at_least_one)

    def right(self, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Of each row the F1 of the labels said, by the one threshold that is best for all; float64."""
        probabilities = self.probabilities(logits)
        said = self._shared_decision(probabilities, labels).labels(probabilities)
        sizes = said.sum(axis=1) + labels.sum(axis=1)
        found: np.ndarray = np.where(sizes, 2 * (said & labels).sum(axis=1) / np.maximum(sizes, 1), 1.0)
        return found

    def _shared_decision(self, probabilities: np.ndarray, labels: np.ndarray) -> Decision:
        """One threshold for all classes, the one with the best micro F1."""
        at_least_one = bool(labels.any(axis=1).all())
        decisions = [Decision((float(threshold),) * labels.shape[1], at_least_one) for threshold in GRID]
        return decisions[_best([_f1(decision.labels(probabilities), labels) for decision in decisions])]

    def scores(self, logits: np.ndarray, labels: np.ndarray) -> Scores:
        """Scores of rows that were not trained on, by the one threshold that is best for them."""
        probabilities = self.probabilities(logits)
        decision = self._shared_decision(probabilities, labels)
        return {
            "loss": -self.likelihood(logits.astype(np.float64), labels),
            **f1_scores(decision, probabilities, labels),
        }


Task = OneLabel | SeveralLabels


def task_of(data: LabelledTexts) -> Task:
    """The task that labels of that kind set: one for each text, or several."""
    return SeveralLabels() if data.several else OneLabel()


def task_to_learn(data: LabelledTexts, rows: np.ndarray) -> Task:
    """The task as it is learnt from the rows at these positions: where classes are very uneven, rare ones count more.

    A row then counts by one over the square root of its class's share (Mahajan et al. 2018, section 2.2, draw rows so).
    """
    counts = data.counts_at(rows)
    there = counts[counts > 0]
    if data.several or there.max() <= IMBALANCED * there.min():
        return task_of(data)
    weights = 1 / np.sqrt(np.maximum(counts, 1))
    return OneLabel((weights * counts.sum() / (weights * counts).sum()).astype(np.float32))


def headline(scores: Scores) -> float:
    """The score by which models are chosen: accuracy, or micro F1, which is the same where a row has one label."""
    return scores.get("micro_f1", scores["accuracy"])


def f1_scores(decision: Decision, probabilities: np.ndarray, labels: np.ndarray) -> Scores:
    """``accuracy`` (rows with all labels right), ``micro_f1`` and ``macro_f1`` (see there) of the labels decided on."""
    from sklearn.metrics import f1_score

    said = decision.labels(probabilities)
    return {
        "accuracy": float((said == labels).all(axis=1).mean()),
        "micro_f1": float(f1_score(labels, said, average="micro", zero_division=0)),
        "macro_f1": macro_f1(labels, said),
    }


def macro_f1(labels: np.ndarray, said: np.ndarray) -> float:
    """The mean F1 of the labels that some row has or is given; of one that neither has, nothing was measured.

    Args:
        labels, said: given and predicted labels, bool, shape (rows, labels).
    """
    right, counted = (labels & said).sum(axis=0), labels.sum(axis=0) + said.sum(axis=0)
    occurs = counted > 0
    return float((2 * right[occurs] / counted[occurs]).mean()) if occurs.any() else 0.0


def fit_temperature(task: Task, logits: np.ndarray, labels: np.ndarray) -> float:
    """The divisor of the logits that makes the given labels likeliest (Guo et al. 2017).

    As if of n + 2 answers one more were another (Platt 1999, section 2.2): otherwise a few rows that are all right
    would ask for probabilities of 1. A row is one answer, or one for each label where it may have several.

    Args:
        logits: shape (rows, classes), of rows that were not trained on.
        labels: of the rows, as the task has them.

    Returns:
        Between 0.25 and 8; 1 where there are fewer than `FEWEST_TO_CALIBRATE` rows to fit it on.
    """
    from scipy.optimize import minimize_scalar

    if len(labels) < FEWEST_TO_CALIBRATE:
        return 1.0
    exact = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        return -task.likelihood(exact / np.exp(log_temperature), labels, doubt=1 / (labels.size + 2))

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.25), np.log(8.0)), method="bounded").x))


def calibrated_losses(task: Task, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The loss of each row, float64 (rows,), once a temperature is fitted on at most `ENOUGH_TO_CALIBRATE` of them.

    Without it the loss is mostly how sure a model is of itself, which a temperature mends anyway. Where some logits are
    no numbers, no loss is one.
    """
    if not np.isfinite(logits).all():
        return np.full(len(labels), np.nan)
    some = slice(None, None, -(-len(labels) // ENOUGH_TO_CALIBRATE))
    exact = logits.astype(np.float64) / fit_temperature(task, logits[some], labels[some])
    return -task.likelihoods(exact, labels)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Along the last axis, float64."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    exact: np.ndarray = shifted / shifted.sum(axis=-1, keepdims=True)
    return exact


def _best_threshold(probabilities: np.ndarray, has: np.ndarray) -> tuple[float, float]:
    """The threshold of `GRID` with the best F1 of one class, and that F1."""
    scores = [_f1(probabilities >= t, has) for t in GRID]
    best = _best(scores)
    return float(GRID[best]), scores[best]


def _best(scores: list[float]) -> int:
    """Of thresholds with these scores, which is best: of several the one nearest to a half, as few rows give many."""
    best = np.flatnonzero(np.array(scores) == max(scores))
    return int(best[np.abs(GRID[best] - 0.5).argmin()])


def _f1(said: np.ndarray, has: np.ndarray) -> float:
    """To choose thresholds by: 1 where no label is given and none is said, as nothing better can be."""
    right, counted = int((said & has).sum()), int(said.sum()) + int(has.sum())
    return 2 * right / counted if counted else 1.0
