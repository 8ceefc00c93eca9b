"""The certificate wing's part."""

from certificates import jobs, queries, services
from certificates.rules import names
from certificates.web.views import bp
from cme.credits.events import CreditGranted
from cme.part import CreditLink, Part, PersonData, Step

PART = Part(
    name="certificates",
    blueprints=(bp,),
    jobs={services.RENDER: jobs.render},
    listeners={CreditGranted: (services.issue_on_grant,)},
    obstacles=(queries.unprintable_release,),
    steps=(Step(key="certificate", label="Certificate", endpoint="certificates.of_module", order=40),),
    credit_links=(CreditLink("Certificate", "certificates.show_for_credit"),),
    person_data=(PersonData("certificates", queries.certificates_of),),
    name_checks=(names.name_problem,),
    sweeps=(services.sweep,),
)
