"""What runs in a process of its own to show one document: opens it with the one subkey it is given, and draws it.

Each module draws one kind, and loads what that kind needs. The process knows neither settings nor database nor any
other key: whoever takes it over through the document holds that document.
"""
