"""From what was measured to what to train: a catalogue of exercises, findings, and a plan for the week."""
