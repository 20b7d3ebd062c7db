import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DiffusionPipeline, DrUM, Profile } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { float32ToFloat16 } from "@drum/tensor";
import { afterAll, expect, test } from "vitest";

const fixture = (name: string) => fileURLToPath(new URL(`../golden/fixtures/${name}`, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "forgotten-"));
const pipeline = await DiffusionPipeline.fromPretrained(fixture("sdxl"), { models: STABLE_DIFFUSION });
const drum = await DrUM.attach(pipeline, { adapters: fixture("adapters") });
afterAll(async () => {
	await Promise.all([drum.release(), pipeline.release()]);
	await rm(folder, { recursive: true });
});

const SECRET = "a zebra wearing the mayor's hat";
const HISTORY = [
	{ prompt: "a red cat", intensity: 2 },
	{ prompt: SECRET, intensity: 9 },
	{ prompt: "neon lights" },
	{ prompt: `${SECRET}, blurred`, intensity: -2 },
	{ prompt: "fog", intensity: -1 },
];

/** The bytes of numbers in a row, as a file might hold them: in these types, and from each place on that could still tell. */
function tracesOf(numbers: Float32Array): Buffer[] {
	const floats = Buffer.from(numbers.slice().buffer);
	const halves = Buffer.from(float32ToFloat16(numbers).slice().buffer);
	// Eight numbers in a row are of that row alone; rows of one prompt that begin alike differ further on.
	const parts = (bytes: Buffer, size: number) =>
		Array.from({ length: Math.floor(bytes.length / size / 8) }, (_, i) =>
			bytes.subarray(i * 8 * size, (i + 1) * 8 * size),
		);
	return [...parts(floats, 4), ...parts(halves, 2)];
}

test("of a prompt that is taken out nothing is left in the profile's bytes: no text, no ids, no features, no hidden rows", async () => {
	const path = join(folder, "ann.safetensors");
	const profile = await drum.profile(HISTORY, { ratio: 1 });
	await profile.save(path);
	const before = await readFile(path);
	const traces: Buffer[] = [];
	for (const prompt of HISTORY.map((each) => each.prompt).filter((each) => each.startsWith(SECRET))) {
		for (const encoder of Object.values(pipeline.encoders)) {
			const { hidden, features } = await encoder.encode([prompt]);
			for (const states of Object.values(hidden)) traces.push(...tracesOf(states.data));
			if (features) traces.push(...tracesOf(features.data));
			const { data } = encoder.tokenize([prompt]);
			const ids = [...data].map(Number).slice(1, 5);
			for (const Type of [Uint16Array, Int32Array]) traces.push(Buffer.from(Type.from(ids).buffer));
			traces.push(Buffer.from(BigInt64Array.from(ids, BigInt).buffer), Buffer.from(JSON.stringify(ids).slice(1, -1)));
		}
	}
	for (const encoding of ["utf8", "utf16le", "base64"] as const)
		traces.push(
			encoding === "base64" ? Buffer.from(Buffer.from("zebra").toString(encoding)) : Buffer.from("zebra", encoding),
		);
	const others = await drum.profile(
		HISTORY.filter(({ prompt }) => !prompt.startsWith(SECRET)),
		{ ratio: 1 },
	);
	// What prompts have in common, such as the row of their first token, is no trace of one.
	const shared = [others.toBytes(), others.toBytes({ dtype: "float32" })].map((bytes) => Buffer.from(bytes));
	const own = traces.filter((trace) => !shared.some((bytes) => bytes.includes(trace)));
	expect(own.length).toBeGreaterThan(1000);
	expect(own.filter((trace) => before.includes(trace)).length).toBeGreaterThan(500);

	const left = (await Profile.load(path)).without(({ prompt }) => prompt.includes("zebra"));
	await left.save(path);
	for (const bytes of [await readFile(path), Buffer.from(left.toBytes({ dtype: "float32" }))])
		expect(own.filter((trace) => bytes.includes(trace))).toEqual([]);
	expect(left.references.map(({ prompt }) => prompt)).toEqual(["a red cat", "neon lights"]);
	expect(
		(await drum.generate("a lighthouse", { height: 32, width: 32, numInferenceSteps: 1, profile: left })).warnings,
	).toEqual([]);
});
