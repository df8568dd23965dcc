"""Base models: the bundled one, and the Hub played by a small server on this machine."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tokenizers import processors

from bertdemo.api import prepare
from bertdemo.core import device, forward, models
from bertdemo.core.classify import Classifier
from bertdemo.core.linear import tokens_of
from bertdemo.core.tokens import types_of
from bertdemo.data.language import NO_LANGUAGE
from bertdemo.data.pair import TextPair
from bertdemo.errors import UserError
from bertdemo.runs.config import TFIDF_ONLY, TrainConfig
from bertdemo.runs.run import Run

LOAD = """
import sys, torch
from bertdemo.core import models
name = sys.argv[1]
tokenizer = models.load_tokenizer(name)
model = models.load_for_classes(name, ["no", "yes"], seed=0, device=torch.device("cpu"))
print(len(models.encode(tokenizer, ["a good film"], 64)[0]), model.config.id2label[1], model.config.num_labels)
"""


@pytest.fixture
def hub(tiny_bert: Path) -> Iterator[str]:
    """The address of a Hub that has one repository, ``someone/tiny``."""
    files = {path.name: path.read_bytes() for path in tiny_bert.iterdir()}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            path = self.path.split("?")[0]
            content: bytes | None = None
            if path.startswith("/someone/tiny/resolve/"):
                content = files.get(path.rsplit("/", 1)[-1])
            elif path.startswith("/api/models/someone/tiny/tree/"):
                content = json.dumps([{"type": "file", "path": name, "size": 1, "oid": "0"} for name in files]).encode()
            elif path in ("/api/models/someone/tiny", "/api/models/someone/tiny/revision/main"):
                content = json.dumps(
                    {
                        "id": "someone/tiny",
                        "sha": "1" * 40,
                        "siblings": [{"rfilename": name} for name in files],
                    }
                ).encode()
            elif path == "/":
                content = b""
            self.send_response(404 if content is None else 200)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound" if "tiny" in path else "RepoNotFound")
            content = content or b""
            self.send_header("X-Repo-Commit", "1" * 40)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def load(name: str, endpoint: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Load a base in a process of its own: the Hub's address is read when its library is imported."""
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(folder), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", LOAD, name]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_thread_gets_the_library_whole_while_another_imports_it() -> None:
    code = """
import sys, threading, time
from bertdemo.core.library import transformers
first = threading.Thread(target=transformers)
first.start()
while "transformers" not in sys.modules and first.is_alive():
    time.sleep(0.001)
print(transformers().AutoConfig.__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "AutoConfig", done.stderr


def test_a_base_is_fetched_from_the_hub(hub: str, tmp_path: Path) -> None:
    done = load("someone/tiny", hub, tmp_path)
    assert done.stdout.split() == ["5", "yes", "2"], done.stderr


def test_a_name_that_the_hub_does_not_have_is_said(hub: str, tmp_path: Path) -> None:
    done = load("someone/nothing", hub, tmp_path)
    assert done.returncode != 0
    assert "UserError: The base model someone/nothing can't be loaded" in done.stderr


def test_an_encoder_is_no_classifier() -> None:
    """Its head would be a random one."""
    with pytest.raises(UserError) as caught:
        Classifier.load(models.bundled_folder())
    assert caught.value.code == "model_unknown"


def test_damaged_weights_are_said(tiny_bert: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "base")
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        models.load_encoder(str(folder))
    assert caught.value.code == "base_unsuitable"
    with pytest.raises(UserError) as caught:
        Classifier.load(folder)
    assert caught.value.code == "model_unknown"


@pytest.mark.parametrize("architecture", ["GPT2LMHeadModel", "XLNetLMHeadModel", "LlamaForSequenceClassification"])
def test_what_writes_texts_is_no_base(tiny_bert: Path, tmp_path: Path, architecture: str) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "base")
    getattr(transformers, architecture).config_class(architectures=[architecture]).save_pretrained(folder)
    with pytest.raises(UserError) as caught:
        models.require(str(folder))
    assert caught.value.code == "base_writes"


def test_a_model_of_ours_is_read_as_far_as_it_can_be(tiny_bert: Path, tmp_path: Path) -> None:
    """Its tokenizer says how far its texts were read, which is no limit for the next training."""
    folder = shutil.copytree(tiny_bert, tmp_path / "base")
    tokenizer = models.load_tokenizer(str(folder))
    tokenizer.model_max_length = 10
    tokenizer.save_pretrained(folder)
    config = models.load_config(str(folder))
    assert models.longest(models.load_tokenizer(str(folder)), config) == 10
    (folder / "bertdemo.json").write_text("{}", encoding="utf-8")
    assert models.longest(models.load_tokenizer(str(folder)), config) == config.max_position_embeddings


def test_the_precision_is_tried_within_the_memory_of_a_pass(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "native_precision", lambda _: "bf16")
    sizes: list[int] = []
    plain = forward.training_logits
    monkeypatch.setattr(
        forward, "training_logits", lambda model, ids, *how: sizes.append(len(ids)) or plain(model, ids[:1], *how)
    )
    device.fastest_precision(str(tiny_bert), [np.full(20, 5)], batch=4096, most_tokens=200)
    assert set(sizes) == {10}


@pytest.mark.parametrize(("too_large", "fastest"), [({"fp32"}, "bf16"), ({"bf16"}, "fp32"), ({"fp32", "bf16"}, "bf16")])
def test_a_precision_that_does_not_fit_into_memory_is_not_the_faster_one(
    tiny_bert: Path, monkeypatch: pytest.MonkeyPatch, too_large: set[str], fastest: str
) -> None:
    monkeypatch.setattr(device, "native_precision", lambda _: "bf16")
    plain = forward.training_logits

    def logits(model: Any, ids: list[np.ndarray], precision: str, weight: Any) -> torch.Tensor:
        if precision in too_large:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return plain(model, ids, precision, weight)

    monkeypatch.setattr(forward, "training_logits", logits)
    assert device.fastest_precision(str(tiny_bert), [np.full(20, 5)], batch=4, most_tokens=200) == fastest


def test_without_the_hub_the_download_is_named() -> None:
    with pytest.raises(UserError) as caught:
        models.load_tokenizer("google-bert/bert-base-chinese")
    assert caught.value.code == "base_unreachable"
    assert caught.value.params["megabytes"] == 412


def test_the_language_decides_the_base_before_the_device() -> None:
    assert models.default_base("en", gpu=False, hub=True) == models.BUNDLED
    assert models.default_base("en", gpu=True, hub=True) == "google-bert/bert-base-uncased"
    assert models.default_base("en", gpu=True, hub=False) == models.BUNDLED
    for none in NO_LANGUAGE:  # codes, which no base was made for
        assert models.default_base(none, gpu=False, hub=False) == models.BUNDLED
        assert models.reads(models.CATALOGUE[0], none)
    assert models.default_base("zh", gpu=False, hub=False) == "google-bert/bert-base-chinese"
    assert models.default_base("de", gpu=True, hub=True) == "google-bert/bert-base-multilingual-cased"


@pytest.mark.parametrize("name", ["./nofolder", "../nofolder", "/no/folder", "~/nofolder"])
def test_a_folder_that_is_not_there_is_said_to_be_a_folder(
    reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    shown = name.replace("~", str(tmp_path))
    with pytest.raises(UserError, match=re.escape(f"There is no folder {shown}.")):
        prepare(reviews_csv, base=name)


def test_the_home_folder_is_known_by_its_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert TrainConfig(base="~/model").base == str(tmp_path / "model")


def test_more_tokens_than_a_base_reads_are_refused_before_there_is_a_run(reviews_csv: Path, tiny_bert: Path) -> None:
    most = {None: 512, models.BUNDLED: 512, str(tiny_bert): 64}
    for base, length in most.items():
        models.require_length(base, length)
        with pytest.raises(UserError, match=f"from 8 to {length}"):
            prepare(reviews_csv, base=base, max_length=length + 1)
    for base in (TFIDF_ONLY, "google-bert/bert-base-chinese"):  # reads no tokens; is not at hand
        models.require_length(base, 5000)
    assert Run.all() == []


def test_the_bundled_tokenizer_neither_pads_nor_cuts_by_itself() -> None:
    tokenizer = models.load_tokenizer(models.BUNDLED)
    lengths = [len(ids) for ids in models.encode(tokenizer, ["short", "long " * 400], 512)]
    assert lengths == [3, 402]


def test_cut_texts_keep_their_last_special_token() -> None:
    tokenizer = models.load_tokenizer(models.BUNDLED)
    [ids] = models.encode(tokenizer, ["long " * 400], 16)
    assert len(ids) == 16
    assert ids[-1] == tokenizer.sep_token_id


def test_long_texts_are_read_no_further_than_needed_and_to_the_same_tokens(tiny_bert: Path) -> None:
    tokenizer = models.load_tokenizer(str(tiny_bert))
    read: list[int] = []

    class Counting:
        def __call__(self, texts: list[str], **options: Any) -> Any:
            read.extend(map(len, texts))
            return tokenizer(texts, **options)

    long = "a good film " * 5000
    few_words = f"good {'x' * 5000} film {'y' * 5000} bad"  # two words unknown: fewer tokens than are read
    texts = [long, "short", few_words, "z" * 3000, ""]
    found = models.encode(Counting(), texts, 20)
    whole = tokenizer(texts, truncation=True, max_length=20)["input_ids"]
    assert [ids.tolist() for ids in found] == whole
    assert read[0] <= 20 * models.CHARACTERS_A_TOKEN
    assert max(read) == len(few_words)


def test_texts_are_said_to_be_cut_where_tokens_are_left_out(tiny_bert: Path) -> None:
    tokenizer = models.load_tokenizer(str(tiny_bert))
    texts = ["good " * n + end for n in (1, 5, 6, 7, 60, 200) for end in ("", " " * 300)] + ["x" * 500, ""]
    cut: set[str] = set()
    models.encode(tokenizer, texts, 8, cut)
    assert cut == {text for text in texts if len(tokenizer(text)["input_ids"]) > 8}
    pairs = [TextPair(first, second) for first in texts[:6] for second in texts[:6] if first and second]
    cut = set()
    models.encode(tokenizer, pairs, 12, cut)
    assert cut == {pair for pair in pairs if len(tokenizer(pair.first, pair.second)["input_ids"]) > 12}
    apart: set[str] = set()
    tokens_of(tokenizer, pairs, 8, apart)
    assert apart == {p for p in pairs if max(len(tokenizer(part)["input_ids"]) for part in (p.first, p.second)) > 8}


def test_texts_are_tokenised_in_batches_of_so_many_characters(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = models.load_tokenizer(str(tiny_bert))
    texts = ["good film"] * 9 + ["bad " * 10, "good"]
    plain = models.encode(tokenizer, texts, 16)
    sizes: list[int] = []
    monkeypatch.setattr("bertdemo.core.models.BATCH_CHARACTERS", 30)

    class Counting:
        def __call__(self, texts: list[str], **options: Any) -> Any:
            sizes.append(len(texts))
            return tokenizer(texts, **options)

    assert [ids.tolist() for ids in models.encode(Counting(), texts, 16)] == [ids.tolist() for ids in plain]
    assert sizes == [3, 3, 3, 1, 1]


@pytest.fixture
def deberta(tiny_bert: Path, tmp_path: Path) -> Path:
    """The folder of a base whose attention has no fused form."""
    folder = shutil.copytree(tiny_bert, tmp_path / "deberta")
    small: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.DebertaV2Config(**small, vocab_size=300, intermediate_size=16, max_position_embeddings=64)
    transformers.DebertaV2Model(config).save_pretrained(folder)
    return folder


def test_attention_that_has_no_fused_form_is_no_reason_to_refuse_a_base(deberta: Path) -> None:
    assert models.load_encoder(str(deberta)).config.model_type == "deberta-v2"
    elsewhere = models.load_for_classes(str(deberta), ["a", "b"], seed=0, device=torch.device("meta"))
    assert elsewhere.config._attn_implementation == "eager"


@pytest.fixture
def roberta(tiny_bert: Path, tmp_path: Path) -> Path:
    """The folder of a classifier of "a" and "b" whose head has two layers, neither of which its encoder has."""
    folder = shutil.copytree(tiny_bert, tmp_path / "roberta")
    small: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    names: dict[str, Any] = {"id2label": {0: "a", 1: "b"}, "label2id": {"a": 0, "b": 1}}
    config = transformers.RobertaConfig(**small, **names, vocab_size=300, max_position_embeddings=64)
    transformers.RobertaForSequenceClassification(config).save_pretrained(folder)
    return folder


def made(folder: Path, labels: list[str], seed: int = 0, kind: str = "single_label_classification") -> Any:
    """All weights of what is made of the folder for these labels."""
    device = torch.device("cpu")
    return models.load_for_classes(str(folder), labels, seed=seed, device=device, problem_type=kind).state_dict()


def test_a_base_that_is_a_classifier_of_other_labels_gets_a_new_head(roberta: Path) -> None:
    """Also where it has as many of them, or the same ones in another order."""
    own = transformers.RobertaForSequenceClassification.from_pretrained(roberta).state_dict()
    body = {name for name in own if name.startswith("roberta.")}
    layers = {"classifier.dense.weight", "classifier.out_proj.weight"}
    for labels in (["b", "a"], ["x", "y"], ["a", "b", "c"]):
        first, again, other = made(roberta, labels), made(roberta, labels), made(roberta, labels, seed=1)
        assert all(torch.equal(first[name], own[name]) for name in body)
        assert not any(torch.equal(other[name], first[name]) for name in layers)
        assert not torch.equal(first["classifier.dense.weight"], own["classifier.dense.weight"])
        assert all(torch.equal(first[name], again[name]) for name in first)
        assert all(first[name].std().item() == pytest.approx(0.02, rel=0.5) for name in layers)
    several = made(roberta, ["a", "b"], kind="multi_label_classification")
    assert not any(torch.equal(several[name], own[name]) for name in layers)


def test_a_base_that_is_a_classifier_of_these_labels_keeps_its_head(roberta: Path) -> None:
    own = transformers.RobertaForSequenceClassification.from_pretrained(roberta).state_dict()
    kept = made(roberta, ["a", "b"], seed=7)
    assert all(torch.equal(kept[name], own[name]) for name in own)


def test_what_an_encoder_was_trained_with_outside_of_it_stays(tiny_bert: Path, tmp_path: Path) -> None:
    """ModernBERT reads its states through a layer that its pre-training knows and its encoder has not."""
    folder = shutil.copytree(tiny_bert, tmp_path / "modern")
    small: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 300}
    ends = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 0)
    masked = transformers.ModernBertForMaskedLM(transformers.ModernBertConfig(**small, **ends, intermediate_size=16))
    masked.save_pretrained(folder)
    assert torch.equal(made(folder, ["a", "b"])["head.dense.weight"], masked.state_dict()["head.dense.weight"])


def test_attention_is_fused_where_it_can_be(tiny_bert: Path) -> None:
    def way(model: Any) -> str:
        return str(model.config._attn_implementation)

    def loaded(device: str) -> Any:
        return models.load_for_classes(str(tiny_bert), ["a", "b"], seed=0, device=torch.device(device))

    assert way(models.load_encoder(str(tiny_bert))) == "sdpa"
    assert (way(loaded("cpu")), way(loaded("meta"))) == ("eager", "sdpa")


@pytest.mark.parametrize(
    ("kind", "padding"),
    [
        ("Bert", 0),
        ("Roberta", 1),
        ("Roberta", 0),
        ("XLMRoberta", 5),
        ("MPNet", 1),
        ("MPNet", 0),
        ("Data2VecText", 1),
        ("RobertaPreLayerNorm", 1),
        ("XLMRobertaXL", 1),
        ("IBert", 1),
    ],
)
def test_the_longest_text_has_a_place_for_each_token(kind: str, padding: int) -> None:
    small: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = getattr(transformers, f"{kind}Config")(
        **small, vocab_size=40, max_position_embeddings=42, pad_token_id=padding
    )
    model = getattr(transformers, f"{kind}ForSequenceClassification")(config).eval()
    most = models.longest(SimpleNamespace(model_max_length=10**30), config)
    assert model(torch.full((1, most), 7)).logits.isfinite().all()
    with pytest.raises((IndexError, RuntimeError)):
        model(torch.full((1, most + 1), 7))


def test_texts_are_cut_at_their_end_whatever_the_tokenizer_says(tiny_bert: Path, tmp_path: Path) -> None:
    plain = transformers.AutoTokenizer.from_pretrained(tiny_bert, truncation_side="left")
    folder = shutil.copytree(tiny_bert, tmp_path / "left")
    plain.save_pretrained(folder)
    tokenizer = models.load_tokenizer(str(folder))
    text = "good " * 50 + "bad " * 50
    tokens = tokenizer.convert_ids_to_tokens(models.encode(tokenizer, [text], 6)[0])
    assert tokens == ["[CLS]", *["good"] * 4, "[SEP]"]
    tokenizer.save_pretrained(tmp_path / "kept")
    again = transformers.AutoTokenizer.from_pretrained(tmp_path / "kept")
    assert again.convert_ids_to_tokens(again(text, truncation=True, max_length=6)["input_ids"]) == tokens


@pytest.mark.parametrize(
    ("kind", "settings", "typed"),
    [
        ("Bert", {}, True),
        ("Electra", {}, True),
        ("Roberta", {"type_vocab_size": 1}, False),  # has the input, and one type alone
        ("DebertaV2", {}, False),
        ("DistilBert", {}, False),
    ],
)
def test_second_texts_are_marked_where_the_model_can_tell(
    tiny_bert: Path, tmp_path: Path, kind: str, settings: dict[str, Any], typed: bool
) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / kind)
    small: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = getattr(transformers, f"{kind}Config")(**small, **settings, vocab_size=300, max_position_embeddings=64)
    config.save_pretrained(folder)
    tokenizer = models.load_tokenizer(str(folder))
    ids = models.encode(tokenizer, [TextPair("a good film", "a bad film")], 32)
    assert types_of(ids[0]).any() == typed
    model = getattr(transformers, f"{kind}ForSequenceClassification")(config).eval()
    assert model(**forward.padded(ids, torch.device("cpu"))).logits.isfinite().all()


@pytest.fixture
def bare(tiny_bert: Path, tmp_path: Path) -> Path:
    """The folder of a classifier whose tokenizer adds nothing to a text."""
    folder = shutil.copytree(tiny_bert, tmp_path / "bare")
    tokenizer = models.load_tokenizer(str(folder))
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing("$A", "$A $B:1", [])
    tokenizer.save_pretrained(folder)
    models.load_for_classes(str(folder), ["a", "b"], seed=0, device=torch.device("cpu")).save_pretrained(folder)
    return folder


NOTHING = "\u0301"  # an accent of no letter, which a BERT normaliser takes away


def test_a_text_of_which_a_tokenizer_makes_nothing_is_one_unknown_token(bare: Path) -> None:
    tokenizer = models.load_tokenizer(str(bare))
    unknown = [tokenizer.unk_token_id]
    assert tokenizer(NOTHING)["input_ids"] == []
    assert [ids.tolist() for ids in models.encode(tokenizer, [NOTHING, "x y", NOTHING * 900], 8)[::2]] == [unknown] * 2
    assert models.encode(tokenizer, [TextPair(NOTHING, NOTHING)], 8)[0].tolist() == unknown
    ids, parts, spans = models.encode_with_spans(tokenizer, NOTHING, 8)
    assert (ids.tolist(), parts.tolist(), spans.tolist()) == (unknown, [-1], [[0, 0]])
    tokenizer.unk_token = None
    assert models.encode(tokenizer, [NOTHING], 8)[0].tolist() == [tokenizer.pad_token_id]
    tokenizer.pad_token = None
    assert models.encode(tokenizer, [NOTHING], 8)[0].tolist() == [0]


def test_it_gets_an_answer_of_its_own(bare: Path) -> None:
    classifier = Classifier.load(bare)
    alone = [classifier.probabilities([text])[0] for text in (NOTHING, "good film")]
    np.testing.assert_allclose(classifier.probabilities([NOTHING, "good film"]), alone, atol=1e-5)
    np.testing.assert_allclose(np.sum(alone, axis=1), 1.0)
    assert classifier.explain(NOTHING).words == ()
    model = models.load_for_classes(str(bare), ["a", "b"], seed=0, device=torch.device("cpu")).eval()
    ids = models.encode(classifier.backend.tokenizer, [NOTHING, "good film"], 8)  # type: ignore[attr-defined]
    with torch.no_grad():
        packed, padded = forward.training_logits(model, ids, "fp32"), model(**forward.padded(ids, model.device)).logits
    torch.testing.assert_close(packed, padded)


def test_a_gpu_that_torch_cannot_compute_on_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_kernel(*_: Any, **__: Any) -> torch.Tensor:
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for ones, kind in ((no_kernel, "cpu"), (lambda *_, **__: torch.tensor(1.0), "cuda")):
        device._cuda_computes.cache_clear()
        monkeypatch.setattr(torch, "ones", ones)
        assert device.best_device().type == kind
    device._cuda_computes.cache_clear()
