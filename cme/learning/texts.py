"""The parts of an article's page that are the same for everybody, rendered once per process and revision."""

from collections import OrderedDict
from dataclasses import dataclass

from flask import current_app
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from cme.articles.facts import ArticlePage

TEXTS = "article_texts"
MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class FixedParts:
    """Contents list above the text; references and glossary below it."""

    page: ArticlePage
    contents: Markup
    back: Markup


class ArticleTexts:
    """What was rendered lately. An entry serves only the very page it was made of: there is nothing to invalidate."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[int, FixedParts] = OrderedDict()

    def of(self, page: ArticlePage) -> FixedParts:
        """The page's fixed parts. Two threads may both render them; either result is right."""
        parts = self._kept.get(page.revision_id)
        if parts is None or parts.page is not page:
            macros = current_app.jinja_env.get_template("learning/article_parts.html").module
            parts = FixedParts(page, macros.contents(page), macros.back(page))  # type: ignore[attr-defined]
            self._kept[page.revision_id] = parts
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return parts

    def forget(self) -> None:
        """Start empty."""
        self._kept.clear()


def hold_texts(state: BlueprintSetupState) -> None:
    """Give the application its own."""
    state.app.extensions.setdefault(TEXTS, ArticleTexts())


def fixed_parts(page: ArticlePage) -> FixedParts:
    """The page's fixed parts, from this process's memory where it has been shown before."""
    texts: ArticleTexts = current_app.extensions[TEXTS]
    return texts.of(page)
