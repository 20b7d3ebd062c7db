import { join } from "node:path";
import { type DataType, float32, float32ToBfloat16, float32ToFloat16, type Tensor } from "@drum/tensor";
import { expect, it } from "vitest";
import { checkEncoded, refuseDamagedWeights } from "./index.ts";
import { checkpointOf, temporaryFolder } from "./testing/temporary.ts";

const folder = await temporaryFolder();

const STORED: Record<string, (values: Float32Array) => Tensor["data"]> = {
	float32: (values) => values,
	float64: (values) => Float64Array.from(values),
	float16: float32ToFloat16,
	bfloat16: float32ToBfloat16,
};

function tensor(type: string, values: Float32Array, dims: readonly number[]): Tensor {
	return { type: type as DataType, dims, data: STORED[type]!(values) } as Tensor;
}

it.each(Object.keys(STORED))("the first %s weight that is no number is named with its place", async (type) => {
	const whole = new Float32Array(24).fill(1e4);
	const dims = [2, 3, 4];
	for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
		const weights = await checkpointOf(join(folder, `${type}.safetensors`), {
			counter: { type: "int64", dims: [1], data: BigInt64Array.of(7n) },
			whole: tensor(type, whole, dims),
			damaged: tensor(type, whole.with(17, value), dims),
		});
		await expect(refuseDamagedWeights({ weights })).rejects.toMatchObject({
			code: "checkpoint",
			what: `weight damaged of ${weights.name}`,
			found: `NaN or an infinity at [1, 1, 1] in ${weights.name}`,
		});
		await expect(refuseDamagedWeights({ weights, used: ["whole", "counter"] })).resolves.toBeUndefined();
	}
});

it("a float64 weight beyond float32 is infinite once it is cast", async () => {
	const data = Float64Array.of(1, -1e300);
	const weights = await checkpointOf(join(folder, "large.safetensors"), { w: { type: "float64", dims: [2], data } });
	await expect(refuseDamagedWeights({ weights })).rejects.toThrow("at [1]");
});

it("results that are no numbers, of weights that are, are the device's", async () => {
	const weights = await checkpointOf(join(folder, "fine.safetensors"), { w: float32(Float32Array.of(1), [1]) });
	const check = (...values: number[]) => checkEncoded({ name: "T5" }, { weights }, [Float32Array.from(values)]);
	await expect(check(1, Number.NaN)).rejects.toMatchObject({ code: "device", what: "what T5 gives", found: "NaN" });
	await expect(check(1, 2)).resolves.toBeUndefined();
});

it("a cancelled check throws the signal's reason", async () => {
	const weights = await checkpointOf(join(folder, "fine2.safetensors"), { w: float32(Float32Array.of(1), [1]) });
	const reason = new Error("enough");
	await expect(refuseDamagedWeights({ weights, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
