import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodePng } from "@drum/pipeline";
import { folderOf } from "@drum/test-files";
import { startJsonServer } from "@drum/test-server";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { drum, fixtureFolder, SD1 } from "./testing/command.ts";

// A server on this machine describes pictures as OpenAI's would.

const grey = (byte: number) => ({ width: 2, height: 2, data: new Uint8Array(12).fill(byte) });

let folder: string;
beforeEach(async () => {
	folder = await folderOf();
	await mkdir(join(folder, "pics"));
	await writeFile(join(folder, "pics/drawn.png"), await encodePng(grey(1), { prompt: "a lighthouse" }));
	await writeFile(join(folder, "pics/plain.png"), await encodePng(grey(2)));
	vi.stubEnv("HF_HOME", join(folder, "home"));
	return () => vi.unstubAllEnvs();
});
const at = (path: string) => join(folder, path);

async function seer(said = "a grey square") {
	const server = await startJsonServer(() => ({ json: { choices: [{ message: { content: said } }] } }));
	onTestFinished(() => server[Symbol.asyncDispose]());
	return { server, env: { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "sk-secret" } };
}
const rows = (text: string) =>
	text
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
const history = async (...items: object[]) => {
	await writeFile(at("history.jsonl"), items.map((item) => JSON.stringify(item)).join("\n"));
	return ["coreset", "--method", "uniform", "--ratio", "1", "--json", "--history", at("history.jsonl")];
};
const prompts = (stdout: string) => JSON.parse(stdout).picks.map(({ prompt }: { prompt: string }) => prompt);

