"""Files of other tools, a module a format, each with the same verbs: `recognises`, `read` and `write`.

A record of such a file, a line or an element of a list, holds items, what was asked about them, and answers. `read`
makes a `Judged` of each answer; `write` makes a record of what was judged. What a tool has no field for stands beside
its own fields in one of ours, ``tacit``, so that a file that tacit wrote comes back as it was; other tools leave it
alone. What a file says and tacit has no place for is named in the result, and so is what a format cannot say.
"""
