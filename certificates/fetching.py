"""The sealed fetcher: a design reaches its own files and nothing else, neither network nor disk."""

from collections.abc import Mapping
from typing import Any

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from certificates.design import Asset


class SealedFetcher(URLFetcher):
    """Answers from a table in memory; every other address ends the rendering.

    The error is WeasyPrint's fatal one: an ordinary error would only be logged, and a certificate would leave without
    its seal. The parent's set-up is skipped on purpose: it opens ways to the network and loads certificate authorities.
    """

    def __init__(self, table: Mapping[str, Asset]) -> None:
        self._table = table

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        asset = self._table.get(url)
        if asset is None:
            raise FatalURLFetchingError(f"the certificate design asked for {url[:200]}, which is not part of it")
        return URLFetcherResponse(url, body=asset.body, headers={"Content-Type": asset.kind})

    def open(self, url: Any, data: Any = None, timeout: Any = None) -> URLFetcherResponse:
        return self.fetch(url if isinstance(url, str) else url.full_url)
