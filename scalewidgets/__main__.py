"""``python -m scalewidgets``: the command line."""

from scalewidgets.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
