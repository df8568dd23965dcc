"""What is said of a training's speed, and on how many threads it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch

from bertdemo.core import pace
from bertdemo.core.pace import ASK_SECONDS, SHORTEST, Pace


@dataclass
class Machine:
    """Two cores, a clock, and what a trial of threads would find."""

    threads: int = 2
    best: int = 2
    trial: float = 0.4
    now: float = 1000.0
    asked: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def fastest_threads(self) -> int:
        self.asked.append(self.now)
        self.now += self.trial
        self.threads = self.best
        return self.best

    def steps(self, of: Pace, number: int, seconds: float) -> None:
        for _ in range(number):
            self.now += seconds
            of.stepped(seconds)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine()
    monkeypatch.setattr(pace, "fastest_threads", found.fastest_threads)
    monkeypatch.setattr(pace, "cores", lambda: 2)
    monkeypatch.setattr(torch, "get_num_threads", lambda: found.threads)
    return found


def test_an_even_training_on_all_cores_is_left_alone(machine: Machine) -> None:
    own = Pace(0, on_cpu=True, clock=machine.clock)
    for seconds in (0.3, 0.2, 0.35, 0.2):
        machine.steps(own, 200, seconds)
    assert machine.asked == []


def test_steps_that_become_slow_are_answered_within_seconds(machine: Machine) -> None:
    own = Pace(0, on_cpu=True, clock=machine.clock)
    machine.steps(own, 50, 0.2)
    machine.best, began = 1, machine.now
    machine.steps(own, 10, 3.0)
    assert machine.threads == 1
    assert machine.asked[0] - began <= 9.0  # three steps


def test_it_is_known_from_the_measured_steps_that_a_training_is_slow_from_its_first_on(machine: Machine) -> None:
    own = Pace(0, 0.2, on_cpu=True, clock=machine.clock)
    machine.best = 1
    machine.steps(own, 5, 3.0)
    assert machine.threads == 1


def test_a_trial_in_a_quiet_moment_does_not_hold_for_good(machine: Machine) -> None:
    own = Pace(0, 0.2, on_cpu=True, clock=machine.clock)
    machine.best = 1
    machine.steps(own, 5, 3.0)
    machine.best = 2
    machine.steps(own, 200, 0.4)
    assert machine.threads == 2
    machine.best = 1
    machine.steps(own, 50, 3.0)
    assert machine.threads == 1


def test_when_the_cores_are_free_again_all_are_used(machine: Machine) -> None:
    machine.threads = machine.best = 1
    own, began = Pace(0, on_cpu=True, clock=machine.clock), machine.now
    machine.steps(own, 100, 0.5)
    assert machine.threads == 1
    machine.best = 2
    machine.steps(own, 100, 0.5)
    assert machine.threads == 2
    number = len(machine.asked)
    assert machine.asked[0] - began >= ASK_SECONDS
    machine.steps(own, 400, 0.3)
    assert len(machine.asked) == number


def test_asking_takes_a_fiftieth_of_the_time_at_most(machine: Machine) -> None:
    own, began = Pace(0, on_cpu=True, clock=machine.clock), machine.now
    machine.steps(own, 50, 0.2)
    machine.trial = 2.0
    machine.steps(own, 300, 1.0)  # slow, whatever the number of threads
    spent = len(machine.asked) * machine.trial
    assert machine.asked
    assert spent <= 0.02 * (machine.now - began) + machine.trial


def test_a_gpu_is_not_asked(machine: Machine) -> None:
    machine.threads = 1
    own = Pace(0, on_cpu=False, clock=machine.clock)
    machine.steps(own, 50, 0.1)
    machine.steps(own, 50, 5.0)
    assert machine.asked == []


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
