"""The app as a process of its own, and a browser."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking")
FLAGS += ("disable-component-update", "disable-sync")
expect.set_options(timeout=30_000)  # milliseconds; a page on one busy core takes longer than the usual 5 seconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, else the one that playwright brought, else the tests are skipped."""
    system = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=system, args=[f"--{flag}" for flag in FLAGS])
        except Error:
            if os.environ.get("BERTDEMO_REQUIRE_BROWSER"):
                raise
            pytest.skip("no Chromium: install one, or run: playwright install chromium")
        yield started
        started.close()


@pytest.fixture
def serve(home: Path) -> Iterator[Callable[..., str]]:
    """Start the app on a free port of this machine and give its address; it is ended with the test.

    `again` is the address of an app that is ended first, and started anew there.
    """
    running: list[subprocess.Popen[bytes]] = []

    def end(app: subprocess.Popen[bytes]) -> None:
        if app.poll() is None:
            app.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
            try:
                app.wait(15)
            except subprocess.TimeoutExpired:
                app.kill()
                app.wait()

    def start(*, again: str = "", wait_seconds: float = 60) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        if again:
            end(running[-1])
            port = int(again.rpartition(":")[2])
        command = [sys.executable, "-m", "bertdemo", "serve", "--port", str(port)]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_TEMP_DIR": str(home / "gradio")}
        environment.pop("OMP_NUM_THREADS", None)
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL))
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + wait_seconds
        while True:
            try:
                urllib.request.urlopen(address, timeout=5).close()
                return address
            except OSError:
                if time.monotonic() > until or running[-1].poll() is not None:
                    raise
                time.sleep(0.1)

    yield start
    for app in running:
        end(app)
