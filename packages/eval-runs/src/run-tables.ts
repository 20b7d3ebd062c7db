import type { Reference } from "@drum/peca";
import { type ColumnType, type JSONColumnType, type Kysely, sql } from "kysely";
import type { RunSettings } from "./settings.ts";
import type { Measurement } from "./study-options.ts";

/** A column of bytes: node-postgres gives a Buffer, PGlite a Uint8Array, and each takes both. */
type Bytes = ColumnType<Uint8Array, Uint8Array, Uint8Array>;

/** The tables of a run, as the migrations make them. */
export interface RunTables {
	/** One row. */
	run: { id: 1; settings: JSONColumnType<RunSettings> };
	/** As they were read when the run began, so that a worker needs no data set. */
	users: {
		number: number;
		id: string;
		history: JSONColumnType<readonly Reference[]>;
		targets: JSONColumnType<readonly string[]>;
	};
	/** Users of the data who cannot be evaluated. */
	left_out: { number: number; id: string; place: string; reason: string };
	/** What the first worker found of each model of the settings, by its place there. */
	models: {
		model: number;
		/** As the paper calls it. */
		name: string;
		fingerprint: string;
		/** How often its users were put into the queue. */
		rounds: number;
	};
	units: {
		model: number;
		user_number: number;
		method: string;
		measurement: JSONColumnType<Measurement>;
		/** Where it was measured. */
		machine: string;
	};
	pictures: { model: number; user_number: number; method: string; picture: number; png: Bytes };
}

/** `json` and not `jsonb`, which knows no U+0000: a prompt may hold it. */
async function begin(db: Kysely<unknown>): Promise<void> {
	const statements = `
create table run (id integer primary key check (id = 1), settings json not null);
create table users (
	number integer primary key,
	id text not null unique,
	history json not null,
	targets json not null
);
create table models (
	model integer primary key,
	name text not null,
	fingerprint text not null,
	rounds integer not null default 0
);
create table units (
	model integer not null,
	user_number integer not null references users,
	method text not null,
	measurement json not null,
	machine text not null,
	primary key (model, user_number, method)
);
create table pictures (
	model integer not null,
	user_number integer not null,
	method text not null,
	picture integer not null,
	png bytea not null,
	primary key (model, user_number, method, picture),
	foreign key (model, user_number, method) references units
)`;
	for (const statement of statements.split(";")) await sql.raw(statement).execute(db);
}

async function leaveOut(db: Kysely<unknown>): Promise<void> {
	const columns = "number integer primary key, id text not null, place text not null, reason text not null";
	await sql.raw(`create table left_out (${columns})`).execute(db);
}

/** By names that no other program gives: a database that is not a run's is then refused. */
export const RUN_MIGRATIONS = {
	"0001-evaluation-run": { up: begin },
	"0002-evaluation-run-left-out": { up: leaveOut },
};
