"""What is wrong or odd in the data, worst first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bertdemo.data import checks, giveaways
from bertdemo.data.findings import SEVERITIES, Finding, first_rows, listed
from bertdemo.data.label_cells import LIST, perhaps_parted_by, readable_mark
from bertdemo.data.label_names import Positions
from bertdemo.data.labelled import LabelledTexts
from bertdemo.data.language import NO_LANGUAGE, Language, detect_language
from bertdemo.data.legible import Legible
from bertdemo.data.misspelt import misspelt
from bertdemo.data.repeats import exact_groups, later_copies, near_copies
from bertdemo.data.roles import Roles, texts_aside
from bertdemo.data.split import Split
from bertdemo.data.synonyms import synonyms
from bertdemo.data.table import Table

IMBALANCED = 10
MUCH_MARKUP = 0.02
LEAST_FOREIGN, FOREIGN_SHARE = 5, 0.05
"""Texts in a second language from which on it is said: single ones are often guessed wrong."""
UNREAD_SHARE, MUCH_UNREAD = 0.02, 0.1
"""Of the texts that hold characters the base model at hand can't read: from where on it is said, and as a warning."""
UNREAD_SHOWN = 5
READ_TOKENS, QUICKLY_READ = 512, 256
"""Tokens of a text that are read unless another maximum is set; by a quick training."""


def examine(
    table: Table,
    roles: Roles,
    data: LabelledTexts,
    *,
    test: LabelledTexts | None = None,
    test_table: Table | None = None,
    legible: Legible | None = None,
    guessed: Sequence[Finding] = (),
) -> tuple[Finding, ...]:
    """All findings on a file and its labelled texts, worst first.

    Args:
        test: the rows to test on, where the person gave them.
        test_table: the table that they are the usable rows of.
        legible: what the base model at hand can make of the texts; without it nothing is said of that.
        guessed: what is to be said of the columns, where they were guessed.
    """
    legible = legible or Legible()
    groups = exact_groups(data.texts)
    findings = [
        *guessed,
        *data.findings,
        *_language(legible, len(data)),
        *_another_language(legible.language, data),
        *_unread(legible, data),
        *_missing(data, roles),
        *_spelt(data, roles),
        *_perhaps_parted(roles, data),
        *_counted(data, groups),
        *_of_test(data, test, test_table),
        *_without_label(data),
        *too_good(table, roles, data, test_table),
        *_rows(data, "texts_tiny", "warning", checks.tiny(data)),
        *_aside(table, roles),
        *_cut_off(table, roles),
        *_objects(table, roles),
        *_too_long(legible.lengths),
        *_rows(data, "personal_data", "warning", checks.personal(data)),
        *_rows(data, "text_repeated", "info", later_copies(groups)),
        *_rows(data, "text_nearly_repeated", "info", near_copies(data.texts, groups)),
        *_markup(data),
        *_label_columns(table, roles),
        *_label_values(data),
        *_parted(roles, data),
        *_sorted(data),
        *table.reading.notices,
    ]
    return _ranked(findings)


def at_a_glance(
    table: Table,
    roles: Roles,
    data: LabelledTexts,
    *,
    test: LabelledTexts | None = None,
    test_table: Table | None = None,
    split: Split | None = None,
    guessed: Sequence[Finding] = (),
) -> tuple[Finding, ...]:
    """The errors and warnings found without reading all texts of many, and those of the split; see `examine`."""
    findings = [
        *guessed,
        *data.findings,
        *_missing(data, roles),
        *_spelt(data, roles),
        *_perhaps_parted(roles, data),
        *_counted(data, exact_groups(data.texts)),
        *_of_test(data, test, test_table, split),
        *(split.findings if split else ()),
        *too_good(table, roles, data, test_table),
        *_aside(table, roles),
        *_cut_off(table, roles),
        *_objects(table, roles),
        *_label_columns(table, roles),
        *_label_values(data),
        *table.reading.notices,
    ]
    return _ranked([finding for finding in findings if finding.severity != "info"])


