"""What a service raises when it will not do what was asked: a stable code and a sentence for people."""


class Refused(Exception):  # noqa: N818 - it is not an error: the system worked and said no
    """A request that a rule forbids. `code` is for programs and tests, `sentence` is shown as it is."""

    status = 409

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class NotFound(Refused):
    """There is no such thing, or it is not this person's: both look alike from outside."""

    status = 404

    def __init__(self, code: str = "not_found", sentence: str = "There is nothing here under that address.") -> None:
        super().__init__(code, sentence)


class Conflict(Refused):
    """Somebody else changed the thing meanwhile; what was typed is kept by the caller."""

    status = 409


class TooMany(Refused):
    """Asked too often. `retry_after` is whole seconds until it is worth trying again."""

    status = 429

    def __init__(self, code: str, sentence: str, *, retry_after: int) -> None:
        super().__init__(code, sentence)
        self.retry_after = retry_after


class Invalid(Refused):
    """Input that cannot be accepted. `problems` maps a field, or a place in a file, to its sentences."""

    status = 422

    def __init__(self, code: str, sentence: str, problems: dict[str, list[str]] | None = None) -> None:
        super().__init__(code, sentence)
        self.problems = problems or {}


class Waits(str):
    """A sentence about what people have still to do, such as a review; nothing has to be written anew for it."""

    __slots__ = ()
