"""One function per message: its subject, and what its text needs. The texts lie in templates/mail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be addressed."""

    subject: str
    body: str


class Write(Protocol):
    """Fills a text template; `path` becomes a full link with the installation's own public address."""

    def __call__(self, template: str, subject: str, *, path: str | None = None, **words: Any) -> Letter: ...


def confirm_address(write: Write, *, path: str) -> Letter:
    """To an address nobody has proved yet. It carries nothing that a stranger typed, so it cannot carry spam."""
    return write("confirm_address", "Confirm your e-mail address", path=path)


def already_registered(write: Write, *, name: str, path: str) -> Letter:
    """To the owner of an address that somebody tried to register again."""
    return write("already_registered", "You already have an account", path=path, name=name)


def reset_password(write: Write, *, name: str, path: str) -> Letter:
    """To somebody who forgot the password."""
    return write("reset_password", "Set a new password", path=path, name=name)


def first_password(write: Write, *, name: str, path: str) -> Letter:
    """To somebody for whom an administrator made an account."""
    return write("first_password", "Your account is ready: set a password", path=path, name=name)


def confirm_new_address(write: Write, *, path: str) -> Letter:
    """To the new address of an account; as above, without anything typed."""
    return write("confirm_new_address", "Confirm your new e-mail address", path=path)


def address_in_use(write: Write, *, name: str) -> Letter:
    """To the owner of an address that somebody tried to move another account to."""
    return write("address_in_use", "Somebody tried to use your e-mail address", name=name)


def address_changed(write: Write, *, name: str) -> Letter:
    """To the old address: the account has another one now."""
    return write("address_changed", "Your e-mail address was changed", name=name)


def password_changed(write: Write, *, name: str, path: str) -> Letter:
    """To the owner: the password was changed."""
    return write("password_changed", "Your password was changed", path=path, name=name)


def account_closed(write: Write, *, name: str) -> Letter:
    """The last one, to the owner of an account that was closed."""
    return write("account_closed", "Your account is closed", path="/verify", name=name)


def result_corrected(write: Write, *, name: str, title: str, sentence: str, path: str) -> Letter:
    """To a learner whose result changed because a question's key was corrected."""
    subject = "Your quiz result was corrected"
    return write("result_corrected", subject, path=path, name=name, title=title, sentence=sentence)


def review_asked(write: Write, *, name: str, path: str, **about: Any) -> Letter:
    """To a reviewer: a draft of a quiz waits. `about`: title and number of it, a sentence, the editor's own words."""
    return write("review_asked", "A quiz waits for your review", path=path, name=name, **_quoted(about))


def review_answered(write: Write, *, name: str, path: str, **about: Any) -> Letter:
    """To the editor who sent a draft to review: a reviewer approved or returned it."""
    return write("review_answered", "A reviewer has looked at your quiz", path=path, name=name, **_quoted(about))


def _quoted(about: Mapping[str, Any]) -> dict[str, Any]:
    """`words` in a list: so they keep their line ends."""
    return {**about, "words": [str(about.get("words", ""))]}


def text_corrected(write: Write, *, name: str, title: str, completed: str, words: str, path: str) -> Letter:
    """To somebody who was certified on a text that was corrected since, in a way that could matter to a patient."""
    subject = "A correction of a module you completed"
    return write("text_corrected", subject, path=path, name=name, title=title, completed=completed, words=words)


MESSAGES: Mapping[str, Callable[..., Letter]] = {
    message.__name__: message
    for message in (
        confirm_address,
        already_registered,
        reset_password,
        first_password,
        confirm_new_address,
        address_in_use,
        address_changed,
        password_changed,
        account_closed,
        result_corrected,
        review_asked,
        review_answered,
        text_corrected,
    )
}
