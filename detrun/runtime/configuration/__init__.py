"""How an application says what it consists of; `loading` is the door."""
