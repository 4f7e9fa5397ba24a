"""The commands: their arguments, and what is said and asked before they change anything.

Each module has an app, which `console.main` takes in. What a command needs is imported when it is called, so that
`--help` is there at once.
"""
