"""What the second page of the spreadsheet template says."""

KIND_NAMES = ("single", "multiple", "true_false", "matching", "ordering", "numeric")

HELP = (
    ("Column", "What to write"),
    (
        "key",
        (
            "The question's name in the bank: lower-case letters, digits, hyphens. "
            "The same key again updates the question. Leave it empty for a new one."
        ),
    ),
    ("kind", "single (one best answer; also when empty), multiple, true_false, matching, ordering or numeric."),
    ("topic, objective", "Names as the bank uses them, at most 40 characters."),
    (
        "tags, passages, references, apart",
        "Names with commas between them. “apart” lists questions that would give this one away.",
    ),
    ("vignette, vignette_key", "A case shared by several questions: write the text in each row, with the same key."),
    ("question", "The question. Markdown is taken: **bold**, *italic*, lists, tables."),
    ("choice_a, choice_b …", "The choices, without gaps. For matching they are the common option list."),
    (
        "correct",
        (
            "single: a letter. multiple: letters with commas. true_false: true or false. matching: one letter per "
            "thing to match, in their order. ordering: the letters in the right order. numeric: the number."
        ),
    ),
    ("rationale_a, rationale_b …", "Why this choice is right or wrong. For true_false: a belongs to true, b to false."),
    ("stem_1, stem_2 …", "The things to match (matching only); stem_rationale_1 explains the first."),
    ("tolerance, unit", "numeric only: how far an answer may differ, and what the number counts."),
    ("scoring", "all_or_nothing or partial."),
    ("shuffle", "yes or no: whether choices may change places."),
    ("weights", "Percent of the point for choices, such as a=50, b=50, c=-25. Usually empty."),
    ("points", "How many points it gives; 1 when empty."),
    ("rationale", "What explains the question as a whole."),
    ("Formulas", "Cells with formulas are refused: write their value."),
)
