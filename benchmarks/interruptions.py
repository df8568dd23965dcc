"""Interrupted trainings against an unbroken one, with the bundled model: are the weights the same?

    python benchmarks/interruptions.py assets/film_reviews.csv

Trains once without a break; once in slices of five seconds, each in a fresh process; and once in an app
that is killed (SIGKILL) in mid-training and started again. Prints the SHA-256 of each model's weights,
and the processes that were left behind.
"""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import tempfile
import time
from os import environ

import psutil
from slices import in_slices

from bertdemo.api import prepare
from bertdemo.jobs.desk import Desk
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run

APP = """
import time
from bertdemo.jobs.desk import Desk
desk = Desk(); desk.open()
while True: time.sleep(1)
"""


def weights(run: Run) -> str:
    return hashlib.sha256((run.model_folder("bert") / "model.safetensors").read_bytes()).hexdigest()[:16]


def is_over(run: Run) -> bool:
    return any(isinstance(event, ev.Finished | ev.Failed) for event in run.events()[0])


def killed(run: Run) -> int:
    """Train in an app that is killed after its first validation, then in a new one; processes left by the first."""
    app = subprocess.Popen([sys.executable, "-c", APP])
    while not any(isinstance(event, ev.Validated) for event in run.events()[0]):
        time.sleep(0.1)
    children = psutil.Process(app.pid).children(recursive=True)
    app.send_signal(signal.SIGKILL)
    app.wait()
    left = len(psutil.wait_procs(children, timeout=6)[1])
    assert not is_over(run), "the training was over before the app was killed"
    desk = Desk()
    desk.open()
    while not is_over(run):
        time.sleep(0.5)
    desk.close()
    return left


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        environ["BERTDEMO_HOME"] = home
        runs = [prepare(sys.argv[1], budget="quick").run for _ in range(3)]
        unbroken, sliced, restarted = runs
        list(in_slices(unbroken, 1e9))
        print("unbroken", weights(unbroken), flush=True)
        for run in runs[1:]:  # what was measured on the machine, such as the faster precision, is part of run.json
            run.update(choices=unbroken.meta["choices"])
        events = list(in_slices(sliced, 5.0))
        slices = sum(isinstance(event, ev.Started) for event in events)
        print("slices of 5 s", weights(sliced), f"in {slices} processes", flush=True)
        left = killed(restarted)
        resumed = sum(isinstance(event, ev.Resumed) for event in restarted.events()[0])
        print("killed", weights(restarted), f"resumed {resumed} time(s), {left} processes left", flush=True)


if __name__ == "__main__":
    main()
