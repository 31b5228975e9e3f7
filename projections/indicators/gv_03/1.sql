-- code: GV-03          version: 1       class: process
-- ko: 시정조치 적기이행       en: Actions on time
-- unit: %                               aggregate: 100 * avg(amount)
-- period: its own
-- counts: corrective actions whose due day (in Seoul) ended in the period, by its cut, unless by then another was agreed or
--         the risk accepted; 1 when verified by then, else 0
WITH agreed AS (
    SELECT position, stream, hub, occurred_at, due_on,
           lead(occurred_at, 1, 'infinity'::TIMESTAMP) OVER (PARTITION BY stream ORDER BY position) AS replaced_at
    FROM finding_action_agreed
)
SELECT agreed.position, agreed.hub, agreed.occurred_at, NULL AS field, NULL AS country,
       EXISTS (FROM finding_action_verified AS verified
               WHERE verified.stream = agreed.stream AND verified.position > agreed.position
                 AND seoul(verified.occurred_at)::DATE <= agreed.due_on)::INTEGER AS amount,
       half_year_of_day(agreed.due_on) AS period
FROM agreed
WHERE agreed.due_on <= (SELECT last_day FROM cut)
  AND seoul(agreed.replaced_at) >= agreed.due_on + 1
  AND NOT EXISTS (FROM finding_risk_accepted AS accepted
                  WHERE accepted.stream = agreed.stream AND accepted.position > agreed.position
                    AND seoul(accepted.occurred_at)::DATE <= agreed.due_on)
