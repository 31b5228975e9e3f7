CREATE TABLE witness (one INTEGER PRIMARY KEY CHECK (one = 1), key TEXT NOT NULL);
CREATE TABLE trusted (origin TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (origin, key)) WITHOUT ROWID;
CREATE TABLE head (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER head_never_shrinks BEFORE UPDATE ON head
    WHEN NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
    BEGIN SELECT raise(ABORT, 'a witness does not take back what it has seen'); END;
CREATE TRIGGER head_never_forgotten BEFORE DELETE ON head
    BEGIN SELECT raise(ABORT, 'a witness does not forget what it has seen'); END;
