"""The ground floor's part."""

from cme.activities.cli import library
from cme.articles.queries import ARTICLE_PAGES, ArticlePages
from cme.cli import COMMANDS
from cme.credits.jobs import JOBS as CREDIT_JOBS
from cme.credits.person_data import PERSON_DATA
from cme.evaluations.library import evaluation_obstacles, load_evaluation, validate_evaluation
from cme.kernel.roles import Role
from cme.learning import claiming, transcript
from cme.learning import views as learning
from cme.mail.jobs import JOBS as MAIL_JOBS
from cme.office.entrances import BLUEPRINTS as OFFICE
from cme.office.entrances import MENU as OFFICE_MENU
from cme.pages.views import bp as pages
from cme.part import Loader, MenuEntry, Part, PersonData, Step
from cme.people import admin as people_admin
from cme.people import views as people
from cme.people.cli import people_group
from cme.people.jobs import JOBS as PEOPLE_JOBS
from cme.people.queries import exported_account
from cme.people.services.throttle import forget
from cme.people.web.entry import sign_in_again
from cme.web import keeping

PART = Part(
    name="cme",
    blueprints=(learning.bp, claiming.bp, transcript.bp, people.bp, people_admin.bp, pages, *OFFICE),
    commands=(people_group, library, *COMMANDS),
    jobs={**MAIL_JOBS, **PEOPLE_JOBS, **CREDIT_JOBS},
    loaders={"evaluation.yaml": Loader(validate=validate_evaluation, load=load_evaluation)},
    obstacles=(evaluation_obstacles,),
    extensions={ARTICLE_PAGES: ArticlePages, keeping.PAGE: lambda: sign_in_again},
    steps=(
        Step(key="read", label="Read", endpoint="learning.article", order=10),
        Step(key="claim", label="Evaluate & claim", endpoint="claiming.claim", order=30),
    ),
    menu=(
        MenuEntry("Modules", "learning.catalogue", 10),
        MenuEntry("Transcript", "transcript.transcript", 20, signed_in=True),
        *OFFICE_MENU,
        MenuEntry("People", "people_office.index", 80, roles=frozenset({Role.ADMINISTRATOR.value})),
        MenuEntry("Pages", "pages.index", 90, roles=frozenset({Role.ADMINISTRATOR.value})),
    ),
    person_data=(PersonData("account", exported_account), *PERSON_DATA),
    sweeps=(forget,),
)
