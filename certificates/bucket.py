"""The store of certificates in a bucket: any object store that speaks S3. Needs the extra `s3` (boto3)."""

# boto3 is an optional package without types, and its client's verbs are made at run time.
import base64
import hashlib
from importlib import import_module
from typing import Any

from certificates.files import FOLDER, Damaged, Unreachable, refusing
from cme.store.content import checked, digest_of, spread

SECONDS_TO_CONNECT, SECONDS_TO_READ, TRIES = 5, 30, 3
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
_GONE = {"NoSuchKey", "404", "NotFound"}


class BucketStore:
    """Objects under their own SHA-256. `place` is "bucket" or "bucket/prefix"; credentials come from the environment,
    as boto3 finds them.
    """

    def __init__(self, place: str, endpoint: str = "") -> None:
        self._bucket, _, prefix = place.strip("/").partition("/")
        self._prefix = f"{prefix}/{FOLDER}" if prefix else FOLDER
        self._errors = import_module("botocore.exceptions")
        self._client: Any = _client(endpoint)

    def put(self, body: bytes) -> str:
        digest = digest_of(body)
        # Only if nothing is there yet: what was stored first stays, however many write the same at once.
        if self._put(digest, body, IfNoneMatch="*"):
            return digest
        try:
            self.get(digest)
        except Damaged:
            self._put(digest, body)
        return digest

    def get(self, sha256: str) -> bytes:
        key = self._key(sha256)
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._errors.ClientError as error:
            if _code(error) in _GONE:
                raise Damaged from None
            raise Unreachable from error
        except self._errors.BotoCoreError as error:
            raise Unreachable from error
        with refusing():
            return checked(body, sha256)

    def _put(self, digest: str, body: bytes, **condition: str) -> bool:
        """Whether it was written; False when something is there already."""
        # The store compares what arrived with this digest, so that a byte lost on the way is not stored.
        arrived = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode("ascii")
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=self._key(digest), Body=body, ContentMD5=arrived, **condition
            )
        except self._errors.ClientError as error:
            if condition and _code(error) in _TAKEN:
                return False
            raise Unreachable from error
        except self._errors.BotoCoreError as error:
            raise Unreachable from error
        return True

    def _key(self, sha256: str) -> str:
        with refusing():
            return f"{self._prefix}/{spread(sha256)}"


def _client(endpoint: str) -> Any:
    """boto3's client; it may be used by all threads of a process."""
    config = import_module("botocore.config").Config(
        connect_timeout=SECONDS_TO_CONNECT,
        read_timeout=SECONDS_TO_READ,
        retries={"mode": "standard", "max_attempts": TRIES},
        # Not every store knows the newer checksums; ours are in the names.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return import_module("boto3").client("s3", endpoint_url=endpoint or None, config=config)


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
