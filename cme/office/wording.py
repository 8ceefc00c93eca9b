"""A decision's facts and rules in words for the office."""

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from cme.kernel.days import instant_phrase
from cme.kernel.quarters import credits_phrase

RULES = {
    "withdrawn": "The module was not withdrawn.",
    "not_open_yet": "The term had begun.",
    "front_matter_not_seen": "Objectives and disclosures were seen.",
    "article_not_read": "The article was read.",
    "quiz_not_passed": "The quiz was passed.",
    "completed_before_term": "Completion does not lie before the term.",
    "completed_after_term": "Completion does not lie after the term.",
    "claims_closed": "The claim came before the deadline.",
    "credited_for_earlier_release": "There is no credit for an earlier release, or this release gives it again.",
    "credited_for_later_release": "There is no credit for a later release that does not give it again.",
    "email_not_confirmed": "The e-mail address was confirmed.",
    "evaluation_missing": "The evaluation was given.",
    "not_attested": "The statement about participation was confirmed.",
}
FACTS = {
    "front_matter_seen_at": "Front matter seen",
    "read_at": "Article read",
    "passed_at": "Quiz passed",
    "completed_at": "Completed",
    "confirmed": "E-mail address confirmed",
    "evaluation_given": "Evaluation given",
    "attested": "Statement confirmed",
    "credited_before": "Credit for an earlier release",
    "credited_later": "Credit for a later release that does not give it again",
    "claim_open_until": "Personal claim deadline",
    "amount_quarters": "Amount claimed",
    "maximum_quarters": "Maximum",
    "opens_at": "Term begins",
    "closes_at": "Term is over at",
    "claims_close_at": "Claims are over at",
    "withdrawn_at": "Withdrawn",
    "zone": "Time zone",
    "release_number": "Release",
    "revision_id": "Revision of the article (number in the database)",
}
TIME = Markup('<time datetime="{}">{}</time>')


def rule_words(verdict: Mapping[str, object]) -> str:
    """The rule as a statement where it holds, the sentence the learner read where it does not."""
    rule = str(verdict["rule"])
    return RULES.get(rule, rule) if verdict["holds"] else str(verdict["sentence"])


def fact_rows(facts: Mapping[str, object]) -> list[tuple[str, object]]:
    """Each stored fact with its words; the known ones first, in a fixed order, none left out."""
    zone = str(facts.get("zone") or "UTC")
    order = [*(key for key in FACTS if key in facts), *sorted(key for key in facts if key not in FACTS)]
    return [(FACTS.get(key, key), _value(key, facts[key], zone)) for key in order]


def _value(key: str, value: object, zone: str) -> object:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key.endswith("_quarters") and isinstance(value, int):
        return credits_phrase(value)
    if (key.endswith("_at") or key == "claim_open_until") and isinstance(value, str):
        return TIME.format(value, instant_phrase(datetime.fromisoformat(value), zone))
    return value