def too_good(table: Table, roles: Roles, data: LabelledTexts, test_table: Table | None = None) -> tuple[Finding, ...]:
    """What makes scores on these rows promise more than they keep on new texts; of many texts a sample is read."""
    return (*_giveaways(data), *_sources(table, roles, test_table))


def _ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def _counted(data: LabelledTexts, groups: Positions) -> list[Finding]:
    """What is seen by counting labels."""
    return [*_contradictions(data, groups), *_everywhere(data), *_class_sizes(data)]


def _of_test(
    data: LabelledTexts, test: LabelledTexts | None, table: Table | None, split: Split | None = None
) -> list[Finding]:
    """What is odd about the test rows that were given."""
    return [*_in_both(data, test, split), *_same_groups(data, test), *_unusable(test, table), *_untested(data, test)]


def _rows(data: LabelledTexts, code: str, severity: str, rows: Positions) -> list[Finding]:
    if not len(rows):
        return []
    params = {"percent": _percent(len(rows), len(data))}
    return [Finding(code, severity, len(rows), first_rows(data.row_ids[rows]), params)]


def _percent(part: int, whole: int) -> str:
    share = 100 * part / max(whole, 1)
    return f"{share:.0f}" if share >= 1 else "<1"


def _language(legible: Legible, n: int) -> list[Finding]:
    code, reads = legible.language.code, legible.reads
    if not reads or code in NO_LANGUAGE or code in reads:
        return []
    return [Finding("language_foreign", "warning", n, params={"language": code, "reads": listed(reads)})]


def _another_language(language: Language, data: LabelledTexts) -> list[Finding]:
    """That some texts are in another language than the most."""
    if language.second_share < FOREIGN_SHARE or language.second in NO_LANGUAGE:
        return []
    language = detect_language(data.texts)  # where they stand in these rows: the caller may have looked at others
    at, share = list(language.second_at), language.second_share
    if len(at) < LEAST_FOREIGN or share < FOREIGN_SHARE:
        return []
    params = {"language": language.code, "other": language.second, "percent": f"{100 * share:.0f}"}
    return [Finding("languages_mixed", "warning", round(share * len(data)), first_rows(data.row_ids[at]), params)]


def _unread(legible: Legible, data: LabelledTexts) -> list[Finding]:
    """That texts hold characters, such as emoji, which the base model can't tell from each other."""
    unread = legible.unread
    if not unread or _language(legible, len(data)):
        return []
    holds = re.compile(f"[{''.join(map(re.escape, unread))}]").search
    rows = np.flatnonzero([holds(text) is not None for text in data.texts])
    if len(rows) < UNREAD_SHARE * len(data):
        return []
    severity = "warning" if len(rows) >= MUCH_UNREAD * len(data) else "info"
    # what only changes the look of the character before it says nothing by itself
    shown = [char for char in unread if unicodedata.category(char) not in ("Sk", "Mn")] or unread
    params = {"characters": " ".join(shown[:UNREAD_SHOWN])}
    return [replace(found, params=found.params | params) for found in _rows(data, "characters_unread", severity, rows)]


def _contradictions(data: LabelledTexts, groups: Positions) -> list[Finding]:
    """Texts that stand with two labels or more."""
    rows = checks.contradicting(data, groups)
    texts = len(np.unique(groups[rows]))
    return [replace(finding, count=texts) for finding in _rows(data, "text_with_two_labels", "warning", rows)]


def _missing(data: LabelledTexts, roles: Roles) -> list[Finding]:
    """Labels, and texts, that probably say that there is none; names of columns are meant."""
    names, rows = ([], np.zeros(0, np.int64)) if roles.flags else checks.labelled_missing(data)
    said = {"names": listed([f"“{name}” ({data.counts[data.label_names.index(name)]})" for name in names], 10)}
    of_labels = [replace(found, params=said) for found in _rows(data, "labels_say_missing", "warning", rows)]
    rows = checks.says_missing_alone(data)
    said = {"names": listed([f"“{text}”" for text in dict.fromkeys(data.texts[row].strip() for row in rows.tolist())])}
    return of_labels + [replace(found, params=said) for found in _rows(data, "texts_say_missing", "warning", rows)]


