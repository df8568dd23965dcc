"""The state of a run: a fold over its events, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bertdemo.runs import events as ev

ENDED = ("finished", "failed", "stopped")
"""Of `RunState.status`: nobody works on such a run unless somebody asks for it again."""
CHART_POINTS = 300
"""More step points than this are thinned by leaving out every other one, old and new alike."""


@dataclass(frozen=True)
class RunState:
    """What a viewer shows of a run.

    `status` is ``"waiting"`` (no worker took it yet), ``"running"``, ``"finished"``, ``"failed"`` or
    ``"stopped"`` (before a worker took it; what is said of it is in `failed`);
    whether a running one still has a worker is known by its lock alone (`Run.is_held`).
    `left` is a guess by the speed of the device, from a few real steps on by what they took, and then what the learning
    says; it grows less with the time of each event.
    `measured` is the cost by a few real steps, until learning itself says what is left.
    """

    status: str = "waiting"
    phase: str | None = None
    done: float = 0.0
    left: float | None = None
    elapsed: float = 0.0
    last_time: float = 0.0
    rows_per_second: float = 0.0
    epoch: float = 0.0
    epochs: float = 0.0
    resumed: int = 0
    steps: tuple[ev.Stepped, ...] = ()
    validations: tuple[ev.Validated, ...] = ()
    baselines: tuple[ev.BaselineReady, ...] = ()
    finished: ev.Finished | None = None
    failed: ev.Failed | None = None
    out_of_reach: ev.BaseOutOfReach | None = None
    measured: ev.Measured | None = None
    memory_short: ev.MemoryShort | None = None
    tried: tuple[ev.Tried, ...] = ()
    kept: ev.Kept | None = None


def fold(state: RunState, events: Iterable[ev.Event]) -> RunState:
    """`state` after `events`."""
    steps = list(state.steps)
    for event in events:
        if isinstance(event, ev.Started):
            # time between two workers is not time spent
            state = replace(state, status="running", last_time=event.time, finished=None, failed=None)
        if state.status == "running" and state.last_time and event.time >= state.last_time:
            passed = event.time - state.last_time
            left = None if state.left is None else max(1.0, state.left - passed)
            state = replace(state, elapsed=state.elapsed + passed, left=left)
        state = replace(state, last_time=event.time or state.last_time)
        match event:
            case ev.PhaseBegan():
                left = state.left if event.left is None else event.left
                state = replace(state, phase=event.phase, done=event.done, left=left)
            case ev.BaselineReady():
                others = tuple(b for b in state.baselines if b.model != event.model)
                state = replace(state, baselines=(*others, event))
            case ev.BaseOutOfReach():
                state = replace(state, out_of_reach=event)
            case ev.Measured():
                state = replace(state, measured=event, left=event.seconds)
            case ev.MemoryShort():
                state = replace(state, memory_short=event)
            case ev.Tried():
                tried = tuple(t for t in state.tried if t.number != event.number)
                state = replace(state, tried=(*tried, event))
            case ev.Kept():
                state = replace(state, kept=event)
            case ev.Stepped():
                if _keeps(steps, event):
                    steps.append(event)
                if len(steps) > CHART_POINTS:
                    steps = steps[::2]
                state = replace(
                    state,
                    done=event.done,
                    left=event.left,
                    rows_per_second=event.rows_per_second,
                    epoch=event.epoch,
                    epochs=event.epochs,
                    measured=None,
                )
            case ev.Validated():
                state = replace(state, validations=(*state.validations, event))
            case ev.Resumed() if state.failed:  # asked for after its worker died: it waits for another one
                state = replace(state, status="waiting", failed=None)
            case ev.Resumed():
                steps = [s for s in steps if s.step <= event.step]
                kept = tuple(v for v in state.validations if v.step <= event.step)
                state = replace(state, validations=kept, resumed=state.resumed + 1)
            case ev.Finished():
                state = replace(state, status="finished", done=1.0, left=0.0, finished=event)
            case ev.Failed():
                status = "stopped" if event.code == ev.STOPPED_BEFORE else "failed"
                state = replace(state, status=status, left=None, failed=event)
            case _:
                pass
    return replace(state, steps=tuple(steps))


def _keeps(steps: list[ev.Stepped], event: ev.Stepped) -> bool:
    """Whether a new point is as far from the last one as the kept points are from each other."""
    if len(steps) < CHART_POINTS // 2:
        return True
    gap = (steps[-1].step - steps[0].step) / (len(steps) - 1)
    return event.step - steps[-1].step >= 0.9 * gap
