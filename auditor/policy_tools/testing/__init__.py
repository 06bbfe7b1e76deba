"""Tests of packs: examples, cases, coverage and mutants."""
