"""What is shown of a person's health on one page: the summary, the card, vaccinations, one's own measurements.

Come here for the words, the forms and the drawings that patients' and professionals' pages share. What is chosen, and
who may see it, is decided in records; here nothing is opened.
"""
