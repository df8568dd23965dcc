"""How long one text takes: in `predict`, over HTTP, and over HTTP with ten clients while a training goes on.

    python benchmarks/latency.py RUN ../shared/data/sst2 --json latency.json

RUN is the id of a finished run; the folder holds train.csv (to train on meanwhile) and test.csv (the texts). The app
is started for it on a free port of 127.0.0.1, and ended afterwards. *Plain* is one request to `/api/classify`, *Gradio*
the two to `/gradio_api/call/classify` with a session of the client's own, both on a connection that stays open.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from measuring import machine, say, table, write_json

from bertdemo.api import load
from bertdemo.data.table import read_table

Call = Callable[[httpx.Client, str, str], float]
START_SECONDS, LEARNING_SECONDS = 60.0, 240.0


@contextmanager
def app() -> Iterator[str]:
    """The app of this project in a process of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"}
    served = subprocess.Popen([sys.executable, "app.py"], env=settings, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(address, timeout=5).raise_for_status()
                break
            except httpx.HTTPError:
                if time.monotonic() > until or served.poll() is not None:
                    raise SystemExit("the app did not start") from None
                time.sleep(0.2)
        yield address
    finally:
        served.terminate()
        served.wait(30)


def plain(client: httpx.Client, run: str, text: str) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    answer = client.post("/api/classify", json={"run": run, "text": text}).raise_for_status().json()
    found = 1000 * (time.perf_counter() - began)
    assert answer["label"] in answer["probabilities"]
    return found


def through_gradio(client: httpx.Client, run: str, text: str) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    asked = {"data": [run, text, ""], "session_hash": f"latency{id(client)}"}
    call = client.post("/gradio_api/call/classify", json=asked).raise_for_status()
    answer = client.get(f"/gradio_api/call/classify/{call.json()['event_id']}").text
    if "event: complete" not in answer:
        raise SystemExit(answer)
    return 1000 * (time.perf_counter() - began)


CALLS = {"plain": plain, "Gradio": through_gradio}


def begin_training(address: str, file: Path) -> tuple[Any, dict[str, str]]:
    """Start one and wait until it learns."""
    from gradio_client import Client, handle_file

    client = Client(address, verbose=False)
    started = client.predict(
        file=handle_file(str(file)), text="", label="", budget="balanced", base="", epochs=None, lr=None, batch=None,
        max_length=None, seed=0, text_pair="", label_sep="", api_name="/train",
    )  # fmt: skip
    until = time.monotonic() + LEARNING_SECONDS
    while (state := client.predict(run=started["run"], api_name="/status"))["phase"] != "learning":
        if time.monotonic() > until or "error" in state:
            raise SystemExit(f"the training does not learn: {state}")
        time.sleep(0.5)
    return client, started


def beside(call: Call, address: str, run: str, texts: Sequence[str], clients: int) -> list[float]:
    """Milliseconds of each call, of as many clients as named that all call without a pause."""
    found: list[float] = []

    def calls(mine: Sequence[str]) -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            call(client, run, mine[0])
            found.extend([call(client, run, text) for text in mine])

    threads = [threading.Thread(target=calls, args=(texts[i::clients],)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rows = read_table(options.folder / "test.csv").column("text")
    texts = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[: options.texts]]
    found: dict[str, list[float]] = {"in `predict`": []}
    classifier = load(options.run)
    classifier.predict(texts[:5])
    for text in texts:
        began = time.perf_counter()
        classifier.predict([text])
        found["in `predict`"].append(1000 * (time.perf_counter() - began))
    with app() as address:
        alone = {"1 client": 1, f"{options.clients} clients": options.clients}
        for kind, call in CALLS.items():
            for name, clients in alone.items():
                found[f"{kind}, {name}"] = beside(call, address, options.run, texts, clients)
        say("a training begins")
        client, started = begin_training(address, options.folder / "train.csv")
        for kind, call in CALLS.items():
            for name, clients in alone.items():
                found[f"{kind}, {name}, training"] = beside(call, address, options.run, texts, clients)
        phase = client.predict(run=started["run"], api_name="/status")["phase"]
        client.predict(run=started["run"], key=started["key"], api_name="/stop")
    lines = [
        [name, str(len(each)), f"{statistics.median(each):.1f}", f"{np.percentile(each, 95):.1f}", f"{max(each):.1f}"]
        for name, each in found.items()
    ]
    print(f"the training was at: {phase}\n")
    print(table(["one text", "calls", "median, ms", "95 of 100 below", "slowest"], lines))
    write_json(options.json, {"machine": machine(), "phase": phase, "milliseconds": found})


if __name__ == "__main__":
    main()
