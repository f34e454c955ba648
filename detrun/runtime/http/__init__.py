"""What a handler is given and gives: requests, responses, their headers and bodies. It knows no wire."""
