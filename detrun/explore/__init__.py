"""The search for failing schedules: attempts, what they tell, and which to make next."""
