"""The walk through a function's statements, by what it meets.

``Interpreter`` enters at ``statements``. A module imports only what lies below it (the contract
in ``pyproject.toml`` has the order), and reaches what lies above through the interpreter.
"""
