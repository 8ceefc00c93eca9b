"""Review of a draft: send it, take it back, approve or return it. The entrances say who may do what."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from cme.audit.tags import Event
from cme.kernel.refusal import Invalid, Refused
from cme.kernel.text import clean_block
from cme.mail.service import send as send_mail
from quizzes.models.review import REVIEWS
from quizzes.queries.reviews import Reviewer, acting, addressed, next_number, reviewers, senders_of, standing
from quizzes.queries.versions import title_of
from quizzes.rules.reviewing import MOST_WORDS, Act, Standing
from quizzes.services.drafts import Draft, lock, record, same_edition

_EVENTS = {
    Act.SENT: Event.QUIZ_REVIEW_ASKED,
    Act.WITHDRAWN: Event.QUIZ_REVIEW_WITHDRAWN,
    Act.APPROVED: Event.QUIZ_DRAFT_APPROVED,
    Act.RETURNED: Event.QUIZ_DRAFT_RETURNED,
}


def send(
    session: Session,
    version_id: int,
    *,
    edition: int,
    reviewer: int | None,
    words: str = "",
    editor: int,
    now: datetime,
) -> bool:
    """Send the draft as it is now to one reviewer, or to any (None); False when it lies with them already.

    Refuses: Conflict when the draft moved on; Invalid for somebody who may not review, an author of the draft.
    """
    draft = lock(session, version_id)
    same_edition(draft, edition)
    words = _words(words, "words")
    stands = _standing(session, draft)
    others = [one for one in reviewers(session) if one.person_id not in stands.authors]
    asked = [one for one in others if reviewer is None or one.person_id == reviewer]
    if reviewer is not None and not asked:
        sentence = "Choose a reviewer who did not edit this draft."
        raise Invalid("reviewer_unfit", sentence, {"reviewer": [sentence]})
    if reviewer in stands.asked and not stands.returned_by:
        return False
    _write(session, draft, Act.SENT, editor, words, asked=reviewer, now=now)
    title, name = title_of(session, version_id), acting(session, editor)
    for one in asked:
        _mail(session, one, "review_asked", draft, title, f"{name} asks {_whom(reviewer)} to review it.", words, now)
    return True


def withdraw(session: Session, version_id: int, *, edition: int, editor: int, now: datetime) -> None:
    """Take the draft back from review. Refuses: Conflict when the draft moved on; a draft that is not in review."""
    draft = lock(session, version_id)
    same_edition(draft, edition)
    if not _standing(session, draft).takes_verdicts:
        raise Refused("not_in_review", "This draft is not in review.")
    _write(session, draft, Act.WITHDRAWN, editor, "", now=now)


def approve(
    session: Session, version_id: int, *, edition: int, words: str = "", reviewer: int, now: datetime
) -> Standing:
    """This edition of the draft is fit to be published; gives where it stands then.

    Refuses: Conflict when the draft is not the one that was looked at; one's own work; a draft not in review.
    """
    return _judge(session, version_id, Act.APPROVED, edition, _words(words, "words"), reviewer, now)


def give_back(session: Session, version_id: int, *, edition: int, words: str, reviewer: int, now: datetime) -> Standing:
    """This edition must be changed first, and why; takes an approval of one's own back. Refuses as `approve` does."""
    words = _words(words, "words")
    if not words:
        sentence = "Say what has to change: the editor sees only this and your comments."
        raise Invalid("reason_missing", sentence, {"words": [sentence]})
    return _judge(session, version_id, Act.RETURNED, edition, words, reviewer, now)


def _judge(
    session: Session, version_id: int, act: Act, edition: int, words: str, reviewer: int, now: datetime
) -> Standing:
    draft = lock(session, version_id)
    same_edition(draft, edition)
    stands = _standing(session, draft)
    if reviewer in stands.authors:
        raise Refused("own_work", "You changed this draft yourself, so somebody else has to judge it.")
    if not stands.takes_verdicts:
        raise Refused("not_in_review", "This draft is not in review as it is now. Ask its editor to send it.")
    said = stands.approved_by if act is Act.APPROVED else stands.returned_by
    if reviewer in said:
        return stands  # the same button twice
    _write(session, draft, act, reviewer, words, now=now)
    title, name = title_of(session, version_id), acting(session, reviewer)
    verdict = "approved it" if act is Act.APPROVED else "returned it"
    for one in addressed(session, senders_of(session, version_id, edition)):
        _mail(session, one, "review_answered", draft, title, f"{name} {verdict}.", words, now)
    return _standing(session, draft)


def _standing(session: Session, draft: Draft) -> Standing:
    return standing(session, draft.quiz_id, draft.version_id, draft.edition)


def _write(
    session: Session,
    draft: Draft,
    act: Act,
    person: int,
    words: str,
    *,
    asked: int | None = None,
    now: datetime,
) -> None:
    session.execute(
        insert(REVIEWS).values(
            version_id=draft.version_id,
            number=next_number(session, draft.version_id),
            edition=draft.edition,
            act=act.value,
            person_id=person,
            asked=asked,
            words=words,
            at=now,
        )
    )
    details: dict[str, object] = {"edition": draft.edition}
    if act is Act.SENT:
        details["reviewer"] = asked
    record(session, _EVENTS[act], draft, details, editor=person, now=now)


def _mail(
    session: Session, to: Reviewer, kind: str, draft: Draft, title: str, sentence: str, words: str, now: datetime
) -> None:
    context = {
        "name": to.name,
        "title": title,
        "number": draft.number,
        "sentence": sentence,
        "words": words,
        "path": f"/desk/versions/{draft.version_id}/review",
    }
    send_mail(session, kind, to.email, context, now=now)


def _whom(reviewer: int | None) -> str:
    return "any reviewer" if reviewer is None else "you"


def _words(words: str, field: str) -> str:
    cleaned = clean_block(words)
    if len(cleaned) > MOST_WORDS:
        sentence = f"This is longer than {MOST_WORDS} characters."
        raise Invalid("too_long", sentence, {field: [sentence]})
    return cleaned
