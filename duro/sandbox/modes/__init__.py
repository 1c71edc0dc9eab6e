"""Test and live mode: their backends, and what a program reads and controls in each."""
