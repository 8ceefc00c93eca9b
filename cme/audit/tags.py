"""Every event name the audit knows."""

from enum import StrEnum


class Event(StrEnum):
    """Subject, dot, what happened."""

    ACCOUNT_REGISTERED = "account.registered"
    ACCOUNT_CONFIRMED = "account.confirmed"
    ACCOUNT_CLOSED = "account.closed"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_FAILED = "account.sign_in_failed"
    SIGNED_OUT = "account.signed_out"
    SESSION_ENDED = "account.session_ended"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - an event's name
    PASSWORD_RESET_ASKED = "account.password_reset_asked"  # noqa: S105
    EMAIL_CHANGED = "account.email_changed"
    PROFILE_CHANGED = "account.profile_changed"
    ROLE_GRANTED = "role.granted"
    ROLE_WITHDRAWN = "role.withdrawn"
    LIBRARY_LOADED = "library.loaded"
    REVISION_PUBLISHED = "article.revision_published"
    RELEASE_PUBLISHED = "release.published"
    RELEASE_WITHDRAWN = "release.withdrawn"
    RELEASE_REVISED = "release.minor_revision_added"
    PROVIDER_CHANGED = "provider.changed"
    PAGE_CHANGED = "page.changed"
    FRONT_MATTER_SEEN = "learning.front_matter_seen"
    ARTICLE_READ = "learning.article_read"
    ATTEMPT_STARTED = "attempt.started"
    ATTEMPT_SUBMITTED = "attempt.submitted"
    CLAIM_GRANTED = "claim.granted"
    CLAIM_DENIED = "claim.denied"
    QUIZ_DRAFT_OPENED = "quiz.draft_opened"
    QUIZ_DRAFT_CHANGED = "quiz.draft_changed"
    QUIZ_DRAFT_DISCARDED = "quiz.draft_discarded"
    QUIZ_PUBLISHED = "quiz.published"
    CERTIFICATE_ISSUED = "certificate.issued"
    CERTIFICATE_RENDERED = "certificate.rendered"
    CERTIFICATE_DOWNLOADED = "certificate.downloaded"
    REPORT_EXPORTED = "report.exported"
