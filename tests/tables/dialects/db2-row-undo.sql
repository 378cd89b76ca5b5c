-- undoes the change of the table "STAFF" from old.csv to new.csv
-- run: export DB2CODEPAGE=1208; db2 connect to DATABASE && db2 -td@ -f change.sql
-- a rehearsal: one transaction, which is taken back in any case
-- it stops where a row is gone, or in any column not as in the dump, or where one that comes is there already
-- not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do
-- database and client speak UTF-8; of a message Db2 keeps 70 bytes
-- names without a capital letter are written in capitals
-- a column whose type nobody said is compared by its own equality, which takes no notice of blanks at the end, and large objects have none: name the types in --types
-- bytes are BX'…', of Db2 11.1 and later; a column FOR BIT DATA does not take them
-- an identity that is GENERATED ALWAYS takes no row with a number of its own, and none is moved behind one: ALTER TABLE … RESTART WITH
--#SET TERMINATOR @
UPDATE COMMAND OPTIONS USING C OFF S ON Q ON@
BEGIN
IF HEX('€') <> 'E282AC' THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: this is not UTF-8, see DB2CODEPAGE'; END IF;
END@
BEGIN
DECLARE ldifsync_rows INTEGER;
DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
UPDATE "STAFF" SET "MAIL" = 'y@example.com', "NOTE" = 'one' WHERE "Team No" = '1' AND "KEY" = 'b' AND "MAIL" = 'x@example.com' AND "NOTE" = 'one' || CHR(13) || CHR(10) || 'more'; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 1: update staff, Team No 1, key b: the row is gone, or no longer as it was in the dump'; END IF;
UPDATE "STAFF" SET "MAIL" = 'x@example.com' WHERE "Team No" = '1' AND "KEY" = 'a' AND "MAIL" = 'y@example.com' AND "NOTE" IS NULL; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 2: update staff, Team No 1, key a: the row is gone, or no longer as it was in the dump'; END IF;
DELETE FROM "STAFF" WHERE "Team No" = '2' AND "KEY" = 'ä' AND "MAIL" IS NULL AND "NOTE" = ''; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 3: delete from staff, Team No 2, key ä: the row is gone, or no longer as it was in the dump'; END IF;
IF EXISTS (SELECT 1 FROM "STAFF" WHERE "Team No" = '2' AND "KEY" = 'a') THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 4: insert into staff, Team No 2, key a: a row of this key is there already'; END IF; INSERT INTO "STAFF" ("Team No", "KEY", "MAIL", "NOTE") VALUES ('2', 'a', NULL, 'two');
END@
ROLLBACK@
