-- changes the table [staff] as in old.csv (251 bytes, 3 rows) so that it is as in new.csv (278 bytes, 3 rows)
-- 2 inserts, 2 deletes, 1 update
-- run: sqlcmd -S SERVER -d DATABASE -b -x -I -f 65001 -i change.sql
-- one transaction: all of it stays, or nothing
-- it stops where a row is gone, or where one that comes is there already
-- not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do
-- texts are compared by their code points with a dot behind them, so that blanks at the end count
-- a column of type text, ntext, image or xml, which have no equality, must be named in --types where no dump defines it; xml must be left out
-- left out: code, ok, price, ratio, day, clock, at, seen, photo, guid: what is inserted, also by the way back, has the default there
-- undo: undo.sql
:on error exit
SET XACT_ABORT ON;
SET NOCOUNT ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET QUOTED_IDENTIFIER ON;
SET NUMERIC_ROUNDABORT OFF;
SET IMPLICIT_TRANSACTIONS OFF;
SET ROWCOUNT 0;
SET DATEFORMAT ymd;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
IF @@TRANCOUNT <> 0 THROW 50000, N'ldifsync: a transaction is open already', 1;
IF UNICODE(N'€') <> 8364 THROW 50000, N'ldifsync: the client does not read UTF-8: run it with -f 65001', 1;
CREATE TABLE #ldifsync (done bigint NOT NULL);
BEGIN TRANSACTION;
INSERT INTO #ldifsync VALUES (0);
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[staff]') AND name IN (N'id', N'login', N'note')) SET IDENTITY_INSERT [staff] ON;
GO
DECLARE @ldifsync bigint = 0, @message nvarchar(2048);
IF @@TRANCOUNT <> 1 THROW 50000, N'ldifsync: nothing stays', 1;
DELETE FROM [staff] WHERE [login] = 'gone' AND CAST([login] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [login] ELSE N'gone' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [id] = '3' AND CAST([id] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [id] ELSE N'3' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 1: delete from staff, login gone, id 3: the row is gone'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
DELETE FROM [staff] WHERE [login] = 'ann' AND CAST([login] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [login] ELSE N'ann' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [id] = '1' AND CAST([id] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [id] ELSE N'1' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 2: delete from staff, login ann, id 1: the row is gone'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
INSERT INTO [staff] ([id], [login], [note]) SELECT N'1', N'Ann', CAST(N'' AS nvarchar(max)) + N'it''s é' + NCHAR(8203) + N' ' + NCHAR(27) + N'[m  ' WHERE NOT EXISTS (SELECT 1 FROM [staff] WHERE [login] = 'Ann' AND CAST([login] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [login] ELSE N'Ann' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [id] = '1' AND CAST([id] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [id] ELSE N'1' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2); IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 3: insert into staff, login Ann, id 1: a row of this key is there already'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
INSERT INTO [staff] ([id], [login], [note]) SELECT N'4', N'new', NULL WHERE NOT EXISTS (SELECT 1 FROM [staff] WHERE [login] = 'new' AND CAST([login] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [login] ELSE N'new' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [id] = '4' AND CAST([id] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [id] ELSE N'4' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2); IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 4: insert into staff, login new, id 4: a row of this key is there already'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE [staff] SET [note] = N'/' WHERE [login] = CAST(N'' AS nvarchar(max)) + N'B' + NCHAR(36) + N'(x)&o;' AND CAST([login] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [login] ELSE CAST(N'' AS nvarchar(max)) + N'B' + NCHAR(36) + N'(x)&o;' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [id] = '2' AND CAST([id] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [id] ELSE N'2' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = CAST(N'' AS nvarchar(max)) + N'ldifsync: change 5: update staff, login B' + NCHAR(36) + N'(x)&o;, id 2: the row is gone'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE #ldifsync SET done = done + @ldifsync;
GO
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[staff]') AND name IN (N'id', N'login', N'note')) SET IDENTITY_INSERT [staff] OFF;
IF @@TRANCOUNT <> 1 OR ISNULL((SELECT done FROM #ldifsync), 0) <> 5 THROW 50000, N'ldifsync: not all was done, nothing stays', 1;
COMMIT TRANSACTION;
GO
