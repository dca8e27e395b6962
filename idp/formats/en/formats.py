DAY = "j F Y"
MOMENT = "j F Y, H:i"
MOMENT_ZONE = "j F Y, H:i e"
DAY_TIME = "j F, H:i"
CLOCK = "H:i"
DATETIME_FORMAT = "Y-m-d H:i"  # what the admin shows
