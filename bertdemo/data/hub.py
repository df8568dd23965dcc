"""The Hugging Face Hub: whether it answers, and its data sets by name -> `Table`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa

from bertdemo.data.delimited import string_array
from bertdemo.data.findings import Finding
from bertdemo.data.table import Reading, Table
from bertdemo.errors import UserError, first_line
from bertdemo.hosting import is_token_lent

NAME = re.compile(r"\w[\w.-]{0,95}(/\w[\w.-]{0,95})?(:[\w.-]{1,96})?")
SPLIT = "split"
ANSWER_SECONDS = 5.0
"""So long the Hub may take to say whether it gives a repository to everybody."""


def looks_like_name(name: str) -> bool:
    """Whether `name` could be a data set's: ``owner/name``, or ``owner/name:configuration``."""
    return bool(NAME.fullmatch(name))


def read_hub(name: str) -> Table:
    """A data set of the Hub as a table: all its splits, with a column ``split`` that says which.

    Class numbers become the names of the classes, lists one cell as JSON; an empty list is not a missing one.

    Args:
        name: ``owner/name``, or ``owner/name:configuration`` where it has several.

    Raises:
        UserError: ``hub_name`` (no such form), ``hub_folder`` (its library would read that one), ``hub_offline``,
            ``hub_unknown``, ``hub_configuration`` (one must be chosen), ``hub_unreadable`` or ``hub_empty``.
    """
    repository, configuration = _parts_of(name)
    splits = _load(repository, configuration or None)
    parts = [_strings(rows, split if len(splits) > 1 else None) for split, rows in splits.items() if len(rows)]
    if not parts:
        raise UserError("hub_empty", name=name)
    data = pa.concat_tables(parts, promote_options="default")
    notice = Finding("hub_read", "info", data.num_rows, params={"name": name, "splits": ", ".join(splits)})
    return Table(name, tuple(data.column_names), data, Reading("hub", notices=(notice,)))


def require_open(name: str) -> None:
    """Refuse a data set that the Hub doesn't give to everybody: it may lie in the cache of whoever serves the page.

    Raises:
        UserError: ``hub_name``, ``hub_folder``, ``hub_offline`` or ``hub_unknown``.
    """
    repository, _ = _parts_of(name)
    if not is_token_lent() and not (given := is_open("datasets", repository)):
        raise UserError("hub_offline" if given is None else "hub_unknown", name=repository)


def is_open(kind: str, name: str) -> bool | None:
    """Whether the Hub gives a repository of that kind (``"models"``, ``"datasets"``) to everybody; None where it can't
    be asked."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return None
    import httpx

    try:  # without the token, which its own client might send along
        answer = httpx.get(f"{constants.ENDPOINT}/api/{kind}/{name}", timeout=ANSWER_SECONDS, follow_redirects=True)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            return None
        return answer.is_success and not answer.json().get("gated")
    except (httpx.HTTPError, ValueError):
        return None


def hub_reachable() -> bool:
    """Whether the Hugging Face Hub answers within two seconds. ``HF_HUB_OFFLINE`` means no."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    import httpx

    try:
        return httpx.head(constants.ENDPOINT, timeout=2.0, follow_redirects=True).status_code < 500
    except httpx.HTTPError:
        return False


def _parts_of(name: str) -> tuple[str, str]:
    """The repository and the configuration of a data set's name."""
    if not looks_like_name(name):
        raise UserError("hub_name", name=name[:80])
    repository, _, configuration = name.partition(":")
    if Path(repository).exists():
        raise UserError("hub_folder", name=repository)
    return repository, configuration


def _load(repository: str, configuration: str | None) -> Any:
    """A ``datasets.DatasetDict``."""
    if not hub_reachable():
        raise UserError("hub_offline", name=repository)
    import datasets
    import httpx
    from huggingface_hub.errors import HfHubHTTPError

    datasets.disable_progress_bars()
    try:
        return datasets.load_dataset(repository, configuration)
    except datasets.exceptions.DatasetNotFoundError:
        raise UserError("hub_unknown", name=repository) from None
    except (ConnectionError, HfHubHTTPError, httpx.HTTPError):
        raise UserError("hub_offline", name=repository) from None
    except ValueError as error:
        if found := re.search(r"available configs: (\[.*?\])|BuilderConfig .*? Available: (\[.*?\])", str(error)):
            names = (found.group(1) or found.group(2)).strip("[]").replace("'", "")
            raise UserError("hub_configuration", name=repository, names=names) from None
        raise UserError("hub_unreadable", name=repository, reason=first_line(error)) from None
    except (RuntimeError, datasets.exceptions.DatasetsError, NotImplementedError) as error:
        raise UserError("hub_unreadable", name=repository, reason=first_line(error)) from None


def _strings(rows: Any, split: str | None) -> pa.Table:
    """The columns that can be cells, as strings; pictures and sound are left out."""
    import datasets

    columns: dict[str, pa.Array] = {}
    for name, feature in rows.features.items():
        if isinstance(feature, datasets.ClassLabel):
            columns[name] = string_array([None if v is None or v < 0 else feature.int2str(v) for v in rows[name]])
        elif isinstance(feature, datasets.Value):
            columns[name] = string_array([None if v is None else str(v) for v in rows[name]])
        elif isinstance(inner := getattr(feature, "feature", None), datasets.ClassLabel | datasets.Value):
            columns[name] = string_array([_as_json(values, inner) for values in rows[name]])
    if split and SPLIT not in columns:
        columns[SPLIT] = string_array([split] * len(rows))
    return pa.table(columns)


def _as_json(values: Any, feature: Any) -> str | None:
    if values is None:
        return None
    named = [v if v is None or not hasattr(feature, "int2str") else feature.int2str(v) for v in values]
    return json.dumps(named, ensure_ascii=False, default=str)
