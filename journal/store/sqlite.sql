CREATE TABLE IF NOT EXISTS stored_events (
    rowid INTEGER PRIMARY KEY AUTOINCREMENT,
    originator_id TEXT NOT NULL,
    originator_version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (originator_id, originator_version));
CREATE TABLE IF NOT EXISTS identity (
    digest BLOB PRIMARY KEY,
    position INTEGER NOT NULL REFERENCES stored_events (rowid)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identity_by_position ON identity (position);
CREATE INDEX IF NOT EXISTS acts_of_redaction ON stored_events (rowid) WHERE topic = 'entry.redacted';
DROP TRIGGER IF EXISTS stored_events_not_updated;
CREATE TRIGGER stored_events_not_updated BEFORE UPDATE ON stored_events
    WHEN NOT coalesce(
        NEW.rowid = OLD.rowid AND NEW.originator_id = OLD.originator_id
        AND NEW.originator_version = OLD.originator_version AND NEW.topic = OLD.topic
        AND length(CAST(NEW.state AS TEXT) ->> '$.redacted.digest') = 64
        AND coalesce(CAST(OLD.state AS TEXT) ->> '$.redacted.digest', CAST(NEW.state AS TEXT) ->> '$.redacted.digest')
            = CAST(NEW.state AS TEXT) ->> '$.redacted.digest'
        AND EXISTS (SELECT 1 FROM stored_events AS act
                    WHERE act.originator_id = OLD.originator_id AND act.topic = 'entry.redacted'
                      AND CAST(act.state AS TEXT) ->> '$.fact.entry' = OLD.rowid), 0)
    BEGIN SELECT raise(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS stored_events_not_deleted BEFORE DELETE ON stored_events
    BEGIN SELECT raise(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS stored_events_not_replaced BEFORE INSERT ON stored_events
    WHEN EXISTS (SELECT 1 FROM stored_events WHERE rowid = NEW.rowid)
      OR EXISTS (SELECT 1 FROM stored_events
                 WHERE originator_id = NEW.originator_id AND originator_version = NEW.originator_version)
    BEGIN SELECT raise(ABORT, 'UNIQUE constraint failed: the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS identity_not_updated BEFORE UPDATE ON identity
    BEGIN SELECT raise(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS identity_not_deleted BEFORE DELETE ON identity
    BEGIN SELECT raise(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS identity_not_replaced BEFORE INSERT ON identity
    WHEN EXISTS (SELECT 1 FROM identity WHERE digest = NEW.digest)
    BEGIN SELECT raise(ABORT, 'UNIQUE constraint failed: the record is append-only'); END;
CREATE TABLE IF NOT EXISTS edition_content (
    digest TEXT PRIMARY KEY,
    content BLOB NOT NULL,
    made_by TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS edition_content_not_updated BEFORE UPDATE ON edition_content
    WHEN NOT coalesce(
        NEW.digest = OLD.digest AND NEW.made_by = OLD.made_by
        AND EXISTS (SELECT 1 FROM stored_events AS act, json_each(CAST(act.state AS TEXT), '$.fact.editions') AS named
                    WHERE act.topic = 'entry.redacted' AND named.key = OLD.digest), 0)
    BEGIN SELECT raise(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS edition_content_not_deleted BEFORE DELETE ON edition_content
    BEGIN SELECT raise(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS edition_content_not_replaced BEFORE INSERT ON edition_content
    WHEN EXISTS (SELECT 1 FROM edition_content WHERE digest = NEW.digest)
    BEGIN SELECT raise(ABORT, 'UNIQUE constraint failed: the record is append-only'); END;
