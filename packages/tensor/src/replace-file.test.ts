import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceFile } from "@drum/tensor/node";
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

test("a place that cannot be written is the system's error", async () => {
	const replacing = replaceFile(join(folder, "none", "kept"), (file) => file.writeFile("new"));
	await expect(replacing).rejects.toMatchObject({ code: "ENOENT" });
});

test("of two at once one wins, whole", async () => {
	const texts = ["a", "b"].map((letter) => letter.repeat(100_000));
	await Promise.all(texts.map((text) => replaceFile(path, (file) => file.writeFile(text))));
	expect(texts).toContain(await readFile(path, "utf8"));
	expect(await readdir(folder)).toEqual(["kept"]);
});
