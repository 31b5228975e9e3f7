SELECT position, hub, occurred_at, stream
FROM effective
WHERE of_the_world(kind) AND effective_at < first_moment()
