"""How often an open page asks what is new."""

from __future__ import annotations

from bertdemo.runs.state import RunState
from bertdemo.ui.watching import LIVE_SECONDS, QUIET_SECONDS, seconds_between_looks


def test_a_page_asks_seldom_while_nothing_goes_on() -> None:
    paces = {status: seconds_between_looks(RunState(status=status)) for status in ("waiting", "running", "finished")}
    assert paces == {"waiting": LIVE_SECONDS, "running": LIVE_SECONDS, "finished": QUIET_SECONDS}
    assert seconds_between_looks(None) == QUIET_SECONDS > LIVE_SECONDS
