import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore, type Store } from "../store/open-store.ts";
import { readSignedPicture } from "../store/picture-files.ts";
import { keepPicture, storePicture } from "../store/pictures.ts";
import { PART_BYTES, readProfileFile, storeProfileFile } from "../store/profile-files.ts";
import { fillStore } from "../store/testing/fill-store.ts";
import { TestBucket } from "../store/testing/test-bucket.ts";
import { addUser } from "../store/users.ts";
import { run } from "./run.ts";
import { storageOf } from "./storage.ts";

let folder: string;
let bucket: TestBucket;
beforeAll(async () => {
	folder = await mkdtemp(join(CHEAP_FOLDER, "demo-storage-"));
	bucket = await TestBucket.open();
	for (const name of ["first", "second", "third", "away"]) await fillStore(join(folder, name));
});
afterAll(async () => {
	await bucket[Symbol.asyncDispose]();
	await rm(folder, { recursive: true });
});

/** Runs a command that ends by itself. */
async function demo(argv: string[], env: NodeJS.ProcessEnv = {}) {
	const [out, said]: [string[], string[]] = [[], []];
	const around = { out: (line: string) => void out.push(line), say: (line: string) => void said.push(line) };
	return { code: await run(argv, { ...around, env, stopped: async () => {} }), out, said: said.join("\n") };
}

const PNG = Uint8Array.of(137, 80, 78, 71);
const PROFILE = new Uint8Array(PART_BYTES + 1).map((_, i) => i % 251);

/** A user with a picture and a profile. */
async function fill(store: Store): Promise<void> {
	const { user } = await addUser(store, "ann");
	const insert = async (table: "histories" | "jobs" | "profiles", values: object) => {
		const inserted = store.kysely.insertInto(table).values({ user_id: user.id, ...values } as never);
		return (await inserted.returning("id").executeTakeFirstOrThrow()).id;
	};
	const history_id = await insert("histories", { name: "mine" });
	const jobId = await insert("jobs", { request: "{}", request_hash: "", status: "done" });
	const profile = await insert("profiles", { history_id, model: "tiny", key: "key", view: "{}", warnings: "[]" });
	const { signal } = new AbortController();
	const file = await keepPicture(store, PNG, signal);
	const picture = { place: 0, alpha: 0, seed: 1, width: 64, height: 64, ...file };
	const claim = { jobId, userId: user.id };
	await store.kysely.transaction().execute((transaction) => storePicture(store, transaction, claim, picture));
	await storeProfileFile(store, profile, PROFILE, signal);
}

/** What is kept of it, and how many objects that is. */
async function kept(store: Store) {
	const only = async (table: "pictures" | "profiles") =>
		(await store.kysely.selectFrom(table).select("id").executeTakeFirstOrThrow()).id;
	return {
		png: Uint8Array.from((await readSignedPicture(store, await only("pictures")))!),
		profile: await readProfileFile(store, await only("profiles")),
		objects: (await bucket.names()).length,
	};
}

test("a dump leads from the database to a store of objects and back, and a user's removal empties that", async () => {
	const [first, second, third] = ["first", "second", "third"].map((name) => join(folder, name)) as [
		string,
		string,
		string,
	];
	const [dump, again] = [join(folder, "1.dump"), join(folder, "2.dump")];
	const env = { STORAGE_URL: bucket.url };
	const whole = { png: PNG, profile: PROFILE };
	{
		await using store = await openStore({ folder: first });
		await fill(store);
		expect(await kept(store)).toEqual({ ...whole, objects: 0 });
	}
	expect(await demo(["dump", dump, "--data", first])).toMatchObject({ code: 0 });
	expect(await demo(["restore", dump, "--data", second], env)).toMatchObject({
		...{ code: 0, said: "" },
		out: expect.arrayContaining(["pictures\t1", "profiles\t1"]),
	});
	{
		await using store = await openStore({ folder: second }, { bucket: bucket.place });
		expect(await kept(store)).toEqual({ ...whole, objects: 2 });
		const inDatabase = store.kysely.selectFrom("profile_parts").select("part");
		expect(await inDatabase.execute()).toEqual([]);
	}
	expect(await demo(["dump", again, "--data", second], env)).toMatchObject({ code: 0 });
	expect(await demo(["restore", again, "--data", third])).toMatchObject({ code: 0 });
	{
		await using store = await openStore({ folder: third });
		expect(await kept(store)).toEqual({ ...whole, objects: 2 });
	}
	expect(await demo(["move-files", "--data", third], env)).toMatchObject({ out: ["pictures\t1", "profiles\t1"] });
	expect(await bucket.names()).toHaveLength(4);
	expect(await demo(["user", "remove", "ann", "--data", third], env)).toMatchObject({ code: 0, said: "" });
	expect(await bucket.names()).toHaveLength(2);
}, 300_000);

