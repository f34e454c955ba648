"""Taking the story of a run: a strategy around the one that answers, which looks at everything that passes.

It costs more than the run; an attempt that is not traced does without.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from detrun.explore.story import Choice, Happening, Question, Story
from detrun.model import BEGINNING, EventId
from detrun.scheduler.choices import Continue
from detrun.scheduler.contexts import Program
from detrun.scheduler.handles import Delivery, TimerHandle
from detrun.scheduler.strategies.drawing import chain
from detrun.scheduler.strategies.strategy import delay_of
from detrun.scheduler.threads.thread import Thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from detrun.scheduler.choices import Choices, Event
    from detrun.scheduler.contexts import Context
    from detrun.scheduler.engine import Engine
    from detrun.scheduler.handles import Handle
    from detrun.scheduler.loop import Loop
    from detrun.scheduler.strategies.strategy import Strategy

# How many timers are noted of those that could come along with another one: in a crowd, what more do is no news.
_TIMERS = 100


class Tracing:
    """Answers as another strategy does, and keeps the story."""

    def __init__(self, strategy: Strategy) -> None:
        self.slack = strategy.slack
        self.delay = delay_of(strategy)
        self.along = getattr(strategy, "along", False)
        self.leaves_out = getattr(strategy, "leaves_out", None)
        self._strategy = strategy
        self._happenings: list[Happening] = []
        self._choices: list[Choice] = []
        self._questions: list[Question] = []
        self._homes: dict[EventId, str] = {}
        self._causes: dict[EventId, EventId] = {}
        self._units: set[str] = set()
        self._chains: dict[EventId, int | str] = {}
        # The event in whose wake the program is now, and those of handles that wait for their turn.
        self._now = BEGINNING
        self._handles: dict[int, EventId] = {}

    @property
    def story(self) -> Story:
        """What happened, once it is over."""
        happened, choices, questions = tuple(self._happenings), tuple(self._choices), tuple(self._questions)
        return Story(happened, choices, questions, self._causes, self._chains)

    # As a strategy.

    def begin(self, engine: Engine) -> None:
        """Look from now on at everything that passes."""
        self._engine, self._trace, self._note = engine, engine.trace, engine.trace.note
        engine.trace.note = self._notice  # type: ignore[method-assign]
        engine.trace.newcomers.append(self._meet)
        engine.trace.observers.append(self._happen)
        self._strategy.begin(engine)

    def choose(self, choices: Choices) -> Event:
        events = choices.events()
        event = self._strategy.choose(choices)
        enabled = tuple(self._known(each) for each in events)
        if len(enabled) > 1:
            place = next(place for place, each in enumerate(events) if each is event)
            self._choices.append(Choice(enabled, place, tuple(self._behind(events, choices, event))))
            if isinstance(event, Continue):
                self._tell(event.id, goes_on=True)
        return event

    def _behind(self, events: Sequence[Event], choices: Choices, chosen: Event) -> Iterator[EventId]:
        """The next timers of whoever has one that is offered: as many as may come before what was chosen."""
        clock, late = self._engine.clock, isinstance(chosen, Continue)
        # Of the first of them: to find what is behind one, all before it are passed, and each of many threads has one.
        for each in islice((each for each in events if isinstance(each, TimerHandle)), _TIMERS):
            limit = each.deadline + choices.slack if late else choices.limit(clock.now, busy=False)
            yield from (timer.id for timer in islice(clock.behind(each, limit), _TIMERS))

    def answer(self, step: int, question: EventId, options: int) -> int:
        self._questions.append(Question(question, options))
        return self._strategy.answer(step, question, options)

    def end(self) -> None:
        """Pass it on."""
        self._strategy.end()

    # What passes.

    def _notice(self, operation: EventId) -> None:
        self._ask(operation)
        self._note(operation)

    def _ask(self, operation: EventId) -> None:
        self._causes.setdefault(operation, self._now)

    def _happen(self, delivery: Delivery | Thread) -> None:
        # A thread counts its turns before it is told of.
        event = self._trace.last
        self._known(delivery, event)
        self._now = event
        self._tell(event)

    def _tell(self, event: EventId, *, goes_on: bool = False) -> None:
        home = self._homes[event]
        self._happenings.append(Happening(event, home, goes_on, home in self._units, self._chains[event]))

    def _meet(self, context: Context) -> None:
        loop = context.loop
        # A unit's turn has one event, which is the cause of all that it does.
        if isinstance(context, Program):
            loop.append = partial(self._append, loop)
            loop.iterate = partial(self._iterate, loop)  # type: ignore[method-assign]
        else:
            self._units.add(context.name)
        loop.operation = partial(self._operate, loop.operation)  # type: ignore[method-assign]

    def _append(self, loop: Loop, handle: Handle) -> None:
        self._handles[id(handle)] = self._now
        loop.ready.append(handle)

    def _iterate(self, loop: Loop) -> int:
        # As the loop itself does it, but for what is noted before each call.
        made = left = len(loop.ready)
        self._trace.ran += made
        while left:
            left -= 1
            handle = loop.ready.popleft()
            self._now = self._cause(handle)
            try:
                handle.context.run(*handle.call)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                loop.report_callback(handle, error)
        return made

    def _cause(self, handle: Handle) -> EventId:
        if isinstance(handle, Delivery):
            return handle.id
        # What the selector queued follows from what came last.
        return self._handles.pop(id(handle), self._trace.last)

    def _operate(self, operation: Callable[[], EventId]) -> EventId:
        event = operation()
        self._ask(event)
        return event

    # Who is who.

    def _known(self, event: Event | Delivery, as_id: EventId | None = None) -> EventId:
        known = event.id if as_id is None else as_id
        if known not in self._homes:
            self._homes[known] = _home(event)
            self._chains[known] = known[0] if isinstance(event, Thread) else chain(event)
            if isinstance(event, Continue | Thread):
                self._causes.setdefault(known, self._trace.last)
        return known


def _home(event: Event | Delivery) -> str:
    """The context that an event is for; whatever is for none shares the heap of plain programs."""
    if isinstance(event, Delivery) and not isinstance(event, TimerHandle):
        return event.path.rpartition("/")[0] or "network"
    return event.name if isinstance(event, Thread) else str(event.home.name)
