"""What all tests share: a home of their own, no network, and a BERT so small that it trains in a second."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from bertdemo.cli import main
from bertdemo.core.tokens import ids_of, marked, types_of
from bertdemo.runs.run import Run

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the models of the tests are too small to share among cores
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

SHARED = Path(os.environ.get("BERTDEMO_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
"""Real data sets, a folder each: where ``BERTDEMO_DATA`` says, else beside the checkout."""
on_real_data = pytest.mark.skipif(
    not SHARED.exists(), reason=f"no real data sets at {SHARED}; BERTDEMO_DATA may name their folder"
)

POSITIVE = "good fine great lovely superb nice happy best warm clear".split()
NEGATIVE = "bad poor awful dull sad worst cold broken late ugly".split()
OTHER = "the a film food order phone it was is and but very not so my we".split()


def renumbered(ids: Sequence[np.ndarray], used: np.ndarray) -> list[np.ndarray]:
    """The same tokens with positions in `used`, as `Encoded.renumbered` gives them."""
    return [marked(np.searchsorted(used, ids_of(i)), types_of(i)) for i in ids]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``BERTDEMO_HOME`` for each test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("BERTDEMO_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained two-layer BERT with a vocabulary of whole words and letters."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-bert")
    letters = [chr(i) for i in range(33, 127)]
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *letters,
        *(f"##{c}" for c in letters),
        *POSITIVE,
        *NEGATIVE,
        *OTHER,
    ]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        mask_token="[MASK]",
        model_max_length=64,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **special,
    )
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,  # random features that are worth something
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def reviews_csv(tmp_path: Path) -> Path:
    """400 short texts whose label follows from their words, written by no template that repeats a row."""
    draw = random.Random(0)
    path = tmp_path / "reviews.csv"
    seen: set[str] = set()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        while len(seen) < 400:
            label = draw.choice(["positive", "negative"])
            telling = POSITIVE if label == "positive" else NEGATIVE
            words = draw.choices(telling, k=2) + draw.choices(OTHER, k=draw.randint(3, 9))
            draw.shuffle(words)
            text = " ".join(words)
            if text not in seen:
                seen.add(text)
                writer.writerow([text, label])
    return path


def _rows_of(path: Path, columns: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.fixture
def several_csv(tmp_path: Path) -> Path:
    """400 texts that are glad, sad, both or neither, and say so in their words; `place` is a third label."""
    draw = random.Random(0)
    rows = []
    for i in range(400):
        has = [name for name in ("glad", "sad", "place") if draw.random() < 0.5] or ["place"]
        words = [*draw.choices(OTHER, k=5), str(i)]
        words += draw.choices(POSITIVE, k=2) if "glad" in has else []
        words += draw.choices(NEGATIVE, k=2) if "sad" in has else []
        words += ["room"] if "place" in has else []
        draw.shuffle(words)
        rows.append([" ".join(words), "|".join(has)])
    return _rows_of(tmp_path / "several.csv", ["text", "labels"], rows)


@pytest.fixture
def pairs_csv(tmp_path: Path) -> Path:
    """400 pairs: the same where both texts are of one mood."""
    draw = random.Random(0)
    rows = []
    for i in range(400):
        moods = draw.choice([POSITIVE, NEGATIVE]), draw.choice([POSITIVE, NEGATIVE])
        texts = [" ".join([*draw.choices(mood, k=3), *draw.choices(OTHER, k=2), str(i)]) for mood in moods]
        rows.append([*texts, "same" if moods[0] is moods[1] else "other"])
    return _rows_of(tmp_path / "pairs.csv", ["text_a", "text_b", "label"], rows)


@pytest.fixture
def trained(reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A finished run on `reviews_csv`, with its owner's key ``"key"``."""
    from bertdemo.api import prepare

    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")
    prepared = prepare(reviews_csv, base=str(tiny_bert), epochs=2, lr=3e-3, key="key")
    for _ in prepared.events():
        pass
    return prepared.run


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A command by its arguments -> its exit code, standard output and standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            main([str(a) for a in arguments])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call
