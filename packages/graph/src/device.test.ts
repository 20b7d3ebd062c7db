import { type DataType, DeviceError, MemoryBytes, scaledTensor } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { checkDevice, DEVICES, type Device, precisionOn, Session } from "./index.ts";
import { row, sumGraph, vector } from "./testing/sum.ts";

/** Whether the device is one here is the machine's; that it works or says what to do is ours. */
async function outcome(device: Device): Promise<"works" | DeviceError> {
	return checkDevice(device).then(
		() => "works" as const,
		(error: unknown) => error as DeviceError,
	);
}

describe("checkDevice", () => {
	it("knows that the CPU works", async () => {
		expect(await outcome("cpu")).toBe("works");
	});

	it("rejects an unknown device, and lists those there are", async () => {
		const error = await outcome("gpu" as Device);
		expect(error).toBeInstanceOf(DeviceError);
		expect(error).toMatchObject({ code: "device", expected: "one of cpu, cuda, webgpu, dml, coreml", found: '"gpu"' });
	});

	it.each(DEVICES)("%s computes a sum, or is refused with advice, and both each time", async (device) => {
		const first = await outcome(device);
		expect(await outcome(device)).toEqual(first);
		const sum = async () => {
			const session = await Session.create(sumGraph(), { device });
			const result = await session.run({ x: row(1, 2), y: vector(10, 20) });
			await session.release();
			return result;
		};
		if (first === "works") return expect(await sum()).toEqual({ z: row(11, 22) });
		expect(first).toBeInstanceOf(DeviceError);
		expect(first.what).toBe(`${device} trial could not be loaded on ${device}`);
		expect(first.next).toBe('Use device "cpu", or install what the device needs');
		await expect(sum()).rejects.toBeInstanceOf(DeviceError);
	});

	it("does not take the CPU for a device that this system cannot have", async () => {
		const foreign = process.platform === "darwin" ? "dml" : "coreml";
		expect(await outcome(foreign)).toMatchObject({ found: expect.stringMatching(/^ONNX Runtime has only .*cpu/) });
	});
});

describe("precisionOn", () => {
	const stored = (type: DataType) =>
		({ file: new MemoryBytes("x", new Uint8Array()), type, dims: [1], offset: 0, length: 4 }) as const;
	it.each<[Device, DataType, string]>([
		["cpu", "float16", "float32"],
		["cpu", "float32", "float32"],
		["cuda", "float16", "float16"],
		["cuda", "bfloat16", "float16"],
		["cuda", "float8_e4m3fn", "float16"],
		["webgpu", "float32", "float32"],
	])("on %s, weights stored as %s are computed with as %s", (device, type, precision) => {
		expect(precisionOn(device, stored(type))).toBe(precision);
	});

	it("goes by what the file has, whatever it becomes", () => {
		expect(precisionOn("cuda", scaledTensor(stored("float8_e5m2"), stored("float32")))).toBe("float16");
		expect(precisionOn("cuda", undefined)).toBe("float32");
	});
});
