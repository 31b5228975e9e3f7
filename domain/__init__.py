"""What can happen in the programme: fact types, stream states and the rules of the house. Pure; no I/O, no clock."""
