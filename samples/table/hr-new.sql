--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

CREATE TABLE hr.dept (
    id integer NOT NULL,
    code text NOT NULL,
    head integer
);

CREATE TABLE hr.desk (
    dept integer NOT NULL,
    room text NOT NULL,
    staff integer
);

CREATE TABLE hr.staff (
    id integer NOT NULL,
    login text NOT NULL,
    dept integer NOT NULL
);

COPY hr.dept (id, code, head) FROM stdin;
20	works	3
30	sales	7
\.

COPY hr.desk (dept, room, staff) FROM stdin;
20	1.02	3
20	1.03	5
30	1.01	7
\.

COPY hr.staff (id, login, dept) FROM stdin;
3	chiara	20
5	eskil	30
7	greta	30
\.

ALTER TABLE ONLY hr.dept
    ADD CONSTRAINT dept_pkey PRIMARY KEY (id);

ALTER TABLE ONLY hr.dept
    ADD CONSTRAINT dept_code_key UNIQUE (code);

ALTER TABLE ONLY hr.desk
    ADD CONSTRAINT desk_pkey PRIMARY KEY (dept, room);

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (id);

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_login_key UNIQUE (login);

ALTER TABLE ONLY hr.dept
    ADD CONSTRAINT dept_head_fkey FOREIGN KEY (head) REFERENCES hr.staff(id);

ALTER TABLE ONLY hr.desk
    ADD CONSTRAINT desk_staff_fkey FOREIGN KEY (staff) REFERENCES hr.staff(id);

ALTER TABLE ONLY hr.staff
    ADD CONSTRAINT staff_dept_fkey FOREIGN KEY (dept) REFERENCES hr.dept(id);

--
-- PostgreSQL database dump complete
--
