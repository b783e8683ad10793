"""Pages of professionals: their patients, what is shared with them, how to ask, emergencies, deposits.

Views parse, call one door and render; ``forms``, ``composing`` and ``searching`` are pure. ``delegations``
lets somebody act in one's name. This audience does not import the two others.
"""
