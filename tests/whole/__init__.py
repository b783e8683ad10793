"""The whole house, as `make run` opens it: nothing here reaches inside it."""
