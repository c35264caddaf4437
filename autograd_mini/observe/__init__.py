"""Observers: mutation check, memory, profiler, anomalies, names; and the table that they print."""
