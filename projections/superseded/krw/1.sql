-- An amount in KRW (원), to a hundredth; NULL without a rate, or beyond all measure.
CREATE MACRO krw(money, rate) AS
    CASE WHEN money.currency = 'KRW' THEN TRY_CAST(money.amount AS DECIMAL(38, 2))
         ELSE TRY_CAST(round(money.amount::DOUBLE * rate::DOUBLE, 2) AS DECIMAL(38, 2)) END;
