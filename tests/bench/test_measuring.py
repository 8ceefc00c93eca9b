"""The bench itself: it measures every operation, and the road asks no more questions where there is more data."""

from pathlib import Path

from tests.bench.measuring import measure
from tests.bench.meter import Cost
from tests.bench.tables import Size, judged, table
from tests.support.serving import Database

OPERATIONS = {
    *("catalogue", "preview", "article", "sign-in", "start", "answer saved", "submit", "result", "claim", "verify"),
    *("certificate made", "certificate stored", "transcript", "whole attempt", "whole journey"),
}
LITTLE, MORE = Size(1, 10), Size(6, 60)


def test_every_operation_is_measured_and_asks_no_more_when_there_is_more(tmp_path: Path):
    results = {}
    for size in (LITTLE, MORE):
        database = Database("sqlite", tmp_path / str(size.attempts))
        results[size] = measure(database, size, None, repeats=1, rounds=1)
        assert database.one("SELECT COUNT(*) FROM attempts") == size.attempts + 3
        assert database.one("SELECT COUNT(*) FROM activities") == size.activities
        database.close()
    assert set(results[LITTLE]) >= OPERATIONS
    assert {name for name in OPERATIONS if results[LITTLE][name].web <= 0} == set()
    assert {
        name: (cost.statements, results[MORE][name].statements)
        for name, cost in results[LITTLE].items()
        if results[MORE][name].statements > cost.statements
    } == {}
    assert results[LITTLE]["article"].statements <= 6
    assert "| whole journey |" in table("sqlite", results)


def test_growth_and_missed_aims_are_said():
    assert judged("article", [Cost(1, 1, 4), Cost(1, 1, 4)]) == []
    assert judged("article", [Cost(2, 1, 4), Cost(1, 1, 7)]) == [
        "3.0 ms, over the aim",
        "too many statements",
        "STATEMENTS GROW",
    ]
