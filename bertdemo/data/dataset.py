"""Table -> roles -> labelled texts -> split: the three steps, each in a file of its own."""

from bertdemo.data.label_cells import separator_of
from bertdemo.data.labelled import LabelledTexts, labelled_texts, texts_of
from bertdemo.data.roles import RoleGuess, Roles, check_roles, guess_roles, left_aside
from bertdemo.data.split import (
    Split,
    different_texts,
    folds_of_groups,
    groups_among,
    row_groups,
    split_texts,
    text_groups,
)

__all__ = [
    "LabelledTexts",
    "RoleGuess",
    "Roles",
    "Split",
    "check_roles",
    "different_texts",
    "folds_of_groups",
    "groups_among",
    "guess_roles",
    "labelled_texts",
    "left_aside",
    "row_groups",
    "separator_of",
    "split_texts",
    "text_groups",
    "texts_of",
]
