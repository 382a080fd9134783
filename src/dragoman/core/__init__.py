"""The pure middle of the house: words, states, grammar and the ports; no I/O, no clock, standard library only."""
