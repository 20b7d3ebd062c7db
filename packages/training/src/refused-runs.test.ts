import { appendFile, copyFile, cp, mkdir, mkdtemp, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { shown } from "@drum/tensor";
import { failureOf, MadeUpEncoder, temporaryFolder } from "@drum/test-made-up";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FILES, madeUpCaptions, type RunOptions, run, SIZES } from "./testing/made-up-run.ts";

// Oracle: the folder as the test made it, which the messages must describe.

const { folder: root, remove } = await temporaryFolder();
afterAll(remove);
const captions = await madeUpCaptions(root);
const [ADAPTER, STATE, LOG] = FILES as [string, string, string];

/** Stopped after four of its six steps. */
const stopped = join(root, "stopped");
beforeAll(async () => {
	const controller = new AbortController();
	const reason = new Error("enough");
	const onStep = ({ step }: { step: number }) => step === 4 && controller.abort(reason);
	await expect(run({ captions, folder: stopped, onStep, signal: controller.signal })).rejects.toBe(reason);
});

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(root, "run-"));
});

test("a run that diverges ends with an error, and saves nothing of it", async () => {
	const steps: number[] = [];
	const error = await failureOf(() =>
		run({ captions, folder, learningRate: 1e38, warmupSteps: 0, onStep: ({ step }) => steps.push(step) }),
	);
	expect(error).toMatchObject({ code: "argument", what: "the run", expected: "finite parameters" });
	expect(error.found).toMatch(/^(NaN|-?Infinity) in \S+ after step \d$/);
	expect(steps.length).toBeLessThan(6);
	await expect(readFile(join(folder, ADAPTER))).rejects.toThrow("ENOENT");
	await expect(readFile(join(folder, STATE))).rejects.toThrow("ENOENT");
});

describe("a run does not continue", () => {
	beforeEach(() => cp(stopped, folder, { recursive: true }));
	const goOn = (more: Partial<RunOptions> = {}) => failureOf(() => run({ captions, folder, resume: true, ...more }));

	test("without the option resume", async () => {
		expect(await failureOf(() => run({ captions, folder }))).toMatchObject({
			code: "argument",
			expected: "no run yet",
			found: "one at step 4 of 6",
		});
	});

	test.each([
		["steps", 7],
		["batchSize", 8],
		["microBatchSize", 4],
		["learningRate", 1e-3],
		["warmupSteps", 3],
		["weightDecay", 0],
		["betas", [0.9, 0.999]],
		["epsilon", 1e-6],
		["dropout", 0],
		["layers", 3],
		["encodeRatio", 2],
		["seed", 7],
	])("with another %s", async (setting, value) => {
		const error = await goOn({ [setting]: value });
		expect(error).toMatchObject({ code: "argument", what: setting, found: shown(value) });
		expect(error.expected).toMatch(/, as the run began$/);
	});

	test("with another encoder", async () => {
		const encoder = new MadeUpEncoder(SIZES, "stranger");
		expect(await goOn({ encoder })).toMatchObject({
			...{ code: "argument", found: "another, stranger", next: expect.stringMatching(/^Use the encoder of the run/) },
		});
	});

	test("with other captions", async () => {
		const others = join(root, "others.txt");
		await writeFile(others, "others\n".repeat(7));
		expect(await goOn({ captions: others })).toMatchObject({ code: "file", what: others, found: "others" });
		expect(await goOn({ captions: [captions, others] })).toMatchObject({
			code: "file",
			what: "captions",
			expected: "1 files, as when the training began",
		});
	});

	test.each([
		["lacks a step", (text: string) => text.slice(text.indexOf("\n") + 1)],
		["is empty", () => ""],
		["is no log", () => "a\nb\nc\nd\n"],
		["has a loss that is not a number", (text: string) => text.replace(/"loss":[^,]+/, '"loss":"0.5"')],
	])("with a log that %s", async (_, tampered) => {
		const log = join(folder, LOG);
		await writeFile(log, tampered(await readFile(log, "utf8")));
		expect(await goOn()).toMatchObject({ code: "file", what: log, expected: "lines of steps 1 to 4" });
	});

	test("from a state that is another file, or is truncated", async () => {
		const state = join(folder, STATE);
		await copyFile(join(folder, ADAPTER), state);
		expect(await goOn()).toMatchObject({ code: "checkpoint", what: state, expected: "a run that drum train saved" });
		await truncate(state, 1000);
		expect(await goOn()).toMatchObject({ code: "checkpoint", what: expect.stringContaining(state) });
	});

	test("from a state that lacks a tensor", async () => {
		const state = join(folder, STATE);
		const bytes = await readFile(state);
		const at = bytes.indexOf("second.tf.1.norm2.bias");
		bytes.write("second.tf.1.norm3.bias", at);
		await writeFile(state, bytes);
		expect(await goOn()).toMatchObject({
			code: "checkpoint",
			what: `${state}, tensor second.tf.1.norm2.bias`,
			expected: "float32 [16]",
			found: "none",
		});
	});

	test("from a state that is not finite", async () => {
		const state = join(folder, STATE);
		const bytes = await readFile(state);
		bytes.writeFloatLE(Number.NaN, bytes.length - 4);
		await writeFile(state, bytes);
		expect(await goOn()).toMatchObject({ code: "checkpoint", expected: "finite numbers", found: "NaN" });
	});

	test("and is unchanged after each refusal, except for steps that were logged and not saved", async () => {
		const before = await readFile(join(folder, STATE));
		await goOn({ seed: 7 });
		expect(await readFile(join(folder, STATE))).toEqual(before);
		await appendFile(join(folder, LOG), '{"step":5,"loss":1,"learningRate":1}\n{"step":6,"lo');
		const { steps } = await run({ captions, folder, resume: true });
		expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
		expect(steps[4]!.loss).not.toBe(1);
	});
});

