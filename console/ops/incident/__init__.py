"""The record of an incident: notes, timeline, evidence, hand-off, report."""
