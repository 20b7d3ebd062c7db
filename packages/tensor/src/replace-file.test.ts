import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notWritten, replaceFile } from "@drum/tensor/node";
import { afterAll, beforeEach, expect, test } from "vitest";

// Oracle: what is in the folder.

const root = await mkdtemp(join(tmpdir(), "replace-"));
afterAll(() => rm(root, { recursive: true }));
let folder: string;
let path: string;
beforeEach(async () => {
	folder = await mkdtemp(join(root, "each-"));
	path = join(folder, "kept");
});

test("a file is made, and replaced, and nothing is left beside it", async () => {
	for (const text of ["first", "2nd"]) {
		await replaceFile(path, (file) => file.writeFile(text));
		expect(await readFile(path, "utf8")).toBe(text);
	}
	expect(await readdir(folder)).toEqual(["kept"]);
});

test("the old file is there until the new one is whole", async () => {
	await writeFile(path, "old");
	await replaceFile(path, async (file) => {
		await file.writeFile("ne");
		expect(await readFile(path, "utf8")).toBe("old");
		await file.writeFile("w");
	});
	expect(await readFile(path, "utf8")).toBe("new");
});

test("the old file stays where the writer fails, whose error is thrown as it is", async () => {
	await writeFile(path, "old");
	const reason = new Error("enough");
	const replacing = replaceFile(path, async (file) => {
		await file.writeFile("half");
		throw reason;
	});
	await expect(replacing).rejects.toBe(reason);
	expect(await readFile(path, "utf8")).toBe("old");
	expect(await readdir(folder)).toEqual(["kept"]);
});

test("folders that are missing are made, and taken away again where the writer fails", async () => {
	const deep = join(folder, "out", "of", "here");
	const failing = replaceFile(deep, () => Promise.reject(new Error("enough")));
	await expect(failing).rejects.toThrow("enough");
	expect(await readdir(folder)).toEqual([]);
	await Promise.all(
		["a", "b"].map((name) => replaceFile(join(folder, "x", "y", name), (file) => file.writeFile(name))),
	);
	expect((await readdir(join(folder, "x", "y"))).sort()).toEqual(["a", "b"]);
});

test("a place that cannot be written is the system's error, which has plain words", async () => {
	await writeFile(path, "old");
	const error: unknown = await replaceFile(join(path, "in", "a file"), (file) => file.writeFile("new")).catch((e) => e);
	expect(error).toMatchObject({ code: "ENOTDIR" });
	expect(notWritten("a/b", "a place", error).message).toBe("a/b: expected a place, found a file in a folder's place");
	await mkdir(join(folder, "taken"));
	const taken: unknown = await replaceFile(join(folder, "taken"), (file) => file.writeFile("new")).catch((e) => e);
	expect(notWritten("taken", "a place", taken).message).toMatch(/found a folder in its place$/);
	expect((await readdir(folder)).sort()).toEqual(["kept", "taken"]);
});

test("of two at once one wins, whole", async () => {
	const texts = ["a", "b"].map((letter) => letter.repeat(100_000));
	await Promise.all(texts.map((text) => replaceFile(path, (file) => file.writeFile(text))));
	expect(texts).toContain(await readFile(path, "utf8"));
	expect(await readdir(folder)).toEqual(["kept"]);
});
