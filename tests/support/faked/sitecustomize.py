"""Read by every Python that a test starts under libfaketime: gives it a `time.sleep` that works there.

Since 3.11 `time.sleep` asks for an absolute moment of the monotonic clock. libfaketime 0.9.10 passes such a request on with
the wrong moment, and the system refuses it. Waiting on nothing takes a duration instead. The clocks stay as they are.
"""

import select
import time


def sleep(seconds: float) -> None:
    """Wait so long."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = sleep
