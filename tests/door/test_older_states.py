"""A case that an earlier release has stored goes on in this one."""

from __future__ import annotations

import base64
from datetime import timedelta

from engine.spiff import prepare
from tests.door.paper import MORNING, Case, draw

STEPS = {
    "fork": "and",
    "a": "user",
    "late": "on a PT2H",
    "chase": "user",
    "ring": "aside a R3/PT30M",
    "rung": "end",
    "sub": ({"b": "user"}, ["sub_start b", "b sub_end"]),
    "join": "and",
    "m": "xor",
    "watch": ({"w": "user"}, ["watch_start w", "w watch_end"], "aside PT5H"),
    "wait": "wait PT1H",
}
FLOWS = [
    *("start fork", "fork a", "fork sub", "fork wait", "a m", "late chase", "chase m", "m join", "sub join", "wait join"),
    *("join end", "ring rung"),
]
# 31 minutes after its start, by the release before there were any events but timers and errors.
TIMERS = base64.b64decode(
    "AXichZNNaxwxDIb/i6+dBNmSP7THQi49FVLoIYRgWXa7ZNkNu7MtJeS/V7NJmkASCsbMGF7p0Svp3rV66G51/zC5eXdnH053W3sYdXPo9lYPtwe3urpyWnsa1aMUzaSs"
    "FaUKJpKM3udQ3XTmp0STu5zrfnbT9rjZXE+m6zpKyOJVMkHpjMLaEbVSqQnJTTCVyf2uc/t5/n253WQQR2NwAUI6AzyD8M3TCsDOp9PtHpbQsQG0SqOkioRDuPoWI4AM"
    "kggIS+iFaOz2ty9ADUtONcBokkhDKK1oKIbVPHFkcVM4qer5591xq3X/5+JX386Xd5v1q7JSzuTDwJC6UkvI2VdsXKIG7dGXJQqGyR2O8iLqqTbqHggL0xiWOA8qZmSP"
    "aSjpIjp5sWR6zwR4a0LgXLvvJCoGkpVz6RHYDFBlCmYCTj5ZOS8Yo1H2MXHA4Ak5ifQmTQEYRLHnRWIYmzr39zH8W4xmTQ2eMWoL5DEx5FgkA9jfoMDPvdgftz9ekcTB"
    "0VpGHDIV7jUzsXmStVfpQE8k+/Ui+r8hxtzH7Fb+hAQNEkVuwry0yGjq4DrKwCQpVzOkLMG/nl9s9ctuvX3Cun44de1x6v/f5scOf7g2VlGrIQ7IA4iEBDWHPrrP2uKQ"
    "9NHaNPaRsTdUiLZjVYTM0CpFWgm2Oc9+Wvabw6P03vVlUG/Get/Vreb9sT/6kHJJzMjASN57jtoFOVpZqdj4u8mfJkT+GWDnL3VkIHE="
)


def _stored() -> Case:
    case = Case(prepare(draw(STEPS, FLOWS), {}))
    case.now = MORNING + timedelta(minutes=31)
    case.at = case.machine.advance(TIMERS, case.now)
    return case


def test_its_steps_and_timers_are_where_they_were():
    case = _stored()
    assert case.open == ["a", "b"]
    assert case.at.timer_at == MORNING + timedelta(hours=1)
    assert case.waits == []


def test_its_timers_fire_in_turn_and_it_ends():
    case = _stored().later(minutes=29)
    assert case.passed[3:] == ["wait", "ring", "rung"]
    assert case.later(hours=1).open == ["b", "chase"]
    assert case.later(hours=3).open == ["b", "chase", "w"]
    for step in ("w", "chase", "b"):
        case.do(step)
    assert case.at.done


def test_a_case_stored_then_and_one_begun_now_are_the_same():
    now = Case(prepare(draw(STEPS, FLOWS), {})).later(minutes=31)
    for case in (now, _stored()):
        case.later(hours=5)
        assert case.open == ["b", "chase", "w"]
