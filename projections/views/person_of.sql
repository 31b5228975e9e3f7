-- Who is behind a stream, where it is known: the person of the last nomination, the requester of the last opening.
CREATE VIEW person_of AS
SELECT stream, person FROM last_per_stream('exchange_nominated')
UNION ALL SELECT stream, requester FROM last_per_stream('case_opened');
