--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

CREATE TABLE hr.staff (
    id integer NOT NULL,
    login text NOT NULL,
    mail text,
    boss integer,
    salary numeric,
    active boolean,
    badge bytea,
    seen timestamp with time zone
);

--
-- Data for Name: staff; Type: TABLE DATA; Schema: hr; Owner: hr
--

INSERT INTO hr.staff VALUES (1, 'adele', 'adele@example.com', NULL, 71000, true, '\x01a0', '2026-11-20 09:00:00+01');
INSERT INTO hr.staff VALUES (2, 'bruno', 'info@example.com', 7, 52000.0, true, '\x01a1', '2026-11-20 08:30:00+00');
INSERT INTO hr.staff VALUES (3, 'chiara', 'sales@example.com', 7, 54000, true, NULL, '2026-11-19 16:12:00+00');
INSERT INTO hr.staff VALUES (5, 'eskil', 'eskil@example.com', 7, 47000, true, NULL, NULL);
INSERT INTO hr.staff VALUES (7, 'greta', 'greta@example.com', 1, 60000, true, '\x01a7', NULL);

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (id);

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_mail_key UNIQUE (mail);

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_boss_fkey FOREIGN KEY (boss) REFERENCES hr.staff(id);

--
-- PostgreSQL database dump complete
--
