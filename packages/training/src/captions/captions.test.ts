import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { ArgumentError, FileError, RandomState } from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import { TYPESCRIPT } from "@drum/test-process";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type Captions, openCaptions } from "./index.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);

const captionsOf = (count: number) => Array.from({ length: count }, (_, i) => `caption ${i}${" 猫".repeat(i % 50)}`);
async function written(name: string, captions: readonly string[]): Promise<string> {
	const path = join(folder, name);
	await writeFile(path, captions.join("\n"));
	return path;
}

/** A stream's first captions by its definition, with NumPy's generator from `@drum/tensor`. */
function streamOf(captions: readonly string[], seed: number, length: number): string[] {
	const stream: string[] = [];
	for (let epoch = 0; stream.length < length; epoch++) {
		for (const row of new RandomState((seed + epoch) % 2 ** 32).permutation(captions.length))
			stream.push(captions[row]!);
	}
	return stream.slice(0, length);
}

async function taken(captions: Captions, counts: readonly number[]): Promise<string[]> {
	const all: string[] = [];
	for (const count of counts) all.push(...(await captions.next(count)));
	return all;
}

const counts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 });
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const seeds = fc.oneof(fc.nat(5), fc.integer({ min: 2 ** 32 - 3, max: 2 ** 32 - 1 }));

describe("captions", () => {
	test("come once an epoch, in the order of NumPy's permutation, for any number at once", async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 1, max: 60 }), seeds, counts, async (size, seed, each) => {
				const all = captionsOf(size);
				await using captions = await openCaptions(await written("order.txt", all), { seed });
				expect(captions.count).toBe(size);
				const found = await taken(captions, each);
				expect(found).toEqual(streamOf(all, seed, sum(each)));
				expect(captions.epoch).toBe(Math.floor(found.length / size));
				for (let at = 0; at + size <= found.length; at += size) {
					expect(found.slice(at, at + size).toSorted()).toEqual(all.toSorted());
				}
			}),
			{ numRuns: 60 },
		);
	});

	test("continue from a state as without a stop", async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 1, max: 60 }), seeds, counts, counts, async (size, seed, before, after) => {
				const path = await written("resume.txt", captionsOf(size));
				await using whole = await openCaptions(path, { seed });
				await using first = await openCaptions(path, { seed });
				await taken(whole, before);
				await taken(first, before);
				const state = JSON.parse(JSON.stringify(first.state()));
				await using second = await openCaptions(path, { state });
				expect(second.epoch).toBe(first.epoch);
				expect(await taken(second, after)).toEqual(await taken(whole, after));
				expect(second.state()).toEqual(whole.state());
			}),
			{ numRuns: 60 },
		);
	});

	test("differ in order from seed to seed and from epoch to epoch", async () => {
		const path = await written("seeds.txt", captionsOf(100));
		const orders = new Set<string>();
		for (const seed of [0, 7]) {
			await using captions = await openCaptions(path, { seed });
			for (let epoch = 0; epoch < 3; epoch++) orders.add((await captions.next(100)).join());
		}
		expect(orders.size).toBe(6);
	});

	test("are different for overlapping calls", async () => {
		const all = captionsOf(500);
		await using captions = await openCaptions(await written("overlap.txt", all));
		const found = await Promise.all([captions.next(300), captions.next(1), captions.next(2500)]);
		expect(found.map(({ length }) => length)).toEqual([300, 1, 2500]);
		expect(found.flat()).toEqual(streamOf(all, 0, 2801));
	});

	test("of a cancelled call come with the next call", async () => {
		const all = captionsOf(3000);
		await using captions = await openCaptions(await written("given-up.txt", all));
		await expect(captions.next(5, AbortSignal.abort("before"))).rejects.toBe("before");
		const cancelled = new AbortController();
		const call = captions.next(4000, cancelled.signal);
		cancelled.abort("amid");
		await expect(call).rejects.toBe("amid");
		expect(captions.epoch).toBe(0);
		expect(await captions.next(100)).toEqual(streamOf(all, 0, 100));
	});

	test.each([0, -1, 1.5, Number.NaN])("are refused for a count of %s", async (count) => {
		await using captions = await openCaptions(await written("count.txt", ["a"]));
		expect(await failureOf(() => captions.next(count))).toBeInstanceOf(ArgumentError);
	});

	test.each([-1, 2 ** 32, 0.5])("are refused for a seed of %s", async (seed) => {
		const path = await written("seed.txt", ["a"]);
		expect((await failureOf(() => openCaptions(path, { seed }))).what).toBe("seed");
	});
});

