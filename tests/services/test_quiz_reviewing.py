"""Review of drafts, on both databases: an approval is of one edition, never by an author, and publishing asks for it."""

from datetime import datetime

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from cme.activities.models import Provider, Release
from cme.audit.models import AuditEvent
from cme.kernel.refusal import Conflict, Invalid, NotFound, Refused
from cme.outbox.models import OutboxWork
from cme.store.session import violates
from quizzes.models.review import REVIEWS, DraftReview, ReviewComment, ReviewCommentSettled
from quizzes.queries.reviews import acts_of, drafts_in_work, exported_reviews, has_reviewed, standing, threads_of
from quizzes.rules.reviewing import Act, Stage, Standing
from quizzes.services import authoring, commenting, reviewing
from tests.factories.people import make_person
from tests.services.test_quiz_undoing import Drafting


class Review(Drafting):
    """A draft, its editor, two reviewers; the provider asks for `approvals`."""

    def __init__(self, session: Session, now: datetime) -> None:
        super().__init__(session, now)
        self.ann = make_person(session, now=now, roles=("reviewer",), name="Ann Reviewer").id
        self.bob = make_person(session, now=now, roles=("administrator",), name="Bob Chief").id

    def demand(self, approvals: int) -> None:
        releases = select(Release.provider_id).where(Release.id == self.module.release_id)
        self.session.execute(update(Provider).where(Provider.id.in_(releases)).values(approvals=approvals))

    def send(self, reviewer: int | None = None, words: str = "", edition: int | None = None) -> bool:
        return reviewing.send(
            self.session,
            self.version_id,
            edition=edition or self.facts.edition,
            reviewer=reviewer,
            words=words,
            editor=self.editor,
            now=self.now,
        )

    def approve(self, by: int, edition: int | None = None) -> Standing:
        return reviewing.approve(
            self.session, self.version_id, edition=edition or self.facts.edition, reviewer=by, now=self.now
        )

    def give_back(self, by: int, words: str = "Not yet.") -> Standing:
        return reviewing.give_back(
            self.session, self.version_id, edition=self.facts.edition, words=words, reviewer=by, now=self.now
        )

    def publish(self) -> object:
        return authoring.publish(
            self.session, self.version_id, edition=self.facts.edition, editor=self.editor, now=self.now
        )

    @property
    def stage(self) -> Stage:
        facts = self.facts
        return standing(self.session, facts.quiz_id, facts.version_id, facts.edition).stage

    def mails(self) -> list[tuple[str, str]]:
        rows = self.session.scalars(select(OutboxWork).where(OutboxWork.kind == "mail.send").order_by(OutboxWork.id))
        return [(row.payload["kind"], row.payload["context"]["name"]) for row in rows]


@pytest.fixture
def review(session: Session, now: datetime) -> Review:
    return Review(session, now)


def test_without_a_rule_an_editor_publishes_alone(review: Review) -> None:
    review.edit("New words? Which one is it?")
    review.publish()
    assert review.facts.state == "published"


def test_a_draft_goes_to_a_reviewer_is_approved_and_published(review: Review) -> None:
    review.demand(1)
    review.edit("Which one is it now?")
    with pytest.raises(Invalid) as refused:
        review.publish()
    assert "nobody did yet" in refused.value.problems["obstacles"][0]
    assert review.send(review.ann, "Please look at *one*.")
    assert review.stage is Stage.WAITING
    assert review.approve(review.ann).stage is Stage.APPROVED
    review.publish()
    assert review.facts.state == "published"
    assert review.mails() == [("review_asked", "Ann Reviewer"), ("review_answered", "Ada Editor")]
    told = review.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)).all()
    assert told[-3:] == ["quiz.review_asked", "quiz.draft_approved", "quiz.published"]
    assert [(one.act, one.by, one.asked) for one in acts_of(review.session, review.version_id)] == [
        (Act.SENT, "Ada Editor", "Ann Reviewer"),
        (Act.APPROVED, "Ann Reviewer", None),
    ]


def test_any_reviewer_means_every_reviewer_but_the_authors_hears_of_it(review: Review) -> None:
    review.edit("Which?", editor=review.bob)  # so the administrator is an author
    review.send()
    assert review.mails() == [("review_asked", "Ann Reviewer")]


