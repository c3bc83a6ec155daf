-- Layout 4 keeps turn records, tries and changes, each in a table of its own, and a game's name.
ALTER TABLE games ADD COLUMN game_name TEXT;
ALTER TABLE requests ADD COLUMN alternatives TEXT;
