-- changes the tables "HR"."DEPT", "HR"."DESK", "HR"."STAFF" as in hr-old.sql (1,365 bytes, 8 rows) so that they are as in hr-new.sql (1,365 bytes, 8 rows)
-- 3 inserts, 3 deletes, 1 update
-- "HR"."DEPT": 1 insert, 1 delete, 0 updates
-- "HR"."DESK": 1 insert, 1 delete, 0 updates
-- "HR"."STAFF": 1 insert, 1 delete, 1 update
-- run: export DB2CODEPAGE=1208; db2 connect to DATABASE && db2 -td@ -f FILE
-- a transaction every 4 changes: where it stops, those before stay, as it says then
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
UPDATE "HR"."DEPT" SET "HEAD" = NULL WHERE "ID" = 10 AND "HEAD" = 2; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 1: update hr.dept, id 10: the row is gone, or no longer as it was in the dump'; END IF;
DELETE FROM "HR"."DESK" WHERE "DEPT" = 10 AND "ROOM" = '1.01' AND CAST(CAST("ROOM" AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST('1.01' AS VARCHAR(32672) FOR BIT DATA) AND OCTET_LENGTH("ROOM") = 4 AND "STAFF" = 2; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 2: delete from hr.desk, dept 10, room 1.01: the row is gone, or no longer as it was in the dump'; END IF;
DELETE FROM "HR"."STAFF" WHERE "ID" = 2 AND CAST(CAST("LOGIN" AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST('bruno' AS VARCHAR(32672) FOR BIT DATA) AND OCTET_LENGTH("LOGIN") = 5 AND "DEPT" = 10; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 3: delete from hr.staff, id 2: the row is gone, or no longer as it was in the dump'; END IF;
DELETE FROM "HR"."DEPT" WHERE "ID" = 10 AND CAST(CAST("CODE" AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST('sales' AS VARCHAR(32672) FOR BIT DATA) AND OCTET_LENGTH("CODE") = 5 AND "HEAD" IS NULL; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 4: delete from hr.dept, id 10: the row is gone, or no longer as it was in the dump'; END IF;
END@
COMMIT@
BEGIN
DECLARE ldifsync_rows INTEGER;
DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
IF EXISTS (SELECT 1 FROM "HR"."DEPT" WHERE "ID" = 30) THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 5: insert into hr.dept, id 30: a row of this key is there already; changes 1 to 4 stay'; END IF; INSERT INTO "HR"."DEPT" ("ID", "CODE", "HEAD") VALUES (30, 'sales', NULL);
IF EXISTS (SELECT 1 FROM "HR"."STAFF" WHERE "ID" = 7) THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 6: insert into hr.staff, id 7: a row of this key is there already; changes 1 to 4 stay'; END IF; INSERT INTO "HR"."STAFF" ("ID", "LOGIN", "DEPT") VALUES (7, 'greta', 30);
IF EXISTS (SELECT 1 FROM "HR"."DESK" WHERE "DEPT" = 30 AND "ROOM" = '1.01' AND CAST(CAST("ROOM" AS VARCHAR(32672)) AS VARCHAR(32672) FOR BIT DATA) = CAST('1.01' AS VARCHAR(32672) FOR BIT DATA) AND OCTET_LENGTH("ROOM") = 4) THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 7: insert into hr.desk, dept 30, room 1.01: a row of this key is there already; changes 1 to 4 stay'; END IF; INSERT INTO "HR"."DESK" ("DEPT", "ROOM", "STAFF") VALUES (30, '1.01', 7);
UPDATE "HR"."STAFF" SET "DEPT" = 30 WHERE "ID" = 5 AND "DEPT" = 20; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 8: update hr.staff, id 5: the row is gone, or no longer as it was in the dump; changes 1 to 4 stay'; END IF;
END@
COMMIT@
BEGIN
DECLARE ldifsync_rows INTEGER;
DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
UPDATE "HR"."DEPT" SET "HEAD" = 7 WHERE "ID" = 30 AND "HEAD" IS NULL; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: change 9: update hr.dept, id 30: the row is gone, or no longer as it was in the dump; changes 1 to 8 stay'; END IF;
END@
COMMIT@
