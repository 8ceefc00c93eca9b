"""Every page of the site: which address shows it, and who may see it. A test compares this list with the url map."""

import string
from collections.abc import Iterator

from cme.web.access import PUBLIC, SIGNED_IN, declared_access
from tests.browser.scene import Persona, Scene
from tests.browser.site import Site

# endpoint: addresses. A name in braces is one of the scene's places, or the visitor's own.
PAGES: dict[str, tuple[str, ...]] = {
    "learning.catalogue": ("/", "/?q=no+such+words"),
    "learning.module": ("/modules/{slug}",),
    "learning.article": ("/modules/{slug}/article",),
    "learning.figure": ("/modules/{slug}/figures/{figure}",),
    "claiming.claim": ("/modules/{slug}/claim",),
    "transcript.transcript": ("/transcript",),
    "quizzes.landing": ("/modules/{slug}/quiz",),
    "quizzes.attempt": (
        *("/attempts/{open}?view=all", "/attempts/{open}?view=one&q=3"),
        "/attempts/{open}?view=all&check=1",
        *("/attempts/{checked}?view=all&open={left}", "/attempts/{checked}?view=one&q={wrong}"),
    ),
    "quizzes.result": ("/attempts/{result}/result", "/attempts/{failed}/result"),
    "certificates.show": ("/certificates/{certificate}",),
    "certificates.verify_form": ("/verify",),
    "certificates.verify": ("/verify/{certificate}", "/verify/0000-0000-0000"),
    "certificates.check_form": ("/verify/check",),
    "certificates.correction": ("/certificates/{certificate}/correction",),
    "certificates.office_list": ("/office/certificates", "/office/certificates?person=nobody"),
    "certificates.office_certificate": ("/office/certificates/{certificate_number}",),
    "certificates.pack_list": ("/office/certificates/packs",),
    "certificates.pack": ("/office/certificates/packs/{pack}",),
    "certificates.designs": ("/office/certificates/designs",),
    "certificates.design": ("/office/certificates/designs/{design}",),
    "certificates.new_design": ("/office/certificates/designs/new",),
    "certificates.change_design": ("/office/certificates/designs/{design}/change",),
    "certificates.upload_form": ("/office/certificates/designs/upload",),
    "certificates.proposals": ("/office/certificates/proposals",),
    "certificates.proposal": ("/office/certificates/proposals/{proposal}",),
    "accommodations.index": ("/office/accommodations",),
    "accommodations.edit": ("/office/people/{person}/accommodations",),
    "people.register": ("/register",),
    "people.sign_in": ("/sign-in", "/sign-in?next=/transcript"),
    "people.forgot": ("/forgot",),
    "people.resend": ("/resend-confirmation",),
    "people.check_mail": ("/check-mail/registration", "/check-mail/password"),
    "people.confirm": ("/confirm/{confirm}", "/confirm/used-up"),
    "people.confirm_new_address": ("/confirm-new-address/{new_address}",),
    "people.reset": ("/reset/{reset}", "/reset/used-up"),
    "people.account": ("/account",),
    "people.profile": ("/account/profile",),
    "people.own_data": ("/account/data",),
    "people.close": ("/account/close",),
    "people.change_email": ("/account/email",),
    "people.change_password": ("/account/password",),
    "people_office.index": ("/office/people/", "/office/people/?q=nobody-of-this-name"),
    "people_office.person": ("/office/people/{person}",),
    "pages.show": ("/pages/privacy", "/pages/terms", "/pages/contact"),
    "pages.index": ("/office/pages",),
    "pages.edit": ("/office/pages/privacy",),
    "office.start": ("/office/",),
    "office.completions": ("/office/completions", "/office/completions?person=nobody"),
    "office.decisions": ("/office/decisions",),
    "office.decision": ("/office/decisions/{decision}",),
    "office.credits": ("/office/credits", "/office/credits?since=2026-12-01&until=2026-11-01"),
    "office.releases": ("/office/releases",),
    "office.release": ("/office/releases/{release}",),
    "office.corrected": ("/office/corrected-texts",),
    "office.prepare_notice": ("/office/releases/{corrected_release}/revisions/{corrected_revision}/notice",),
    "office.notice": ("/office/notices/{notice}",),
    "office.providers": ("/office/providers",),
    "office.provider": ("/office/providers/{provider}",),
    "office.new_provider": ("/office/providers/new",),
    "office.change_form": ("/office/providers/{provider}/change",),
    "desk.index": ("/desk",),
    "desk.quiz": ("/desk/quizzes/{quiz}", "/desk/quizzes/{small_quiz}", "/desk/quizzes/{quiz}?q=no+such+words"),
    "desk.question": ("/desk/questions/{question}", "/desk/questions/{draft_question}"),
    "desk.quiz_media": ("/desk/quizzes/{quiz}/media",),
    "desk.remove_question": ("/desk/questions/{draft_question}/remove",),
    "desk.rules": ("/desk/versions/{draft}/rules", "/desk/versions/{version}/rules"),
    "desk.preflight": ("/desk/versions/{draft}/preflight", "/desk/versions/{version}/preflight"),
    "desk.correct": ("/desk/questions/{question}/correct",),
    "desk.all_corrections": ("/desk/corrections",),
    "desk.correction": ("/desk/corrections/{correction}",),
    "desk.compare": ("/desk/quizzes/{quiz}/compare", "/desk/quizzes/{small_quiz}/compare?from=1&to=2"),
    "desk.health": ("/desk/quizzes/{quiz}/health", "/desk/quizzes/{crowded_quiz}/health"),
    "desk.item_health": ("/desk/quizzes/{quiz}/health/{item}", "/desk/quizzes/{crowded_quiz}/health/item-1"),
    "desk.held": ("/desk/holds",),
    "desk.preview": ("/desk/versions/{version}/preview?seed=fixed", "/desk/versions/{draft}/preview?seed=fixed"),
    "desk.publish": ("/desk/versions/{draft}/publish",),
    "desk.reviews": ("/desk/reviews",),
    "desk.review": (
        "/desk/versions/{reviewed}/review",
        "/desk/versions/{reviewed}/review?show=all",
        "/desk/versions/{version}/review",
    ),
    "desk.discard": ("/desk/versions/{draft}/discard",),
    "desk.bank": ("/desk/bank", "/desk/bank?q=no+such+words", "/desk/bank?quiz={small_quiz}&sort=name"),
    "desk.import_file": ("/desk/import", "/desk/import?quiz={small_quiz}"),
    "desk.import_report": ("/desk/imports/{upload}", "/desk/imports/{upload}?show=refused", "/desk/imports/{taken}"),
    "desk.export": ("/desk/versions/{version}/export", "/desk/versions/{version}/export?format=aiken"),
    "desk.new_question": ("/desk/versions/{draft}/questions/new",),
}
# Files, JSON, and addresses that only lead on to a page of the list.
NO_PAGES = {
    "quiz_media.file",
    "static",
    "quizzes.static",
    "learning.figure_picture",
    "transcript.transcript_csv",
    "office.completions_csv",
    "office.decisions_csv",
    "office.credits_csv",
    "certificates.pdf",
    "certificates.credential",
    "certificates.credential_token",
    "certificates.verify_json",
    "certificates.root",
    "certificates.withdrawn",
    "certificates.issuer",
    "certificates.status_list",
    "certificates.pack_archive",
    "certificates.bundle",
    "desk.health_csv",
    "desk.correction_csv",
    "desk.import_template",
    "desk.bank_csv",
    "desk.bank_xlsx",
    "desk.export_file",
    "desk.health_xlsx",
    "certificates.png",
    "certificates.design_picture",
    "certificates.transcript_pdf",
    "certificates.of_module",
    "certificates.show_for_credit",
    "health.alive",
    "health.ready",
}
ERRORS = ("/nothing-here", "/desk/quizzes/999999")
STAFF_ROOMS = ("desk.", "office.", "people_office.", "accommodations.", "pages.")
STAFF = ("editor", "reviewer", "registrar", "administrator")
# People in the middle of the road differ only here.
UNFINISHED = (
    *("learning.catalogue", "learning.module", "learning.article", "claiming.claim", "transcript.transcript"),
    *("quizzes.landing", "quizzes.attempt", "quizzes.result", "people.account"),
)


