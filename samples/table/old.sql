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

COPY hr.staff (id, login, mail, boss, salary, active, badge, seen) FROM stdin;
1	adele	adele@example.com	\N	71000.00	t	\\x01a0	2026-11-20 08:00:00+00
2	bruno	sales@example.com	1	52000.00	t	\\x01a1	2026-11-20 09:30:00+01
3	chiara	info@example.com	1	52500.00	t	\N	2026-11-19 16:12:00+00
4	dmitri	dmitri@example.com	3	48000.00	f	\N	\N
\.

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (id);

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_mail_key UNIQUE (mail);

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_boss_fkey FOREIGN KEY (boss) REFERENCES hr.staff(id);

--
-- PostgreSQL database dump complete
--
