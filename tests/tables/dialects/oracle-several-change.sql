SET DEFINE OFF
-- changes the tables "HR"."DEPT", "HR"."DESK", "HR"."STAFF" as in hr-old.sql (1,365 bytes, 8 rows) so that they are as in hr-new.sql (1,365 bytes, 8 rows)
-- 3 inserts, 3 deletes, 1 update
-- "HR"."DEPT": 1 insert, 1 delete, 0 updates
-- "HR"."DESK": 1 insert, 1 delete, 0 updates
-- "HR"."STAFF": 1 insert, 1 delete, 1 update
-- run: NLS_LANG=.AL32UTF8 sqlplus -S -L USER@DATABASE @FILE
-- a transaction every 4 changes: where it stops, those before stay, as it says then
-- it stops where a row is gone, or in a column that changes (of a row that goes: in any) not as in the dump, or where one that comes is there already
-- not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do
-- the empty text is NULL; names without a capital letter are written in capitals
-- a column with a collation of its own is compared by it, and one whose type nobody said by its equality: name large objects in --types (clob, blob)
-- an identity that is GENERATED ALWAYS takes no row with a number of its own, and none is moved behind one: ALTER TABLE would commit
--
WHENEVER OSERROR EXIT FAILURE ROLLBACK
WHENEVER SQLERROR EXIT FAILURE ROLLBACK
SET SQLBLANKLINES ON
SET SQLTERMINATOR ON
SET CMDSEP OFF
SET ESCAPE OFF
SET AUTOCOMMIT OFF
SET EXITCOMMIT OFF
SET FEEDBACK OFF
ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF' NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF TZH:TZM' NLS_NUMERIC_CHARACTERS = '.,' NLS_COMP = BINARY NLS_SORT = BINARY;
SET TRANSACTION NAME 'ldifsync';
BEGIN
IF LENGTH('€') <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: the client does not read UTF-8: run it with NLS_LANG=.AL32UTF8'); END IF;
END;
/
VARIABLE ldifsync NUMBER
BEGIN :ldifsync := 0; END;
/
DECLARE
ldifsync_done NUMBER := 0;
BEGIN
UPDATE "HR"."DEPT" SET "HEAD" = NULL WHERE "ID" = 10 AND "HEAD" = 2; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 1: update hr.dept, id 10: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
DELETE FROM "HR"."DESK" WHERE "DEPT" = 10 AND "ROOM" = '1.01' AND "STAFF" = 2; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 2: delete from hr.desk, dept 10, room 1.01: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
DELETE FROM "HR"."STAFF" WHERE "ID" = 2 AND DBMS_LOB.COMPARE(TO_CLOB("LOGIN"), TO_CLOB('bruno')) = 0 AND "DEPT" = 10; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 3: delete from hr.staff, id 2: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
DELETE FROM "HR"."DEPT" WHERE "ID" = 10 AND DBMS_LOB.COMPARE(TO_CLOB("CODE"), TO_CLOB('sales')) = 0 AND "HEAD" IS NULL; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 4: delete from hr.dept, id 10: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
:ldifsync := :ldifsync + ldifsync_done;
END;
/
BEGIN
IF NVL(:ldifsync, 0) <> 4 THEN ROLLBACK; RAISE_APPLICATION_ERROR(-20001, 'ldifsync: not all was done'); END IF;
COMMIT;
END;
/
DECLARE
ldifsync_done NUMBER := 0;
BEGIN
INSERT INTO "HR"."DEPT" ("ID", "CODE", "HEAD") SELECT 30, 'sales', NULL FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM "HR"."DEPT" WHERE "ID" = 30); IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 5: insert into hr.dept, id 30: a row of this key is there already; changes 1 to 4 stay'); END IF; ldifsync_done := ldifsync_done + 1;
INSERT INTO "HR"."STAFF" ("ID", "LOGIN", "DEPT") SELECT 7, 'greta', 30 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM "HR"."STAFF" WHERE "ID" = 7); IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 6: insert into hr.staff, id 7: a row of this key is there already; changes 1 to 4 stay'); END IF; ldifsync_done := ldifsync_done + 1;
INSERT INTO "HR"."DESK" ("DEPT", "ROOM", "STAFF") SELECT 30, '1.01', 7 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM "HR"."DESK" WHERE "DEPT" = 30 AND "ROOM" = '1.01'); IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 7: insert into hr.desk, dept 30, room 1.01: a row of this key is there already; changes 1 to 4 stay'); END IF; ldifsync_done := ldifsync_done + 1;
UPDATE "HR"."STAFF" SET "DEPT" = 30 WHERE "ID" = 5 AND "DEPT" = 20; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 8: update hr.staff, id 5: the row is gone, or no longer as it was in the dump; changes 1 to 4 stay'); END IF; ldifsync_done := ldifsync_done + 1;
:ldifsync := :ldifsync + ldifsync_done;
END;
/
BEGIN
IF NVL(:ldifsync, 0) <> 8 THEN ROLLBACK; RAISE_APPLICATION_ERROR(-20001, 'ldifsync: not all was done'); END IF;
COMMIT;
END;
/
DECLARE
ldifsync_done NUMBER := 0;
BEGIN
UPDATE "HR"."DEPT" SET "HEAD" = 7 WHERE "ID" = 30 AND "HEAD" IS NULL; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 9: update hr.dept, id 30: the row is gone, or no longer as it was in the dump; changes 1 to 8 stay'); END IF; ldifsync_done := ldifsync_done + 1;
:ldifsync := :ldifsync + ldifsync_done;
END;
/
SET CONSTRAINTS ALL IMMEDIATE;
BEGIN
IF NVL(:ldifsync, 0) <> 9 THEN ROLLBACK; RAISE_APPLICATION_ERROR(-20001, 'ldifsync: not all was done'); END IF;
COMMIT;
END;
/
EXIT SUCCESS ROLLBACK
