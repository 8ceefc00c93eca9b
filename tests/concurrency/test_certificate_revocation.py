"""Verification and revocation at once, on real server processes; the full counts are in `sh script/campaign`."""

import pytest

from tests.campaign.revoking import revoking
from tests.concurrency.conftest import verdict
from tests.support.serving import Server

pytestmark = pytest.mark.campaign


def test_fifty_verifications_while_ten_are_revoked(served: Server):
    verdict(revoking(served, verifications=50, revocations=10))
