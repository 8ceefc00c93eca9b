"""The quiz wing's part."""

from cme.kernel.roles import Role
from cme.part import Loader, MenuEntry, Part, PersonData, Step
from quizzes.queries.attempts import export_of
from quizzes.queries.modules import release_obstacles
from quizzes.services.loading import load, validate
from quizzes.services.versions import VERSIONS, VersionCache
from quizzes.web import questions, taking

PART = Part(
    name="quizzes",
    blueprints=(taking.bp, questions.bp),
    loaders={"quiz.yaml": Loader(validate=validate, load=load)},
    extensions={VERSIONS: VersionCache},
    obstacles=(release_obstacles,),
    steps=(Step(key="quiz", label="Quiz", endpoint="quizzes.landing", order=20, begin="quizzes.begin"),),
    menu=(
        MenuEntry(
            label="Desk",
            endpoint="desk.index",
            order=60,
            roles=frozenset({Role.EDITOR.value, Role.ADMINISTRATOR.value}),
        ),
    ),
    person_data=(PersonData(key="quiz_attempts", export=export_of),),
)
