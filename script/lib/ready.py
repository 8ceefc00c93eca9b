"""Waits until the server answers /readyz: exit 0 when it does, 1 when its process ended, 2 when the time is up."""

import http.client
import os
import sys
import time
from urllib.parse import urlsplit

PAUSE = 0.1
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - an address to ask, not one to bind


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def answers(host: str, port: int, public_url: str) -> bool:
    # The public address's name, because the application answers to no other.
    headers = {"Host": urlsplit(public_url).netloc, "X-Forwarded-Proto": urlsplit(public_url).scheme}
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers=headers)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(host: str, port: int, pid: int, public_url: str, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not lives(pid):
            return 1
        if answers(ANYWHERE.get(host, host), port, public_url):
            return 0
        time.sleep(PAUSE)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], float(sys.argv[5])))
