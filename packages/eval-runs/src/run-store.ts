import { type Database, type DatabasePlace, openDatabase } from "@drum/database";
import type { EvaluationUser, LeftOutUser } from "@drum/eval";
import { ArgumentError } from "@drum/tensor";
import { type Kysely, sql } from "kysely";
import { RUN_MIGRATIONS, type RunTables } from "./run-tables.ts";
import { checkSame, checkSettings, type RunSettings } from "./settings.ts";
import type { Measurement, NumberedUser } from "./study-options.ts";

/** A measurement with what it is of: a user, a method, a model. */
export interface Unit {
	/** Its place in the settings' models. */
	readonly model: number;
	/** The user's number. */
	readonly user: number;
	/** The method's name. */
	readonly method: string;
	readonly measurement: Measurement;
	readonly machine: string;
}

export interface KeptPicture {
	readonly model: number;
	readonly user: number;
	readonly method: string;
	/** Of which target. */
	readonly picture: number;
	readonly png: Uint8Array;
}

/** A run as its database keeps it: settings, users, and what was measured. Each unit is written once, and stays. */
export class RunStore implements AsyncDisposable {
	readonly database: Database<RunTables>;

	private constructor(database: Database<RunTables>) {
		this.database = database;
	}

	/** @throws what `openDatabase` throws. */
	static async open(place: DatabasePlace): Promise<RunStore> {
		return new RunStore(await openDatabase<RunTables>(place, { migrations: RUN_MIGRATIONS }));
	}

