BEGIN TRANSACTION;
CREATE TABLE entry (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,          -- ISO 8601, UTC
        key TEXT NOT NULL UNIQUE,  -- of the client: sent twice, stored once
        who TEXT NOT NULL,
        document TEXT NOT NULL, sha256 TEXT NOT NULL,  -- path of the result, and its scan
        kind TEXT NOT NULL,
        tbl TEXT NOT NULL, row INTEGER, col INTEGER,
        before TEXT, after TEXT, why TEXT NOT NULL,
        detail TEXT NOT NULL,      -- JSON
        hash TEXT NOT NULL
    ) STRICT;
INSERT INTO "entry" VALUES(1,'2026-12-01T03:07:33.037+00:00','key-00000001','lin','page.json','2a016f4c97ae9ec3105b7ce2537adfa174399aa5ac773928d9f3f583fc00dc28','edit','t1',3,1,'4170.4','4170.40','as printed','{"flags": [], "page": 1, "polygon": [[269.46, 251.47], [419.5, 251.47], [419.46, 295.49], [269.48, 295.51]]}','26f6484cb80476c9b95c99ee089fd4d9121d08ccfb76b24bc87e32653da631d8');
INSERT INTO "entry" VALUES(2,'2026-12-01T03:07:33.043+00:00','key-00000002','lin','page.json','2a016f4c97ae9ec3105b7ce2537adfa174399aa5ac773928d9f3f583fc00dc28','accept','t1',2,2,'—','—','','{"flags": ["low-confidence"], "page": 1, "polygon": [[419.45, 207.46], [569.51, 207.5], [569.5, 251.54], [419.5, 251.47]]}','af4b548955b137d3c8b9ecc15445cd60d5adbe5326e742aa1c29a93c1230b5e5');
INSERT INTO "entry" VALUES(3,'2026-12-01T03:07:43.264+00:00','key-00000003','lin','page.json','2a016f4c97ae9ec3105b7ce2537adfa174399aa5ac773928d9f3f583fc00dc28','merge','t1',NULL,NULL,'地区 | 小麦','I地区|小麦','','{"bottom": 0, "box": [120, 120, 719, 339], "form": [[0, 0, 1, 1], [0, 1, 1, 1], [0, 2, 1, 1], [0, 3, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1], [1, 2, 1, 1], [1, 3, 1, 1], [2, 0, 1, 1], [2, 1, 1, 1], [2, 2, 1, 1], [2, 3, 1, 1], [3, 0, 1, 1], [3, 1, 1, 1], [3, 2, 1, 1], [3, 3, 1, 1], [4, 0, 1, 1], [4, 1, 1, 1], [4, 2, 1, 1], [4, 3, 1, 1]], "left": 0, "page": 1, "readings": {"0,0": {"evidence": [{"confidence": 0.534432, "text": "I地区|小麦", "witness": "PP-OCRv6_small_rec"}, {"confidence": 0.832001, "text": null, "witness": "no-letter-lost"}, {"confidence": 0.413, "text": "1地区 | 小麦", "witness": "PP-OCRv6_small_rec/runner-up"}, {"confidence": 1.0, "text": null, "witness": "no-ink-left"}], "text": "I地区|小麦", "vertical": false}}, "right": 1, "shape": true, "top": 0}','b37cedcc350dc187e07bdb0cf73e0eb817aa87a03c1356dd72a30915da8d4b84');
INSERT INTO "entry" VALUES(4,'2026-12-01T03:07:43.267+00:00','key-00000004','lin','page.json','2a016f4c97ae9ec3105b7ce2537adfa174399aa5ac773928d9f3f583fc00dc28','header','t1',NULL,NULL,'','','','{"box": [120, 120, 719, 339], "form": [[0, 0, 1, 2], [0, 2, 1, 1], [0, 3, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1], [1, 2, 1, 1], [1, 3, 1, 1], [2, 0, 1, 1], [2, 1, 1, 1], [2, 2, 1, 1], [2, 3, 1, 1], [3, 0, 1, 1], [3, 1, 1, 1], [3, 2, 1, 1], [3, 3, 1, 1], [4, 0, 1, 1], [4, 1, 1, 1], [4, 2, 1, 1], [4, 3, 1, 1]], "page": 1, "readings": {}, "rows": 2, "shape": true}','43ed817dd53e61c5bc98c4982edab0eda0bb51b5508b6c7702855d22f15826f9');
CREATE TABLE progress (        -- what a list of documents shows; can be found anew any time
        document TEXT PRIMARY KEY,
        size INTEGER NOT NULL, mtime INTEGER NOT NULL,  -- of the result
        number INTEGER NOT NULL,   -- of the last entry that is in it
        counts TEXT NOT NULL       -- JSON
    ) STRICT;
CREATE TABLE sample (
        id INTEGER PRIMARY KEY, seed INTEGER NOT NULL, at TEXT NOT NULL,
        population INTEGER NOT NULL  -- cells that nobody was asked to look at
    ) STRICT;
CREATE TABLE sampled (
        sample INTEGER NOT NULL REFERENCES sample (id),
        document TEXT NOT NULL, tbl TEXT NOT NULL, row INTEGER NOT NULL, col INTEGER NOT NULL,
        page INTEGER NOT NULL, polygon TEXT NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (sample, document, tbl, row, col)
    ) STRICT;
CREATE INDEX entry_document ON entry (document, number);
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'the log is never shortened'); END;
CREATE TRIGGER sample_stays BEFORE UPDATE ON sample
    BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;
CREATE TRIGGER sample_is_kept BEFORE DELETE ON sample
    BEGIN SELECT RAISE(ABORT, 'the log is never shortened'); END;
CREATE TRIGGER sampled_stays BEFORE UPDATE ON sampled
    BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;
CREATE TRIGGER sampled_is_kept BEFORE DELETE ON sampled
    BEGIN SELECT RAISE(ABORT, 'the log is never shortened'); END;
COMMIT;
PRAGMA user_version = 2;
