"""The independent verifier: one file that goes into every evidence pack and shares no code with the writer."""