	get #kysely(): Kysely<RunTables> {
		return this.database.kysely;
	}

	/** The settings of the run that is there; undefined for none. */
	async settings(): Promise<RunSettings | undefined> {
		const row = await this.#kysely.selectFrom("run").select("settings").executeTakeFirst();
		return row && checkSettings(row.settings);
	}

	/**
	 * Begins a run: settings and users, whole or not at all, and which users of the data are left out. Where one has begun with the same
	 * settings, nothing is done, and `users` is not read.
	 * @throws ArgumentError where the run that is there has other settings; what `users` throws.
	 */
	async begin(
		settings: RunSettings,
		users: (
			onLeftOut: (user: LeftOutUser) => void,
		) => AsyncIterable<EvaluationUser> | Iterable<EvaluationUser> | Promise<Iterable<EvaluationUser>>,
	): Promise<void> {
		const there = await this.settings();
		if (there) return checkSame(settings, there);
		await this.#kysely.transaction().execute(async (transaction) => {
			const row = { id: 1 as const, settings: JSON.stringify(settings) };
			const made = await transaction
				.insertInto("run")
				.values(row)
				.onConflict((conflict) => conflict.doNothing())
				.executeTakeFirst();
			if (made.numInsertedOrUpdatedRows === 0n) return;
			let number = 0;
			const leftOut: LeftOutUser[] = [];
			for await (const { id, history, targets } of await users((user) => leftOut.push(user))) {
				const texts = { history: JSON.stringify(history), targets: JSON.stringify(targets) };
				await transaction
					.insertInto("users")
					.values({ number: number++, id, ...texts })
					.execute();
				if (number === settings.users) break;
			}
			if (number === 0) throw noUsers(leftOut);
			for (const [number, user] of leftOut.entries()) {
				await transaction
					.insertInto("left_out")
					.values({ number, ...user })
					.execute();
			}
		});
		checkSame(settings, (await this.settings())!);
	}

	/** Users of the data who cannot be evaluated. */
	async leftOut(): Promise<LeftOutUser[]> {
		return this.#kysely.selectFrom("left_out").select(["id", "place", "reason"]).orderBy("number").execute();
	}

	async userCount(): Promise<number> {
		const { count } = await this.#kysely.selectFrom("users").select(countAll).executeTakeFirstOrThrow();
		return count;
	}

	async user(number: number): Promise<NumberedUser> {
		return this.#kysely.selectFrom("users").selectAll().where("number", "=", number).executeTakeFirstOrThrow();
	}

	/** Of every user: the id, and how long the history is. */
	async usersInBrief(): Promise<{ number: number; id: string; history: number; targets: readonly string[] }[]> {
		return this.#kysely
			.selectFrom("users")
			.select(["number", "id", "targets", sql<number>`json_array_length(history)`.as("history")])
			.orderBy("number")
			.execute();
	}

	/** What the models of the run are called, by their places; undefined for those that no worker has opened. */
	async modelNames(): Promise<(string | undefined)[]> {
		const names: (string | undefined)[] = [];
		for (const { model, name } of await this.#kysely.selectFrom("models").select(["model", "name"]).execute()) {
			names[model] = name;
		}
		return names;
	}

	/**
	 * Holds a model's weights against those that the run began with; the first to come decides.
	 * @throws ArgumentError for others.
	 */
	async agree(model: number, name: string, fingerprint: string): Promise<void> {
		const row = { model, name, fingerprint, rounds: 0 };
		await this.#kysely
			.insertInto("models")
			.values(row)
			.onConflict((conflict) => conflict.doNothing())
			.execute();
		const query = this.#kysely.selectFrom("models").selectAll().where("model", "=", model);
		const there = await query.executeTakeFirstOrThrow();
		if (there.fingerprint === fingerprint) return;
		throw new ArgumentError({
			what: `weights of model ${model + 1}`,
			expected: `those that the run began with (${there.name}, ${there.fingerprint.slice(0, 8)})`,
			found: `others (${name}, ${fingerprint.slice(0, 8)})`,
			next: "Use the same model, adapters, CLIP and dtype, or begin another run",
		});
	}

	/** The methods that are measured for a user. */
	async measured(model: number, user: number): Promise<Set<string>> {
		const query = this.#kysely.selectFrom("units").select("method").where("model", "=", model);
		return new Set((await query.where("user_number", "=", user).execute()).map(({ method }) => method));
	}

	/** How many units are measured: of one model, or of all. */
	async unitCount(model?: number): Promise<number> {
		const all = this.#kysely.selectFrom("units").select(countAll);
		const { count } = await (model === undefined ? all : all.where("model", "=", model)).executeTakeFirstOrThrow();
		return count;
	}

	/** How often a model's users were put into the queue. */
	async round(model: number): Promise<number> {
		const query = this.#kysely.selectFrom("models").select("rounds").where("model", "=", model);
		return (await query.executeTakeFirstOrThrow()).rounds;
	}

	/** Does what belongs to the round after `round`, unless another process has done it. */
	async beginRound(
		model: number,
		round: number,
		task: (transaction: Kysely<RunTables>) => Promise<void>,
	): Promise<void> {
		await this.#kysely.transaction().execute(async (transaction) => {
			const query = transaction
				.updateTable("models")
				.set({ rounds: round + 1 })
				.where("model", "=", model);
			const { numUpdatedRows } = await query.where("rounds", "=", round).executeTakeFirst();
			if (numUpdatedRows > 0n) await task(transaction);
		});
	}

	/** Users of whom a model lacks one of so many units. */
	async openUsers(model: number, methods: number): Promise<number[]> {
		const done = this.#kysely
			.selectFrom("units")
			.select("user_number")
			.where("model", "=", model)
			.groupBy("user_number")
			.having(sql`count(*)`, ">=", methods);
		const query = this.#kysely.selectFrom("users").select("number").where("number", "not in", done);
		return (await query.orderBy("number").execute()).map(({ number }) => number);
	}

	/** Keeps a unit with its pictures, whole or not at all. @returns whether it was not there yet */
	async keep({ model, user, method, measurement, machine }: Unit, pictures: readonly Uint8Array[]): Promise<boolean> {
		return this.#kysely.transaction().execute(async (transaction) => {
			const key = { model, user_number: user, method };
			const row = { ...key, measurement: JSON.stringify(measurement), machine };
			const made = await transaction
				.insertInto("units")
				.values(row)
				.onConflict((conflict) => conflict.doNothing())
				.executeTakeFirst();
			if (made.numInsertedOrUpdatedRows === 0n) return false;
			const rows = pictures.map((png, picture) => ({ ...key, picture, png }));
			if (rows.length > 0) await transaction.insertInto("pictures").values(rows).execute();
			return true;
		});
	}

	/** In the order of models, users and methods' names. */
	async units(): Promise<Unit[]> {
		const rows = await this.#kysely
			.selectFrom("units")
			.selectAll()
			.orderBy("model")
			.orderBy("user_number")
			.orderBy("method")
			.execute();
		return rows.map(({ user_number, ...row }) => ({ ...row, user: user_number }));
	}

	async pictures(): Promise<KeptPicture[]> {
		const rows = await this.#kysely
			.selectFrom("pictures")
			.selectAll()
			.orderBy("model")
			.orderBy("user_number")
			.orderBy("picture")
			.execute();
		return rows.map(({ user_number, ...row }) => ({ ...row, user: user_number }));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.database[Symbol.asyncDispose]();
	}
}

const countAll = sql<number>`count(*)::int`.as("count");

function noUsers(leftOut: readonly LeftOutUser[]): ArgumentError {
	const [first] = leftOut;
	const found = first ? `none; ${leftOut.length} are left out, such as ${first.place}: ${first.reason}` : "none";
	return new ArgumentError({ what: "users", expected: "at least one", found });
}
