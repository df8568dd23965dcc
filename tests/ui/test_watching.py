"""How often an open page asks what is new."""

from __future__ import annotations

from bertdemo.runs.state import RunState
from bertdemo.ui.watching import LIVE_SECONDS, QUIET_SECONDS, seconds_between_looks


def test_a_page_asks_seldom_while_nothing_goes_on() -> None:
    def pace(status: str, *, held: bool) -> float:
        return seconds_between_looks(RunState(status=status), held=held)

    assert pace("waiting", held=False) == pace("running", held=True) == LIVE_SECONDS
    assert pace("running", held=False) == pace("finished", held=False) == QUIET_SECONDS
    assert seconds_between_looks(None, held=False) == QUIET_SECONDS > LIVE_SECONDS
