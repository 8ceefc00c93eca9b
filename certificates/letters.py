"""Letters to the owner of a certificate: it is ready, it was revoked, a correction was declined."""

from datetime import datetime

from flask import current_app

from certificates import queries
from certificates.places import store_of
from certificates.queries import CertificateFacts
from certificates.rules import life
from certificates.rules.document import file_name
from certificates.rules.life import Letter, State
from certificates.services import bytes_of
from cme.config import Settings
from cme.mail.compose import Enclosure, compose, writer
from cme.mail.jobs import sender_for
from cme.mail.messages import Letter as Text
from cme.mail.messages import Write
from cme.people.queries import Profile, profile_of
from cme.store.session import reading


def send(certificate_id: int, letter: str, answer: str, asked_at: str) -> None:
    """Write to the owner. A second run sends the same Message-ID. A closed account gets no letter."""
    settings: Settings = current_app.extensions["settings"]
    with reading() as session:
        certificate = queries.by_id(session, certificate_id)
        profile = None if certificate is None else profile_of(session, certificate.person_id)
        ground = "" if certificate is None else queries.made_because(session, certificate)
        enclosed = certificate is not None and letter == Letter.READY and queries.mails_pdf(session, certificate)
        session.rollback()  # nothing stays open while the mail server is spoken to
    if certificate is None or profile is None:
        return
    if letter == Letter.READY and certificate.state != State.ISSUED:
        return  # replaced or revoked before its document was made: another letter tells of that
    write = writer(_render, site_name=settings.site_name, public_url=settings.public_url)
    enclosure = _enclosure(certificate, settings) if enclosed else None
    text = compose_text(
        write,
        Letter(letter),
        certificate,
        profile,
        answer,
        settings.public_url,
        enclosed=enclosure is not None,
        ground=ground,
    )
    key = f"certificate-{certificate_id}-{letter}-{asked_at}".replace(":", "")
    moment = datetime.fromisoformat(asked_at)
    message = compose(text, sender=settings.mail_from, to=profile.email, key=key, asked_at=moment, enclosure=enclosure)
    sender_for(settings).send(message, key)


def _enclosure(certificate: CertificateFacts, settings: Settings) -> Enclosure | None:
    """The stored PDF, compared with its hash. Refuses: Damaged, Unreachable; then the letter is tried again."""
    body = bytes_of(store_of(settings), certificate, queries.PDF)
    return None if body is None else Enclosure(file_name(certificate.snapshot), body)


def compose_text(
    write: Write,
    letter: Letter,
    certificate: CertificateFacts,
    profile: Profile,
    answer: str,
    public_url: str,
    *,
    enclosed: bool = False,
    ground: str = "",
) -> Text:
    """Subject and words. `ground`: why there is this revision."""
    title, number = certificate.snapshot["title"], certificate.number
    words = {"name": profile.name, "title": title, "number": number}
    path = f"/certificates/{certificate.code}"
    if letter is Letter.READY:
        verify_url = f"{public_url}/verify/{certificate.code}"
        which = "" if certificate.revision == 1 else f"{life.successor_word(ground)} "
        subject = f"Your {which}certificate is ready"
        same_facts = ground == life.SAME_FACTS
        extra = {"revision": certificate.revision, "verify_url": verify_url, "enclosed": enclosed,
                 "same_facts": same_facts}  # fmt: skip
        return write("certificate_ready", subject, path=path, **words, **extra)
    if letter is Letter.REVOKED:
        ground = life.ground_sentence(certificate.state, certificate.ground)
        return write("certificate_revoked", f"Certificate {number} was revoked", path=path, **words, ground=ground)
    return write("certificate_declined", f"About your correction of {number}", path=path, **words, answer=answer)


def _render(template: str, **words: object) -> str:
    # Not Flask's render_template: a letter has no visitor, menu or address bar to take context from.
    return current_app.jinja_env.get_template(template).render(**words)
