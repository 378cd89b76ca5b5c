-- changes the table "STAFF" as in old.csv (251 bytes, 3 rows) so that it is as in new.csv (278 bytes, 3 rows)
-- 2 inserts, 2 deletes, 1 update
-- run: export DB2CODEPAGE=1208; db2 connect to DATABASE && db2 -td@ -f change.sql
-- one transaction: all of it stays, or nothing
-- it stops where a row is gone, or where one that comes is there already
-- not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do
-- database and client speak UTF-8; of a message Db2 keeps 70 bytes
-- names without a capital letter are written in capitals
-- a column whose type nobody said is compared by its own equality, which takes no notice of blanks at the end, and large objects have none: name the types in --types
-- bytes are BX'…', of Db2 11.1 and later; a column FOR BIT DATA does not take them
-- an identity that is GENERATED ALWAYS takes no row with a number of its own, and none is moved behind one: ALTER TABLE … RESTART WITH
-- left out: code, ok, price, ratio, day, clock, at, seen, photo, guid: what is inserted, also by the way back, has the default there
-- undo: undo.sql
--#SET TERMINATOR @
UPDATE COMMAND OPTIONS USING C OFF S ON Q ON@
BEGIN
IF HEX('€') <> 'E282AC' THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: this is not UTF-8, see DB2CODEPAGE'; END IF;
END@
BEGIN
DECLARE ldifsync_rows INTEGER;
DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
DELETE FROM "STAFF" WHERE "LOGIN" = 'gone' AND "ID" = '3'; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 1: delete from staff, login gone, id 3: the row is gone'; END IF;
DELETE FROM "STAFF" WHERE "LOGIN" = 'ann' AND "ID" = '1'; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 2: delete from staff, login ann, id 1: the row is gone'; END IF;
IF EXISTS (SELECT 1 FROM "STAFF" WHERE "LOGIN" = 'Ann' AND "ID" = '1') THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 3: insert into staff, login Ann, id 1: a row of this key is there already'; END IF; INSERT INTO "STAFF" ("ID", "LOGIN", "NOTE") VALUES ('1', 'Ann', 'it''s é' || VARCHAR(UX'200B') || ' ' || CHR(27) || '[m  ');
IF EXISTS (SELECT 1 FROM "STAFF" WHERE "LOGIN" = 'new' AND "ID" = '4') THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 4: insert into staff, login new, id 4: a row of this key is there already'; END IF; INSERT INTO "STAFF" ("ID", "LOGIN", "NOTE") VALUES ('4', 'new', NULL);
UPDATE "STAFF" SET "NOTE" = '/' WHERE "LOGIN" = 'B$(x)&o;' AND "ID" = '2'; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 5: update staff, login B$(x)&o;, id 2: the row is gone'; END IF;
END@
COMMIT@
