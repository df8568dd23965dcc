"""Rows of objects as annotation tools write them -> rows of plain cells: told by their shape, once all were seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bertdemo.data.findings import Finding, listed
from bertdemo.data.names import LABEL_NAMES, TEXT_NAMES, words_of
from bertdemo.data.words import count_unspaced

Row = dict[str, Any]
MOST_KEYS = 1_000
MOST_COLUMNS = 50
"""Keys of the objects in a column, beyond which they are no columns of their own."""
SCORED = LABEL_NAMES | {"cats"}
"""What columns are called whose cells say of each label whether it is given; ``cats`` is spaCy's name."""
FEWEST_WORDS = 3
"""Words of the strings in lists of two on average from which on they are texts."""
ANSWERS = frozenset(("accept", "reject", "ignore"))
"""What Prodigy writes in the column ``answer``."""
ANSWERED = ("label", "accept")
"""Columns whose labels Prodigy's answers judge."""


@dataclass
class _Seen:
    """What the cells of a column have in common."""

    filled: int = 0
    objects: int = 0
    keys: dict[str, None] = field(default_factory=dict)
    plain: bool = True
    scored: bool = True
    one_each: bool = True
    two_texts: bool = True
    words: int = 0

    def look(self, value: Any) -> None:
        if value is None:
            return
        self.filled += 1
        self.two_texts = self.two_texts and _are_two_texts(value)
        if self.two_texts:
            self.words += sum(len(text.split()) + count_unspaced(text) // 2 for text in value)
        if not isinstance(value, dict):
            return
        self.objects += 1
        if len(self.keys) <= MOST_KEYS:
            self.keys.update(dict.fromkeys(value))
        self.plain = self.plain and not any(isinstance(item, dict | list) for item in value.values())
        self.scored = self.scored and all(_is_yes_or_no(item) for item in value.values())
        self.one_each = self.one_each and self.scored and len(_given(value)) == 1

    def says_labels(self, name: str) -> bool:
        """Whether each cell names the labels and gives 1 or 0 to each."""
        alike = 0 < self.filled == self.objects and self.scored
        return alike and 1 < len(self.keys) <= MOST_KEYS and not SCORED.isdisjoint(words_of(name))

    def is_opened(self, name: str) -> bool:
        """Whether each cell is an object that holds the text or the label, or one plain value."""
        if not 0 < self.filled == self.objects or len(self.keys) > MOST_COLUMNS or self.says_labels(name):
            return False
        named = any(not (LABEL_NAMES | TEXT_NAMES).isdisjoint(words_of(key)) for key in self.keys)
        return named or (self.plain and len(self.keys) == 1)

    def is_pair(self, name: str) -> bool:
        """Whether each cell is a list of two strings of several words, in a column that is not named like a label."""
        wordy = self.words >= 2 * FEWEST_WORDS * self.filled
        return self.filled > 0 and self.two_texts and wordy and LABEL_NAMES.isdisjoint(words_of(name))


class Shape:
    """What rows have in common; each is looked at before the first is laid out."""

    def __init__(self) -> None:
        self._rows = self._tasks = self._annotated = 0
        self._answers: Counter[str] = Counter()
        self._columns: dict[str, _Seen] = {}
        self._fields: dict[str, None] = {}
        self._most_choices: dict[str, int] = {}
        self._accepted_labels: set[str] = set()

    def look(self, row: Row) -> None:
        self._rows += 1
        for name, value in row.items():
            self._columns.setdefault(name, _Seen()).look(value)
        if isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list):
            self._tasks += 1
            self._annotated += bool(row["annotations"])
            self._fields.update(dict.fromkeys(row["data"]))
            for name, chosen in _choices(row["annotations"]).items():
                self._most_choices[name] = max(len(chosen), self._most_choices.get(name, 0))
        if isinstance(answer := row.get("answer"), str) and answer in ANSWERS:
            self._answers[answer] += 1
            if answer == "accept" and len(self._accepted_labels) < 2:
                self._accepted_labels |= {str(row[name]) for name in ANSWERED if row.get(name)}

    @property
    def names(self) -> list[str]:
        """The columns of the rows laid out."""
        if self._is_label_studio:
            return list(dict.fromkeys(["id", *self._fields, *self._chosen.values()]))
        return list(dict.fromkeys(name for column in self._columns for name in self._opened.get(column, [column])))

    def keeps(self, row: Row) -> bool:
        """Whether a row counts, by what Prodigy's answers say of its label."""
        return not self._not_counted or row["answer"] not in self._not_counted

    def laid_out(self, row: Row) -> Row:
        """The row as cells of `names`, some of which may be missing."""
        if self._is_label_studio:
            return {"id": row.get("id"), **row["data"], **dict(self._labels_of(row["annotations"]))}
        return {name: value for column in row for name, value in self._cells(column, row[column])}

    def findings(self, *, every: bool) -> tuple[Finding, ...]:
        """What is to be said of it; `every`: no row is left out, whatever its answer."""
        found = []
        if self._is_label_studio:
            found.append(Finding("label_studio_read", "info", self._rows, params={"names": listed(self.names)}))
        else:
            opened = [name for column, inside in self._opened.items() if column not in self._pairs for name in inside]
            pairs = [column for column in self._pairs if column in self._opened]
            found.append(Finding("objects_opened", "info", len(opened), params={"names": listed(opened)}))
            found.append(Finding("pairs_opened", "info", len(pairs), params={"names": listed(pairs)}))
            found.append(Finding("scores_read", "info", len(self._scored), params={"names": listed([*self._scored])}))
        if not every:
            code = "answers_left_out" if "reject" in self._not_counted else "answers_ignored"
            found.append(Finding(code, "info", sum(self._answers[answer] for answer in self._not_counted)))
        return tuple(finding for finding in found if finding.count)

    @cached_property
    def _is_label_studio(self) -> bool:
        """Whether all rows are tasks, in which labels were chosen, or which are still to be annotated."""
        return 0 < self._tasks == self._rows and (bool(self._most_choices) or not self._annotated)

    @cached_property
    def _not_counted(self) -> frozenset[str]:
        """The answers whose rows don't count: all but ``accept``. Where that was given to one label alone, ``accept``
        and ``reject`` are the labels."""
        if not self._accepted_labels or self._answers.total() < self._rows:
            return frozenset()
        return ANSWERS - {"accept"} if len(self._accepted_labels) > 1 else frozenset(("ignore",))

    @cached_property
    def _chosen(self) -> dict[str, str]:
        """The fields in which labels were chosen, and what their columns are called."""
        if len(self._most_choices) == 1 and "label" not in self._fields:
            return dict.fromkeys(self._most_choices, "label")
        return {
            name: name if name not in (*self._fields, "id") else f"annotation.{name}" for name in self._most_choices
        }

    def _labels_of(self, annotations: list[Any]) -> Iterator[tuple[str, Any]]:
        chosen = _choices(annotations)
        for name, column in self._chosen.items():
            labels = chosen.get(name)
            yield column, labels[0] if labels and self._most_choices[name] == 1 else labels

    @cached_property
    def _opened(self) -> dict[str, list[str]]:
        """The columns of objects and of pairs that are laid out, and the columns that they become."""
        opened = {
            name: [f"{name}.{key}" for key in seen.keys] for name, seen in self._columns.items() if seen.is_opened(name)
        }
        opened |= {name: [f"{name}.1", f"{name}.2"] for name in self._pairs}
        return {name: inside for name, inside in opened.items() if self._columns.keys().isdisjoint(inside)}

    @cached_property
    def _pairs(self) -> list[str]:
        """The columns of lists of two texts."""
        return [name for name, seen in self._columns.items() if seen.is_pair(name)]

    @cached_property
    def _scored(self) -> dict[str, bool]:
        """The columns of objects that give each label 1 or 0, and whether each of them gives one label."""
        return {name: seen.one_each for name, seen in self._columns.items() if seen.says_labels(name)}

    def _cells(self, column: str, value: Any) -> Iterator[tuple[str, Any]]:
        if column in self._opened and column in self._pairs:
            yield from zip(self._opened[column], value or (), strict=False)
        elif column in self._opened:
            yield from ((f"{column}.{key}", item) for key, item in (value or {}).items())
        elif column in self._scored and value is not None:
            yield column, _given(value)[0] if self._scored[column] else _given(value)
        else:
            yield column, value


def _choices(annotations: list[Any]) -> dict[str, list[str]]:
    """The labels of a task by the field in which they were chosen: those of the first annotation that has any."""
    for annotation in annotations:
        if not isinstance(annotation, dict) or annotation.get("was_cancelled") is True:
            continue
        results = annotation.get("result")
        chosen = {
            str(result.get("from_name")): [str(choice) for choice in result["value"]["choices"]]
            for result in (results if isinstance(results, list) else [])
            if isinstance(result, dict) and isinstance(result.get("value"), dict)
            if isinstance(result["value"].get("choices"), list)
        }
        if chosen:
            return chosen
    return {}


def _are_two_texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(item) is str for item in value)


def _is_yes_or_no(value: Any) -> bool:
    return isinstance(value, bool) or (type(value) is not str and str(value) in ("0", "1", "0.0", "1.0"))


def _given(scores: dict[str, Any]) -> list[str]:
    """The labels that have a 1."""
    return [name for name, value in scores.items() if value is True or str(value) in ("1", "1.0")]
