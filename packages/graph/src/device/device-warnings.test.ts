import { expect, test } from "vitest";
import type { DeviceTrial, TriedOperator } from "../index.ts";
import { deviceWarnings } from "./device-warnings.ts";

const own: TriedOperator = { operator: "MultiHeadAttention", precision: "float32", form: "own", difference: 1e-7 };
const trial = (found: Partial<DeviceTrial>): DeviceTrial => ({
	...{ device: "webgpu", float16: true, operators: [own], replaced: new Set() },
	...found,
});

test("of a device that has all and computes right there is nothing to say, nor of the CPU", async () => {
	expect(await deviceWarnings(trial({}))).toEqual([]);
	expect(await deviceWarnings(trial({ device: "cpu", float16: false, operators: [] }))).toEqual([]);
});

test("another attention, operators on the CPU and no half precision are told, each once", async () => {
	const because = "a difference of 0.29 (77 × 77 tokens, heads of 64, causal)";
	const warnings = await deviceWarnings(
		trial({
			float16: false,
			float16Refused: "Conv in float16 on webgpu: no f16",
			operators: [
				{ ...own, form: "plain", because },
				{ ...own, operator: "RotaryEmbedding", form: "cpu" },
			],
		}),
	);
	expect(warnings.map(({ code, what }) => [code, what])).toEqual(new Array(3).fill(["device", "device webgpu"]));
	expect(warnings.map(({ message }) => message)).toEqual([
		expect.stringContaining(because),
		expect.stringContaining("RotaryEmbedding run on the CPU"),
		expect.stringContaining("Conv in float16 on webgpu: no f16"),
	]);
});
