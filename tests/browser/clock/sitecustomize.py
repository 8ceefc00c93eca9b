"""For server processes under libfaketime, which breaks Python's sleep where it leaves the monotonic clock alone."""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
