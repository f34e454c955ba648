"""What holds for every program, every seed and every strategy."""