describe("a state", () => {
	test("fits the same captions in another place, format and compression", async () => {
		const all = captionsOf(50);
		await using captions = await openCaptions(await written("here.txt", all), { seed: 3 });
		await captions.next(70);
		const there = join(folder, "there.jsonl.gz");
		await writeFile(there, gzipSync(all.map((caption) => JSON.stringify({ id: 1, caption })).join("\n")));
		await using moved = await openCaptions(there, { state: captions.state() });
		expect(await moved.next(60)).toEqual(await captions.next(60));
	});

	test("is refused for other captions, naming the file that differs", async () => {
		const paths = [await written("one.txt", captionsOf(20)), await written("two.txt", captionsOf(30))] as const;
		await using captions = await openCaptions(paths);
		const state = captions.state();
		await written("two.txt", [...captionsOf(29), "caption 29, another"]);
		const changed = await failureOf(() => openCaptions(paths, { state }));
		expect(changed).toBeInstanceOf(FileError);
		expect(changed.what).toBe(paths[1]);
		// The same length as before, but split elsewhere.
		await written("two.txt", captionsOf(30));
		await written("one.txt", [captionsOf(20).slice(0, 2).join(" "), ...captionsOf(20).slice(2)]);
		expect((await failureOf(() => openCaptions(paths, { state }))).what).toBe(paths[0]);
		await written("one.txt", captionsOf(20));
		const fewer = await failureOf(() => openCaptions(paths[0], { state }));
		expect(fewer.expected).toContain("2 files");
		await using same = await openCaptions(paths, { state, seed: 0 });
		expect(same.state()).toEqual(state);
	});

	test("is refused with another seed, or if it is not a state", async () => {
		const path = await written("state.txt", captionsOf(5));
		await using captions = await openCaptions(path);
		const state = captions.state();
		expect((await failureOf(() => openCaptions(path, { state, seed: 1 }))).what).toBe("seed");
		for (const wrong of [{}, { ...state, position: -1 }, { ...state, position: 5 }, { ...state, more: 1 }, "0", null]) {
			const error = await failureOf(() => openCaptions(path, { state: wrong as never }));
			expect(error).toBeInstanceOf(ArgumentError);
			expect(error.what).toBe("state of captions");
		}
	});
});

describe("nothing is left behind", () => {
	/** This process's open files in `folder`, from Linux's list. */
	async function openFiles(): Promise<string[]> {
		const numbers = await readdir("/proc/self/fd").catch(() => []);
		const paths = await Promise.all(numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => "")));
		return paths.filter((path) => path.startsWith(folder));
	}

	async function clean(run: (temporaryFolder: string) => Promise<unknown>): Promise<void> {
		const temporary = join(folder, "temporary");
		await mkdir(temporary, { recursive: true });
		await run(temporary);
		expect(await readdir(temporary)).toEqual([]);
		expect(await openFiles()).toEqual([]);
	}

	test("after closing, and later calls throw an error", async () => {
		const path = await written("closed.txt", captionsOf(1000));
		await clean(async (temporaryFolder) => {
			const captions = await openCaptions(path, { temporaryFolder });
			await captions.next(10);
			await captions.close();
			expect(await failureOf(() => captions.next(1))).toBeInstanceOf(FileError);
		});
	});

	test("after a wrong row", async () => {
		const path = await written("wrong.jsonl", [...captionsOf(50_000).map((each) => JSON.stringify(each)), "{"]);
		await clean(async (temporaryFolder) => {
			const error = await failureOf(() => openCaptions(path, { temporaryFolder }));
			expect(error.what).toBe(`${path}, line 50001`);
		});
	});

	test.each(["txt", "txt.gz", "csv", "jsonl", "parquet"])(
		"when opening .%s is cancelled in the middle of the file",
		async (kind) => {
			const path = join(folder, `given-up.${kind}`);
			const rows = captionsOf(30_000).map((each) => JSON.stringify(each));
			const text = ["snappy", ...rows].slice(kind === "csv" ? 0 : 1).join("\n");
			if (kind === "parquet") await copyFile(join(import.meta.dirname, "fixtures/pages-v1.parquet"), path);
			else await writeFile(path, kind === "txt.gz" ? gzipSync(text) : text);
			let calls = 0;
			const throwIfAborted = () => {
				if (++calls > 4) throw "enough";
			};
			const signal = { throwIfAborted } as AbortSignal;
			await clean(async (temporaryFolder) => {
				await expect(openCaptions(path, { temporaryFolder, signal, column: "snappy" })).rejects.toBe("enough");
				await expect(openCaptions(path, { temporaryFolder, signal: AbortSignal.abort("before") })).rejects.toBe(
					"before",
				);
			});
		},
	);

	test("if the temporary folder is not writable", async () => {
		const error = await failureOf(() => openCaptions(folder, { temporaryFolder: join(folder, "none") }));
		expect(error).toBeInstanceOf(FileError);
		expect(error.next).toContain("temporaryFolder");
	});
});

test("60,000 rows only take memory for their places", async () => {
	const caption = (i: number) => `caption ${i}: ${"a long one, ".repeat(80)}`;
	const rows = Array.from({ length: 60_000 }, (_, i) => `${i},"${caption(i)}"\n`);
	const path = join(folder, "large.csv");
	await writeFile(path, `id,caption\n${rows.join("")}`);
	// 60 MB of captions, in a process with at most 40 MB of strings and objects.
	const program = `
		import { openCaptions } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "captions.ts")).href)};
		const captions = await openCaptions(${JSON.stringify(path)});
		const seen = new Uint8Array(captions.count);
		for (let taken = 0; taken < captions.count; taken += 1000) {
			for (const caption of await captions.next(1000)) seen[/\\d+/.exec(caption)[0]]++;
		}
		await captions.close();
		console.log(JSON.stringify([seen.length, seen.every((times) => times === 1)]));`;
	const flags = ["--max-old-space-size=40", ...TYPESCRIPT];
	const { stdout } = await promisify(execFile)(process.execPath, [...flags, "--input-type=module", "-e", program]);
	expect(JSON.parse(stdout)).toEqual([60_000, true]);
});
