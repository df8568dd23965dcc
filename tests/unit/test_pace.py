"""What is said of a training's speed, and on how many threads it goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest
import torch

from bertdemo.core import pace, preflight
from bertdemo.core.pace import SHORTEST, TRY_SECONDS, Pace

IDLE, BUSY = {2: 0.2, 1: 0.35}, {2: 4.4, 1: 0.5}
"""Seconds of a step by the number of threads, as measured where nothing else and where two other programs ran."""


@dataclass
class Machine:
    """Two cores and a clock."""

    threads: int = 2
    now: float = 1000.0
    used: list[int] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def set_threads(self, number: int) -> None:
        self.threads = number

    def steps(self, of: Pace, seconds: dict[int, float], lasting: float) -> float:
        """Steps for so long; returns how many were done in a second."""
        until, began, number = self.now + lasting, self.now, 0
        while self.now < until:
            self.used.append(self.threads)
            took = seconds[self.threads]
            self.now += took
            number += 1
            of.stepped(took)
        return number / (self.now - began)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine()
    monkeypatch.setattr(pace, "thread_counts", lambda: [2, 1])
    monkeypatch.setattr(preflight, "thread_counts", lambda: [2, 1])
    monkeypatch.setattr(torch, "get_num_threads", lambda: found.threads)
    monkeypatch.setattr(torch, "set_num_threads", found.set_threads)
    return found


def test_an_even_training_on_all_cores_is_left_alone(machine: Machine) -> None:
    own = Pace(0, 0.2, on_cpu=True, clock=machine.clock)
    for times in (1.0, 1.5, 0.9, 1.8):
        machine.steps(own, {2: 0.2 * times, 1: 0.1}, 60)
    assert set(machine.used) == {2}


def test_steps_that_become_slow_are_answered_within_seconds(machine: Machine) -> None:
    own = Pace(0, 0.2, on_cpu=True, clock=machine.clock)
    machine.steps(own, IDLE, 30)
    machine.steps(own, BUSY, 20)
    assert machine.threads == 1
    machine.steps(own, BUSY, 3600)
    assert machine.used.count(2) < 30 / 0.2 + 30  # a try now and then


def test_a_training_that_is_slow_from_its_first_step_on_is_known_by_what_was_measured(machine: Machine) -> None:
    own = Pace(0, 0.2, on_cpu=True, clock=machine.clock)
    machine.steps(own, BUSY, 20)
    assert machine.threads == 1


def test_when_the_cores_are_free_again_all_are_used(machine: Machine) -> None:
    machine.threads = 1
    own, began = Pace(0, 0.5, on_cpu=True, clock=machine.clock), machine.now
    machine.steps(own, BUSY, TRY_SECONDS - 1)
    assert set(machine.used) == {1}
    machine.steps(own, IDLE, 60)
    assert machine.threads == 2
    assert machine.now - began < 3 * TRY_SECONDS + 10
    machine.used.clear()
    machine.steps(own, IDLE, 600)
    assert set(machine.used) == {2}


def test_trying_takes_a_fiftieth_of_the_time_at_most(machine: Machine) -> None:
    machine.threads = 1
    own = Pace(0, 0.5, on_cpu=True, clock=machine.clock)
    assert machine.steps(own, BUSY, 3600) > 0.975 / 0.5
    slow = {2: 2.0, 1: 2.2}  # whatever the number of threads
    own, machine.threads = Pace(0, 0.2, on_cpu=True, clock=machine.clock), 2
    assert machine.steps(own, slow, 3600) > 0.975 / 2.0
    assert machine.threads == 2


def test_a_gpu_is_left_alone(machine: Machine) -> None:
    machine.threads = 1
    own = Pace(0, 0.2, on_cpu=False, clock=machine.clock)
    machine.steps(own, IDLE, 100)
    machine.steps(own, {1: 5.0, 2: 5.0}, 100)
    assert set(machine.used) == {1}


@pytest.mark.parametrize(
    ("seconds", "best", "steps"),
    [
        (IDLE, (0.2, 2), 1),  # one slower step is enough
        (BUSY, (0.5, 1), 4),
        ({2: 0.3, 1: 0.28}, (0.3, 2), 4),  # hardly better
    ],
)
def test_before_the_start_fewer_threads_are_tried_by_real_steps(
    machine: Machine, seconds: dict[int, float], best: tuple[float, int], steps: int
) -> None:
    done: list[int] = []
    found = preflight.with_fewer_threads(
        seconds[2], 2, lambda number: (done.append(number), seconds[machine.threads])[1]
    )
    assert (found, machine.threads, len(done)) == (best, best[1], steps)


def test_a_step_that_did_not_fit_into_memory_is_not_the_faster_one(machine: Machine) -> None:
    assert preflight.with_fewer_threads(4.4, 2, lambda _: math.inf) == (4.4, 2)


def test_the_speed_said_is_that_of_the_last_minute(machine: Machine) -> None:
    own, step = Pace(0, on_cpu=True, clock=machine.clock), 0

    def said(number: int, seconds: float) -> float:
        nonlocal step
        for _ in range(number):
            machine.now += seconds
            step += 1
            found = own.seconds_per_step(step)
        return found

    assert said(100, 0.2) == pytest.approx(0.2)
    assert said(70, 2.0) == pytest.approx(2.0, rel=0.05)


def test_of_a_long_training_a_quarter_counts(machine: Machine) -> None:
    own, found = Pace(0, on_cpu=True, clock=machine.clock), 0.0
    for step in range(1, 1001):
        machine.now += 1.0 if step <= 900 else 2.0
        found = own.seconds_per_step(step)
    assert found == pytest.approx(275 / 175, rel=0.02)  # 200 s of the slow steps, and 75 s of those before


def test_a_clock_that_stands_still_is_no_infinite_speed(machine: Machine) -> None:
    assert Pace(7, on_cpu=True, clock=machine.clock).seconds_per_step(8) == SHORTEST
