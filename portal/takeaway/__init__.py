"""What a patient takes away: the file of a copy, made in the background. ``records.copying`` keeps and gives it."""
