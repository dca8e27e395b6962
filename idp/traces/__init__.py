"""Why a request was refused: the trace that a refusal leaves, what of it may be kept, and how it is read."""
