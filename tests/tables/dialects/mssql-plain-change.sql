-- changes the table [staff] as in old.csv (72 bytes, 3 rows) so that it is as in new.csv (80 bytes, 3 rows)
-- 1 insert, 1 delete, 2 updates
-- run: sqlcmd -S SERVER -d DATABASE -b -x -I -f 65001 -i change.sql
-- one transaction: all of it stays, or nothing
-- it stops where a row is gone, or in a column that changes (of a row that goes: in any) not as in the dump, or where one that comes is there already
-- not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do
-- texts are compared by their code points with a dot behind them, so that blanks at the end count
-- a column of type text, ntext, image or xml, which have no equality, must be named in --types where no dump defines it; xml must be left out
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
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[staff]') AND name IN (N'Team No', N'key', N'mail', N'note')) SET IDENTITY_INSERT [staff] ON;
GO
DECLARE @ldifsync bigint = 0, @message nvarchar(2048);
IF @@TRANCOUNT <> 1 THROW 50000, N'ldifsync: nothing stays', 1;
DELETE FROM [staff] WHERE [Team No] = '2' AND CAST([Team No] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [Team No] ELSE N'2' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [key] = 'a' AND CAST([key] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [key] ELSE N'a' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [mail] IS NULL AND [note] = N'two' AND CAST([note] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [note] ELSE N'two' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 1: delete from staff, Team No 2, key a: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE [staff] SET [mail] = N'~1' WHERE [Team No] = '1' AND CAST([Team No] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [Team No] ELSE N'1' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [key] = 'a' AND CAST([key] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [key] ELSE N'a' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [mail] = N'x@example.com' AND CAST([mail] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [mail] ELSE N'x@example.com' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 2: update staff, Team No 1, key a: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE [staff] SET [mail] = N'~2' WHERE [Team No] = '1' AND CAST([Team No] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [Team No] ELSE N'1' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [key] = 'b' AND CAST([key] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [key] ELSE N'b' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [mail] = N'y@example.com' AND CAST([mail] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [mail] ELSE N'y@example.com' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 3: update staff, Team No 1, key b: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
INSERT INTO [staff] ([Team No], [key], [mail], [note]) SELECT N'2', N'ä', NULL, N'' WHERE NOT EXISTS (SELECT 1 FROM [staff] WHERE [Team No] = '2' AND CAST([Team No] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [Team No] ELSE N'2' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [key] = N'ä' AND CAST([key] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [key] ELSE N'ä' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2); IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 4: insert into staff, Team No 2, key ä: a row of this key is there already'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE [staff] SET [mail] = N'y@example.com' WHERE [Team No] = '1' AND CAST([Team No] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [Team No] ELSE N'1' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [key] = 'a' AND CAST([key] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [key] ELSE N'a' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [mail] = N'~1' AND CAST([mail] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [mail] ELSE N'~1' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 5: update staff, Team No 1, key a: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE [staff] SET [mail] = N'x@example.com', [note] = CAST(N'' AS nvarchar(max)) + N'one' + NCHAR(13) + NCHAR(10) + N'more' WHERE [Team No] = '1' AND CAST([Team No] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [Team No] ELSE N'1' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [key] = 'b' AND CAST([key] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [key] ELSE N'b' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [mail] = N'~2' AND CAST([mail] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [mail] ELSE N'~2' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [note] = N'one' AND CAST([note] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [note] ELSE N'one' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 6: update staff, Team No 1, key b: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE #ldifsync SET done = done + @ldifsync;
GO
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[staff]') AND name IN (N'Team No', N'key', N'mail', N'note')) SET IDENTITY_INSERT [staff] OFF;
IF @@TRANCOUNT <> 1 OR ISNULL((SELECT done FROM #ldifsync), 0) <> 6 THROW 50000, N'ldifsync: not all was done, nothing stays', 1;
COMMIT TRANSACTION;
GO
