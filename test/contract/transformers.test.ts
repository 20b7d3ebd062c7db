import { cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { browserFiles } from "@drum/config/tsup";
import { TransformersTextEncoder } from "@drum/encoders-transformers";
import type { Warning } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { golden } from "./backends.ts";
import { EXPORTS, openExport } from "./exports.ts";

// What is transformers.js's own about TransformersTextEncoder; what every backend must do is in text-encoder-contract.ts.

const { prompts, ids } = JSON.parse(await readFile(golden("exports/exports.json"), "utf8"));
const numbers = await Checkpoint.open(golden("exports/exports.safetensors"));
const TOLERANCE = 2e-5;

async function difference(found: Float32Array, name: string): Promise<number> {
	const { data } = await numbers.read(name);
	expect(found.length).toBe(data.length);
	return found.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(data[i]))), 0);
}

describe.each([
	["clip", undefined, true],
	["clip-projected", undefined, true],
	["t5", 16, false],
	["bert", undefined, false],
] as const)("the export %s", (name, tokens, isClip) => {
	it("has transformers' ids, also of a prompt that is cut, and its numbers within 2e-5", async () => {
		const encoder = await openExport(name, { tokens });
		expect([...encoder.tokenize(prompts).data].map(Number)).toEqual(ids[name].flat());
		const { hidden, features } = await encoder.encode(prompts, isClip ? { skips: [-1, -2] } : {});
		expect(await difference(hidden[-1]!.data, `${name}.-1`)).toBeLessThanOrEqual(TOLERANCE);
		if (isClip) {
			expect(await difference(hidden[-2]!.data, `${name}.-2`)).toBeLessThanOrEqual(TOLERANCE);
			expect(await difference(features!.data, `${name}.features`)).toBeLessThanOrEqual(TOLERANCE);
		}
		expect(features !== undefined).toBe(isClip);
		const cut = encoder.overflow(prompts);
		expect(cut.slice(0, 2)).toEqual(["", ""]);
		expect(cut[2]).toMatch(/lighthouse at night, in the rain,$/);
		await encoder.release();
	});
});

describe("an export as it is published, without hidden states", () => {
	it("is refused, by the output that is missing and what to do", async () => {
		const opening = openExport("clip-projected", { dtype: "fp16" });
		await expect(opening).rejects.toMatchObject({
			code: "checkpoint",
			expected: expect.stringMatching(/^an output hidden_states\.3, the hidden states -1 before the final norm/),
			found: "text_embeds, last_hidden_state",
			next: expect.stringMatching(/skips: \[\].*README/),
		});
	});

	it("has text features alone, and says so where more is asked for", async () => {
		const encoder = await openExport("clip-projected", { dtype: "fp16", skips: [] });
		const { hidden, features } = await encoder.encode(prompts);
		expect(hidden).toEqual({});
		expect(await difference(features!.data, "clip-projected.features")).toBeLessThanOrEqual(0.01);
		await expect(encoder.encode(prompts, { skips: [-2] })).rejects.toMatchObject({ code: "checkpoint" });
		await encoder.release();
	});
});

it("has a fingerprint of its files and its rows", async () => {
	const print = async (name: string, options = {}) => {
		const encoder = await openExport(name, options);
		await encoder.release();
		return encoder.fingerprint;
	};
	const all = [
		await print("clip"),
		await print("clip", { tokens: 40 }),
		await print("clip-projected"),
		await print("clip-projected", { dtype: "fp16", skips: [] }),
	];
	expect(new Set(all).size).toBe(4);
	expect(await print("clip")).toBe(all[0]);
});

it("that has one length of prompts alone refuses others as an error of these packages", async () => {
	const encoder = await openExport("clip");
	await expect(encoder.encode(["a"], { tokens: 5 })).rejects.toMatchObject({ code: "device" });
	await encoder.release();
});

it.each(["tiny/clip", `${EXPORTS}/tiny/clip`])(
	"warns that a revision has no effect on the folder %s",
	async (source) => {
		const warnings: Warning[] = [];
		const onWarning = (warning: Warning) => void warnings.push(warning);
		const opening = TransformersTextEncoder.fromPretrained(source, { revision: "v2", device: "abacus", onWarning });
		await expect(opening).rejects.toMatchObject({ code: "device" });
		expect(warnings).toMatchObject([
			{ code: "option-unused", what: "revision", message: expect.stringContaining(source) },
		]);
	},
);

