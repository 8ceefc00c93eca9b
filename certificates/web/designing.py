"""The administrators' entrances for designs: making one, uploading one, publishing, giving them to providers."""

from base64 import b64encode
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from certificates import designing, looks, own_designs, proofing, uploading
from certificates.design import SHIPPED
from certificates.designing import FORM, UPLOAD, VersionFacts
from certificates.files import Damaged
from certificates.own_designs import Choices
from certificates.rules.looks import Paper
from certificates.rules.uploads import MOST_UPLOAD, NEEDED, WORDS
from certificates.uploading import Tried
from certificates.web.blueprint import ROW, bp
from certificates.web.design_forms import DesignForm, LookForm, UploadForm, handed_in, let_go, preset, suffix_of
from certificates.web.turns import place
from certificates.web.waiting import store
from cme.kernel.refusal import Invalid, NotFound, TooMany
from cme.kernel.roles import Role
from cme.store.database import db
from cme.store.session import transaction
from cme.web.access import roles
from cme.web.bodies import up_to
from cme.web.moment import request_now

PREVIEW = "preview"
BUSY = "Many designs and files are being looked at"
GONE = "A picture from before is no longer there. Choose the pictures once more."
KEPT = "What you typed is still here; pictures have to be chosen once more."
LONGEST_BODY = MOST_UPLOAD + 64 * 1024


@bp.get("/office/certificates/designs")
@roles(Role.ADMINISTRATOR)
def designs() -> ResponseReturnValue:
    """Every design, and what each provider's certificates look like."""
    return _list(LookForm(formdata=None))


@bp.post("/office/certificates/designs/looks")
@roles(Role.ADMINISTRATOR)
def choose_look() -> ResponseReturnValue:
    """Give a provider another design or paper, for credit granted from now on. Refuses: NotFound."""
    form = LookForm()
    version = form.version.data or ""
    try:
        with transaction() as session:
            looks.choose(
                session,
                form.provider.data or "",
                form.kind.data or "",
                int(version) if version.isascii() and version.isdigit() and len(version) < 19 else None,
                form.paper.data or "",
                by=current_user.person_id,
                now=request_now(),
            )
    except Invalid as problem:
        form.mark(problem.problems)
        return _list(form), 422
    flash("Certificates of credit granted from now on look like this. Those that exist stay as they are.", "success")
    return redirect(url_for("certificates.designs"), 303)


@bp.get("/office/certificates/designs/new")
@roles(Role.ADMINISTRATOR)
def new_design() -> ResponseReturnValue:
    """The form with the colours of a design that ships."""
    base = request.args.get("base", "credit")
    return _form(preset(base if base in SHIPPED else "credit"), None)


@bp.post("/office/certificates/designs/new")
@roles(Role.ADMINISTRATOR)
@up_to(LONGEST_BODY)
def make_design() -> ResponseReturnValue:
    """Preview, or save the first version. Whatever is wrong, what was typed and handed in stays."""
    return _save_form(DesignForm(), None)


@bp.get(f"/office/certificates/designs/<{ROW}:design_id>/change")
@roles(Role.ADMINISTRATOR)
def change_design(design_id: int) -> ResponseReturnValue:
    """The form as the last version has it, or a place for another ZIP."""
    last = designing.versions(db.session(), design_id)[0]
    if last.source == UPLOAD:
        return _upload_page(UploadForm(formdata=None, name=last.design_name, pages="1"), last)
    kept = {what: store().put(body) for what, body in _images_of(last).items()}
    return _form(preset(last.choices["form"]["base"], last.choices["form"], kept, last.design_name), last)


@bp.post(f"/office/certificates/designs/<{ROW}:design_id>/change")
@roles(Role.ADMINISTRATOR)
@up_to(LONGEST_BODY)
def save_design(design_id: int) -> ResponseReturnValue:
    """Preview, or save the next version. Refuses: NotFound."""
    last = designing.versions(db.session(), design_id)[0]
    return _save_upload(UploadForm(), last) if last.source == UPLOAD else _save_form(DesignForm(), last)


@bp.get("/office/certificates/designs/upload")
@roles(Role.ADMINISTRATOR)
def upload_form() -> ResponseReturnValue:
    """Where a folder is handed in, and what it may hold."""
    return _upload_page(UploadForm(formdata=None, pages="1"), None)