def _spelt(data: LabelledTexts, roles: Roles) -> list[Finding]:
    """Labels that mean the same as others, and rare ones that look like frequent ones misspelt.

    Labels that columns are named after were hardly typed by row, and spellings that are kept apart are meant.
    """
    if roles.flags or roles.apart:
        return []
    return [*_meant(data, "labels_synonymous", synonyms(data)), *_meant(data, "labels_misspelt", misspelt(data))]


def _meant(data: LabelledTexts, code: str, meant: Mapping[str, str]) -> list[Finding]:
    """That labels stand for others."""
    if not meant:
        return []
    counts = dict(zip(data.label_names, data.counts.tolist(), strict=True))
    pairs = listed([f"“{name}” ({counts[name]}) → “{other}” ({counts[other]})" for name, other in meant.items()])
    places = [data.label_names.index(name) for name in meant]
    has = data.labels[:, places].any(axis=1) if data.several else np.isin(data.labels, places)
    rows = np.flatnonzero(has)
    return [Finding(code, "warning", len(rows), first_rows(data.row_ids[rows]), {"pairs": pairs})]


def _everywhere(data: LabelledTexts) -> list[Finding]:
    """Labels of several that every row has."""
    names = checks.labels_everywhere(data)
    return [Finding("labels_everywhere", "warning", len(names), params={"names": listed(names)})] if names else []


def _class_sizes(data: LabelledTexts) -> list[Finding]:
    counts = data.counts
    largest, smallest = int(counts.argmax()), int(counts.argmin())
    findings = []
    rows = checks.in_small_classes(data)
    if len(rows):
        small = np.flatnonzero(counts < checks.SMALL_CLASS)
        names = listed([f"{data.label_names[i]} ({counts[i]})" for i in small.tolist()])
        params = {"names": names, "few": checks.SMALL_CLASS}
        code = "labels_small" if data.several else "classes_small"
        findings.append(Finding(code, "warning", len(small), first_rows(data.row_ids[rows]), params))
    if counts[largest] > IMBALANCED * counts[smallest]:
        params = {
            "largest": data.label_names[largest],
            "smallest": data.label_names[smallest],
            "largest_rows": int(counts[largest]),
            "smallest_rows": int(counts[smallest]),
            "rows": len(data),
            "percent": f"{100 * counts[largest] / len(data):.0f}",
        }
        code = "imbalance" if counts[largest] > len(data) / 2 and not data.several else "labels_uneven"
        findings.append(Finding(code, "warning", int(counts[largest]), params=params))
    return findings


def _unusable(test: LabelledTexts | None, table: Table | None) -> list[Finding]:
    """Test rows without a text or a label, with labels that are not learnt, and with some that are parted otherwise."""
    if test is None or table is None:
        return []
    outside = [finding for finding in test.findings if finding.code == "labels_outside"]
    left = table.rows - len(test) - sum(finding.count for finding in outside)
    found = [Finding("test_labels_outside", "warning", each.count, params=each.params) for each in outside]
    found += [replace(each, rows=()) for each in test.findings if each.code == "labels_parted_otherwise"]
    return found + ([Finding("test_rows_left_out", "warning", left, params={"rows": table.rows})] if left else [])


def _untested(data: LabelledTexts, test: LabelledTexts | None) -> list[Finding]:
    """Labels that are learnt, and that no test row has."""
    names = [] if test is None else [data.label_names[i] for i in np.flatnonzero(test.counts == 0).tolist()]
    return [Finding("labels_untested", "warning", len(names), params={"names": listed(names)})] if names else []


def _without_label(data: LabelledTexts) -> list[Finding]:
    """Rows that may have several labels, and have none."""
    rows = np.flatnonzero(~data.labels.any(axis=1)) if data.several else np.zeros(0, np.int64)
    return _rows(data, "rows_without_label", "info", rows)


