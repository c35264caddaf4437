"""Observers of the heart: mutation check, memory, profiler, anomalies, names; and the table they all report in."""