@bp.post("/office/certificates/designs/upload")
@roles(Role.ADMINISTRATOR)
@up_to(LONGEST_BODY)
def upload_design() -> ResponseReturnValue:
    """Judge, try and keep it; or say what is wrong with it."""
    return _save_upload(UploadForm(), None)


@bp.get(f"/office/certificates/designs/<{ROW}:design_id>")
@roles(Role.ADMINISTRATOR)
def design(design_id: int) -> ResponseReturnValue:
    """One design with its versions, and pictures of the newest."""
    found = designing.versions(db.session(), design_id)
    shown = found[0]
    if "version" in request.args:
        number = request.args.get("version", type=int)
        shown = next((one for one in found if one.number == number), shown)
    return render_template("certificates/design.html", versions=found, shown=shown, papers=list(Paper), kinds=SHIPPED)


@bp.post(f"/office/certificates/designs/versions/<{ROW}:version_id>/publish")
@roles(Role.ADMINISTRATOR)
def publish_design(version_id: int) -> ResponseReturnValue:
    """From now on providers can be given this version. Refuses: NotFound, Conflict."""
    with transaction() as session:
        found = designing.publish(session, version_id, by=current_user.person_id, now=request_now())
    flash(f"Version {found.number} is published. Choose it for a provider below.", "success")
    return redirect(url_for("certificates.designs"), 303)


@bp.get(f"/office/certificates/designs/versions/<{ROW}:version_id>/<kind>-<paper>.png")
@roles(Role.ADMINISTRATOR)
def design_picture(version_id: int, kind: str, paper: str) -> ResponseReturnValue:
    """A sample certificate of this version. Refuses: NotFound."""
    found = designing.version(db.session(), version_id)
    digest = found.choices.get("pictures", {}).get(f"{kind}-{paper}")
    if digest is None:
        raise NotFound
    return Response(store().get(digest), mimetype="image/png", headers={"Cache-Control": "private, max-age=86400"})


@bp.post("/office/certificates/designs/preview")
@roles(Role.ADMINISTRATOR)
@up_to(LONGEST_BODY)
def preview_design() -> ResponseReturnValue:
    """What the form would look like, for the script beside it: a picture, or what is wrong."""
    form = DesignForm()
    try:
        with place(BUSY):
            chosen, images, problems = _read(form, None)
            if problems:
                return jsonify(problems=[sentence for found in problems.values() for sentence in found]), 422
            proof = proofing.glance(own_designs.packed(chosen, images), *_wanted(form))
    except TooMany as busy:
        let_go()
        return jsonify(problems=[busy.sentence]), busy.status, {"Retry-After": str(busy.retry_after)}
    if proof.problems:
        return jsonify(problems=proof.problems), 422
    return jsonify(picture=_data(next(iter(proof.pictures.values()))))


def _list(form: LookForm) -> str:
    session = db.session()
    return render_template(
        "certificates/designs.html",
        designs=designing.designs(session),
        looks=looks.chosen(session),
        form=form.offering(looks.chosen(session), looks.offered(session)),
    )


def _read(form: DesignForm, last: VersionFacts | None) -> tuple[Choices, dict[str, bytes], dict[str, list[str]]]:
    """What was chosen, the pictures by file name, and what is wrong. Pictures are kept for the next try as well."""
    sent = handed_in(form)
    try:
        before = {what: store().get(digest) for what, digest in form.kept(without=set(sent)).items()}
    except Damaged:
        form.forget()
        return own_designs.cleaned(request.form, {}), {}, {"logo": [GONE]}
    names = {what: f"{what}{suffix_of(body)}" for what, body in {**before, **sent}.items()}
    found, images = uploading.clean_images({names[what]: body for what, body in {**before, **sent}.items()})
    problems: dict[str, list[str]] = {"logo": found} if found else {}
    for what in sent if not found else ():
        form.keep(what, store().put(images[names[what]]))
    chosen = own_designs.cleaned(request.form, {} if found else names)
    problems |= own_designs.problems(chosen)
    if last is None and request.form.get("do") != PREVIEW and (wrong := designing.name_problems(form.name.data or "")):
        problems["name"] = wrong
    return chosen, images, problems


def _save_form(form: DesignForm, last: VersionFacts | None) -> ResponseReturnValue:
    try:
        with place(BUSY):
            return _tried_form(form, last)
    except TooMany as busy:
        let_go()
        return _form(form, last, [f"{busy.sentence} {KEPT}"]), busy.status, {"Retry-After": str(busy.retry_after)}


