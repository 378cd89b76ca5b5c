-- changes the tables [hr].[dept], [hr].[desk], [hr].[staff] as in hr-old.sql (1,365 bytes, 8 rows) so that they are as in hr-new.sql (1,365 bytes, 8 rows)
-- 3 inserts, 3 deletes, 1 update
-- [hr].[dept]: 1 insert, 1 delete, 0 updates
-- [hr].[desk]: 1 insert, 1 delete, 0 updates
-- [hr].[staff]: 1 insert, 1 delete, 1 update
-- run: sqlcmd -S SERVER -d DATABASE -b -x -I -f 65001 -i FILE
-- a transaction every 4 changes: where it stops, those before stay, as it says then
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
GO
DECLARE @ldifsync bigint = 0, @message nvarchar(2048);
IF @@TRANCOUNT <> 1 THROW 50000, N'ldifsync: nothing stays', 1;
UPDATE [hr].[dept] SET [head] = NULL WHERE [id] = 10 AND [head] = 2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 1: update hr.dept, id 10: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
DELETE FROM [hr].[desk] WHERE [dept] = 10 AND [room] = '1.01' AND CAST([room] AS nvarchar(max)) + N'.' = N'1.01' + N'.' COLLATE Latin1_General_BIN2 AND [staff] = 2; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 2: delete from hr.desk, dept 10, room 1.01: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
DELETE FROM [hr].[staff] WHERE [id] = 2 AND CAST([login] AS nvarchar(max)) + N'.' = N'bruno' + N'.' COLLATE Latin1_General_BIN2 AND [dept] = 10; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 3: delete from hr.staff, id 2: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
DELETE FROM [hr].[dept] WHERE [id] = 10 AND CAST([code] AS nvarchar(max)) + N'.' = N'sales' + N'.' COLLATE Latin1_General_BIN2 AND [head] IS NULL; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 4: delete from hr.dept, id 10: the row is gone, or no longer as it was in the dump'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE #ldifsync SET done = done + @ldifsync;
GO
IF @@TRANCOUNT <> 1 OR ISNULL((SELECT done FROM #ldifsync), 0) <> 4 THROW 50000, N'ldifsync: not all was done', 1;
COMMIT TRANSACTION;
BEGIN TRANSACTION;
GO
DECLARE @ldifsync bigint = 0, @message nvarchar(2048);
IF @@TRANCOUNT <> 1 THROW 50000, N'ldifsync: nothing stays', 1;
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[dept]') AND name IN (N'id', N'code', N'head')) SET IDENTITY_INSERT [hr].[dept] ON;
INSERT INTO [hr].[dept] ([id], [code], [head]) SELECT 30, N'sales', NULL WHERE NOT EXISTS (SELECT 1 FROM [hr].[dept] WHERE [id] = 30); IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 5: insert into hr.dept, id 30: a row of this key is there already; changes 1 to 4 stay'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[dept]') AND name IN (N'id', N'code', N'head')) SET IDENTITY_INSERT [hr].[dept] OFF;
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[staff]') AND name IN (N'id', N'login', N'dept')) SET IDENTITY_INSERT [hr].[staff] ON;
INSERT INTO [hr].[staff] ([id], [login], [dept]) SELECT 7, N'greta', 30 WHERE NOT EXISTS (SELECT 1 FROM [hr].[staff] WHERE [id] = 7); IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 6: insert into hr.staff, id 7: a row of this key is there already; changes 1 to 4 stay'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[staff]') AND name IN (N'id', N'login', N'dept')) SET IDENTITY_INSERT [hr].[staff] OFF;
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[desk]') AND name IN (N'dept', N'room', N'staff')) SET IDENTITY_INSERT [hr].[desk] ON;
INSERT INTO [hr].[desk] ([dept], [room], [staff]) SELECT 30, N'1.01', 7 WHERE NOT EXISTS (SELECT 1 FROM [hr].[desk] WHERE [dept] = 30 AND [room] = '1.01' AND CAST([room] AS nvarchar(max)) + N'.' = N'1.01' + N'.' COLLATE Latin1_General_BIN2); IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 7: insert into hr.desk, dept 30, room 1.01: a row of this key is there already; changes 1 to 4 stay'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[desk]') AND name IN (N'dept', N'room', N'staff')) SET IDENTITY_INSERT [hr].[desk] OFF;
UPDATE [hr].[staff] SET [dept] = 30 WHERE [id] = 5 AND [dept] = 20; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 8: update hr.staff, id 5: the row is gone, or no longer as it was in the dump; changes 1 to 4 stay'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE #ldifsync SET done = done + @ldifsync;
GO
IF @@TRANCOUNT <> 1 OR ISNULL((SELECT done FROM #ldifsync), 0) <> 8 THROW 50000, N'ldifsync: not all was done', 1;
COMMIT TRANSACTION;
BEGIN TRANSACTION;
GO
DECLARE @ldifsync bigint = 0, @message nvarchar(2048);
IF @@TRANCOUNT <> 1 THROW 50000, N'ldifsync: nothing stays', 1;
UPDATE [hr].[dept] SET [head] = 7 WHERE [id] = 30 AND [head] IS NULL; IF @@ROWCOUNT <> 1 BEGIN SET @message = N'ldifsync: change 9: update hr.dept, id 30: the row is gone, or no longer as it was in the dump; changes 1 to 8 stay'; THROW 50000, @message, 1; END; SET @ldifsync = @ldifsync + 1;
UPDATE #ldifsync SET done = done + @ldifsync;
GO
IF @@TRANCOUNT <> 1 OR ISNULL((SELECT done FROM #ldifsync), 0) <> 9 THROW 50000, N'ldifsync: not all was done', 1;
COMMIT TRANSACTION;
GO
