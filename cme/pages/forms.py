"""The form of a site page."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired

from cme.pages.rules import LONGEST_TEXT, LONGEST_TITLE


class PageForm(FlaskForm):
    """Title and text; `edition` is the one the writer started from."""

    edition = HiddenField()
    title = StringField("Title", validators=[InputRequired()], render_kw={"maxlength": LONGEST_TITLE})
    source = TextAreaField("Text", validators=[InputRequired()], render_kw={"rows": 24, "maxlength": LONGEST_TEXT})

    def mark(self, problems: dict[str, list[str]]) -> None:
        """Show each sentence at its field."""
        for name, sentences in problems.items():
            self[name].errors = list(sentences)
