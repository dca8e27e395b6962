"""Why a request was refused: the trace that a refusal leaves, and what of it may be kept."""