it("does not warn of a revision of what is not on this machine", async () => {
	const warnings: Warning[] = [];
	const onWarning = (warning: Warning) => void warnings.push(warning);
	const opening = TransformersTextEncoder.fromPretrained("tiny/none", { revision: "v2", onWarning });
	await expect(opening).rejects.toMatchObject({ code: "file" });
	expect(warnings).toEqual([]);
});

describe("a wrong option", () => {
	it.each([
		[{ dtype: "float16" }, "dtype"],
		[{ skips: [-5] }, "skips"],
		[{ tokens: 78 }, "tokens"],
		[{ tokens: Number.NaN }, "tokens"],
		[{ torchDtype: "fp16" }, "option torchDtype"],
		[{ skips: null }, "skips"],
		[{ skips: "-1" }, "skips"],
		[{ threads: -1 }, "threads"],
		[{ device: 5 }, "device"],
		[{ revision: 5 }, "revision"],
	] as const)("is the caller's mistake: %o", async (options, what) => {
		const opening = openExport("clip", options as never);
		await expect(opening).rejects.toMatchObject({ code: "argument", what: expect.stringContaining(what) });
	});

	it("of a device is told as one", async () => {
		await expect(openExport("clip", { device: "abacus" })).rejects.toMatchObject({ code: "device" });
	});
});

describe("a folder that does not fit", () => {
	let count = 0;
	/** transformers.js remembers which files a name has: each is another. */
	const open = async (change: (folder: string) => Promise<unknown>) => {
		const name = `changed-${++count}`;
		await cp(join(EXPORTS, "tiny", "clip"), join(EXPORTS, "tiny", name), { recursive: true });
		await change(join(EXPORTS, "tiny", name));
		return openExport(name);
	};
	const config = (text: string) => (folder: string) => writeFile(join(folder, "config.json"), text);
	const MODEL = "onnx/text_model.onnx";

	it.each<[string, (folder: string) => Promise<unknown>, object]>([
		[
			"no model",
			(folder) => rm(join(folder, MODEL)),
			{ code: "file", found: expect.stringContaining("text_model.onnx") },
		],
		["no head", (folder) => rm(join(folder, "onnx/text_head.onnx")), { code: "checkpoint", expected: /text_head/ }],
		["no tokenizer", (folder) => rm(join(folder, "tokenizer.json")), { code: "file" }],
		["a cut-off model", (folder) => truncate(join(folder, MODEL), 100_000), { code: "checkpoint" }],
		["a configuration that is none", config("[1]"), { code: "checkpoint" }],
		["a configuration without a kind", config("{}"), { code: "checkpoint", what: /^model_type/ }],
		["half a configuration", config('{"model_type":'), { code: "checkpoint" }],
	])("is named: %s", async (_, change, fields) => {
		const matched = Object.entries(fields).map(([key, value]) => [
			key,
			value instanceof RegExp ? expect.stringMatching(value) : value,
		]);
		await expect(open(change)).rejects.toMatchObject(Object.fromEntries(matched));
	});

	it("is named where its numbers are none", async () => {
		const encoder = await open(async (folder) => {
			const bytes = await readFile(join(folder, MODEL));
			// The middle of its table of words: all bits set are no number, in any place.
			await writeFile(join(folder, MODEL), bytes.fill(255, 60_000, 130_000));
		});
		await expect(encoder.encode(["a red cat", "x"])).rejects.toMatchObject({
			code: "checkpoint",
			what: expect.stringMatching(/^output .* of tiny\/changed-\d+$/),
		});
		await encoder.release();
	});
});

it("brings nothing of Node.js into a browser's bundle", async () => {
	const entryPoints = [join(import.meta.dirname, "../../packages/encoders-transformers/src/index.ts")];
	const external = ["@huggingface/transformers"];
	const from = { conditions: ["@drum/source"], plugins: [browserFiles] };
	const options = { bundle: true, format: "esm", platform: "browser", write: false, logLevel: "silent" } as const;
	const { outputFiles } = await build({ ...options, ...from, entryPoints, external });
	expect(outputFiles[0]!.text).not.toMatch(/from "node:|import\("node:|require\(/);
});
