//! One binary for all tests: helpers first, then what is tested.

#![allow(unreachable_pub, reason = "nothing outside uses a test binary")]
#![allow(clippy::print_stderr, reason = "a test says what it left out and how to run it again")]

/// The notation of `grammar/`: read, recognised, drawn from.
mod abnf;
/// `--server ad`: what Active Directory does by itself, and what it refuses.
mod active_directory;
/// `apply`: an export after changes, without a server.
mod apply;
/// `apply --keep-going`: records of the export that cannot be read.
mod apply_rejects;
/// `--assert`: what records expect of a server.
mod assertions;
/// Random change records, good and bad.
mod changes;
/// `check`: every fault of a file.
mod check;
/// The command line: help, pages, exit statuses.
mod cli;
/// Every console block of README and GUIDE, run.
mod console;
/// A server that all tests of one run share.
mod daemon;
/// A real 389 Directory Server for all tests.
mod dirsrv;
/// A small Active Directory in memory.
mod domain;
/// Random domains and random edits of them.
mod domains;
/// `--server 389ds`: what 389 Directory Server does by itself.
mod ds389;
/// Inputs at which other tools fail.
mod edges;
/// Every error the program can print, word for word.
mod errors;
/// Unique values that go from one entry to another, with the model as judge.
mod exchanges;
/// Exports that leave out levels of the tree.
mod gaps;
/// The law of what is read, held against the parsers.
mod grammar;
/// JSON lines of entries and of changes, wherever LDIF is read.
mod json_lines;
/// Bad records are skipped, and protect their counterparts.
mod keep_going;
/// What `diff` promises, on random trees and a model of a server.
mod laws;
/// The source keeps its layers, its headers and its third-party crates in their place.
mod layers;
/// LDIF for tests, read and written independently of the library.
mod ldif;
/// One call of the library.
mod library;
/// The safety limits.
mod limits;
/// The literals of SQL dumps.
mod literals;
/// `mapping check`: every mistake of a mapping file.
mod mapping;
/// A small server in memory, the oracle of the laws.
mod model;
/// What is left of a change still applies.
mod narrow;
/// The proof on a real OpenLDAP server.
mod openldap;
/// One run of `diff`, and the parts of what it wrote.
mod plan;
/// What Active Directory does with members by itself, where a part is selected.
mod primary_groups;
/// What a profile promises of its server, word for word.
mod profiles;
/// `--max-record-size`: long lists in several records.
mod records;
/// Faults that were found once.
mod regression;
/// What is rejected is not touched, on random trees.
mod rejected;
/// Changes as CSV and through templates.
mod renditions;
/// Random choices from a seed.
mod rng;
/// What the tests know of the schema.
mod rules;
/// A real Active Directory for all tests.
mod samba;
/// The proof on a real Active Directory.
mod samba_proof;
/// What Samba does by itself, one rule a test.
mod samba_rules;
/// The samples are what their pages say.
mod samples;
/// Selecting, and what depends on what is left out.
mod select;
/// The shapes of a change, word for word.
mod shapes;
/// A real OpenLDAP server for one test.
mod slapd;
/// LDIF in random spelling.
mod speller;
/// Tables: scripts run by the clients of real databases.
mod tables;
/// `transform`: records selected, edited, converted.
mod transform;
/// The model of a directory.
mod tree;
/// Random directories and random edits of them.
mod trees;
/// Scratch folders, the program, seeded cases.
mod util;
/// Single change records by `slapd` and by `apply`.
mod verdicts;
/// Threads, parts and ways in change nothing.
mod ways;
