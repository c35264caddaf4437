"""Tests that other libraries wrote, and random calls, on our operations: programs of their own, each with a target."""