def _in_both(data: LabelledTexts, test: LabelledTexts | None, split: Split | None) -> list[Finding]:
    if test is None:
        return []
    texts, rows = checks.kept_from_learning(data, split) if split else checks.test_texts_in_train(data, test)
    found = Finding("test_text_in_train", "warning", texts, first_rows(data.row_ids[rows]), {"rows": len(rows)})
    return [found] if texts else []


def _same_groups(data: LabelledTexts, test: LabelledTexts | None) -> list[Finding]:
    """That test rows, which are taken as they are, stand in groups that are learnt from."""
    values, rows = checks.groups_in_both(data, test) if test else (0, np.zeros(0, np.int64))
    params = {"column": data.grouped_by}
    return (
        [Finding("test_groups_in_train", "warning", values, first_rows(data.row_ids[rows]), params)] if values else []
    )


def _giveaways(data: LabelledTexts) -> list[Finding]:
    """Words, marks, numbers and names that give labels away; suspiciously easy data only where none says why."""
    found = [
        Finding(
            "word_tells_label",
            "warning",
            round(100 * telling.inside),
            params={
                "word": telling.word,
                "label": data.label_names[telling.label],
                "outside": _outside(telling.outside),
            },
        )
        for telling in giveaways.telling_words(data)[:3]
    ]
    if share := giveaways.share_that_say_their_label(data):
        found.append(Finding("text_says_label", "warning", round(100 * share)))
    for mark in [] if found else giveaways.telling_marks(data)[:3]:
        params = {"mark": mark.mark, "label": data.label_names[mark.label], "outside": _outside(mark.outside)}
        found.append(Finding(f"{mark.place}_tells_label", "warning", round(100 * mark.inside), params=params))
    for number in [] if found else giveaways.telling_numbers(data)[:2]:
        how = f"{'>' if number.above else '≤'} {number.threshold:g}"
        params = {"label": data.label_names[number.label], "how": how}
        found.append(Finding(f"{number.measure}_tell_label", "warning", round(100 * number.share), params=params))
    if not found and (share := giveaways.easy_share(data)):
        found.append(Finding("easy", "warning", len(data), params={"percent": f"{100 * share:.1f}"}))
    return found


def _sources(table: Table, roles: Roles, test_table: Table | None) -> list[Finding]:
    """Columns of people and the like who all have one label each, and stand on both sides of the split."""
    return [
        Finding("column_of_sources", "warning", values, params={"column": name, "label": roles.label})
        for name, values in checks.sources(table, roles, test_table).items()
    ]


def _outside(share: float) -> str:
    """The percentage of the other texts that have what gives a label away."""
    return _percent(round(1000 * share), 1000) if share else "0"


def _aside(table: Table, roles: Roles) -> list[Finding]:
    """Columns of texts that are not read; one as long as the text may be what it is to be judged by."""
    names, alike = texts_aside(table, roles)
    params = {"columns": listed(names), "text": listed(roles.text)}
    return [Finding("texts_aside", "warning" if alike else "info", len(names), params=params)] if names else []


def _cut_off(table: Table, roles: Roles) -> list[Finding]:
    """Columns of texts that may have been cut off before they came here."""
    found = []
    for name, length, rows in checks.equally_longest(table, roles):
        params = {"column": name, "length": length, "percent": _percent(len(rows), table.rows)}
        found.append(Finding("texts_equally_long", "warning", len(rows), first_rows(rows), params))
    return found


def _objects(table: Table, roles: Roles) -> list[Finding]:
    """Columns that are learned from and hold objects of JSON."""
    found = [(name, checks.objects_in(table, name)) for name in roles.columns]
    return [
        Finding("cells_are_objects", "warning", len(rows), first_rows(rows), {"column": name})
        for name, rows in found
        if 2 * len(rows) > table.rows
    ]


