"""The rules of the tree as plain functions: each takes a root folder and returns one sentence per violation.

A sentence is `file:line: what is wrong`. The tests run each check twice: on the tree, where it must find nothing,
and on a fixture that breaks the rule, where it must find exactly the lines that say so.
"""
