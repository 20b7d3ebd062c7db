import { DeviceError } from "@drum/tensor";
import { Graph } from "./graph.ts";
import { add } from "./ops/elementwise.ts";
import { Session } from "./session.ts";

/** Where a model runs. CPU and WebGPU come with ONNX Runtime; CUDA is fetched when it is installed; the others depend on the system. */
export const DEVICES = ["cpu", "cuda", "webgpu", "dml", "coreml"] as const;
export type Device = (typeof DEVICES)[number];

const works = new Map<Device, Promise<void>>();

/**
 * Runs one addition on the device, which is the only way to know that it works; asked once per process.
 * Call it before a long download or load begins.
 * @throws DeviceError when the device is unknown or does not work here.
 */
export function checkDevice(device: Device): Promise<void> {
	if (!DEVICES.includes(device)) {
		throw new DeviceError({ what: "device", expected: `one of ${DEVICES.join(", ")}`, found: JSON.stringify(device) });
	}
	const known = works.get(device) ?? trial(device);
	works.set(device, known);
	return known;
}

async function trial(device: Device): Promise<void> {
	if (device === "cpu") return;
	const graph = new Graph({ name: `${device} trial` });
	const x = graph.input("x", "float32", [1]);
	const session = await Session.create(graph.build({ y: add(x, x) }), { device });
	await session.release();
}

/** Half-precision weights are computed with as they are on a device that can, and in float32 on the CPU. */
export function precisionOn(device: Device, stored: string): "float32" | "float16" {
	return device !== "cpu" && /16/.test(stored) ? "float16" : "float32";
}
