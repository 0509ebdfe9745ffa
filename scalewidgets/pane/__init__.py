"""The pane room."""