def endpoints_with_get(site: Site) -> set[str]:
    return {rule.endpoint for rule in site.database.app.url_map.iter_rules() if "GET" in (rule.methods or set())}


def pages_of(site: Site, scene: Scene, persona: Persona) -> Iterator[str]:
    """The addresses this person can open, and the refusals they meet.

    To staff a learner's page differs in its menu only, so they see one state of each, and not the long article again;
    the administrator sees one state of what editors and registrars see in all.
    """
    values = {**scene.places, **persona.own}
    staff = persona.name in STAFF
    for endpoint, addresses in PAGES.items():
        if not _admitted(site, persona, endpoint):
            continue
        fitting = [address for address in addresses if names_in(address) <= set(values)]
        general = not endpoint.startswith(STAFF_ROOMS) and "/office/" not in addresses[0]
        for address in fitting[:1] if staff and (general or persona.name == "administrator") else fitting:
            yield address.format(**values)
    yield from ERRORS


def _admitted(site: Site, persona: Persona, endpoint: str) -> bool:
    if persona.name in {"midway", "fresh"} and endpoint not in UNFINISHED:
        return False
    if persona.name in {*STAFF, "midway"} and endpoint == "learning.article":
        return False
    if persona.person_id is not None and endpoint in {"people.register", "people.sign_in"}:
        return False  # they only lead on
    if endpoint == "claiming.claim" and "credit" in persona.own:
        return False  # leads on to the certificate
    who = declared_access(site.database.app.view_functions[endpoint])
    held = {persona.name} & set(STAFF)
    return who == PUBLIC or (
        persona.person_id is not None and (who == SIGNED_IN or (isinstance(who, frozenset) and bool(who & held)))
    )


def names_in(address: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(address) if name}
