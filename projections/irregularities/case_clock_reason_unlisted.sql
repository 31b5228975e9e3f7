SELECT position, hub, occurred_at, stream FROM case_stop_unlisted
