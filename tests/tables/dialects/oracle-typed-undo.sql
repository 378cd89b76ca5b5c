SET DEFINE OFF
-- undoes the change of the table "HR"."Staff" from old.csv to new.csv
-- run: NLS_LANG=.AL32UTF8 sqlplus -S -L USER@DATABASE @change.sql
-- one transaction: all of it stays, or nothing
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
UPDATE "HR"."Staff" SET "NOTE" = NULL, "DAY" = NULL WHERE "ID" = 2 AND DBMS_LOB.COMPARE(TO_CLOB("NOTE"), TO_CLOB('/')) = 0 AND "DAY" = TIMESTAMP '2026-12-31 00:00:00'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 1: update hr.Staff, id 2: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
UPDATE "HR"."Staff" SET "LOGIN" = 'ann', "NOTE" = 'a' || CHR(10) || 'b', "CODE" = 'ab', "OK" = 1, "PRICE" = 1.50, "RATIO" = 0.1, "DAY" = TIMESTAMP '2026-02-03 00:00:00', "CLOCK" = '04:05:06', "AT" = TIMESTAMP '2026-02-03 04:05:06.7', "SEEN" = TIMESTAMP '2026-02-03 04:05:06 +01:00', "PHOTO" = HEXTORAW('00FF'), "GUID" = '6F9619FF-8B86-D011-B42D-00C04FC964FF' WHERE "ID" = 1 AND DBMS_LOB.COMPARE(TO_CLOB("LOGIN"), TO_CLOB('Ann')) = 0 AND DBMS_LOB.COMPARE(TO_CLOB("NOTE"), TO_CLOB('it''s é' || TO_CHAR(UNISTR('\200B')) || ' ' || CHR(27) || '[m  ')) = 0 AND "CODE" = 'abc  ' AND "OK" = 0 AND "PRICE" = 1.75 AND "RATIO" = 'NaN' AND "DAY" = '0044-03-15 BC' AND "CLOCK" = '24:00:00' AND "AT" = TIMESTAMP '2026-02-03 04:05:00' AND "SEEN" = TIMESTAMP '2026-02-03 05:05:06.25 -03:30' AND DBMS_LOB.COMPARE("PHOTO", TO_BLOB(HEXTORAW('DEAD'))) = 0 AND "GUID" = '6f9619ff-8b86-d011-b42d-00c04fc964ff'; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 2: update hr.Staff, id 1: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
DELETE FROM "HR"."Staff" WHERE "ID" = 4 AND DBMS_LOB.COMPARE(TO_CLOB("LOGIN"), TO_CLOB('new')) = 0 AND "NOTE" IS NULL AND "CODE" IS NULL AND "OK" = 1 AND "PRICE" = 0 AND "RATIO" IS NULL AND "DAY" IS NULL AND "CLOCK" IS NULL AND "AT" IS NULL AND "SEEN" IS NULL AND DBMS_LOB.COMPARE("PHOTO", TO_BLOB(HEXTORAW('00'))) = 0 AND "GUID" IS NULL; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 3: delete from hr.Staff, id 4: the row is gone, or no longer as it was in the dump'); END IF; ldifsync_done := ldifsync_done + 1;
INSERT INTO "HR"."Staff" ("ID", "LOGIN", "NOTE", "CODE", "OK", "PRICE", "RATIO", "DAY", "CLOCK", "AT", "SEEN", "PHOTO", "GUID") SELECT 3, 'gone', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM "HR"."Staff" WHERE "ID" = 3); IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: change 4: insert into hr.Staff, id 3: a row of this key is there already'); END IF; ldifsync_done := ldifsync_done + 1;
:ldifsync := :ldifsync + ldifsync_done;
END;
/
SET CONSTRAINTS ALL IMMEDIATE;
BEGIN
IF NVL(:ldifsync, 0) <> 4 THEN ROLLBACK; RAISE_APPLICATION_ERROR(-20001, 'ldifsync: not all was done, nothing stays'); END IF;
COMMIT;
END;
/
EXIT SUCCESS ROLLBACK
