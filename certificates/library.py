"""Where designs come from when a certificate is made: what ships, or a version that is kept among the stored files."""

from collections import OrderedDict
from threading import Lock
from typing import Any

from certificates.design import SHIPPED, Design, design, opened, shipped
from certificates.files import Store

MOST = 16


class Library:
    """Designs that were opened before stay open: parsing one takes longer than a certificate may."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Design] = OrderedDict()
        self._lock = Lock()

    def of(self, snapshot: dict[str, Any], store: Store) -> Design:
        """The design that this snapshot was frozen with. Refuses: Damaged (its file is gone)."""
        digest = snapshot.get("design_digest", "")
        if not digest or (snapshot["design"] in SHIPPED and design(snapshot["design"]).digest == digest):
            return design(snapshot["design"])
        with self._lock:
            found = self._open.get(digest)
            if found is not None:
                self._open.move_to_end(digest)
                return found
        found = opened(store.get(digest))
        with self._lock:
            self._open[digest] = found
            while len(self._open) > MOST:
                self._open.popitem(last=False)
        return found


def keep_shipped(store: Store) -> None:
    """Keep what ships now among the stored files: a certificate that names it is made with it after any upgrade."""
    for name in SHIPPED:
        store.put(shipped(name))
