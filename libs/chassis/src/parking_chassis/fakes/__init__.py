"""Doubles of what chassis keeps in servers, under the same contract tests as the real adapters."""