describe("drum caption", () => {
	test("writes a history that can be edited and made a profile of", async () => {
		const { server, env } = await seer();
		const pictures = [at("pics/drawn.png"), at("pics/plain.png")];
		const made = await drum(["caption", ...pictures, "--captioner", "openai:seer", "--out", at("liked.jsonl")], {
			env,
		});
		expect(made).toMatchObject({ code: 0, stdout: "" });
		expect(made.stderr).toMatch(/drawn\.png: a lighthouse \(DrUM\)\n.*plain\.png: a grey square \(seer at http/);
		expect(`${made.stdout}${made.stderr}`).not.toContain("sk-secret");
		const text = await readFile(at("liked.jsonl"), "utf8");
		expect(rows(text)).toEqual([
			{ prompt: "a lighthouse", image: "pics/drawn.png", captionFrom: "DrUM" },
			{ prompt: "a grey square", image: "pics/plain.png", captionFrom: `seer at ${server.url}` },
		]);
		await writeFile(at("liked.jsonl"), text.replace("a grey square", "a square I like"));
		const out = at("me.safetensors");
		const profile = await drum(["profile", "--model", SD1, "--history", at("liked.jsonl"), "--out", out]);
		expect(profile).toMatchObject({ code: 0 });
		expect(profile.stdout).toContain("a square I like");
		expect((await readFile(out)).includes("pics/")).toBe(false);
	});

	test("asks once for a picture, and forgets it when told to", async () => {
		const { server, env } = await seer();
		const argv = ["caption", at("pics/plain.png"), "--captioner", "openai:seer"];
		for (let i = 0; i < 2; i++)
			expect(rows((await drum(argv, { env })).stdout)).toMatchObject([{ prompt: "a grey square" }]);
		expect(server.seen).toHaveLength(1);
		expect(await readdir(at("home/drum/captions"))).toHaveLength(1);
		expect(await drum(["caption", at("pics/plain.png"), "--forget"])).toMatchObject({ code: 0, stdout: "" });
		expect(await readdir(at("home/drum/captions"))).toEqual([]);
		await drum([...argv, "--no-cache"], { env });
		expect(await readdir(at("home/drum/captions"))).toEqual([]);
		await drum([...argv, "--cache", at("own")], { env });
		expect([server.seen.length, (await readdir(at("own"))).length]).toEqual([3, 1]);
	});

	test("with the small model needs no server and no file from elsewhere", async () => {
		const { code, stdout } = await drum(["caption", at("pics/drawn.png"), "--captioner", "tiny", "--no-metadata"]);
		expect(code).toBe(0);
		expect(rows(stdout)).toMatchObject([{ captionFrom: "@drum/tiny", prompt: expect.stringMatching(/^an? /) }]);
	});

	test("with a model of transformers.js needs no server", async () => {
		const captioner = `transformers:${fixtureFolder("exports/vit-gpt2")}`;
		const { code, stdout } = await drum(["caption", at("pics/plain.png"), "--captioner", captioner]);
		expect(code).toBe(0);
		expect(rows(stdout)).toMatchObject([{ captionFrom: expect.stringMatching(/vit-gpt2, 40 tokens$/) }]);
	});

	test("does not replace prompts that may have been edited", async () => {
		await writeFile(at("liked.jsonl"), "mine");
		const argv = ["caption", at("pics/drawn.png"), "--out", at("liked.jsonl")];
		const refused = await drum(argv);
		expect(refused).toMatchObject({ code: 1 });
		expect(refused.stderr).toMatch(/expected a new file.*--force/s);
		expect(await readFile(at("liked.jsonl"), "utf8")).toBe("mine");
		expect(await drum([...argv, "--force"])).toMatchObject({ code: 0 });
	});

	test.each([
		["a picture that only a captioner could tell of", ["pics/plain.png"], /in its file, or a captioner, found neither/],
		["a file that is not there", ["none.png"], /none\.png/],
	])("refuses %s", async (_, files, message) => {
		const { code, stdout, stderr } = await drum(["caption", ...files.map(at)]);
		expect(code).toBeGreaterThan(0);
		expect(stdout).toBe("");
		expect(stderr).toMatch(message);
	});

	test.each(["openai", "openai:", "transformers:", "tiny:x", "other:x"])("knows no captioner %s", async (which) => {
		const { code, stderr } = await drum(["caption", at("pics/plain.png"), "--captioner", which]);
		expect(code).toBe(2);
		expect(stderr).toMatch(/Expected openai:<model>/);
	});

	test("wants OpenAI's key before it reads a picture", async () => {
		const { code, stderr } = await drum(["caption", at("none.png"), "--captioner", "openai:seer"]);
		expect(code).toBe(2);
		expect(stderr).toMatch(/OPENAI_API_KEY: expected a key, to ask seer, found none/);
	});
});

describe("drum comments", () => {
	const answer = "Liked: teal, flowing lines\nDisliked: flat colours";
	const write = (...lines: unknown[]) =>
		writeFile(at("comments.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
	const comment = { image: "pics/plain.png", comment: "Lovely, if too flat" };

	test("writes likes and dislikes that can be edited and made a profile of, and asks once", async () => {
		const { server, env } = await seer(answer);
		await write(comment, { image: "pics/drawn.png", comment: "so calm" });
		const argv = ["comments", at("comments.jsonl"), "--vision-model", "seer"];
		const made = await drum([...argv, "--out", at("taste.jsonl")], { env });
		expect(made).toMatchObject({ code: 0, stdout: "" });
		expect(made.stderr).toMatch(/^liked: teal, flowing lines\ndisliked: flat colours\n.*check the prompts/);
		const [{ content }] = JSON.parse(server.seen[0]!.body).messages;
		expect(content.filter(({ type }: { type: string }) => type === "image_url")).toHaveLength(2);
		expect(JSON.stringify(content)).toContain("Comment 1: Lovely, if too flat");
		const captionFrom = `seer at ${server.url}`;
		const expected = [
			...["teal", "flowing lines"].map((prompt) => ({ prompt, intensity: 1, captionFrom })),
			{ prompt: "flat colours", intensity: -1, captionFrom },
		];
		expect(rows(await readFile(at("taste.jsonl"), "utf8"))).toEqual(expected);
		expect(await drum([...argv, "--out", at("taste.jsonl")], { env })).toMatchObject({ code: 1 });
		expect(rows((await drum(argv, { env })).stdout)).toEqual(expected);
		expect(server.seen).toHaveLength(1);
		const history = ["--history", at("taste.jsonl"), "--ratio", "1", "--out", at("me.safetensors")];
		const profile = await drum(["profile", "--model", SD1, ...history]);
		expect(profile.stdout).toMatch(/-1 +flat colours/);

		expect(await readdir(at("home/drum/captions"))).toHaveLength(1);
		expect(await drum([...argv, "--forget"])).toMatchObject({ code: 0, stdout: "" });
		expect(await readdir(at("home/drum/captions"))).toEqual([]);
		await drum([...argv, "--no-cache"], { env });
		expect([server.seen.length, await readdir(at("home/drum/captions"))]).toEqual([2, []]);
	});

	test.each([
		["a row without a comment", [{ image: "pics/plain.png" }], /line 1: expected \{"image": "a.jpg", "comment": "…"\}/],
		["a path that leads out", [comment, { ...comment, image: "../a.png" }], /expected a path within its folder/],
		["no rows", [], /pictures: expected 1 to 20 with comments, found 0/],
		["a picture that is none", [{ ...comment, image: "comments.jsonl" }], /picture 0: expected a whole PNG/],
	])("refuses %s, and asks nobody", async (_, lines, message) => {
		const { server, env } = await seer(answer);
		await write(...lines);
		const { code, stdout, stderr } = await drum(["comments", at("comments.jsonl")], { env });
		expect(code).toBeGreaterThan(0);
		expect(stdout).toBe("");
		expect(stderr).toMatch(message);
		expect(server.seen).toEqual([]);
	});
});

describe("a history with pictures", () => {
	test("counts them by what their files tell, and says so", async () => {
		const argv = await history({ image: "pics/drawn.png", rating: 5 }, { prompt: "a cat" });
		const { code, stdout, stderr } = await drum(argv);
		expect(code).toBe(0);
		expect(prompts(stdout)).toEqual(["a lighthouse", "a cat"]);
		expect(stderr).toContain("pics/drawn.png: a lighthouse (DrUM)");
	});

	test("asks the captioner for others", async () => {
		const { env } = await seer();
		const argv = await history({ image: "pics/plain.png" });
		const without = await drum(argv);
		expect(without.code).toBe(2);
		expect(without.stderr).toMatch(/picture of history row 0.*Give a --captioner, or write prompts with drum caption/s);
		expect(prompts((await drum([...argv, "--captioner", "openai:seer"], { env })).stdout)).toEqual(["a grey square"]);
	});

	test.each([
		["a path that leads out of its folder", "../outside.png", /expected a path within its folder/],
		["one that leads out on the way", "pics/../../outside.png", /expected a path within its folder/],
		["an absolute one", "/etc/passwd", /expected a path within its folder/],
		["an address", "https://host/a.png", /expected a path within its folder/],
		["a link that leads out", "pics/link.png", /expected a file of that folder, found a link/],
		["a file that is not there", "pics/none.png", /none\.png: expected a file that can be read/],
		["no picture", "history.jsonl", /expected a whole PNG/],
	])("refuses %s, and asks nobody", async (_, image, message) => {
		const { server, env } = await seer();
		await symlink("/etc/hostname", at("pics/link.png"));
		const argv = await history({ prompt: "a cat" }, { image });
		const { code, stdout, stderr } = await drum([...argv, "--captioner", "openai:seer"], { env });
		expect(stdout).toBe("");
		expect(code).toBeGreaterThan(0);
		expect(stderr).toMatch(message);
		expect(server.seen).toEqual([]);
	});
});
