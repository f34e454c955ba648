"""What a program reads from its surroundings: inside a run the run answers, everywhere else the real thing does."""
