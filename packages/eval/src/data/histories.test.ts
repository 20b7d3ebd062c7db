import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ArgumentError, FileError } from "@drum/tensor";
import { folderOf } from "@drum/test-files";
import { describe, expect, test } from "vitest";
import { type EvaluationUser, type LeftOutUser, type PIPOptions, readHistories, readPIP } from "../index.ts";

// Oracle: by hand.

async function all(users: AsyncIterable<EvaluationUser>): Promise<EvaluationUser[]> {
	const found: EvaluationUser[] = [];
	for await (const user of users) found.push(user);
	return found;
}
const jsonl = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");

describe("histories in one JSONL file", () => {
	const users = async (text: string | Uint8Array) => {
		const folder = await folderOf({ "histories.jsonl": text });
		return all(readHistories(join(folder, "histories.jsonl")));
	};
	const leaving = async (text: string) => {
		const folder = await folderOf({ "histories.jsonl": text });
		const left: string[] = [];
		const onLeftOut = ({ id, place, reason }: LeftOutUser) => left.push(`${id}: ${basename(place)}: ${reason}`);
		return { users: await all(readHistories(join(folder, "histories.jsonl"), { onLeftOut })), left };
	};
	const of = (user: unknown, ...prompts: string[]) => jsonl(...prompts.map((prompt) => ({ user, prompt })));

	test("are split into users, in the file's order, the two last prompts of each as targets", async () => {
		const rated = jsonl({ user: 7, prompt: "a", intensity: 0.5, seed: 1 }, { user: 7, prompt: "b", intensity: null });
		expect(await users(`${rated}\n${of(7, "c", "d")}${of("z", "1", "2", "3").trimEnd()}`)).toEqual([
			{
				id: "7",
				history: [
					{ prompt: "a", intensity: 0.5 },
					{ prompt: "b", intensity: 1 },
				],
				targets: ["c", "d"],
			},
			{ id: "z", history: [{ prompt: "1", intensity: 1 }], targets: ["2", "3"] },
		]);
	});

	test("have intensities under the names that other histories have, one of them", async () => {
		const named = jsonl({ user: 7, prompt: "a", rating: 5 }, { user: 7, prompt: "b", weight: 2, rating: null });
		const [user] = await users(named + of(7, "c", "d"));
		expect(user!.history.map(({ intensity }) => intensity)).toEqual([5, 2]);
		const both = jsonl({ user: 7, prompt: "a", rating: 5, weight: 1 });
		await expect(users(both)).rejects.toThrow(
			/line 1: expected one of intensity, rating, weight, found rating and weight/,
		);
	});

	test("leave out who cannot be evaluated, and say so with the file's line, where somebody listens", async () => {
		const zeros = jsonl(...["a", "b", "c"].map((prompt) => ({ user: "zero", prompt, intensity: 0 })));
		const { users: found, left } = await leaving(zeros + of("whole", "1", "2", "3") + of("few", "1", "2"));
		expect(found.map(({ id }) => id)).toEqual(["whole"]);
		expect(left).toEqual([
			"zero: histories.jsonl, line 1): expected a history with an intensity above 0, found 1 times 0",
			"few: histories.jsonl, line 7): expected at least 3 entries: 2 targets, and a history, found 2",
		]);
		await expect(users(zeros)).rejects.toThrow(
			/user "zero" \(.*line 1\): expected a history with an intensity above 0/,
		);
	});

	test.each(["\n", "\r\n", "\r"])("have lines that end in %j", async (end) => {
		const text = of("u", "a", "b", "c").replaceAll("\n", end);
		expect(await users(text)).toEqual([{ id: "u", history: [{ prompt: "a", intensity: 1 }], targets: ["b", "c"] }]);
		const lines = text.split(end);
		await expect(users([lines[0], "no", lines[1]].join(end))).rejects.toThrow(/line 2: expected JSON/);
	});

	test("may have a byte order mark, Windows line ends, and characters that are line ends elsewhere", async () => {
		const text = of("u", "a\u2028b", "c\u0085d", "é\u{1f600}").replaceAll("\n", "\r\n");
		const [user] = await users(`\ufeff${text}`);
		expect([user!.history[0]!.prompt, ...user!.targets]).toEqual(["a\u2028b", "c\u0085d", "é\u{1f600}"]);
	});

	test("may have lines longer than what is read at once, which ends amid a character", async () => {
		const prompt = "\u{1f600}".repeat(100_000);
		const [user] = await users(of("u", prompt, "b", "c"));
		expect(user!.history[0]!.prompt === prompt).toBe(true);
	});

	test("are read user by user: the first is there before the rest of the file is read", async () => {
		const folder = await folderOf();
		const path = join(folder, "large.jsonl");
		const many = Array.from({ length: 30_000 }, (_, i) => of(i, "é one", "two", "three")).join("");
		await writeFile(path, `${many}no JSON`);
		const found: string[] = [];
		await expect(
			(async () => {
				for await (const { id, history } of readHistories(path)) found.push(id + history[0]!.prompt);
			})(),
		).rejects.toThrow(/large\.jsonl, line 90001: expected JSON, found "no JSON": Unexpected token/);
		// The last user's lines may go on where the file is malformed.
		expect(found).toEqual(Array.from({ length: 29_999 }, (_, i) => `${i}é one`));
	});

	test("of an empty file are none", async () => {
		expect(await users("\n")).toEqual([]);
	});

	test.each([
		["a line without a user", jsonl({ prompt: "a" }), /histories\.jsonl, line 1: expected \{"user".*found user: /],
		["an empty prompt", of("u", "a", " "), /line 2: .*found prompt: an empty prompt/],
		["a negative intensity", jsonl({ user: 1, prompt: "a", intensity: -1 }), /line 1: .*found intensity: /],
		["a line that is no object", '"a"\n', /line 1: expected \{"user"/],
		[
			"a user with two prompts",
			of("u", "a", "b", "c") + of("v", "a", "b"),
			/user "v" \(.*line 4\): expected at least 3/,
		],
		[
			"users whose lines are mixed",
			of(1, "a", "b", "c") + of(2, "a", "b", "c") + of(1, "d"),
			/line 7: expected all lines of user "1" together.*Sort the file/,
		],
	])("are refused with %s", async (_, text, message) => {
		const promise = users(text);
		await expect(promise).rejects.toBeInstanceOf(FileError);
		await expect(promise).rejects.toThrow(message);
	});

	test("are refused where they cannot be read", async () => {
		const folder = await folderOf({ "a.jsonl": Buffer.from([0x22, 0xff, 0x22]) });
		const read = (path: string) => all(readHistories(join(folder, path)));
		await expect(read("none.jsonl")).rejects.toThrow(/none\.jsonl: found no such file/);
		await expect(read("a.jsonl")).rejects.toThrow(/a\.jsonl: found other bytes than UTF-8/);
	});
});

describe("PIP", () => {
	const entry = (prompt: string, more = {}) => ({ result_url: "https://…", prompt, NSFW: "Unlikely", id: 1, ...more });
	const FILES = {
		"87403.jsonl": jsonl(
			"train_samples:",
			entry("a girl"),
			entry(" "),
			entry("a girl"),
			"test_samples:",
			entry("a castle in fog, 8k", { query: "a castle", good: true }),
			entry("a cat", { query: "a cat", good: false }),
		),
		"992.jsonl": jsonl(entry("one"), entry("two"), entry("three")),
		"readme.txt": "not a user",
	};
	const users = async (files: Record<string, string>, options?: PIPOptions) =>
		all(readPIP(await folderOf(files), options));

	test("has a file for each user, whose entries kept for the test are the targets", async () => {
		expect(await users(FILES)).toEqual([
			{ id: "992", history: [{ prompt: "one", intensity: 1 }], targets: ["two", "three"] },
			{
				id: "87403",
				history: [
					{ prompt: "a girl", intensity: 1 },
					{ prompt: "a girl", intensity: 1 },
				],
				targets: ["a castle in fog, 8k", "a cat"],
			},
		]);
	});

	test("has short targets too", async () => {
		const { "87403.jsonl": file } = FILES;
		const [user] = await users({ "87403.jsonl": file }, { target: "query" });
		expect(user!.targets).toEqual(["a castle", "a cat"]);
	});

	test.each<[string, Record<string, string>, PIPOptions, RegExp]>([
		["an empty folder", {}, {}, /expected a \.jsonl file for each user, found none/],
		[
			"an entry without a prompt",
			{ "1.jsonl": jsonl({ id: 1 }) },
			{},
			/1\.jsonl, line 1: expected an entry with a "prompt"/,
		],
		["a line cut short", { "1.jsonl": '{"prompt": "a' }, {}, /1\.jsonl, line 1: expected JSON/],
		[
			"one entry for the test",
			{ "1.jsonl": jsonl(entry("a"), entry("b"), "test_samples:", entry("c")) },
			{},
			/expected two entries after "test_samples:", found 1/,
		],
		[
			"short targets that are not there",
			{ "1.jsonl": FILES["992.jsonl"] },
			{ target: "query" },
			/expected two entries after "test_samples:", found none/,
		],
		[
			"a test entry without a short target",
			{ "1.jsonl": jsonl(entry("a"), "test_samples:", entry("b"), entry("c")) },
			{ target: "query" },
			/line 3: expected an entry with a "query"/,
		],
		[
			"a user without a history",
			{ "1.jsonl": jsonl("test_samples:", entry("b"), entry("c")) },
			{},
			/1\.jsonl: expected at least 3 entries.*found 2/,
		],
	])("is refused with %s", async (_, files, options, message) => {
		const promise = users(files, options);
		await expect(promise).rejects.toBeInstanceOf(FileError);
		await expect(promise).rejects.toThrow(message);
	});

	test("is refused where it is not, or for targets that it has not", async () => {
		await expect(all(readPIP(join(await folderOf(), "none")))).rejects.toThrow(/none: found no such file/);
		await expect(users(FILES, { target: "title" as "query" })).rejects.toBeInstanceOf(ArgumentError);
	});
});
