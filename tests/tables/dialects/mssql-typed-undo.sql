-- undoes the change of the table [hr].[Staff] from old.csv to new.csv
-- run: sqlcmd -S SERVER -d DATABASE -b -x -I -f 65001 -i change.sql
-- one transaction: all of it stays, or nothing
-- it stops where a row is gone, or in a column that changes (of a row that goes: in any) not as in the dump, or where one that comes is there already
-- not guarded: columns that are not named here, and what triggers and ON DELETE CASCADE do
-- texts are compared by their code points with a dot behind them, so that blanks at the end count
-- a column of type text, ntext, image or xml, which have no equality, must be named in --types where no dump defines it; xml must be left out
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
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[Staff]') AND name IN (N'id', N'login', N'note', N'code', N'ok', N'price', N'ratio', N'day', N'clock', N'at', N'seen', N'photo', N'guid')) SET IDENTITY_INSERT [hr].[Staff] ON;
GO
DECLARE @ldifsync bigint = 0, @message nvarchar(2048);
IF @@TRANCOUNT <> 1 THROW 50000, N'ldifsync: nothing stays', 1;
UPDATE [hr].[Staff] SET [note] = NULL, [day] = NULL WHERE [id] = 2 AND CAST([note] AS nvarchar(max)) + N'.' = N'/' + N'.' COLLATE Latin1_General_BIN2 AND [day] = '2026-12-31'; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 1: update hr.Staff, id 2: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE [hr].[Staff] SET [login] = N'ann', [note] = CAST(N'' AS nvarchar(max)) + N'a' + NCHAR(10) + N'b', [code] = N'ab', [ok] = 1, [price] = 1.50, [ratio] = 0.1, [day] = '2026-02-03', [clock] = '04:05:06', [at] = 0x323032362D30322D30332030343A30353A30362E37, [seen] = '2026-02-03T04:05:06+01:00', [photo] = 0x00FF, [guid] = N'6F9619FF-8B86-D011-B42D-00C04FC964FF' WHERE [id] = 1 AND CAST([login] AS nvarchar(max)) + N'.' = N'Ann' + N'.' COLLATE Latin1_General_BIN2 AND CAST([note] AS nvarchar(max)) + N'.' = CAST(N'' AS nvarchar(max)) + N'it''s é' + NCHAR(8203) + N' ' + NCHAR(27) + N'[m  ' + N'.' COLLATE Latin1_General_BIN2 AND CAST([code] AS nvarchar(max)) = N'abc  ' COLLATE Latin1_General_BIN2 AND [ok] = 0 AND [price] = 1.75 AND [ratio] = N'NaN' AND CAST([ratio] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [ratio] ELSE N'NaN' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [day] = N'0044-03-15 BC' AND CAST([day] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [day] ELSE N'0044-03-15 BC' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2 AND [clock] = '24:00:00' AND CAST([at] AS varbinary(max)) = 0x323032362D30322D30335430343A3035 AND DATALENGTH([at]) = 16 AND [seen] = '2026-02-03T05:05:06.25-03:30' AND CAST([photo] AS varbinary(max)) = 0xDEAD AND DATALENGTH([photo]) = 2 AND [guid] = N'6f9619ff-8b86-d011-b42d-00c04fc964ff' AND CAST([guid] AS nvarchar(max)) + N'.' = CAST(CASE WHEN 1 = 0 THEN [guid] ELSE N'6f9619ff-8b86-d011-b42d-00c04fc964ff' END AS nvarchar(max)) + N'.' COLLATE Latin1_General_BIN2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 2: update hr.Staff, id 1: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
DELETE FROM [hr].[Staff] WHERE [id] = 4 AND CAST([login] AS nvarchar(max)) + N'.' = N'new' + N'.' COLLATE Latin1_General_BIN2 AND [note] IS NULL AND [code] IS NULL AND [ok] = 1 AND [price] = 0 AND [ratio] IS NULL AND [day] IS NULL AND [clock] IS NULL AND [at] IS NULL AND [seen] IS NULL AND CAST([photo] AS varbinary(max)) = 0x00 AND DATALENGTH([photo]) = 1 AND [guid] IS NULL; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 3: delete from hr.Staff, id 4: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
INSERT INTO [hr].[Staff] ([id], [login], [note], [code], [ok], [price], [ratio], [day], [clock], [at], [seen], [photo], [guid]) SELECT 3, N'gone', N'', N'', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0x, NULL WHERE NOT EXISTS (SELECT 1 FROM [hr].[Staff] WHERE [id] = 3); IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 4: insert into hr.Staff, id 3: a row of this key is there already'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE #ldifsync SET done = done + @ldifsync;
GO
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[Staff]') AND name IN (N'id', N'login', N'note', N'code', N'ok', N'price', N'ratio', N'day', N'clock', N'at', N'seen', N'photo', N'guid')) SET IDENTITY_INSERT [hr].[Staff] OFF;
IF @@TRANCOUNT <> 1 OR ISNULL((SELECT done FROM #ldifsync), 0) <> 4 THROW 50000, N'ldifsync: not all was done, nothing stays', 1;
COMMIT TRANSACTION;
GO
