"""What is wrong or odd in the data, worst first, and how long the texts are in tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from tokenizers import Tokenizer

from bertdemo.data.dataset import LabelledTexts, Roles
from bertdemo.data.findings import SEVERITIES, Finding, first_rows, listed
from bertdemo.data.table import Table

IMBALANCED = 10
SMALL_CLASS = 5
MARKUP = re.compile(r"</?(?:p|br|div|span|a|b|i|em|strong|ul|ol|li|table|tr|td|h[1-6]|img|script|font)\b[^<>]*>", re.I)
MUCH_MARKUP = 0.02
TOKENIZER_BATCH = 10_000


def examine(table: Table, roles: Roles, data: LabelledTexts) -> tuple[Finding, ...]:
    """All findings on a file and its labelled texts, worst first."""
    groups = pd.factorize(np.array(data.texts, dtype=object))[0].astype(np.int64)
    findings = [
        *data.findings,
        *_contradictions(data, groups),
        *_class_sizes(data),
        *_repeats(data, groups),
        *_markup(data),
        *table.reading.notices,
    ]
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def token_lengths(texts: Sequence[str], tokenizer_file: Path) -> npt.NDArray[np.int64]:
    """(n,) int64: tokens of every text, special tokens included, nothing cut and nothing padded."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lengths: list[int] = []
    stream = iter(texts)
    while batch := list(islice(stream, TOKENIZER_BATCH)):
        lengths.extend(len(encoding.ids) for encoding in tokenizer.encode_batch_fast(batch))
    return np.array(lengths, dtype=np.int64)


def _repeats(data: LabelledTexts, groups: npt.NDArray[np.int64]) -> list[Finding]:
    """Rows whose text stood in an earlier row."""
    first = np.zeros(len(groups), bool)
    first[np.unique(groups, return_index=True)[1]] = True
    again = np.flatnonzero(~first)
    return [Finding("text_repeated", "info", len(again), first_rows(data.row_ids[again]))] if len(again) else []


def _contradictions(data: LabelledTexts, groups: npt.NDArray[np.int64]) -> list[Finding]:
    """Texts that stand with two labels or more."""
    pairs = np.unique(groups * len(data.label_names) + data.labels)
    texts, labels = np.unique(pairs // len(data.label_names), return_counts=True)
    torn = texts[labels > 1]
    if not len(torn):
        return []
    rows = np.flatnonzero(np.isin(groups, torn))
    rows = rows[np.argsort(groups[rows], kind="stable")]
    return [Finding("text_with_two_labels", "warning", len(torn), first_rows(data.row_ids[rows]))]


def _class_sizes(data: LabelledTexts) -> list[Finding]:
    counts = np.bincount(data.labels, minlength=len(data.label_names))
    largest, smallest = int(counts.argmax()), int(counts.argmin())
    findings = []
    small = np.flatnonzero(counts < SMALL_CLASS)
    if len(small):
        names = listed([f"{data.label_names[i]} ({counts[i]})" for i in small.tolist()])
        rows = first_rows(data.row_ids[np.isin(data.labels, small)])
        findings.append(Finding("classes_small", "warning", len(small), rows, {"names": names, "few": SMALL_CLASS}))
    if counts[largest] > IMBALANCED * counts[smallest]:
        params = {
            "largest": data.label_names[largest],
            "smallest": data.label_names[smallest],
            "smallest_rows": int(counts[smallest]),
            "percent": f"{100 * counts[largest] / len(data):.0f}",
        }
        findings.append(Finding("imbalance", "warning", int(counts[largest]), params=params))
    return findings


def _markup(data: LabelledTexts) -> list[Finding]:
    rows = np.array([i for i, text in enumerate(data.texts) if "<" in text and MARKUP.search(text)], dtype=np.int64)
    if len(rows) < max(1, MUCH_MARKUP * len(data)):
        return []
    percent = f"{100 * len(rows) / len(data):.0f}"
    return [Finding("markup", "info", len(rows), first_rows(data.row_ids[rows]), {"percent": percent})]
