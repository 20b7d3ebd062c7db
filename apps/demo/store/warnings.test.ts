import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { dumpTables, restoreTables } from "@drum/database";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "./open-store.ts";
import { fillStore } from "./testing/fill-store.ts";
import { addWarnings } from "./warnings.ts";

test("a job keeps each warning once, at most 50, through a dump too", async () => {
	const folder = await mkdtemp(join(CHEAP_FOLDER, "demo-warnings-"));
	onTestFinished(() => rm(folder, { recursive: true }));
	for (const name of ["from", "to"]) await fillStore(join(folder, name));
	await using store = await openStore({ folder: join(folder, "from") });
	const { id: user_id } = await store.kysely
		.insertInto("users")
		.values({ name: "ann" })
		.returning("id")
		.executeTakeFirstOrThrow();
	const { id } = await store.kysely
		.insertInto("jobs")
		.values({ user_id, request: "{}", request_hash: "" })
		.returning("id")
		.executeTakeFirstOrThrow();
	const warning = (n: number) => ({ code: "prompt-cut", what: "prompt", message: `"…${n}" is not read.` });
	const add = (...numbers: number[]) =>
		store.kysely.transaction().execute((transaction) => addWarnings(transaction, id, numbers.map(warning)));
	const kept = async ({ kysely } = store) =>
		(await kysely.selectFrom("jobs").select("warnings").executeTakeFirstOrThrow()).warnings;
	await add();
	expect(await kept()).toEqual([]);
	await add(1, 2, 1);
	await add(2, 3);
	expect(await kept()).toEqual([1, 2, 3].map(warning));
	await add(...Array.from({ length: 60 }, (_, n) => n));
	const all = await kept();
	expect(all).toHaveLength(50);
	expect(all.slice(0, 4)).toEqual([1, 2, 3, 0].map(warning));

	const dump = join(folder, "all.dump");
	const tables = ["users", "jobs"];
	await dumpTables(store, tables, dump);
	await using restored = await openStore({ folder: join(folder, "to") });
	await restoreTables(restored, tables, dump);
	expect(await kept(restored)).toEqual(all);
});
