"""Entrances of the learner: catalogue, module, article, reading, figures."""

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cme.activities import queries as activities
from cme.activities import service as activities_service
from cme.activities.facts import ReleaseFacts
from cme.articles import queries as articles
from cme.articles import service as articles_service
from cme.articles.facts import ArticlePage, FigureFile
from cme.credits import queries as credits
from cme.credits.certified import told_of
from cme.credits.rules import MayNotStart, may_start
from cme.kernel.refusal import NotFound
from cme.kernel.text import clean_line
from cme.learning.shown import asked_number, release_of, show, shown_of, step_after, unclaimed_earlier
from cme.learning.texts import fixed_parts, hold_texts
from cme.store.database import db
from cme.store.session import Session, transaction
from cme.web.access import public, signed_in
from cme.web.moment import request_now

bp = Blueprint("learning", __name__)
bp.record_once(hold_texts)
MOST_SECTIONS_PER_REPORT = 200


@bp.get("/")
@public
def catalogue() -> ResponseReturnValue:
    """All modules, searched and filtered by plain GET fields."""
    search = clean_line(request.args.get("q", ""))[:100]
    specialty = clean_line(request.args.get("specialty", ""))[:60]
    number = request.args.get("page", 1, type=int)
    page = activities.catalogue(db.session(), search=search, specialty=specialty, page=number, now=request_now())
    specialties = activities.catalogue_specialties(db.session())
    return render_template(
        "learning/catalogue.html", page=page, search=search, specialty=specialty, specialties=specialties
    )


@bp.get("/modules/<slug>")
@public
def module(slug: str) -> ResponseReturnValue:
    """The page before the start: preview for all, front matter and Start for account holders."""
    session = db.session()
    shown = show(session, slug, now=request_now())
    page = article_page(shown.release)
    earlier = unclaimed_earlier(session, shown.release, now=request_now())
    told = told_of(session, current_user.person_id, slug=slug) if current_user.is_authenticated else []
    return render_template(
        "learning/module.html", shown=shown, release=shown.release, page=page, earlier=earlier, told=told
    )


@bp.post("/modules/<slug>/start")
@signed_in
def start(slug: str) -> ResponseReturnValue:
    """Record which front matter was seen and when; only while credit can be started.

    The form says which one its page showed: another one that came meanwhile was not seen.
    """
    now = request_now()
    with transaction() as session:
        release = release_of(session, slug, now=request_now())
        before = credits.credited_before(session, current_user.person_id, release)
        verdict = may_start(credits.rule_of(release), credited_before=before, now=now)
        unseen = request.form.get("seen", release.front_matter_digest) != release.front_matter_digest
        if not isinstance(verdict, MayNotStart) and not unseen:
            activities_service.record_front_matter(session, current_user.person_id, release, now=now)
    if isinstance(verdict, MayNotStart):
        flash(verdict.sentence, "info")
        return redirect(url_for("learning.module", slug=slug), 303)
    if unseen:
        flash("The objectives and disclosures were renewed while you read them. Read the new ones, then start.", "info")
        return redirect(url_for("learning.module", slug=slug), 303)
    return redirect(url_for("learning.article", slug=slug), 303)


@bp.get("/modules/<slug>/article")
@signed_in
def article(slug: str) -> ResponseReturnValue:
    """The article itself; of an earlier release where the address names one."""
    session = db.session()
    now = request_now()
    release = release_of(session, slug, asked_number(), now=now)
    page = article_page(release)
    shown = shown_of(session, release, now=now, sections_total=len(page.reading_sections))
    reading = articles.reading_of(session, current_user.person_id, release.revision_id)
    return render_template(
        "learning/article.html",
        shown=shown,
        release=release,
        page=page,
        fixed=fixed_parts(page),
        reading=reading,
        next_step=step_after("read"),
        number=asked_number(),
    )


@bp.post("/modules/<slug>/progress")
@signed_in
def progress(slug: str) -> ResponseReturnValue:
    """What the reading script reports: sections whose end was reached, place, active seconds."""
    sections = request.form.getlist("section")[:MOST_SECTIONS_PER_REPORT]
    seconds = request.form.get("active_seconds", 0, type=int)
    position = clean_line(request.form.get("position", ""))[:80] or None
    with transaction() as session:
        release = release_of(session, slug, now=request_now())
        articles_service.note_progress(
            session,
            current_user.person_id,
            _read_revision(session, release),
            sections=sections,
            position=position,
            seconds=max(seconds, 0),
            now=request_now(),
        )
    return Response(status=204)


@bp.post("/modules/<slug>/read")
@signed_in
def read(slug: str) -> ResponseReturnValue:
    """The button "I have read the article", there for everybody; leads straight into the next step."""
    now, number = request_now(), asked_number()
    with transaction() as session:
        release = release_of(session, slug, number, now=now)
        articles_service.mark_read(session, current_user.person_id, _read_revision(session, release), now=now)
    if request.form.get("after") == "claim":  # the quiz was passed before the reading, and the page said so
        return redirect(url_for("claiming.claim", slug=slug, release=number), 303)
    following = step_after("read")
    if following is None:
        return redirect(url_for("learning.module", slug=slug), 303)
    if following.begin and request.form.get("go") == "next":
        # 307 keeps the POST and its token, so that one click both records the reading and starts the quiz.
        return redirect(url_for(following.begin, slug=slug), 307)
    return redirect(url_for(following.endpoint, slug=slug), 303)


def _read_revision(session: Session, release: ReleaseFacts) -> int:
    """The revision that the page showed; the one shown now where the page does not say, or names a stranger's.

    A page can stay open while a correction or a new release comes: what was read is the older text, and whoever is
    told of the correction depends on it.
    """
    shown = request.values.get("revision", release.revision_id, type=int)
    if shown != release.revision_id and articles.is_published(session, release.article_id, shown):
        return shown
    return release.revision_id


@bp.get("/modules/<slug>/figures/<key>")
@public
def figure(slug: str, key: str) -> ResponseReturnValue:
    """One figure alone, large, with its long description."""
    session = db.session()
    release = release_of(session, slug, now=request_now())
    found = _figure(session, release, key)
    return render_template("learning/figure.html", figure=found, release=release)


@bp.get("/modules/<slug>/figures/<key>.svg")
@public
def figure_picture(slug: str, key: str) -> ResponseReturnValue:
    """The picture itself; sanitised when loaded, and sandboxed should somebody open it alone."""
    session = db.session()
    release = release_of(session, slug, now=request_now())
    found = _figure(session, release, key)
    response = Response(found.svg, mimetype="image/svg+xml")
    response.set_etag(found.digest)
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response.make_conditional(request)


def _figure(session: Session, release: ReleaseFacts, key: str) -> FigureFile:
    if "\0" in key:  # PostgreSQL compares no text with it
        raise NotFound("figure_not_found", "This article has no such figure.")
    return articles.figure_of(session, release.revision_id, key, earlier=release.article_id)


def article_page(release: ReleaseFacts) -> ArticlePage:
    """The published page, from this process's memory where it has been shown before."""
    pages: articles.ArticlePages = current_app.extensions["article_pages"]
    return pages.get(db.session(), release.revision_id)
