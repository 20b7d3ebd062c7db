import type { DeviceTrial } from "@drum/graph";
import { describe, expect, it } from "vitest";
import { trialText } from "./commands/device.ts";
import { drum } from "./testing/command.ts";

describe("drum device", () => {
	it("has nothing to say against the CPU", async () => {
		expect(await drum(["device", "cpu"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cpu: .*float32/) });
		const { stdout } = await drum(["device", "cpu", "--json"]);
		expect(JSON.parse(stdout)).toEqual({ device: "cpu", float16: false, operators: [] });
	});

	it.each([
		[["device", "gpu"], "Allowed choices are cpu, cuda, webgpu", 2],
		[["device"], "missing required argument 'name'", 2],
		[["device", process.platform === "darwin" ? "dml" : "coreml"], "ONNX Runtime has only", 1],
	])("%j ends with a reason", async (argv, said, code) => {
		expect(await drum(argv)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(said) });
	});
});

describe("the report", () => {
	const tried = { operator: "Conv", precision: "float32", form: "own", difference: 3.7e-7 } as const;
	const attention = {
		...tried,
		...({ operator: "MultiHeadAttention", form: "plain", difference: 1.1e-6 } as const),
		because: "a difference of 0.29 (77 × 77 tokens, heads of 64, causal)",
	} as const;
	const trial = (found: Partial<DeviceTrial>) =>
		trialText({ ...{ device: "webgpu", float16: true, operators: [tried] }, ...found });

	it("tells of each operator in which form it runs, how near, and why", () => {
		const text = trial({ operators: [attention, tried, { ...tried, precision: "float16", difference: 2e-3 }] });
		expect(text.split("\n").map((line) => line.replace(/ +/g, " ").trim())).toEqual([
			"webgpu: correct in float32, and in half precision for weights stored that way",
			"operator float32 float16",
			"MultiHeadAttention plain, within 1e-6 not tried",
			"Conv within 4e-7 within 2e-3",
			"MultiHeadAttention in float32: a difference of 0.29 (77 × 77 tokens, heads of 64, causal)",
			"",
		]);
	});

	it("tells what is wrong, where a device is not refused for it", () => {
		const because = "a difference of 0.5 (in 8 bits)";
		const text = trial({ operators: [{ ...tried, operator: "MatMulNBits", form: "none", difference: 0.5, because }] });
		expect(text).toMatch(/MatMulNBits +wrong/);
		expect(text).toContain(`MatMulNBits in float32: ${because}`);
	});

	it("tells why there is no half precision", () => {
		expect(trial({ float16: false, float16Refused: "Conv in float16 on webgpu: no f16" })).toContain(
			"not in half precision: Conv in float16 on webgpu: no f16",
		);
	});
});
