"""Several labels in one cell: parted by a mark, or a list as JSON and Python write it."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

MOST_LABELS = 1_000
LIST = "[]"
"""Stands for a mark where cells are lists such as ``["joy", "love"]``."""
SEPARATORS = {"|": 0.5, ";": 0.5, "；": 0.5, ",": 1.0, "，": 1.0, "、": 1.0, "/": 1.0, "\n": 1.0}
"""Marks between several labels in one cell, and the share of the labels that must also stand alone."""
IN_NAMES, FEWEST_CELLS = ("、", "/", "\n"), 0.02
"""Marks that names have, too, as “tcp/ip” beside “tcp” and “ip”: they count where two different cells at least have
them, and so many of all cells."""
NONE = "[]"
"""The cell of a row that has none of the labels, whatever parts them in others."""
PERHAPS = (";", "|", "；", "+", " ")
"""Marks that may part labels of which none stands alone; a space only where each word is a hashtag."""
GLANCED_AT = 2_000
"""Different cells that tell whether more of them need to be looked at."""
RATING = re.compile(r"\d+,(?:0|5|00|25|50|75)")
"""A half or a quarter as it is written with a decimal comma."""
MOSTLY = 0.95
LONGEST_LIST = 20_000
NO_COMMA = re.compile(r"(?<=['\"])\s+(?=['\"])")
"""Between the items of an array of strings as numpy writes it."""


def labels_in(cell: str, mark: str) -> list[str]:
    """The labels of a cell; a cell that is no list, where lists are expected, is one label."""
    parts = _listed(cell) if mark == LIST or cell == NONE else cell.split(mark)
    return [part for raw in ([cell] if parts is None else parts) if (part := raw.strip())]


def bare(cell: str) -> str:
    """The label of a list of one, as in ``["billing"]``; nothing of an empty list; any other cell as it is."""
    found = _listed(cell)
    return cell if found is None or len(found) > 1 else found[0].strip() if found else ""


def readable_mark(mark: str) -> str:
    """A mark as a sentence can show it."""
    return "↵" if mark == "\n" else mark


def other_mark(cells: Collection[str], is_known: Callable[[str], bool]) -> str:
    """The mark by which most of `cells` part fully into known labels, each into several; empty where none does.

    A space parts hashtags alone: names of labels have spaces, too.
    """
    parted = {
        mark: sum(len(parts) > 1 and all(map(is_known, parts)) for parts in (labels_in(cell, mark) for cell in cells))
        for mark in (*dict.fromkeys((*SEPARATORS, *PERHAPS)), LIST)
        if mark != " " or are_hashtags(cells)
    }
    best = max(parted, key=parted.__getitem__)
    return best if parted[best] else ""


def are_hashtags(cells: Iterable[str]) -> bool:
    """Whether each word of the cells is one."""
    return all(word.startswith("#") for cell in cells for word in cell.split())


def says_none(cell: str, mark: str) -> bool:
    """Whether a cell says that its row has no label, which an empty list does and an empty cell does not."""
    return cell == NONE or (mark == LIST and _listed(cell) == [])


def joined(labels: Sequence[str], mark: str) -> str:
    """A cell of these labels, the opposite of `labels_in`."""
    if not labels:
        return NONE
    return json.dumps(labels, ensure_ascii=False) if mark == LIST else mark.join(labels)


def changed_labels(cell: str, mark: str, change: Callable[[str], str]) -> str:
    """A cell with each of its labels after `change`, which gives an empty text for one to leave out; the cell as it
    stands where that changes none."""
    labels = labels_in(cell, mark)
    after = [change(label) for label in labels]
    return cell if after == labels else joined(list(dict.fromkeys(filter(None, after))), mark)


def separator_of(cells: Sequence[str | None]) -> str:
    """What parts several labels in the cells of a column: a mark, or `LIST`; empty where a cell is one label, also
    where each is a list of one.

    A mark counts only where parts are labels that stand alone in other cells: all of them for commas and slashes, which
    names may have, half of them for marks that names hardly ever have. Those `IN_NAMES` have to be seen more than once.
    Empty parts are none, and neither are those of halves and quarters.
    """
    return separator_among(Counter(value for cell in cells if cell and (value := cell.strip())))


def may_be_parted(values: Collection[str]) -> bool:
    """Whether `separator_among` may find something in these different cells, of which some alone are parted for it."""
    some = list(values)[:: -(-len(values) // GLANCED_AT) or 1]
    if any(value[0] == "[" and value[-1] == "]" for value in some):
        return True
    return any(_may_part(mark, some, values) for mark in SEPARATORS)


def _may_part(mark: str, some: Sequence[str], values: Collection[str]) -> bool:
    parts = [labels_in(value, mark) for value in some if mark in value]
    every = {part for its in parts if len(its) > 1 for part in its}
    alone = {its[0] for its in parts if len(its) == 1}
    return len(every) <= MOST_LABELS and any(part in values or part in alone for part in every)


def separator_among(values: Counter[str]) -> str:
    """The same of the different cells, none of them blank or with space around it, and the rows of each."""
    if _are_lists(values):
        return "" if all(_holds_one(value) for value in values) else LIST
    for mark in SEPARATORS:
        parts = [labels_in(value, mark) for value in values if mark in value]
        made = [its for its in parts if len(its) > 1]
        if not made or (mark in IN_NAMES and _may_be_a_name(mark, values)) or (mark == "," and are_ratings(values)):
            continue
        alone = {value for value in values if mark not in value} | {its[0] for its in parts if len(its) == 1}
        every = {part for its in made for part in its}
        if len(every) <= MOST_LABELS and len(every & alone) >= SEPARATORS[mark] * len(every):
            return mark
    return ""


def perhaps_parted_by(names: Collection[str]) -> str:
    """The mark that may part several labels in one, of the different cells of a column; empty where there is none.

    Most of them contain it, and the parts repeat: they are fewer than the cells made of them, and most are in several.
    """
    for mark in PERHAPS:
        if mark == " " and not are_hashtags(names):
            continue
        made = [parts for name in names if len(parts := set(labels_in(name, mark))) > 1]
        cells_of = Counter(part for parts in made for part in parts)
        repeated = sum(n > 1 for n in cells_of.values())
        if 2 * len(made) > len(names) and len(cells_of) < len(made) and 2 * repeated > len(cells_of):
            return mark
    return ""


def _holds_one(value: str) -> bool:
    found = _listed(value)
    return found is None or len(found) == 1


def _may_be_a_name(mark: str, values: Counter[str]) -> bool:
    """Whether a mark stands in one value alone, or in next to no cell."""
    with_it = [n for value, n in values.items() if mark in value]
    return len(with_it) < 2 or sum(with_it) < FEWEST_CELLS * values.total()


def are_ratings(values: Iterable[str]) -> bool:
    """Whether all commas are decimal commas of halves and quarters, as in 3,5."""
    return all(RATING.fullmatch(value) for value in values if "," in value)


def _are_lists(values: Counter[str]) -> bool:
    """Whether nearly all cells are lists of different labels; lists that repeat items are sequences or vectors."""
    looks = {value: n for value, n in values.items() if value[0] == "[" and value[-1] == "]"}
    if not looks or _fewer(looks.values(), values):
        return False
    lists = {value: found for value in looks if (found := _listed(value)) is not None}
    every = {item for found in lists.values() for item in found}
    sets = (values[value] for value, found in lists.items() if len(set(found)) == len(found))
    return 0 < len(every) <= MOST_LABELS and not _fewer(sets, values)


def _fewer(counts: Iterable[int], values: Counter[str]) -> bool:
    return sum(counts) < MOSTLY * values.total()


def _listed(cell: str) -> list[str] | None:
    """The items of a list of strings or numbers; None where the cell is none."""
    if not (cell.startswith("[") and cell.endswith("]")) or len(cell) > LONGEST_LIST:
        return None
    try:
        items = json.loads(cell)
    except (ValueError, RecursionError):
        try:
            items = ast.literal_eval(NO_COMMA.sub(", ", cell))
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    if not isinstance(items, list) or any(isinstance(item, list | dict | tuple | set | bytes) for item in items):
        return None
    return [str(item) for item in items if item is not None]
