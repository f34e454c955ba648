"""The zoo: small programs with a planted bug each, which no default schedule shows, and mended twins of them."""
