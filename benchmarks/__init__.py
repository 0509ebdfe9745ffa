"""The engine beside what the field runs for the same job: ``python -m benchmarks.run``."""