test("a store that is away is told, and what is to be removed there waits", async () => {
	const data = join(folder, "away");
	const env = { STORAGE_URL: bucket.url };
	{
		await using store = await openStore({ folder: data }, { bucket: bucket.place });
		await fill(store);
	}
	bucket.state = "refuses connections";
	const removed = await demo(["user", "remove", "ann", "--data", data], env);
	expect(removed).toMatchObject({ code: 0, said: expect.stringMatching(/is away[\s\S]*are removed as soon as/) });
	bucket.state = "there";
	await using store = await openStore({ folder: data }, { bucket: bucket.place });
	expect(await store.objects!.sweep()).toBe(2);
}, 120_000);

describe("a place of objects that cannot be one is refused", () => {
	test.each<[string, NodeJS.ProcessEnv, RegExp]>([
		["no URL", { STORAGE_URL: "bucket/s3cr3t" }, /found no URL/],
		["another kind", { STORAGE_URL: "s3://k3y:s3cr3t@host/bucket" }, /found another kind of URL/],
		["no bucket", { STORAGE_URL: "https://k3y:s3cr3t@host/" }, /found no bucket/],
		["a setting that there is not", { STORAGE_URL: "https://k3y:s3cr3t@host/bucket?acl=public" }, /found also \?acl=/],
		["no key", { STORAGE_URL: "https://host/bucket" }, /AWS_ACCESS_KEY_ID/],
		["a key without its secret", { STORAGE_URL: "https://key@host/bucket" }, /AWS_ACCESS_KEY_ID/],
	])("%s", async (_, env, message) => {
		const { code, said } = await demo(["user", "list", "--data", join(folder, "untouched")], env);
		expect({ code, said }).toEqual({ code: 2, said: expect.stringMatching(message) });
		expect(said).not.toContain("s3cr3t");
	});

	test("one whose key or bucket the store does not know", async () => {
		const { url } = bucket;
		for (const wrong of [url.replace("//S3RVER", "//other"), url.replace("/drum/", "/other/")]) {
			const { code, said } = await demo(["user", "list", "--data", join(folder, "away")], { STORAGE_URL: wrong });
			expect({ code, said }).toEqual({ code: 2, said: expect.stringMatching(/may write to, read from.* 40[34] /) });
		}
	});

	test("and none to move files to", async () => {
		const { code, said } = await demo(["move-files", "--data", join(folder, "untouched")]);
		expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining("STORAGE_URL") });
	});
});

test("a place is read from the URL, and what it leaves out from the environment", () => {
	const own = storageOf({ STORAGE_URL: "https://k%2F:s%40@host:9000/bucket/a/b/?region=eu", AWS_SESSION_TOKEN: "t" });
	const url = "https://host:9000/bucket/a/b";
	expect(own).toEqual({ url, region: "eu", accessKeyId: "k/", secretAccessKey: "s@", sessionToken: undefined });
	const AWS = { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "t", AWS_REGION: "eu" };
	const theirs = storageOf({ STORAGE_URL: "https://host/bucket", ...AWS });
	const expected = { region: "eu", accessKeyId: "k", secretAccessKey: "s", sessionToken: "t" };
	expect(theirs).toEqual({ url: "https://host/bucket", ...expected });
	expect(storageOf({ STORAGE_URL: "", ...AWS })).toBeUndefined();
});
