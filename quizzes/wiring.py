"""The quiz wing's part."""

from cme.activities.events import RevisionShown
from cme.kernel.roles import Role
from cme.part import Loader, MenuEntry, Part, PersonData, Step
from quizzes.cli import COMMANDS
from quizzes.jobs import JOBS
from quizzes.queries.accommodations import exported as exported_accommodations
from quizzes.queries.attempts import export_of
from quizzes.queries.modules import release_obstacles
from quizzes.queries.reviews import exported_reviews, has_reviewed
from quizzes.services.accommodating import forget
from quizzes.services.holding import on_revision_shown
from quizzes.services.loading import load, validate
from quizzes.services.shelf import SHELF, Shelf
from quizzes.services.tallying import ask_for_tallies
from quizzes.services.uploads import forget_uploads
from quizzes.services.versions import VERSIONS, VersionCache
from quizzes.web import (
    accommodations,
    bank,
    bulk,
    comparing,
    corrections,
    exporting,
    health,
    holds,
    importing,
    media,
    questions,
    reviews,
    rules,
    taking,
    undoing,
)

PART = Part(
    name="quizzes",
    # The editor's entrances share one blueprint; naming each file loads its views.
    blueprints=tuple(
        dict.fromkeys(
            (
                taking.bp,
                questions.bp,
                rules.bp,
                comparing.bp,
                holds.bp,
                corrections.bp,
                health.bp,
                importing.bp,
                exporting.bp,
                bank.bp,
                bulk.bp,
                undoing.bp,
                reviews.bp,
                accommodations.bp,
                media.files_bp,
            )
        )
    ),
    loaders={"quiz.yaml": Loader(validate=validate, load=load)},
    extensions={VERSIONS: VersionCache, SHELF: Shelf},
    commands=COMMANDS,
    jobs=JOBS,
    listeners={RevisionShown: (on_revision_shown,)},
    obstacles=(release_obstacles,),
    sweeps=(ask_for_tallies, forget_uploads),
    steps=(Step(key="quiz", label="Quiz", endpoint="quizzes.landing", order=20, begin="quizzes.begin"),),
    menu=(
        MenuEntry(
            label="Accommodations",
            endpoint="accommodations.index",
            order=72,
            roles=frozenset({Role.REGISTRAR.value, Role.ADMINISTRATOR.value}),
        ),
        MenuEntry(
            label="Desk",
            endpoint="desk.index",
            order=60,
            roles=frozenset({Role.EDITOR.value, Role.ADMINISTRATOR.value}),
        ),
        MenuEntry(
            label="Reviews",
            endpoint="desk.reviews",
            order=61,
            roles=frozenset({Role.REVIEWER.value, Role.ADMINISTRATOR.value}),
        ),
    ),
    person_data=(
        PersonData(key="quiz_attempts", export=export_of),
        PersonData(key="quiz_accommodations", export=exported_accommodations, erase=forget),
        PersonData(key="quiz_reviews", export=exported_reviews, must_stay=has_reviewed),
    ),
)
