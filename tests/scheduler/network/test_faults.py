"""Questions of what goes wrong: each is known by what it is about."""

from __future__ import annotations

from detrun.model import EventId
from detrun.scheduler.network.faults import Faults
from detrun.scheduler.strategies.recorded import Recorded
from detrun.scheduler.trace import Trace


class Notes(Recorded):
    """Notes what it is asked, and has nothing go wrong."""

    def __init__(self) -> None:
        super().__init__(())
        self.asked: list[EventId] = []

    def answer(self, step: int, question: EventId, options: int) -> int:
        self.asked.append(question)
        return 0


def test_a_question_is_the_same_whatever_else_is_asked() -> None:
    alone, among = Notes(), Notes()
    Faults(["lose"], alone, Trace()).ask("lose", 7)
    faults = Faults(["lose", "duplicate"], among, Trace())
    for kind, key in (("lose", 8), ("duplicate", 7), ("lose", 7)):
        faults.ask(kind, key)

    assert among.asked[-1] == alone.asked[-1]
    faults.ask("lose", 7)
    assert len(set(among.asked)) == 4
