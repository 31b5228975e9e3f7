"""Witnesses (C2SP tlog-witness): standing by other records, and the policy of one's own."""
