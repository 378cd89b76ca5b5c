--
-- PostgreSQL database dump
--

SET standard_conforming_strings = on;

CREATE TABLE public.department (
    department_id integer NOT NULL,
    name character varying(60) NOT NULL
);

CREATE TABLE public.employee (
    staff_id integer NOT NULL,
    login character varying(32) NOT NULL,
    given_name character varying(60) NOT NULL,
    surname character varying(60) NOT NULL,
    department_id integer,
    employed boolean DEFAULT true NOT NULL
);

CREATE TABLE public.unix_group (
    name character varying(32) NOT NULL,
    gid integer NOT NULL
);

CREATE TABLE public.unix_group_member (
    group_name character varying(32) NOT NULL,
    staff_id integer NOT NULL
);

COPY public.department (department_id, name) FROM stdin;
10	Sales
20	Workshop
\.

COPY public.employee (staff_id, login, given_name, surname, department_id, employed) FROM stdin;
1001	adele	Adele	Arndt	10	t
1002	bruno	Bruno	Basso	20	t
1003	chiara	Chiara	Conti	20	t
1004	dmitri	Dmitri	Dorn	10	f
1005	eskil	Eskil	Ek	20	t
1006	fatima	Fatima	Farah	10	t
1007	grete	Grete	Götz	\N	t
\.

COPY public.unix_group (name, gid) FROM stdin;
lathe	5001
sales	5002
\.

COPY public.unix_group_member (group_name, staff_id) FROM stdin;
lathe	1002
lathe	1003
lathe	1007
sales	1001
sales	1006
\.

ALTER TABLE ONLY public.department
    ADD CONSTRAINT department_pkey PRIMARY KEY (department_id);

ALTER TABLE ONLY public.employee
    ADD CONSTRAINT employee_pkey PRIMARY KEY (staff_id);

ALTER TABLE ONLY public.employee
    ADD CONSTRAINT employee_login_key UNIQUE (login);

ALTER TABLE ONLY public.unix_group_member
    ADD CONSTRAINT unix_group_member_pkey PRIMARY KEY (group_name, staff_id);

ALTER TABLE ONLY public.unix_group
    ADD CONSTRAINT unix_group_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.employee
    ADD CONSTRAINT employee_department_id_fkey FOREIGN KEY (department_id) REFERENCES public.department(department_id);

ALTER TABLE ONLY public.unix_group_member
    ADD CONSTRAINT unix_group_member_group_name_fkey FOREIGN KEY (group_name) REFERENCES public.unix_group(name);

ALTER TABLE ONLY public.unix_group_member
    ADD CONSTRAINT unix_group_member_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES public.employee(staff_id);

--
-- PostgreSQL database dump complete
--
