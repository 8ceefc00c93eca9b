"""The certificate wing's part."""

from certificates import bulk_jobs, jobs, letters, packs, queries, services
from certificates.cli import certificates_group
from certificates.rules import names
from certificates.web.blueprint import MENU
from certificates.web.turns import PLACES, places
from certificates.web.views import bp
from cme.credits.events import CreditGranted
from cme.part import CreditLink, Part, PersonData, Step

PART = Part(
    name="certificates",
    blueprints=(bp,),
    commands=(certificates_group,),
    jobs={services.RENDER: jobs.render, services.LETTER: letters.send, packs.WORK: bulk_jobs.work},
    listeners={CreditGranted: (services.issue_on_grant,)},
    obstacles=(queries.unprintable_release,),
    steps=(Step(key="certificate", label="Certificate", endpoint="certificates.of_module", order=40),),
    credit_links=(CreditLink("Certificate", "certificates.show_for_credit"),),
    transcript_links=(CreditLink("Download PDF", "certificates.transcript_pdf"),),
    fallen_credits=(queries.has_revoked_document,),
    menu=MENU,
    person_data=(PersonData("certificates", queries.certificates_of),),
    name_checks=(names.name_problem,),
    sweeps=(jobs.keep_keys, jobs.keep_designs, services.sweep, packs.without_work),
    extensions={PLACES: places},
)
