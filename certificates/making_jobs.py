"""Making documents: the signed credential first, then the signed PDF that carries it; one certificate or many."""

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

import structlog

from certificates import authority, services
from certificates.credential import ENGINE, credential_json
from certificates.files import Store
from certificates.places import store_of
from certificates.queries import CREDENTIAL, PDF, CertificateFacts
from certificates.signing import SignerDown
from cme.config import Settings
from cme.store.session import transaction

log = structlog.get_logger(__name__)


def make_document(certificate: CertificateFacts, settings: Settings, *, now: datetime) -> str:
    """The digest of the certificate's PDF, made now if it is not there. Raises what making raises."""
    if certificate.pdf is not None:
        return certificate.pdf
    store = store_of(settings)
    credential = _credentials([certificate], settings, store, now)[certificate.certificate_id]
    return _record([(certificate, _made(certificate, settings, store, credential, now))], store, now)[0]


def make_documents(certificates: Sequence[CertificateFacts], settings: Settings, *, now: datetime) -> None:
    """Make what is missing, with two transactions for all of them. One that cannot be made is logged and left out.

    Raises SignerDown, and what storing raises.
    """
    missing = [certificate for certificate in certificates if certificate.pdf is None]
    if not missing:
        return
    store = store_of(settings)
    credentials = _credentials(missing, settings, store, now)
    made: list[tuple[CertificateFacts, Any]] = []
    for certificate in missing:
        try:
            document = _made(certificate, settings, store, credentials[certificate.certificate_id], now)
        except (KeyboardInterrupt, SystemExit, SignerDown):
            raise  # without a signature none of them can be made: the whole piece of work is tried again
        except BaseException as error:  # noqa: BLE001 - the others must have theirs; a fatal fetch is no Exception
            log.error("certificate.not_made", certificate=certificate.certificate_id, error=type(error).__name__)
            continue
        made.append((certificate, document))
    _record(made, store, now)


def _made(certificate: CertificateFacts, settings: Settings, store: Store, credential: bytes, now: datetime) -> Any:
    """The signed PDF. What cannot be signed raises: it is tried again, and none leaves."""
    rendering, issuing, finishing = map(
        _heavy, ("certificates.rendering", "certificates.issuing", "certificates.finishing")
    )
    return rendering.render(
        certificate.snapshot,
        f"{settings.public_url}/verify/{certificate.code}",
        shelf=issuing.shelf_of(settings),
        signer=issuing.signer_of(settings, now=now),
        attachment=finishing.Attachment(credential),
        chosen=issuing.library().of(certificate.snapshot, store),
    )


def _credentials(
    certificates: Sequence[CertificateFacts], settings: Settings, store: Store, now: datetime
) -> dict[int, bytes]:
    """The stored credentials by certificate; those that are not there yet are made, and the first stored one wins."""
    seal = authority.seal_of(settings, now=now)
    bodies = {
        one.certificate_id: credential_json(one.snapshot, one.certificate_id, settings.public_url, seal)
        for one in certificates
        if one.credential is None
    }
    kept = {one.certificate_id: one.credential for one in certificates if one.credential is not None}
    if bodies:
        digests = {number: store.put(body) for number, body in bodies.items()}
        with transaction() as session:
            for number, body in bodies.items():
                winner = services.record_file(session, number, CREDENTIAL, digests[number], len(body), ENGINE, now=now)
                if winner != digests[number]:
                    kept[number] = winner
    return bodies | {number: store.get(digest) for number, digest in kept.items()}


def _record(made: Sequence[tuple[CertificateFacts, Any]], store: Store, now: datetime) -> list[str]:
    digests = [store.put(document.body) for _, document in made]  # first the bytes: a row never points at nothing
    with transaction() as session:
        return [
            services.record_file(session, one.certificate_id, PDF, digest, len(document.body), document.engine, now=now)
            for (one, document), digest in zip(made, digests, strict=True)
        ]


def _heavy(module: str) -> Any:
    """Loaded at the first run and not at the top of the file: every process registers these jobs, one runs them."""
    return import_module(module)