def _tried_form(form: DesignForm, last: VersionFacts | None) -> ResponseReturnValue:
    chosen, images, problems = _read(form, last)
    if problems:
        form.mark(problems)
        return _form(form, last), 422
    if request.form.get("do") == PREVIEW:
        proof = proofing.glance(own_designs.packed(chosen, images), *_wanted(form))
        return _form(form, last, proof.problems, [_data(body) for body in proof.pictures.values()])
    tried = uploading.try_form(chosen, images)
    if tried.proof.problems:
        return _form(form, last, tried.proof.problems), 422
    try:
        found = _keep(tried, form.name.data or "", FORM, last, {"form": chosen.plain()})
    except Invalid as problem:
        form.mark(problem.problems)
        return _form(form, last), 422
    return redirect(url_for("certificates.design", design_id=found.design_id), 303)


def _save_upload(form: UploadForm, last: VersionFacts | None) -> ResponseReturnValue:
    wrong = designing.name_problems(form.name.data or "") if last is None else []
    if wrong or not form.folder.data:
        form.mark({"name": wrong, **({} if form.folder.data else {"folder": ["Choose the ZIP."]})})
        return _upload_page(form, last), 422
    pages = form.pages.data or ""
    with form.folder.data.stream as file:
        sent = file.read(LONGEST_BODY)
    try:
        with place(BUSY):
            tried = uploading.try_upload(sent, int(pages) if pages in {"1", "2", "3", "4"} else 0)
    except TooMany as busy:
        return _upload_page(form, last, [busy.sentence]), busy.status, {"Retry-After": str(busy.retry_after)}
    if tried.proof.problems:
        return _upload_page(form, last, tried.proof.problems), 422
    try:
        found = _keep(tried, form.name.data or "", UPLOAD, last, {"files": dict(tried.files)})
    except Invalid as problem:
        form.mark(problem.problems)
        return _upload_page(form, last), 422
    return redirect(url_for("certificates.design", design_id=found.design_id), 303)


def _keep(tried: Tried, name: str, source: str, last: VersionFacts | None, choices: dict[str, Any]) -> VersionFacts:
    """First the bytes, then the rows. Refuses: Invalid (name)."""
    keeper, now, by = store(), request_now(), current_user.person_id
    pictures = {f"{kind}-{paper}": keeper.put(body) for (kind, paper), body in tried.proof.pictures.items()}
    digest = keeper.put(tried.packed)
    with transaction() as session:
        design_id = designing.begin(session, name, source, by=by, now=now) if last is None else last.design_id
        found = designing.save(session, design_id, digest, {**choices, "pictures": pictures}, by=by, now=now)
    flash(f"Saved as version {found.number}. Nobody's certificate changes by this; publish it to use it.", "success")
    return found


def _form(
    form: DesignForm, last: VersionFacts | None, problems: list[str] | None = None, pictures: list[str] | None = None
) -> str:
    if last is not None and not pictures:
        key = "{}-{}".format(*_wanted(form))
        kind, paper = key.split("-")
        pictures = [url_for("certificates.design_picture", version_id=last.version_id, kind=kind, paper=paper)]
    return render_template(
        "certificates/design_form.html", form=form, last=last, problems=problems or [], pictures=pictures or []
    )


def _upload_page(form: UploadForm, last: VersionFacts | None, problems: list[str] | None = None) -> str:
    return render_template(
        "certificates/design_upload.html",
        form=form,
        last=last,
        problems=problems or [],
        needed=sorted(NEEDED),
        other=sorted(WORDS - NEEDED),
    )


def _images_of(version: VersionFacts) -> dict[str, bytes]:
    """The pictures of a saved version, by what they are."""
    names = version.choices["form"]["images"]
    if not names:
        return {}
    files = own_designs.images_in(store().get(version.digest))
    return {what: files[name] for what, name in names.items() if name in files}


def _wanted(form: DesignForm) -> tuple[str, str]:
    """Kind and paper of the sample that is shown."""
    kind, paper = form.base.data or "", form.paper.data or ""
    return kind if kind in SHIPPED else "credit", paper if paper in set(Paper) else Paper.LETTER.value


def _data(picture: bytes) -> str:
    return f"data:image/png;base64,{b64encode(picture).decode('ascii')}"
