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
BEGIN TRANSACTION;
IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID(N'[hr].[Staff]') AND name IN (N'id', N'login', N'note', N'code', N'ok', N'price', N'ratio', N'day', N'clock', N'at', N'seen', N'photo', N'guid')) SET IDENTITY_INSERT [hr].[Staff] ON;
GO
INSERT INTO [hr].[Staff] ([id], [login], [note], [code], [ok], [price], [ratio], [day], [clock], [at], [seen], [photo], [guid]) VALUES (1, N'Ann', CAST(N'' AS nvarchar(max)) + N'it''s é' + NCHAR(8203) + N' ' + NCHAR(27) + N'[m  ', N'abc  ', 0, 1.75, N'NaN', N'0044-03-15 BC', '24:00:00', 0x323032362D30322D30335430343A3035, '2026-02-03T05:05:06.25-03:30', 0xDEAD, N'6f9619ff-8b86-d011-b42d-00c04fc964ff');
GO
INSERT INTO [hr].[Staff] ([id], [login], [note], [code], [ok], [price], [ratio], [day], [clock], [at], [seen], [photo], [guid]) VALUES (2, CAST(N'' AS nvarchar(max)) + N'B' + NCHAR(36) + N'(x)&o;', N'/', NULL, 0, -2, 1e10, '2026-12-31', NULL, NULL, NULL, NULL, NULL);
GO
INSERT INTO [hr].[Staff] ([id], [login], [note], [code], [ok], [price], [ratio], [day], [clock], [at], [seen], [photo], [guid]) VALUES (4, N'new', NULL, NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, 0x00, NULL);
GO
COMMIT;
GO
