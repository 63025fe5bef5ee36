-- A document as lists show it. Lower-case keys stand beside what is shown, so that letter case does not matter.
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL,
  locale TEXT NOT NULL,
  title TEXT NOT NULL,
  brand TEXT NOT NULL,
  brand_key TEXT NOT NULL,
  category TEXT NOT NULL,
  category_key TEXT NOT NULL,
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  product_version INTEGER,
  -- The draft that waits: the operation that wrote it, since when, how bad (0 block, 1 hold, 2 note, 3 nothing), and why.
  draft TEXT,
  held_at INTEGER,
  rank INTEGER NOT NULL,
  held_rules TEXT NOT NULL,
  published_rules TEXT NOT NULL,
  recipes TEXT NOT NULL,
  quality REAL,
  model TEXT NOT NULL,
  job TEXT NOT NULL,
  cost INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  sentence TEXT NOT NULL,
  -- Of all of the above and the texts: what is equal is not written again.
  digest INTEGER NOT NULL,
  -- The rebuild that saw it last: what the store has no more goes when one is done.
  seen_by INTEGER NOT NULL,
  UNIQUE (sku, locale)
);

-- The review queue in its two orders, with all that filters ask of it: no page of the table is read before a filter has passed.
CREATE INDEX waiting_by_severity
  ON documents (rank, held_at, id, locale, brand_key, category_key, job, held_rules, sku) WHERE draft IS NOT NULL;
CREATE INDEX waiting_by_age
  ON documents (held_at, id, rank, locale, brand_key, category_key, job, held_rules, sku) WHERE draft IS NOT NULL;

-- Words of the product and its texts; `tags` has a term for everything that a filter may name, so that what few documents have
-- in common is found among a million without looking at each.
CREATE VIRTUAL TABLE documents_text USING fts5(
  sku, title, brand, category, texts, tags,
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

-- What filters can be offered.
CREATE TABLE categories (category_key TEXT PRIMARY KEY, category TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE brands (brand_key TEXT PRIMARY KEY, brand TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rule_sets (rules TEXT PRIMARY KEY) WITHOUT ROWID;

-- Counted as documents come and go: counting a million takes longer than a page may.
CREATE TABLE totals (
  locale TEXT NOT NULL,
  state TEXT NOT NULL,
  waiting INTEGER NOT NULL,
  documents INTEGER NOT NULL,
  PRIMARY KEY (locale, state, waiting)
) WITHOUT ROWID;

CREATE TRIGGER documents_came AFTER INSERT ON documents BEGIN
  INSERT INTO totals VALUES (new.locale, new.state, new.draft IS NOT NULL, 1)
    ON CONFLICT DO UPDATE SET documents = documents + 1;
END;
CREATE TRIGGER documents_changed AFTER UPDATE OF state, draft ON documents
WHEN old.state <> new.state OR (old.draft IS NULL) <> (new.draft IS NULL) BEGIN
  UPDATE totals SET documents = documents - 1
    WHERE locale = old.locale AND state = old.state AND waiting = (old.draft IS NOT NULL);
  INSERT INTO totals VALUES (new.locale, new.state, new.draft IS NOT NULL, 1)
    ON CONFLICT DO UPDATE SET documents = documents + 1;
END;
CREATE TRIGGER documents_went AFTER DELETE ON documents BEGIN
  UPDATE totals SET documents = documents - 1
    WHERE locale = old.locale AND state = old.state AND waiting = (old.draft IS NOT NULL);
END;

-- What waits, by the rules that hold it, by category and by severity.
CREATE TABLE waiting (part TEXT NOT NULL, value TEXT NOT NULL, drafts INTEGER NOT NULL, PRIMARY KEY (part, value)) WITHOUT ROWID;

CREATE TRIGGER drafts_came AFTER INSERT ON documents WHEN new.draft IS NOT NULL BEGIN
  INSERT INTO waiting VALUES ('rules', new.held_rules, 1), ('category', new.category_key, 1), ('rank', new.rank, 1)
    ON CONFLICT DO UPDATE SET drafts = drafts + 1;
END;
CREATE TRIGGER drafts_left AFTER UPDATE OF draft, held_rules, category_key, rank ON documents WHEN old.draft IS NOT NULL BEGIN
  UPDATE waiting SET drafts = drafts - 1 WHERE (part = 'rules' AND value = old.held_rules)
    OR (part = 'category' AND value = old.category_key) OR (part = 'rank' AND value = CAST(old.rank AS TEXT));
END;
CREATE TRIGGER drafts_changed AFTER UPDATE OF draft, held_rules, category_key, rank ON documents WHEN new.draft IS NOT NULL BEGIN
  INSERT INTO waiting VALUES ('rules', new.held_rules, 1), ('category', new.category_key, 1), ('rank', new.rank, 1)
    ON CONFLICT DO UPDATE SET drafts = drafts + 1;
END;
CREATE TRIGGER drafts_went AFTER DELETE ON documents WHEN old.draft IS NOT NULL BEGIN
  UPDATE waiting SET drafts = drafts - 1 WHERE (part = 'rules' AND value = old.held_rules)
    OR (part = 'category' AND value = old.category_key) OR (part = 'rank' AND value = CAST(old.rank AS TEXT));
END;

-- What was paid once for a text, by the message that asked for it: approving it later costs nothing again.
CREATE TABLE generations (
  document INTEGER NOT NULL,
  message INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  model TEXT NOT NULL,
  locale TEXT NOT NULL,
  category TEXT NOT NULL,
  job TEXT NOT NULL,
  cost INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  PRIMARY KEY (document, message)
) WITHOUT ROWID;

-- The same by day and by what it is asked for; `part` is '' for the whole day.
CREATE TABLE spend (
  part TEXT NOT NULL,
  day INTEGER NOT NULL,
  value TEXT NOT NULL,
  cost INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  texts INTEGER NOT NULL,
  PRIMARY KEY (part, day, value)
) WITHOUT ROWID;
CREATE TABLE spend_minutes (minute INTEGER PRIMARY KEY, cost INTEGER NOT NULL, tokens INTEGER NOT NULL);

CREATE TRIGGER generations_came AFTER INSERT ON generations WHEN new.cost > 0 OR new.input_tokens > 0 BEGIN
  INSERT INTO spend
    SELECT parts.column1, new.minute / 1440, parts.column2, new.cost, new.input_tokens, new.output_tokens, 1
    FROM (VALUES ('', ''), ('model', new.model), ('locale', new.locale), ('category', new.category), ('job', new.job)) AS parts
    WHERE true
    ON CONFLICT DO UPDATE SET cost = cost + excluded.cost, input_tokens = input_tokens + excluded.input_tokens,
      output_tokens = output_tokens + excluded.output_tokens, texts = texts + 1;
  INSERT INTO spend_minutes VALUES (new.minute, new.cost, new.input_tokens + new.output_tokens)
    ON CONFLICT DO UPDATE SET cost = cost + excluded.cost, tokens = tokens + excluded.tokens;
END;

-- Outcomes as they were announced, by minute, and the events that are counted already.
CREATE TABLE outcomes (
  minute INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (minute, outcome)
) WITHOUT ROWID;
CREATE TABLE counted (event INTEGER PRIMARY KEY, minute INTEGER NOT NULL);
CREATE INDEX counted_by_minute ON counted (minute);

CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO state VALUES ('rebuild', 0), ('complete', 0);
