"""Many at once on real server processes; the full counts are in `sh script/campaign`."""

import pytest

from tests.campaign.correcting import corrected_under_fire
from tests.campaign.killing import killed_workers
from tests.campaign.many import many_learners
from tests.campaign.simultaneous import many_clicks
from tests.concurrency.conftest import verdict
from tests.support.serving import Database, Server

pytestmark = pytest.mark.campaign


def test_fifty_submits_and_fifty_claims_at_once_give_one_result_and_one_credit(served: Server):
    verdict(many_clicks(served, clicks=50))


def test_sixty_learners_at_once_get_one_credit_each(served: Server):
    verdict(many_learners(served, number=60))


def test_regrading_that_is_killed_comes_out_as_the_dry_run_said_person_by_person(fresh_sqlite: Database):
    verdict(corrected_under_fire(fresh_sqlite, attempts=150, kills=3))


def test_no_acknowledged_submission_is_lost_when_workers_are_killed(served: Server):
    verdict(killed_workers(served, submissions=150, kills=2))
    assert "Traceback" not in served.log()
