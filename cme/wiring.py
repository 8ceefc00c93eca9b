"""The ground floor's part."""

from cme.articles.queries import ARTICLE_PAGES, ArticlePages
from cme.kernel.roles import Role
from cme.learning import claiming, transcript
from cme.learning import views as learning
from cme.mail.jobs import JOBS as MAIL_JOBS
from cme.part import MenuEntry, Part, Step
from cme.people import admin as people_admin
from cme.people import views as people
from cme.people.cli import people_group
from cme.people.jobs import JOBS as PEOPLE_JOBS

PART = Part(
    name="cme",
    blueprints=(learning.bp, claiming.bp, transcript.bp, people.bp, people_admin.bp),
    commands=(people_group,),
    jobs={**MAIL_JOBS, **PEOPLE_JOBS},
    extensions={ARTICLE_PAGES: ArticlePages},
    steps=(
        Step(key="read", label="Read", endpoint="learning.article", order=10),
        Step(key="claim", label="Evaluate & claim", endpoint="claiming.claim", order=30),
    ),
    menu=(
        MenuEntry("Modules", "learning.catalogue", 10),
        MenuEntry("Transcript", "transcript.transcript", 20, signed_in=True),
        MenuEntry("People", "people_office.index", 80, roles=frozenset({Role.ADMINISTRATOR.value})),
    ),
)
