"""Training speed beside the textbook loop and Hugging Face's Trainer, on the same rows with the bundled model.

    pip install accelerate
    python benchmarks/train_speed.py ../shared/data/sst2 ../shared/data/trec6 --json speed.json

Each folder holds train.csv and test.csv. All peers run in one process, a short window each, in turns; the
medians are printed. In between, big matrix products measure the machine's peak, and a peer's share of it counts
real tokens alone. Memory is the most that a process holds which does nothing but train one peer, libraries
included (about 0.5 GB).

As a training goes on, ours learns from fewer and fewer of the rows that it reads (`bertdemo.core.importance`). So
`--whole` has it learn to its end, with windows of the others in between; how many rows took the way back is not known
here, so no share of the peak is said of it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import Peak, Window, a_turn, in_turns, machine, say, summary, table, warm_up, write_json
from peers import HuggingFace, Ours, Task, Textbook, bundled_task, require_accelerate

from bertdemo.core.batching import MOST_TOKENS
from bertdemo.core.device import cores, fastest_precision, native_precision
from bertdemo.core.models import BUNDLED

PEERS = ("textbook", "trainer", "tuned", "ours")


def make(which: str, task: Task, batch: int) -> Any:
    if which == "textbook":
        return Textbook(task, batch)
    if which == "ours":
        return Ours(task, batch, fastest_precision(BUNDLED, task.ids, batch, MOST_TOKENS))
    return HuggingFace(task, batch, tuned=which == "tuned")


def peak_megabytes(which: str, folder: Path, batch: int, rows: int | None, steps: int) -> float:
    """The most memory of this process, after training one peer and nothing else."""
    torch.set_num_threads(cores())
    task = bundled_task(folder, rows)
    peer = make(which, task, batch)
    peer.window(task.steps_of_window(batch, steps) * getattr(peer, "slow", 1), np.random.default_rng(0))
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the process that this one was started from
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    say(folder.name)
    task = bundled_task(folder, options.rows)
    steps = task.steps_of_window(options.batch, options.steps)
    memory = dict.fromkeys(options.peers, 0.0)
    for which in options.peers if options.memory_steps else ():
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
            job = apart.submit(peak_megabytes, which, folder, options.batch, options.rows, options.memory_steps)
            memory[which] = job.result()
    peers = {which: make(which, task, options.batch) for which in options.peers}
    peak = Peak(task.device, native_precision(task.device))
    make_turns = within_ours if options.whole else in_turns
    windows = make_turns(list(peers.values()), steps, options.repeats, peak.measure)
    found = {
        which: {"name": peer.name, **summary(windows[peer.name], task.config, peak), "megabytes": memory[which]}
        for which, peer in peers.items()
    }
    return {
        "data": folder.name,
        "rows": len(task.ids),
        "steps": steps,
        "steps_wanted": options.steps,
        "whole": options.whole,
        "mean_tokens": float(task.lengths.mean()),
        "peak_tflops": peak.flops / 1e12,
        "peak_precision": peak.precision,
        "peers": found,
    }


def within_ours(peers: Sequence[Any], steps: int, repeats: int, between: Callable[[], None]) -> dict[str, list[Window]]:
    """A whole training of ours, and `repeats` times within it a window of each of the others, in turns."""
    (mine,) = (peer for peer in peers if isinstance(peer, Ours))
    others = [peer for peer in peers if peer is not mine]
    found: dict[str, list[Window]] = {peer.name: [] for peer in peers}
    numbers = iter(range(1, repeats + 1))

    def pause() -> None:
        between()
        a_turn(others, steps, next(numbers), found)

    warm_up(others, steps)
    found[mine.name].append(mine.whole(repeats, pause))
    return found


def show(found: dict[str, Any]) -> None:
    peers = found["peers"]
    ours = peers.get("ours", {}).get("rows_per_second")
    print(
        f"\n{found['data']}: {found['rows']} rows, {found['mean_tokens']:.1f} tokens on average; measured "
        f"{found['peak_precision']} peak {found['peak_tflops']:.2f} TFLOP/s\n"
    )
    if found["whole"]:
        print("Ours learns to its end, the others are timed in between.\n")
    if found["steps"] < found["steps_wanted"]:
        print(
            f"Windows of {found['steps']} steps instead of {found['steps_wanted']}: there are no more full batches.\n"
        )
    head = ["training", "rows/s", "slowest to fastest", "real tokens/s", "share of peak", "memory, MB", "ours is"]
    rows = []
    for peer in peers.values():
        ratio = f"{ours / peer['rows_per_second']:.2f} x" if ours else ""
        cells = [peer["name"], f"{peer['rows_per_second']:.1f}", f"{peer['slowest']:.1f} to {peer['fastest']:.1f}"]
        known = not (found["whole"] and peer is peers["ours"])
        cells += [f"{peer['tokens_per_second']:.0f}", f"{peer['share_of_peak']:.1%}" if known else ""]
        rows.append([*cells, f"{peer['megabytes']:.0f}" if peer["megabytes"] else "", ratio])
    print(table(head, rows), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--batch", type=int, default=32, help="rows of a step, for every peer")
    parser.add_argument("--steps", type=int, default=40, help="steps of a window; an eighth for the textbook loop")
    parser.add_argument("--repeats", type=int, default=5, help="windows of each peer")
    parser.add_argument("--whole", action="store_true", help="ours learns to its end, the others in between")
    parser.add_argument("--memory-steps", type=int, default=12, help="steps by which memory is judged; 0: it is not")
    parser.add_argument("--rows", type=int, help="use the first rows alone")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.whole and "ours" not in options.peers:
        parser.error("--whole is of ours, which --peers leaves out")
    require_accelerate()
    torch.set_num_threads(cores())
    found = []
    for folder in options.folders:
        found.append(measure(folder, options))
        show(found[-1])
        write_json(options.json, {"machine": machine(), "batch": options.batch, "found": found})


if __name__ == "__main__":
    main()
