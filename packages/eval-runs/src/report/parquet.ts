import { rename, rm } from "node:fs/promises";
import { ArgumentError } from "@drum/tensor";
import type { RunReport } from "./run-report.ts";

type Value = string | number | null;

/** A column of the file: its name, DuckDB's type of it, and its value of each unit. */
interface Column {
	readonly name: string;
	readonly type: "VARCHAR" | "INTEGER" | "DOUBLE";
	readonly of: (unit: RunReport["units"][number]) => Value;
}

/**
 * Every unit of a run as a row of one Parquet file, by DuckDB.
 * @throws ArgumentError where `@duckdb/node-api`, which is an optional peer of this package, is not installed.
 */
export async function writeParquet(run: RunReport, path: string): Promise<void> {
	const { DuckDBInstance } = await loadDuckDB();
	const columns = columnsOf(run);
	const instance = await DuckDBInstance.create(":memory:");
	const connection = await instance.connect();
	const written = `${path}.part`;
	try {
		const types = columns.map(({ name, type }) => `"${name}" ${type}`).join(", ");
		await connection.run(`create table units (${types})`);
		const appender = await connection.createAppender("units");
		for (const unit of run.units) {
			for (const { type, of } of columns) {
				const value = of(unit);
				if (value === null) appender.appendNull();
				else if (type === "VARCHAR") appender.appendVarchar(String(value));
				else if (type === "INTEGER") appender.appendInteger(Number(value));
				else appender.appendDouble(Number(value));
			}
			appender.endRow();
		}
		appender.closeSync();
		await connection.run(`copy units to '${written.replaceAll("'", "''")}' (format parquet)`);
		await rename(written, path);
	} finally {
		connection.closeSync();
		instance.closeSync();
		await rm(written, { force: true });
	}
}

function columnsOf({ settings, users, units, models }: RunReport): Column[] {
	const encoders = [...new Set(units.flatMap(({ measurement }) => Object.keys(measurement.textAlign)))];
	const names = new Map(models.map(({ source, name }) => [source, name]));
	const text = (name: string, of: Column["of"]): Column => ({ name, type: "VARCHAR", of });
	const integer = (name: string, of: Column["of"]): Column => ({ name, type: "INTEGER", of });
	const number = (name: string, of: Column["of"]): Column => ({ name, type: "DOUBLE", of });
	const sources = settings.models;
	return [
		text("model", ({ model }) => sources[model]!),
		text("model_name", ({ model }) => names.get(sources[model]!) ?? null),
		text("user", ({ user }) => users[user]!.id),
		integer("user_number", ({ user }) => user),
		integer("history", ({ user }) => users[user]!.history),
		text("method", ({ method }) => method),
		integer("references", ({ measurement }) => measurement.references),
		number("clip_score_target", ({ measurement }) => measurement.clipScore?.target ?? null),
		number("clip_score_history", ({ measurement }) => measurement.clipScore?.history ?? null),
		...encoders.flatMap((encoder) => [
			number(`text_align_${encoder}_target`, ({ measurement }) => measurement.textAlign[encoder]?.target ?? null),
			number(`text_align_${encoder}_history`, ({ measurement }) => measurement.textAlign[encoder]?.history ?? null),
		]),
		text("prompts", ({ measurement }) => (measurement.prompts ? JSON.stringify(measurement.prompts) : null)),
		number("seconds", ({ measurement }) => measurement.seconds),
		text("machine", ({ machine }) => machine),
	];
}

async function loadDuckDB() {
	try {
		return await import("@duckdb/node-api");
	} catch (cause) {
		throw new ArgumentError({
			what: "@duckdb/node-api",
			expected: "to be installed, to write Parquet",
			found: (cause as Error).message,
			next: "npm install @duckdb/node-api",
			cause,
		});
	}
}
