"""What Signet costs: CPU, latency, memory and start, beside a peer and the machine's floor (`make bench`)."""
