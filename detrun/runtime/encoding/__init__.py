"""How values become bytes and values again; `detrun.runtime.values` is the door."""