describe("a run does not begin", () => {
	test("with an encoder whose prompts have different lengths", async () => {
		const encoder = Object.assign(new MadeUpEncoder(SIZES, "Qwen3"), { hasLengths: true });
		const error = await failureOf(() => run({ captions, folder, encoder }));
		expect(error).toMatchObject({ code: "argument", what: "the text encoder Qwen3" });
		expect(await readdir(folder)).toEqual([]);
	});

	test("with resume, if there is no run", async () => {
		const error = await failureOf(() => run({ captions, folder, resume: true }));
		expect(error).toMatchObject({
			...{
				code: "argument",
				what: "resume",
				found: "none",
				next: expect.stringMatching(/^Leave out the option resume/),
			},
		});
	});

	test.each([
		[{ name: "../L" }, "name", '"../L"'],
		[{ name: "" }, "name", '""'],
		[{ saveEvery: 0 }, "saveEvery", "0"],
		[{ saveEvery: 1.5 }, "saveEvery", "1.5"],
		[{ dropout: 1 }, "dropout", "1"],
	])("with %o", async (more, what, found) => {
		expect(await failureOf(() => run({ captions, folder, ...more }))).toMatchObject({ code: "argument", what, found });
	});

	test.each([
		["before it starts", (abort: () => void) => abort()],
		["while the captions open", (abort: () => void) => setImmediate(abort)],
	])("when it is cancelled %s", async (_, when) => {
		const many = await madeUpCaptions(root, 50_000);
		const controller = new AbortController();
		const reason = new Error("enough");
		when(() => controller.abort(reason));
		await expect(run({ captions: many, folder, signal: controller.signal })).rejects.toBe(reason);
	});

	test.each([
		["the first step", 3],
		["the empty prompt", 1],
	])("when encoding %s fails", async (_, failing) => {
		const reason = new Error("out of memory");
		class FailingEncoder extends MadeUpEncoder {
			#calls = 0;

			override async encode(...input: Parameters<MadeUpEncoder["encode"]>) {
				if (++this.#calls === failing) throw reason;
				return super.encode(...input);
			}
		}
		await expect(run({ captions, folder, encoder: new FailingEncoder(SIZES) })).rejects.toBe(reason);
	});

	afterEach(async () => {
		expect(await readdir(folder)).toEqual([]);
	});
});

test("a run does not overwrite an adapter that is not its own", async () => {
	const adapter = join(folder, ADAPTER);
	await mkdir(dirname(adapter));
	await writeFile(adapter, "published");
	const error = await failureOf(() => run({ captions, folder }));
	expect(error).toMatchObject({ code: "argument", what: adapter, expected: "no adapter yet" });
	expect(await readFile(adapter, "utf8")).toBe("published");
	await run({ captions, folder, name: "H" });
	expect(await readFile(adapter, "utf8")).toBe("published");
});
