SET DEFINE OFF
-- changes the table "STAFF" as in old.csv (251 bytes, 3 rows) so that it is as in new.csv (278 bytes, 3 rows)
-- 2 inserts, 2 deletes, 1 update
-- run: NLS_LANG=.AL32UTF8 sqlplus -S -L USER@DATABASE @change.sql
-- one transaction: all of it stays, or nothing
-- it stops where a row is gone, or where one that comes is there already
-- not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do
-- the empty text is NULL; names without a capital letter are written in capitals
-- a column with a collation of its own is compared by it, and one whose type nobody said by its equality: name large objects in --types (clob, blob)
-- an identity that is GENERATED ALWAYS takes no row with a number of its own, and none is moved behind one: ALTER TABLE would commit
-- left out: code, ok, price, ratio, day, clock, at, seen, photo, guid: what is inserted, also by the way back, has the default there
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
DELETE FROM "STAFF" WHERE "LOGIN" = 'gone' AND "ID" = '3'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 1: delete from staff, login gone, id 3: the row is gone'); END IF; ldifsync_done := ldifsync_done + 1;
DELETE FROM "STAFF" WHERE "LOGIN" = 'ann' AND "ID" = '1'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 2: delete from staff, login ann, id 1: the row is gone'); END IF; ldifsync_done := ldifsync_done + 1;
INSERT INTO "STAFF" ("ID", "LOGIN", "NOTE") SELECT '1', 'Ann', 'it''s é' || TO_CHAR(UNISTR('\200B')) || ' ' || CHR(27) || '[m  ' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM "STAFF" WHERE "LOGIN" = 'Ann' AND "ID" = '1'); IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 3: insert into staff, login Ann, id 1: a row of this key is there already'); END IF; ldifsync_done := ldifsync_done + 1;
INSERT INTO "STAFF" ("ID", "LOGIN", "NOTE") SELECT '4', 'new', NULL FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM "STAFF" WHERE "LOGIN" = 'new' AND "ID" = '4'); IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 4: insert into staff, login new, id 4: a row of this key is there already'); END IF; ldifsync_done := ldifsync_done + 1;
UPDATE "STAFF" SET "NOTE" = '/' WHERE "LOGIN" = 'B$(x)' || CHR(38) || 'o;' AND "ID" = '2'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 5: update staff, login B$(x)' || CHR(38) || 'o;, id 2: the row is gone'); END IF; ldifsync_done := ldifsync_done + 1;
:ldifsync := :ldifsync + ldifsync_done;
END;
/
SET CONSTRAINTS ALL IMMEDIATE;
BEGIN
IF NVL(:ldifsync, 0) <> 5 THEN ROLLBACK; RAISE_APPLICATION_ERROR(-20001, 'ldifsync: not all was done, nothing stays'); END IF;
COMMIT;
END;
/
EXIT SUCCESS ROLLBACK
