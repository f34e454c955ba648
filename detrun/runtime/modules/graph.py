"""Graphs: one load of an application's modules from one snapshot, which is what a generation has of code.

Several live side by side. One of them is in place at a time, and what is imported then, early or late, is its own.
"""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from detrun.errors import Forbidden, UsageError
from detrun.runtime.modules import listing, loading
from detrun.runtime.modules.closure import closure
from detrun.runtime.modules.limit import limited
from detrun.runtime.modules.lines import pin, unpin
from detrun.runtime.modules.shadows import refuse_ambiguous, taken_elsewhere
from detrun.runtime.modules.table import IN_PLACE, Table, leave
from detrun.scheduler.active import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType, TracebackType

    from detrun.runtime.modules.names import Names
    from detrun.runtime.modules.snapshot import Snapshot

_LATER = "it was not there when this generation was loaded"
_INSTEAD = "a generation is loaded as a whole, reload the application"


class Graph(Table):
    """The application's own modules as this snapshot has them, loaded once, and lazily imported ones when it is time.

    `main` is a file of the snapshot, or the name of a module in it. As a context manager, a graph is in place inside.
    """

    # Whether it was forgotten; one that was never made has nothing to forget.
    _is_over = True
    # The import of its main module, while that goes on.
    _first: loading.First | None = None

    def __init__(self, snapshot: Snapshot, main: str) -> None:
        self.snapshot = snapshot
        self.names, self.main = _main(snapshot, main)
        self._taken = taken_elsewhere(self.names)
        super().__init__(self.names.claim(self._taken))
        self._missed: dict[str, None] = {}
        self._before: list[Table | None] = []
        # Whether the interpreter looked for anything on the disk, in folders that are in the snapshot.
        self._searched = False
        self._is_over = False

    def install(self) -> Graph | None:
        """Have this graph in place from now on; the one that was until now."""
        before: Any = self.enter()  # only graphs are ever in place
        return before  # type: ignore[no-any-return]

    def __enter__(self) -> Graph:
        self._before.append(self.enter())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _put_back(self._before.pop())

    def load(self, limit_seconds: float | None = None) -> ModuleType:
        """Import the main module, and what it imports; whichever graph was in place is so again afterwards.

        What goes wrong is raised as it is, and none of the modules is left then. Its traceback has the lines of this
        graph where that is in place while it is formatted.
        """
        loading.hook()
        listing.catch()
        refuse_ambiguous(self.names, self.main, self._taken)
        before = self.enter()
        try:
            with limited(limit_seconds, f"see to it that the top level of {self.main} ends"):
                return self._import_main()
        except BaseException as error:
            self.empty()
            self._say_where(error)
            raise
        finally:
            _put_back(before)

    def _import_main(self) -> ModuleType:
        engine = ACTIVE.engine
        if "." in self.main or engine is None or len(engine.baton.threads) > 1:
            __import__(self.main)
            return sys.modules[self.main]
        spec = self.find_spec(self.main, None, None)
        assert spec is not None  # it is in the snapshot
        self._first = loading.First(spec)
        try:
            return self._first.load()
        finally:
            self._first = None

    def share(self) -> None:
        """There will be another thread that has this graph in place."""
        if self._first is not None:
            self._first.share()

    def forget(self) -> None:
        """Have no modules any more, and leave nothing behind; in place is what was before any graph, if this was."""
        self.empty()
        if IN_PLACE.table is self:
            leave()
        self._is_over = True
        unpin(self.pinned)
        if self._searched:
            # A folder that is in the snapshot and not on the disk is taken for none; it may be there some day.
            cache = sys.path_importer_cache
            for place in [place for place, finder in cache.items() if finder is None]:
                if self.snapshot.inside(place) is not None:
                    del cache[place]

    def __del__(self, ends: Callable[[], bool] = sys.is_finalizing) -> None:
        """A graph that nobody has any more shows its lines no longer, but for the end of the process: all are gone."""
        if not (self._is_over or ends()):
            unpin(self.pinned)

    def files(self) -> tuple[str, ...]:
        """The files that this graph depends on, by their whole paths, sorted: a change of another one changes nothing.

        They are those that were loaded, those that would be by what the sources say, data that was read, and what was
        looked for in vain: also after a load that failed.
        """
        needed = {source.file for source in closure(self.names, self.main).values()}
        missed = {f"{self.snapshot.directory}/{path}" for name in self._missed for path in self.names.looked_for(name)}
        return tuple(sorted({*self.pinned, *needed, *missed, *self.data}))

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        """How a module is loaded that is not there yet: nothing for one that is not the application's."""
        top, _, _ = name.partition(".")
        if top not in self.claim.owned:
            return self._passed_by(name) if path is None else None
        if self._is_over:
            raise _missing(name, "its generation was stopped")
        if target is not None:
            raise Forbidden(f"importlib.reload() of {name}", _INSTEAD)
        folders = (
            self.names.roots
            if path is None
            else [at for entry in path if (at := self.snapshot.inside(entry)) is not None]
        )
        found = self.names.find(name.rpartition(".")[2], folders)
        if found is None:
            return self._late(name, path)
        self.asked[name] = None
        if found.source is not None:
            pin(self.pinned, found.source)
        return loading.spec(name, found, self.snapshot)

    def _late(self, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
        """A submodule that no snapshot can have: made in C, or from elsewhere. What came to the disk later is not."""
        self._missed[name] = None
        self._searched = True
        found = PathFinder.find_spec(name, path)
        if found is None or not self._is_later(found):
            return found
        raise _missing(name, _LATER)

    def _passed_by(self, name: str) -> ModuleSpec | None:
        """A module of others, which is found as always, but not in the application's directory if that is searched."""
        inside = [entry for entry in sys.path if self.snapshot.inside(entry or os.curdir) is not None]
        if not inside:
            return None
        self._searched = True
        found = PathFinder.find_spec(name)
        if found is None or not self._is_later(found):
            return None
        found = PathFinder.find_spec(name, [entry for entry in sys.path if entry not in inside])
        if found is None:
            self._missed[name] = None
            raise _missing(name, self._beside(name) or _LATER)
        return found

    def _is_later(self, found: ModuleSpec) -> bool:
        """Whether a module lies on the disk as if it were the application's, though the snapshot does not have it."""
        places = [found.origin] if found.has_location else list(found.submodule_search_locations or ())
        if not any(place and self.snapshot.inside(place) is not None for place in places):
            return False
        return not (found.origin or "").endswith(loading.IN_C)

    def _say_where(self, error: BaseException) -> None:
        """Say what was looked for where a module was missing."""
        if not isinstance(error, ModuleNotFoundError) or not error.name:
            return
        self._missed[error.name] = None
        similar = get_close_matches(error.name, self.names.all(), n=1, cutoff=0.75)
        looked_for = ", ".join(self.names.looked_for(error.name))
        hint = self._beside(error.name) or (f"did you mean {similar[0]!r}?" if similar else "")
        error.add_note(f"looked for {looked_for} in {self.snapshot.directory}{hint and '; '}{hint}")

    def _beside(self, name: str) -> str:
        """What to say of a name that would be one of the application's if it were looked for in its directory."""
        if self.snapshot.names(("",)).resolve(name) is None:
            return ""
        return f"modules are looked for below {', '.join(map(repr, self.names.roots))} only"

    def __repr__(self) -> str:
        return f"<Graph of {self.main} from {self.snapshot}>"


def current() -> Graph | None:
    """The graph that is in place, if one is."""
    table: Any = IN_PLACE.table  # only graphs are ever in place
    return table  # type: ignore[no-any-return]


def outside() -> Graph | None:
    """Have no graph in place from now on; the one that was until now."""
    before = current()
    leave()
    return before


def _put_back(before: Table | None) -> None:
    """Have in place again what was so before."""
    if before is None:
        leave()
    else:
        before.enter()


def carried() -> Callable[[], object]:
    """What puts the graph in place again that is so now: a thread of a run takes it along."""
    graph = current()
    if graph is None:
        return leave
    graph.share()
    return graph.enter


def _main(snapshot: Snapshot, main: str) -> tuple[Names, str]:
    """Where modules are looked for, and the name that the main one has there."""
    found = snapshot.mains.get(main)
    if found is None:
        found = snapshot.mains[main] = _found(snapshot, main)
    return found


def _found(snapshot: Snapshot, main: str) -> tuple[Names, str]:
    path = os.path.normpath(main)
    if path in snapshot.files and path.endswith(".py"):
        own = os.path.dirname(path)
        names = snapshot.names(snapshot.roots or (own,))
        if names.module_at(path) is None:
            names = snapshot.names((own, *snapshot.roots))
        return names, _importable(names, path)
    names = snapshot.names(snapshot.roots or ("",))
    found = names.resolve(main) if not main.endswith(".py") else None
    if found is None or found.source is None:
        similar = get_close_matches(main, [*snapshot.files, *names.all()], n=1)
        meant = f" (did you mean {similar[0]!r}?)" if similar else ""
        raise UsageError(
            f"expected the main module to be one of the application, got {main!r}{meant}: {snapshot.directory}"
        )
    return names, main


def _importable(names: Names, path: str) -> str:
    """The name by which this file is imported."""
    name = names.module_at(path)
    assert name is not None
    found = names.resolve(name)
    if found is None or found.source is None:
        raise UsageError(f"expected a main module that can be imported, got {path!r}: rename it")
    if found.source is not names.snapshot.files[path]:
        first = os.path.relpath(found.source.file, names.snapshot.directory)
        raise UsageError(f"expected a main module that is found first, got {path!r}, which comes after {first!r}")
    return name


def _missing(name: str, why: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"No module named {name!r}: {why}", name=name)
