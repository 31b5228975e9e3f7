-- code: case.answered_again         version: 1
-- ko: 최초응답의 반복                en: A first response after the first
-- rule: helpdesk operating rule; there is one first response
SELECT position, hub, occurred_at, stream
FROM case_first_response_sent
QUALIFY row_number() OVER (PARTITION BY stream ORDER BY occurred_at, position) > 1
