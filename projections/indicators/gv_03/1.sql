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
