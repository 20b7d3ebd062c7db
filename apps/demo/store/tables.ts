import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { JobProgress, JobRequest, JobStatus, MapPoint, Pick, Problem, Warning } from "../api/index.ts";

type Made = Generated<Date>;
/** A column of bytes: node-postgres gives a Buffer, PGlite a Uint8Array, and each takes both. */
type Bytes = ColumnType<Uint8Array, Uint8Array, Uint8Array>;
/** None unless they are given. */
type Warnings = JSONColumnType<Warning[], string | undefined>;

/** The tables, as the migrations make them. */
export interface Tables {
	users: { id: Generated<string>; name: string; created_at: Made };
	/** SHA-256 of each token; the token itself is shown once and not kept. */
	tokens: { hash: Bytes; user_id: string; created_at: Made };
	/** Random bytes by which the service knows what it has signed itself. */
	secrets: { name: string; value: Bytes };
	histories: {
		id: Generated<string>;
		user_id: string;
		name: string;
		/** Of one that came with a request and goes with it: when it goes at the latest. */
		until: ColumnType<Date | null, Date | undefined, never>;
		/** Of its prompts. */
		bytes: Generated<string>;
		/** How often a prompt of it was deleted or reworded. */
		removals: Generated<number>;
		created_at: Made;
		updated_at: Made;
	};
	/** Of browsers: SHA-256 of each one's secret, which the browser has. */
	sessions: { hash: Bytes; user_id: string; created_at: Made; ends_at: Date };
	/** One row: what tells this service from others. */
	service: { id: Generated<string> };
	/** `place` orders a history, oldest first. */
	entries: {
		id: Generated<string>;
		history_id: string;
		place: Generated<string>;
		prompt: string;
		intensity: number;
		/** When it was asked for; none of those that were there before it was kept. */
		at: ColumnType<Date | null, Date | string | undefined, never>;
	};
	/** The text feature of each entry by each model: float32 numbers, little-endian. */
	features: { entry_id: string; model: string; feature: Bytes };
	profiles: {
		id: Generated<string>;
		user_id: string;
		history_id: string;
		model: string;
		/** SHA-256 of all that the profile depends on: entries, sampling, encoders. */
		key: string;
		/** Which parts are its file; none until all are there, and when it was made room for newer ones. */
		file: string | null;
		/** The object that is its file, in place of parts. */
		object: string | null;
		/** Of its file. */
		bytes: Generated<string>;
		view: JSONColumnType<{ picks: Pick[]; map: MapPoint[]; variance: [number, number] }>;
		/** Prompts of the history whose ends are not read. */
		warnings: Warnings;
		created_at: Made;
	};
	/** Tastes under names, by short ids. */
	named_profiles: {
		id: string;
		user_id: string;
		name: string;
		parts: JSONColumnType<{ historyId: string; weight: number }[]>;
		shared: boolean;
		created_at: Made;
	};
	/** A profile as the bytes of a safetensors file, cut in parts, from 0. */
	profile_parts: { profile_id: string; file: string; part: number; bytes: Bytes };
	/** Objects of the store outside that no row names (any more): removed when they are due, unless a row names them before that. */
	objects_to_remove: { name: string; due: Generated<Date>; begun: Generated<boolean> };
	jobs: {
		id: Generated<string>;
		user_id: string;
		version: Generated<number>;
		/** Of jobs that wait, those of lower turns come first. */
		turn: Generated<number>;
		status: Generated<JobStatus>;
		request: JSONColumnType<JobRequest>;
		progress: JSONColumnType<JobProgress> | null;
		problem: JSONColumnType<Problem> | null;
		warnings: Warnings;
		/** Of the request's history; none when the request has none, or it was deleted. */
		history_id: string | null;
		profile_id: string | null;
		/** The newest preview: a PNG, and which picture and step it shows. */
		preview: ColumnType<Uint8Array | null, Uint8Array | null | undefined, Uint8Array | null>;
		preview_of: JSONColumnType<{ place: number; step: number; total: number }> | null;
		/** The client's `Idempotency-Key`, and a hash of what it asked with it. */
		idempotency_key: string | null;
		request_hash: string;
		created_at: Made;
		started_at: Date | null;
		ended_at: Date | null;
	};
	/** Files that a job begins from; gone as soon as it has ended. */
	inputs: { job_id: string; name: "image" | "mask"; user_id: string; file: Bytes; bytes: number };
	pictures: {
		id: Generated<string>;
		job_id: string;
		user_id: string;
		place: number;
		alpha: number;
		seed: string;
		width: number;
		height: number;
		/** Its file, or else the object that is its file. */
		png: ColumnType<Uint8Array | null, Uint8Array | undefined, Uint8Array | null>;
		object: ColumnType<string | null, string | undefined, string | null>;
		/** Of its file. */
		bytes: Generated<string>;
		created_at: Made;
	};
}
