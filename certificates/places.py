"""Where this installation keeps the bytes of certificates."""

from functools import lru_cache
from importlib import import_module
from pathlib import Path

from certificates.files import FolderStore, Store
from cme.config import Settings


def store_of(settings: Settings) -> Store:
    """A folder, or a bucket where one is named in the settings."""
    return _store(settings.files_folder, settings.files_bucket, settings.s3_endpoint)


@lru_cache(maxsize=16)
def _store(folder: Path, bucket: str, endpoint: str) -> Store:
    """One per process and place: a client of an object store takes a tenth of a second to make."""
    if bucket:
        made: Store = import_module("certificates.bucket").BucketStore(bucket, endpoint)
        return made
    return FolderStore(folder)
