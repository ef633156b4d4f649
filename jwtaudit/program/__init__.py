"""The program: facts of many files, joined."""
