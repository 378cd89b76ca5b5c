-- undoes the change of the table "HR"."Staff" from old.csv to new.csv
-- run: export DB2CODEPAGE=1208; db2 connect to DATABASE && db2 -td@ -f change.sql
-- one transaction: all of it stays, or nothing
-- it stops where a row is gone, or in a column that changes (of a row that goes: in any) not as in the dump, or where one that comes is there already
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
UPDATE "HR"."Staff" SET "NOTE" = NULL, "DAY" = NULL WHERE "ID" = 2 AND CAST(CAST("NOTE" AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST('/' AS VARCHAR(32672) FOR BIT DATA) AND OCTET_LENGTH("NOTE") = 1 AND "DAY" = '2026-12-31'; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 1: update hr.Staff, id 2: the row is gone, or no longer as it was in the dump'; END IF;
UPDATE "HR"."Staff" SET "LOGIN" = 'ann', "NOTE" = 'a' || CHR(10) || 'b', "CODE" = 'ab', "OK" = TRUE, "PRICE" = 1.50, "RATIO" = 0.1, "DAY" = '2026-02-03', "CLOCK" = '04:05:06', "AT" = '2026-02-03 04:05:06.7', "SEEN" = '2026-02-03 03:05:06', "PHOTO" = BX'00FF', "GUID" = '6F9619FF-8B86-D011-B42D-00C04FC964FF' WHERE "ID" = 1 AND CAST(CAST("LOGIN" AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST('Ann' AS VARCHAR(32672) FOR BIT DATA) AND OCTET_LENGTH("LOGIN") = 3 AND CAST(CAST("NOTE" AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST('it''s é' || VARCHAR(UX'200B') || ' ' || CHR(27) || '[m  ' AS VARCHAR(32672) FOR BIT DATA) AND OCTET_LENGTH("NOTE") = 16 AND CAST(CAST(RTRIM("CODE") AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST(CAST(RTRIM('abc  ') AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) AND "OK" = FALSE AND "PRICE" = 1.75 AND "RATIO" = 'NaN' AND "DAY" = '0044-03-15 BC' AND "CLOCK" = '24:00:00' AND "AT" = '2026-02-03 04:05:00' AND "SEEN" = '2026-02-03 08:35:06.25' AND CAST("PHOTO" AS VARBINARY(32672)) = BX'DEAD' AND OCTET_LENGTH("PHOTO") = 2 AND "GUID" = '6f9619ff-8b86-d011-b42d-00c04fc964ff'; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 2: update hr.Staff, id 1: the row is gone, or no longer as it was in the dump'; END IF;
DELETE FROM "HR"."Staff" WHERE "ID" = 4 AND CAST(CAST("LOGIN" AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST('new' AS VARCHAR(32672) FOR BIT DATA) AND OCTET_LENGTH("LOGIN") = 3 AND "NOTE" IS NULL AND "CODE" IS NULL AND "OK" = TRUE AND "PRICE" = 0 AND "RATIO" IS NULL AND "DAY" IS NULL AND "CLOCK" IS NULL AND "AT" IS NULL AND "SEEN" IS NULL AND CAST("PHOTO" AS VARBINARY(32672)) = BX'00' AND OCTET_LENGTH("PHOTO") = 1 AND "GUID" IS NULL; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 3: delete from hr.Staff, id 4: the row is gone, or no longer as it was in the dump'; END IF;
IF EXISTS (SELECT 1 FROM "HR"."Staff" WHERE "ID" = 3) THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 4: insert into hr.Staff, id 3: a row of this key is there already'; END IF; INSERT INTO "HR"."Staff" ("ID", "LOGIN", "NOTE", "CODE", "OK", "PRICE", "RATIO", "DAY", "CLOCK", "AT", "SEEN", "PHOTO", "GUID") VALUES (3, 'gone', '', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, BX'', NULL);
END@
COMMIT@