@pytest.mark.parametrize("change", ["edit", "add", "remove", "move", "rules", "undo"])
def test_whatever_changes_the_draft_voids_its_approval(review: Review, change: str) -> None:
    review.demand(1)
    review.edit("Which one?")
    review.send()
    review.approve(review.ann)
    seen = review.facts.edition
    {
        "edit": lambda: review.edit("Which other one?"),
        "add": review.add,
        "remove": review.remove,
        "move": lambda: review.move(1, up=True),
        "rules": review.rules,
        "undo": review.undo,
    }[change]()
    assert review.stage is Stage.CHANGED
    with pytest.raises(Invalid) as refused:
        review.publish()
    assert any("nobody did yet" in one for one in refused.value.problems["obstacles"])
    with pytest.raises(Conflict):
        review.approve(review.bob, edition=seen)
    with pytest.raises(Refused) as again:
        review.approve(review.ann)
    assert again.value.code == "not_in_review"


def test_two_are_asked_for_and_one_person_twice_is_one(review: Review) -> None:
    review.demand(2)
    review.edit("Which one?")
    review.send()
    review.approve(review.ann)
    review.approve(review.ann)
    assert len(acts_of(review.session, review.version_id)) == 2
    with pytest.raises(Invalid) as refused:
        review.publish()
    assert "2 people who did not edit this draft to approve it as it is now; 1 did." in str(refused.value.problems)
    review.approve(review.bob)
    review.publish()


@pytest.mark.parametrize("how", ["opened", "edited", "undone"])
def test_who_had_a_hand_in_it_does_not_judge_it(review: Review, how: str) -> None:
    review.edit("Which one?")
    author = review.editor
    if how == "edited":
        author = review.bob
        review.edit("Which other one?", editor=author)
    elif how == "undone":
        author = review.bob
        review.undo(editor=author)
    review.send()
    for judge in (review.approve, review.give_back):
        with pytest.raises(Refused) as refused:
            judge(author)
        assert refused.value.code == "own_work"
    with pytest.raises(Invalid) as unfit:
        review.send(author)
    assert unfit.value.code == "reviewer_unfit"


def test_only_who_may_review_is_asked(review: Review) -> None:
    learner = make_person(review.session, now=review.now).id
    with pytest.raises(Invalid):
        review.send(learner)
    with pytest.raises(Invalid):
        review.send(review.other)


def test_a_returned_draft_has_a_reason_and_is_sent_again(review: Review) -> None:
    review.demand(1)
    review.edit("Which one?")
    review.send()
    with pytest.raises(Invalid) as refused:
        review.give_back(review.ann, "  \n ")
    assert refused.value.code == "reason_missing"
    assert review.give_back(review.ann, "The key is *b*.").stage is Stage.RETURNED
    assert review.mails()[-1] == ("review_answered", "Ada Editor")
    with pytest.raises(Invalid):
        review.publish()
    review.edit("Which one, then?")
    assert review.send()
    assert review.approve(review.ann).stage is Stage.APPROVED
    review.publish()


def test_an_approval_can_be_taken_back_until_it_is_published(review: Review) -> None:
    review.demand(1)
    review.send()
    review.approve(review.ann)
    assert review.give_back(review.ann, "Wait.").stage is Stage.RETURNED
    with pytest.raises(Invalid):
        review.publish()
    review.approve(review.ann)
    review.publish()
    with pytest.raises(Refused) as refused:
        review.give_back(review.ann)
    assert refused.value.code == "not_a_draft"


def test_sending_twice_asks_once(review: Review) -> None:
    assert review.send(review.ann)
    assert not review.send(review.ann)
    assert review.send(review.bob)
    assert [name for _kind, name in review.mails()] == ["Ann Reviewer", "Bob Chief"]


def test_an_old_page_sends_nothing(review: Review) -> None:
    review.edit("Theirs?", editor=review.other)
    with pytest.raises(Conflict):
        review.send(edition=1)


def test_a_draft_is_taken_back(review: Review) -> None:
    def take_back() -> None:
        edition = review.facts.edition
        reviewing.withdraw(review.session, review.version_id, edition=edition, editor=review.editor, now=review.now)

    review.send()
    take_back()
    assert review.stage is Stage.NEVER_SENT
    with pytest.raises(Refused):
        review.approve(review.ann)
    with pytest.raises(Refused):
        take_back()


