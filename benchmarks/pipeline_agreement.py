"""How far bertdemo's probabilities are from those of plain `transformers.pipeline`, on real rows.

    python benchmarks/pipeline_agreement.py MODEL_FOLDER FILE [ROWS]

MODEL_FOLDER is the BERT folder of a run, FILE holds a column ``text``. Two texts longer than the model reads
are added. Prints, for fp32 and for the default precision, the largest difference of a probability and the
share of rows with the same label.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from transformers import pipeline

from bertdemo.core.classify import Classifier
from bertdemo.data.table import read_table


def main() -> None:
    folder, file = sys.argv[1:3]
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    texts = [text or "" for text in read_table(file).column("text")[:rows]]
    texts += ["a long text about nothing much " * 200, "an even longer one, which says that it is bad " * 300]
    read: Any = pipeline("text-classification", model=folder, top_k=None, batch_size=32)  # typed as if top_k were 1
    plain: list[list[dict[str, Any]]] = read(texts, truncation=True)
    for precision in ("fp32", "auto"):
        classifier = Classifier.load(folder, precision)
        ours = classifier.probabilities(texts)
        place = {label: i for i, label in enumerate(classifier.labels)}
        theirs = np.zeros_like(ours)
        for row, entries in enumerate(plain):
            for entry in entries:
                theirs[row, place[entry["label"]]] = entry["score"]
        same = (ours.argmax(axis=1) == theirs.argmax(axis=1)).mean()
        largest = np.abs(ours - theirs).max()
        print(f"{precision:>5}: {len(texts)} rows, largest difference {largest:.6f}, same label {same:.4%}")


if __name__ == "__main__":
    main()
