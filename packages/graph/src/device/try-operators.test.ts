import { DeviceError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { checkOperators } from "../check-device.ts";
import { Graph } from "../graph.ts";
import type { TrialCase } from "./trial-case.ts";
import { TRIAL_OPERATORS, type TrialOperator } from "./trial-operators.ts";
import { tryOperators } from "./try-operators.ts";

describe("a trial", () => {
	// The CPU's operators are compared with PyTorch by ops.test.ts: so are the numbers that devices are tried by.
	test.each(TRIAL_OPERATORS)("of $operator knows the right numbers", async (operator) => {
		const [tried] = await tryOperators("cpu", "float32", [operator]);
		expect(tried).toEqual({
			operator: operator.operator,
			precision: "float32",
			form: "own",
			difference: expect.any(Number),
		});
		expect(tried!.difference).toBeLessThan(2e-6);
	});

	/** An operator that is wrong the first times that it is asked. */
	function wrong(name: string, times: number, by: number): TrialOperator {
		const right = TRIAL_OPERATORS.find(({ operator }) => operator === name)!;
		const first = right.cases[0]!;
		let asked = 0;
		const expected = (found: TrialCase) => {
			const numbers = Array.from(found.expected());
			if (asked++ < times) numbers[3]! += by * Math.max(...numbers.map(Math.abs));
			return numbers;
		};
		const make = () => {
			const found = first();
			return { ...found, expected: () => expected(found) };
		};
		return { ...right, cases: [make] };
	}

	test("takes the plain form of what is wrong, and says by how much it was", async () => {
		const [tried] = await tryOperators("cpu", "float32", [wrong("MultiHeadAttention", 1, 0.25)]);
		expect(tried).toMatchObject({
			form: "plain",
			because: "a difference of 0.25 (77 × 77 tokens, heads of 64, causal)",
		});
		expect(tried!.difference).toBeLessThan(2e-6);
	});

	test.each([
		["wrong in both forms", wrong("MultiHeadAttention", 2, 0.25), /MultiHeadAttention in float32 on cpu.*0\.25/],
		["wrong without another form", wrong("Softmax", 1, 0.001), /Softmax in float32 on cpu.*0\.0010 \(1100 columns\)/],
		["no number", wrong("Gemm", 1, Number.NaN), /Gemm in float32 on cpu.*NaN/],
	])("refuses what is %s, by name and difference", async (_, operator, message) => {
		const error = await tryOperators("cpu", "float32", [operator]).catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(DeviceError);
		expect((error as DeviceError).message).toMatch(message);
		expect((error as DeviceError).next).toContain('device "cpu"');
	});

	test("allows half precision its rounding, and no more", async () => {
		expect(await tryOperators("cpu", "float16", [wrong("Gelu", 1, 0.01)])).toMatchObject([{ form: "own" }]);
		await expect(tryOperators("cpu", "float16", [wrong("Gelu", 1, 0.1)])).rejects.toBeInstanceOf(DeviceError);
	});

	test("goes on without what only some models have, and refuses those", async () => {
		const operators = await tryOperators("cpu", "float32", [wrong("MatMulNBits", 1, 0.25)]);
		expect(operators).toMatchObject([{ form: "none", because: "a difference of 0.25 (in 8 bits)" }]);
		const graph = new Graph({ name: "part" });
		const { inputs, weights, build } = TRIAL_OPERATORS.find(({ operator }) => operator === "MatMulNBits")!.cases[0]!();
		const values = Object.entries(weights).map(([name, { data, dims }]) => [name, graph.constant(data, dims)]);
		const built = graph.build({
			y: build({ x: graph.input("x", "float32", inputs.x!.dims), ...Object.fromEntries(values) }),
		});
		const trial = { device: "webgpu", float16: true, operators, replaced: new Set<never>() } as const;
		expect(() => checkOperators(built, trial)).toThrow(/part on webgpu.*MatMulNBits in float32 with .*0\.25/);
		expect(() => checkOperators(built, { ...trial, operators: [] })).not.toThrow();
	});

	test("refuses an operator that cannot be run, in the runtime's words", async () => {
		const broken: TrialOperator = {
			operator: "NoSuch",
			cases: [
				() => ({
					...TRIAL_OPERATORS.at(-1)!.cases[0]!(),
					build: ({ x }) => x!.graph.node("NoSuch", [x!], { dims: x!.dims }),
				}),
			],
		};
		await expect(tryOperators("cpu", "float32", [broken])).rejects.toMatchObject({
			code: "device",
			what: "NoSuch in float32 on cpu",
			found: expect.stringContaining("NoSuch"),
		});
	});
});
