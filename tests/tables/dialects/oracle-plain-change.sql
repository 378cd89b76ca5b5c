SET DEFINE OFF
-- changes the table "STAFF" as in old.csv (72 bytes, 3 rows) so that it is as in new.csv (80 bytes, 3 rows)
-- 1 insert, 1 delete, 2 updates
-- run: NLS_LANG=.AL32UTF8 sqlplus -S -L USER@DATABASE @change.sql
-- one transaction: all of it stays, or nothing
-- it stops where a row is gone, or in a column that changes (of a row that goes: in any) not as in the dump, or where one that comes is there already
-- not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do
-- the empty text is NULL; names without a capital letter are written in capitals
-- a column with a collation of its own is compared by it, and one whose type nobody said by its equality: name large objects in --types (clob, blob)
-- an identity that is GENERATED ALWAYS takes no row with a number of its own, and none is moved behind one: ALTER TABLE would commit
-- undo: undo.sql
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
DELETE FROM "STAFF" WHERE "Team No" = '2' AND "KEY" = 'a' AND "MAIL" IS NULL AND "NOTE" = 'two'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 1: delete from staff, Team No 2, key a: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
UPDATE "STAFF" SET "MAIL" = NULL WHERE "Team No" = '1' AND "KEY" = 'a' AND "MAIL" = 'x@example.com'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 2: update staff, Team No 1, key a: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
UPDATE "STAFF" SET "MAIL" = NULL WHERE "Team No" = '1' AND "KEY" = 'b' AND "MAIL" = 'y@example.com'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 3: update staff, Team No 1, key b: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
INSERT INTO "STAFF" ("Team No", "KEY", "MAIL", "NOTE") SELECT '2', 'ä', NULL, NULL FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM "STAFF" WHERE "Team No" = '2' AND "KEY" = 'ä'); IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 4: insert into staff, Team No 2, key ä: a row of this key is there already'); END IF; ldifsync_done := ldifsync_done + 1;
UPDATE "STAFF" SET "MAIL" = 'y@example.com' WHERE "Team No" = '1' AND "KEY" = 'a' AND "MAIL" IS NULL; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 5: update staff, Team No 1, key a: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
UPDATE "STAFF" SET "MAIL" = 'x@example.com', "NOTE" = 'one' || CHR(13) || CHR(10) || 'more' WHERE "Team No" = '1' AND "KEY" = 'b' AND "MAIL" IS NULL AND "NOTE" = 'one'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 6: update staff, Team No 1, key b: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
:ldifsync := :ldifsync + ldifsync_done;
END;
/
SET CONSTRAINTS ALL IMMEDIATE;
BEGIN
IF NVL(:ldifsync, 0) <> 6 THEN ROLLBACK; RAISE_APPLICATION_ERROR(-20001, 'ldifsync: not all was done, nothing stays'); END IF;
COMMIT;
END;
/
EXIT SUCCESS ROLLBACK
