"""Dates and times as people read them: DAY, MOMENT, DAY_TIME and CLOCK of each language, for the `date` filter."""