def test_comments_are_answered_and_settled_once_and_stay_after_publishing(review: Review) -> None:
    say = {"by": review.ann, "now": review.now}
    with pytest.raises(Refused) as refused:
        commenting.comment(review.session, review.version_id, None, "Hm.", **say)
    assert refused.value.code == "not_in_review"
    review.send()
    whole = commenting.comment(review.session, review.version_id, None, "Well done.", **say)
    one = commenting.comment(review.session, review.version_id, "item-1", "Is b\r\nright?\0", **say)
    assert commenting.answer(review.session, one, "No.", by=review.editor, now=review.now) == review.version_id
    for _ in range(2):
        commenting.settle(review.session, one, by=review.editor, now=review.now)
    with pytest.raises(NotFound):
        commenting.comment(review.session, review.version_id, "item-99", "Hm.", **say)
    with pytest.raises(NotFound):
        commenting.settle(review.session, 10**6, by=review.editor, now=review.now)
    for words in ("", " \n", "x" * 4001):
        with pytest.raises(Invalid):
            commenting.answer(review.session, whole, words, by=review.editor, now=review.now)
    review.publish()
    first, second = threads_of(review.session, review.version_id)
    assert (first.first.words, first.first.lineage, first.is_open) == ("Well done.", None, True)
    assert (second.first.words, second.first.lineage) == ("Is b\nright?", "item-1")
    assert [(line.words, line.by) for line in second.answers] == [("No.", "Ada Editor")]
    assert (second.first.settled_by, second.is_open) == ("Ada Editor", False)
    with pytest.raises(Refused):
        commenting.answer(review.session, one, "Too late.", **say)
    assert [has_reviewed(review.session, one) for one in (review.ann, review.bob)] == [True, False]
    told = exported_reviews(review.session, review.ann)
    assert [line["question"] for line in told["comments"]] == [None, "item-1"]


def test_the_work_list_says_where_every_draft_stands(review: Review) -> None:
    review.demand(2)
    review.send(review.ann)
    review.give_back(review.ann, "Shorter, please.")
    other = Review(review.session, review.now)
    lines = {line.version_id: line for line in drafts_in_work(review.session)}
    mine = lines[review.version_id]
    assert (mine.standing.stage, mine.standing.needed) == (Stage.RETURNED, 2)
    assert mine.last is not None
    assert (mine.last.words, mine.last.by) == ("Shorter, please.", "Ann Reviewer")
    assert lines[other.version_id].standing.stage is Stage.NEVER_SENT


def test_the_strictest_provider_of_the_quiz_decides(review: Review) -> None:
    other = Review(review.session, review.now)
    other.demand(2)
    review.demand(1)
    facts = review.facts
    assert standing(review.session, facts.quiz_id, review.version_id, facts.edition).needed == 1
    review.session.execute(
        update(Release).where(Release.id == other.module.release_id).values(activity_id=other.module.activity_id)
    )
    from quizzes.models.quiz import QuizAssignment

    review.session.execute(
        update(QuizAssignment)
        .where(QuizAssignment.release_id == other.module.release_id)
        .values(quiz_id=review.module.quiz_id)
    )
    assert standing(review.session, facts.quiz_id, review.version_id, facts.edition).needed == 2


@pytest.mark.parametrize("model", [DraftReview, ReviewComment, ReviewCommentSettled])
def test_what_was_said_only_grows(review: Review, model: type) -> None:
    review.send()
    number = commenting.comment(review.session, review.version_id, None, "Well.", by=review.ann, now=review.now)
    commenting.settle(review.session, number, by=review.editor, now=review.now)
    with pytest.raises(DatabaseError, match="only grows"):
        review.session.execute(delete(model))
    review.session.rollback()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"act": "thought"}, "ck_draft_reviews_act_known"),
        ({"act": "returned", "words": ""}, "ck_draft_reviews_returned_has_reason"),
        ({"act": "approved", "asked": True}, "ck_draft_reviews_only_sending_asks"),
        ({"number": 0}, "ck_draft_reviews_numbers_positive"),
        ({"number": 1}, "uq_draft_reviews_version_id_number"),
    ],
)
def test_the_database_keeps_reviews_legal(review: Review, values: dict, constraint: str) -> None:
    review.send()
    row = {
        "version_id": review.version_id, "number": 2, "edition": 1, "act": "sent", "person_id": review.ann,
        "asked": None, "words": "x", "at": review.now,
    }  # fmt: skip
    if values.get("asked"):
        values = {**values, "asked": review.ann}
    with pytest.raises(IntegrityError) as refused:
        review.session.execute(insert(REVIEWS).values({**row, **values}))
    assert violates(refused.value, constraint)
    review.session.rollback()