def _too_long(lengths: npt.NDArray[np.int64]) -> list[Finding]:
    """How much lies beyond what is read, or beyond what a quick training reads."""
    for code, limit in (("texts_cut", READ_TOKENS), ("texts_cut_quick", QUICKLY_READ)):
        cut = int((lengths > limit).sum())
        if cut and cut >= 0.01 * len(lengths):
            read, tokens = np.minimum(lengths, limit).sum(), lengths.sum()
            lost = _percent(int(tokens - read), int(tokens))
            params = {"percent": _percent(cut, len(lengths)), "limit": limit, "tokens": lost}
            grave = code == "texts_cut" and cut >= 0.05 * len(lengths)
            return [Finding(code, "warning" if grave else "info", cut, params=params)]
    return []


def _markup(data: LabelledTexts) -> list[Finding]:
    rows = checks.marked_up(data)
    return _rows(data, "markup", "info", rows) if len(rows) >= max(1, MUCH_MARKUP * len(data)) else []


def _label_columns(table: Table, roles: Roles) -> list[Finding]:
    """Columns that could be the label too, or that are the label under other names."""
    found = [
        Finding(
            "label_column_rival",
            "warning",
            round(100 * agree),
            params={"column": name, "label": roles.label, "kappa": f"{kappa:.2f}"},
        )
        for name, agree, kappa in checks.rival_labels(table, roles)
    ]
    rivals = {finding.params["column"] for finding in found}
    told = rivals | set(checks.sources(table, roles))
    deciding = [name for name in checks.deciding_columns(table, roles) if name not in told]
    if deciding:
        params = {"columns": listed(deciding), "label": roles.label}
        found.append(Finding("column_decides_label", "info", len(deciding), params=params))
    return found


def _label_values(data: LabelledTexts) -> list[Finding]:
    """Labels that look like ids without names, like several in one cell, or like levels of a tree."""
    names = data.label_names
    found = []
    mark, made = checks.several_labels(data)
    if mark:
        params = {"delimiter": mark, "example": names[made[0]], "labels": len(names) - len(made)}
        found.append(Finding("labels_several", "warning", int(np.isin(data.labels, made).sum()), params=params))
        names = tuple(name for i, name in enumerate(names) if i not in made)
    if mark := checks.nested_labels(data):
        heads = {name.split(mark)[0] for name in names}
        params = {"delimiter": mark, "example": names[0], "heads": len(heads)}
        found.append(Finding("labels_nested", "info", len(names), params=params))
    if ends := checks.measured(names):
        params = {"low": f"{ends[0]:g}", "high": f"{ends[1]:g}"}
        found.append(Finding("labels_measured", "warning", len(names), params=params))
    elif len(names) > 2 and all(name.isdigit() for name in names):
        found.append(Finding("labels_numbered", "info", len(names), params={"names": listed(names)}))
    return found


def _parted(roles: Roles, data: LabelledTexts) -> list[Finding]:
    """That cells were read as several labels, which a person may overrule."""
    if roles.separator is None:
        return []
    rows = np.flatnonzero(data.labels.sum(axis=1) > 1)
    params = {"column": roles.label, "mark": readable_mark(roles.separator), "labels": len(data.label_names)}
    code = "labels_listed" if roles.separator == LIST else "labels_parted"
    return [Finding(code, "info", len(rows), first_rows(data.row_ids[rows]), params)]


def _perhaps_parted(roles: Roles, data: LabelledTexts) -> list[Finding]:
    """That labels may be several in one, which would explain how few rows each of them has."""
    if data.several or roles.flags or checks.several_labels(data)[0]:
        return []
    if not (mark := perhaps_parted_by(data.label_names)):
        return []
    example = next(name for name in data.label_names if mark in name)
    params = {"column": roles.label, "mark": mark, "example": example}
    return [Finding("labels_perhaps_parted", "warning", len(data.label_names), params=params)]


def _sorted(data: LabelledTexts) -> list[Finding]:
    return [Finding("sorted_by_label", "info", len(data))] if checks.is_sorted(data) else []
