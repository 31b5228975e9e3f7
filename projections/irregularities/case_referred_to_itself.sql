SELECT position, hub, occurred_at, stream FROM case_referred WHERE hub <> '' AND lower(split_part(body, ':', -1)) = lower(hub)
