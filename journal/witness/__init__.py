"""Witnesses (C2SP tlog-witness): cosigning other records, and the policy of one's own."""
