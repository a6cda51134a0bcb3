"""Imports: data that was staged, or that is fetched from elsewhere, put into one or several stores, step by step.

`request` checks what is wanted and takes the image's lock, `operation` does it (an essex.operation: a process that
dies is followed by one that goes on or undoes everything), `transform` makes of the data what is stored.
"""
