-- Layout 3 keeps the providers, and each game's provider beside its lane.
ALTER TABLE games ADD COLUMN provider TEXT NOT NULL DEFAULT '';
ALTER TABLE games ADD COLUMN waits_for TEXT;
ALTER TABLE games ADD COLUMN serves TEXT;
UPDATE games SET provider = ifnull((
    SELECT document ->> '$.provider' FROM documents WHERE game_id = id AND json_valid(document)
), '');
