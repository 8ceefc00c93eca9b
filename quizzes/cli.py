"""`flask quizzes …`: the desk for editors who keep questions under version control.

Exit codes: 0 nothing to mend, 1 something was found or refused, 2 the command was not understood.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from cme.kernel.clock import utc_now
from cme.kernel.refusal import Refused
from cme.people.queries import person_id_of
from cme.store.database import db
from cme.store.session import Session, transaction
from quizzes.files import MediaFolder
from quizzes.interchange.formats import FORMATS, read_any
from quizzes.interchange.planning import State
from quizzes.interchange.report import Verdict
from quizzes.queries.health import all_lines, health_of_quiz
from quizzes.queries.in_force import corrections_in_force
from quizzes.queries.media import media_of
from quizzes.queries.policies import policy_of
from quizzes.queries.versions import (
    draft_of,
    history_of,
    published_version_of,
    quiz_of_key,
    quizzes_at_hand,
    version_facts,
)
from quizzes.rules.checking import cautions
from quizzes.rules.correcting import Change, Policy, Treatment
from quizzes.rules.item import QuizVersionFacts
from quizzes.rules.linting import POLICIES, lint_all
from quizzes.rules.statistics import Figure
from quizzes.services import authoring, importing, uploads
from quizzes.services.correcting import correct_key, predict
from quizzes.services.exporting import entry_of, untold
from quizzes.services.media import bytes_of
from quizzes.services.publishing import obstacles_of

quizzes_group = AppGroup("quizzes", help="Question banks: look, check, exchange, correct.")
FOUND = 1
version_option = click.option(
    "--version", "number", type=int, help="Its number; the draft or the published one if left out."
)


@quizzes_group.command("list")
def list_quizzes() -> None:
    """Every quiz: key, published version, draft, questions, title."""
    for row in quizzes_at_hand(db.session()):
        published = f"v{row.published_number}" if row.published_number else "-"
        draft = f"draft v{row.draft_number}" if row.draft_number else "-"
        click.echo(f"{row.key}\t{published}\t{draft}\t{row.questions}\t{row.title}")


@quizzes_group.command("check")
@click.argument("key")
@version_option
def check(key: str, number: int | None) -> None:
    """What keeps a version of the quiz KEY from being published, and notes on its rules, which do not."""
    session = db.session()
    facts = _facts(session, key, number)
    for note in cautions(facts.delivery):
        click.echo(f"note: {note.code}: {note.sentence}")
    found = obstacles_of(session, facts)
    for one in found:
        click.echo(one.full)
    _end(bool(found), "Nothing stands in the way of publishing.")


@quizzes_group.command("lint")
@click.argument("key")
@version_option
@click.option("--strict", is_flag=True, help="Advice counts as something to mend.")
def lint(key: str, number: int | None, strict: bool) -> None:
    """Flaws of item writing in the quiz KEY; the exit code is 1 when one of them blocks publishing."""
    facts = _facts(db.session(), key, number)
    policy = POLICIES["strict" if strict else policy_of(db.session(), facts.quiz_id)]
    notes = lint_all(facts.items.values(), policy)
    for note in notes:
        kind = "to mend" if note.blocks else "advice"
        words = f" “{note.words[:60]}”" if note.words else ""
        click.echo(f"{note.lineage}: {note.place}: {kind}: {note.code}:{words} {note.sentence} {note.mend}")
    blocking = sum(note.blocks for note in notes)
    click.echo(f"{len(facts.items)} questions, {blocking} notes to mend, {len(notes) - blocking} pieces of advice.")
    _end(blocking > 0)


@quizzes_group.command("health")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def health(key: str, as_json: bool) -> None:
    """Figures of the published version of the quiz KEY; the exit code is 1 when a key may be wrong."""
    session = db.session()
    report = health_of_quiz(session, _quiz(session, key))
    if report is None:
        raise click.ClickException("This quiz has no published version.")
    lines = list(all_lines(session, report.version_id, order="attention"))
    if as_json:
        found = [
            {
                "question": line.lineage,
                "first_attempts": line.health.takers,
                "right": line.health.right,
                "point_biserial": line.health.point_biserial.value,
                "discrimination": line.health.discrimination.value,
                "alarms": list(line.health.alarms),
            }
            for line in lines
        ]
        click.echo(json.dumps({"attempts": report.attempts, "questions": found}, indent=2))
    else:
        for line in lines:
            shown = line.health
            click.echo(
                f"{line.lineage}\tn={shown.takers}\tright={_shown(shown.difficulty)}"
                f"\tr={_shown(shown.point_biserial)}\tD={_shown(shown.discrimination)}\t{' '.join(shown.alarms)}"
            )
    _end(any(line.health.alarms for line in lines))


@quizzes_group.command("correct-key")
@click.argument("key")
@click.argument("question")
@version_option
@click.option("--to", "to", help="The choice that is the key.")
@click.option("--accept", help="Choices to accept, separated by commas.")
@click.option("--everyone", is_flag=True, help="Give everybody the points.")
@click.option("--drop", is_flag=True, help="The question no longer counts.")
@click.option("--rescore-all", is_flag=True, help="Attempts may also come out worse; granted credit is not touched.")
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@click.option("--reason", default="", help="Why; needed to apply.")
def correct(
    key: str,
    question: str,
    number: int | None,
    to: str | None,
    accept: str | None,
    everyone: bool,
    drop: bool,
    rescore_all: bool,
    dry_run: bool,
    reason: str,
) -> None:
    """Correct the key of QUESTION in the quiz KEY: attempts that held it are graded again in the background."""
    session = db.session()
    facts = _facts(session, key, number, published=True)
    question_id = next((one for one, item in facts.items.items() if item.lineage == question), None)
    if question_id is None:
        raise click.ClickException(f"Version {facts.number} of the quiz has no question “{question}”.")
    change = _change(to, accept, everyone, drop, Policy.RESCORE_ALL if rescore_all else Policy.NEVER_LOWER)
    try:
        for name, value in predict(session, question_id, change, now=utc_now()).counts.items():
            click.echo(f"{name.replace('_', ' ')}: {value}")
        if dry_run:
            return
        with transaction() as writing:
            made = correct_key(writing, question_id, change, reason=reason, by=None, now=utc_now())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    click.echo(f"Correction {made} is decided; earlier attempts are graded again in the background.")


@quizzes_group.command("export")
@click.argument("key")
@version_option
@click.option("--format", "format_key", type=click.Choice(sorted(FORMATS)), default="yaml", show_default=True)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), required=True)
def export(key: str, number: int | None, format_key: str, output: Path) -> None:
    """Write a version of the quiz KEY; what the format cannot carry is said, and makes the exit code 1."""
    facts = _facts(db.session(), key, number)
    wanted = FORMATS[format_key]
    known = corrections_in_force(db.session(), facts.quiz_id)
    items = list(facts.items.values())
    entries = [entry_of(item, facts.vignettes, known) for item in items]
    found = [one.also(*untold(item, known)) for one, item in zip(wanted.losses(entries), items, strict=True)]
    losses = [one for one in found if one.verdict is not Verdict.IMPORTED]
    shown = {name for entry in entries for name in entry.media}
    brought = bytes_of(media_of(db.session(), facts.quiz_id), shown, _files()) if shown else {}
    output.write_bytes(wanted.write(entries, facts.title, brought))
    for one in losses:
        click.echo(f"{one.lineage}: {one.verdict}: {' '.join(reason.sentence for reason in one.reasons)}", err=True)
    click.echo(f"{len(entries)} questions, {len(losses)} of them with a loss, are in {output.name}.")
    _end(bool(losses))


@quizzes_group.command("import")
@click.argument("key")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "format_key", type=click.Choice(sorted(FORMATS)), help="Recognised if left out.")
@click.option(
    "--into-draft", is_flag=True, help="Take the questions into the draft; without it only the report is shown."
)
@click.option("--by", "email", default="", help="The editor's e-mail address; needed with --into-draft.")
def import_file(key: str, file: Path, format_key: str | None, into_draft: bool, email: str) -> None:
    """Report on FILE, then take its questions into the draft of the quiz KEY; refused ones make the exit code 1."""
    session = db.session()
    quiz_id = _quiz(session, key)
    try:
        report = read_any(file.read_bytes(), file.name, format_key)
        _facts_now, lines = uploads.look_ahead(session, quiz_id, report)
        for line in lines:
            if line.verdict is not Verdict.IMPORTED:
                click.echo(f"{line.place}: {line.verdict}: {line.label}: {' '.join(line.reasons)}")
            if line.twin:
                click.echo(f"{line.place}: {line.lineage}: says the same as {line.twin}, which the quiz has already.")
        for note in report.notes:
            click.echo(note.sentence)
        verdicts = [line.verdict for line in lines]
        states = [line.state for line in lines]
        refused = verdicts.count(Verdict.REFUSED)
        click.echo(
            f"{len(lines) - refused} questions read, {verdicts.count(Verdict.LOSS)} with a loss, {refused} refused."
        )
        click.echo(
            f"{states.count(State.NEW)} new, {states.count(State.CHANGED)} changed, {states.count(State.SAME)} there "
            "already."
        )
        if into_draft:
            editor = person_id_of(session, email.strip().lower())
            if editor is None:
                raise click.ClickException("Name an account with --by.")
            with transaction() as writing:
                version_id = authoring.open_draft(writing, quiz_id, editor=editor, now=utc_now())
                taken = importing.take_in(writing, version_id, report, files=_files(), editor=editor, now=utc_now())
            click.echo(f"{len(taken.added)} added, {len(taken.changed)} changed, {len(taken.same)} as they were.")
            if taken.media:
                click.echo(f"Pictures and videos added: {', '.join(taken.media)}.")
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from None
    _end(refused > 0)


def _change(to: str | None, accept: str | None, everyone: bool, drop: bool, policy: Policy) -> Change:
    ways = [
        Change(Treatment.KEY, (to,), policy) if to else None,
        Change(Treatment.ACCEPT, _names(accept), policy) if accept else None,
        Change(Treatment.EVERYONE, (), policy) if everyone else None,
        Change(Treatment.DROP, (), policy) if drop else None,
    ]
    chosen = [one for one in ways if one is not None]
    if len(chosen) != 1:
        raise click.UsageError("Choose one of --to, --accept, --everyone and --drop.")
    return chosen[0]


def _files() -> MediaFolder:
    return MediaFolder(current_app.extensions["settings"].files_folder)


def _names(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _quiz(session: Session, key: str) -> int:
    quiz_id = quiz_of_key(session, key)
    if quiz_id is None:
        raise click.ClickException(f"There is no quiz “{key}”.")
    return quiz_id


def _facts(session: Session, key: str, number: int | None, *, published: bool = False) -> QuizVersionFacts:
    quiz_id = _quiz(session, key)
    if number is not None:
        version_id = next((row.version_id for row in history_of(session, quiz_id) if row.number == number), None)
    else:
        version_id = None if published else draft_of(session, quiz_id)
        version_id = version_id or published_version_of(session, quiz_id)
    facts = version_facts(session, version_id) if version_id is not None else None
    if facts is None:
        raise click.ClickException("The quiz has no such version.")
    return facts


def _shown(figure: Figure) -> str:
    if figure.value is None:
        return "-"
    interval = f" ({figure.low:.2f} to {figure.high:.2f})" if figure.low is not None and figure.high is not None else ""
    return f"{figure.value:.2f}{interval}"


def _end(found: bool, otherwise: str = "") -> None:
    if found:
        raise SystemExit(FOUND)
    if otherwise:
        click.echo(otherwise)


COMMANDS: Sequence[click.Command] = (quizzes_group,)
