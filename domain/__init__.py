"""What can happen in the programme: fact types, stream states and the rules of acts. Pure; no I/O, no clock."""
