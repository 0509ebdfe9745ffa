"""One module for each bundled table. A module with a ``TABLE`` is found by itself."""
